"""`stat`, `info`, `list`, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from tests.intake.classic.conftest import LOGIN, PATH, Site, error

from vestnik.intake.classic.door import BODY_BYTES, SHORT_BYTES, STRANGERS
from vestnik.intake.leads.tables import lead
from vestnik.people.tables import user

WRONG_KEY = error("400", "Не верный API key")
UNKNOWN_USER = error("401", "Неизвестный пользователь")
UNKNOWN_METHOD = error("402", "Неизвестный метод")
NOT_FOUND = error("404", "Не найдено")


async def dated(site: Site, *days: str) -> None:
    """A lead for each day, at noon in UTC."""
    for number, day in enumerate(days, 1):
        await site.asks("add", title=day)
        at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        await site.does(sa.update(lead).where(lead.c.number == number).values(created_at=at))


async def listed(site: Site, **parameters: Any) -> list[str]:
    """The days of what a list shows."""
    told = await site.asks("list", **parameters)
    return [each["datum"] for each in told["data"]] if "data" in told else [told["error"]["code"]]


async def test_key_then_user_then_method(site: Site) -> None:
    async def told(**changed: str) -> Any:
        return site.told(await site.client.get(PATH, params=site.signed("stat") | changed))

    assert await told(apikey="x", login="x", action="x") == WRONG_KEY
    assert await told(login="x", action="x") == UNKNOWN_USER
    assert await told(action="x") == UNKNOWN_METHOD
    assert await told(action="") == UNKNOWN_METHOD
    assert await told(login="") == UNKNOWN_USER
    assert site.told(await site.client.get(PATH)) == WRONG_KEY
    assert site.told(await site.client.post(PATH)) == WRONG_KEY
    assert "data" in await told(login="Integrator@Vestnik.TEST")


async def test_nobody_gets_in_without_a_key_or_with_an_old_one(site: Site) -> None:
    old = site.key
    site.key = (await site.browser.post("/intake/classic-key")).json()["key"]
    assert "data" in await site.asks("stat")
    assert site.told(await site.client.get(PATH, params=site.signed("stat") | {"apikey": old})) == WRONG_KEY

    await site.browser.delete("/intake/classic-key")

    assert await site.asks("stat") == WRONG_KEY
    assert await site.asks("stat", apikey="") == WRONG_KEY


async def test_who_may_not_sign_in_is_unknown(site: Site) -> None:
    gone = sa.update(user).where(user.c.email == LOGIN).values(disabled=True)
    await site.does(gone)

    assert await site.asks("stat") == UNKNOWN_USER


async def test_stat_counts_the_month_of_each_active_user(site: Site) -> None:
    for name in ("a", "b", "c"):
        await site.asks("add", title=name, user=LOGIN)
    actor_id = (await site.leads())[0].id
    manager = await site.installation.signed_in("sales_manager")
    assert (await manager.post(f"/leads/{actor_id}/process")).status_code == 200
    old = sa.update(lead).where(lead.c.number == 2).values(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    await site.does(old)

    expected = {
        "data": [
            {"title": "administrator@vestnik.test", "open": "0", "processed": "0"},
            {"title": LOGIN, "open": "1", "processed": "1"},
            {"title": "sales_manager@vestnik.test", "open": "0", "processed": "0"},
        ]
    }
    assert await site.asks("stat") == expected
    assert await site.posts("info") == expected
    assert await site.asks("info", id="") == expected


async def test_info_tells_of_one_lead(site: Site) -> None:
    number = (await site.asks(
        "add", title="Анна", email="a@example.com", phone="+79001234567", site="shop.example.org",
        company="Ромашка", city="Пермь", country="Россия", description="Цена?", path="Сайт", user=LOGIN,
    ))["data"]  # fmt: skip
    [row] = await site.leads()

    told = await site.asks("info", id=number)

    assert told["result"] == {"text": "Success", "data": told["data"]}
    assert told["data"] == {
        "id": number, "datum": f"{row.created_at:%Y-%m-%d}", "datum_do": "",
        "email": "a@example.com", "phone": "+79001234567", "site": "shop.example.org",
        "company": "Ромашка", "city": "Пермь", "country": "Россия", "content": "Анна\nЦена?",
        "clid": 0, "client": "", "pid": 0, "person": "", "did": 0, "deal": "",
        "user": str(row.responsible_id), "userName": "Имя integrator",
        "status": "1", "statusName": "В работе", "rezult": "0", "rezultName": "",
        "clientpath": str(row.channel_id), "clientpathName": "Сайт",
    } | {"datum": told["data"]["datum"]}  # fmt: skip
    manager = await site.installation.signed_in("sales_manager")
    await manager.post(f"/leads/{row.id}/close", {"result": "not_target"})
    closed = (await site.asks("info", id=number))["data"]
    assert [closed[name] for name in ("status", "statusName", "rezult", "rezultName")] == [
        "3", "Закрыт", "4", "Не целевой",
    ]  # fmt: skip
    assert closed["datum_do"] == closed["datum"]


@pytest.mark.parametrize("id", ["0", "999", "-1", "x", "1.5", "9" * 18, "9" * 40, "١"])
async def test_info_of_no_lead_is_not_found(site: Site, id: str) -> None:
    assert await site.asks("info", id=id) == NOT_FOUND


async def test_list_by_days(site: Site) -> None:
    await dated(site, "2026-03-20", "2026-03-21", "2026-03-22")

    assert await listed(site) == ["2026-03-22", "2026-03-21", "2026-03-20"]
    assert await listed(site, first="old") == ["2026-03-20", "2026-03-21", "2026-03-22"]
    assert await listed(site, first="", order="datum", offset="0") == await listed(site)
    assert await listed(site, order="id", first="old", offset="") == await listed(site, first="old")
    assert await listed(site, order="nonsense; DROP") == await listed(site)
    assert await listed(site, dateStart="2026-03-20") == ["2026-03-22", "2026-03-21"]
    assert await listed(site, dateEnd="2026-03-22") == ["2026-03-21", "2026-03-20"]
    assert await listed(site, dateStart="2026-03-21", dateEnd="2026-03-22") == ["2026-03-22", "2026-03-21"]
    assert await listed(site, dateStart="2026-03-23", dateEnd="2026-03-22") == ["404"]
    assert await listed(site, offset="1") == ["404"]


async def test_days_are_those_of_the_organisation(site: Site) -> None:
    """23:30 in UTC is the next day in Moscow."""
    await site.asks("add", title="a")
    at = datetime(2026, 3, 20, 23, 30, tzinfo=UTC)
    change = sa.update(lead).values(created_at=at)
    await site.does(change)

    assert await listed(site, dateStart="2026-03-21", dateEnd="2026-03-21") == ["2026-03-21"]
    assert await listed(site, dateEnd="2026-03-21") == ["404"]


@pytest.mark.parametrize("name", ["id", "datum_do", "email", "clid", "did", "user", "status", "rezult"])
async def test_list_is_ordered_by_any_of_its_fields(site: Site, name: str) -> None:
    await dated(site, "2026-03-20", "2026-03-21")

    assert len(await listed(site, order=name)) == 2


@pytest.mark.parametrize("name", ["datum_do", "did"])
async def test_what_is_empty_is_listed_below_everything_else(site: Site, name: str) -> None:
    await dated(site, "2026-03-20", "2026-03-21", "2026-03-22")
    filled = sa.update(lead).where(lead.c.number == 2)
    await site.does(filled.values(finished_at=datetime(2026, 3, 23, tzinfo=UTC), deal_id=1))

    assert await listed(site, order=name) == ["2026-03-21", "2026-03-22", "2026-03-20"]
    assert await listed(site, order=name, first="old") == ["2026-03-20", "2026-03-22", "2026-03-21"]


async def test_an_empty_list_is_not_found(site: Site) -> None:
    assert await site.asks("list") == NOT_FOUND


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offset", "-1"), ("offset", "x"), ("offset", "1e9"), ("offset", "9" * 30),
        ("dateStart", "20.03.2026"), ("dateStart", "2026-02-30"), ("dateEnd", "2026-3-1"),
        ("dateEnd", "0000-00-00"), ("dateEnd", "9999-12-31"), ("dateStart", "' OR 1=1"),
    ],
)  # fmt: skip
async def test_what_is_no_page_or_date_is_refused(site: Site, name: str, value: str) -> None:
    assert await site.asks("list", **{name: value}) == error("406", f"Неверное значение параметра: {name}")


async def test_who_guesses_keys_is_slowed_down_and_the_right_key_is_not(site: Site) -> None:
    guess = {"apikey": "x", "login": LOGIN, "action": "stat"}

    statuses = [(await site.client.get(PATH, params=guess)).status_code for _ in range(STRANGERS[0] + 1)]

    assert statuses == [200] * STRANGERS[0] + [429]
    refused = await site.client.get(PATH, params=guess)
    assert refused.json() == error("429", "Слишком много запросов")
    assert int(refused.headers["retry-after"]) > 0
    assert "data" in await site.asks("stat")


async def test_long_bodies_of_strangers_are_not_read_for_long(site: Site) -> None:
    long = {"login": LOGIN, "action": "stat", "description": "a" * SHORT_BYTES}
    ours = await site.client.post(PATH, data=long | {"apikey": site.key})
    assert "data" in ours.json()

    statuses = [(await site.client.post(PATH, data=long)).status_code for _ in range(STRANGERS[0] + 1)]

    assert statuses == [200] * STRANGERS[0] + [429]


async def test_other_methods_and_large_bodies_are_refused(site: Site) -> None:
    for method in ("PUT", "DELETE", "HEAD", "PATCH"):
        assert (await site.client.request(method, PATH)).status_code == 405
    large = await site.client.post(PATH, content=b"a" * (BODY_BYTES + 1))
    assert (large.status_code, large.json()["error"]["code"]) == (413, "413")


@pytest.mark.parametrize("query", ["%", "a=%ff%fe&apikey=%00", "apikey", "=&=&&&", "login[]=a&apikey[]=b"])
async def test_rubbish_is_a_wrong_key(site: Site, query: str) -> None:
    assert site.told(await site.client.get(f"{PATH}?{query}")) == WRONG_KEY
    assert site.told(await site.client.post(PATH, content=query)) == WRONG_KEY

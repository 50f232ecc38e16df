"""The stop-list as a page and machines see it: pages, counts, the look-up, many at once, the file of it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation

from vestnik.campaigns.tables import campaign
from vestnik.contacts.addresses import normalise
from vestnik.contacts.consents import Reason
from vestnik.contacts.tables import address, suppression
from vestnik.db import new_key, now
from vestnik.people.access import SYSTEM
from vestnik.webhooks.tables import event


class Desk:
    """A marketer at the stop-list."""

    def __init__(self, installation: Installation, browser: Browser, news: str) -> None:
        self.installation, self.browser, self.news = installation, browser, news
        self.services = installation.services

    async def add(self, *stops: Any) -> list[dict[str, Any]]:
        answer = await self.browser.post("/stop-list/batch", {"stops": list(stops)})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    async def page(self, **query: Any) -> dict[str, Any]:
        answer = await self.browser.get("/stop-list", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def find(self, text: str) -> dict[str, Any]:
        answer = await self.browser.post("/stop-list/find", {"address": text})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def told(self, text: str, reason: Reason, source: str, at: datetime) -> None:
        await self.services.database.write(
            lambda connection: self.services.contacts.suppress(
                connection, [normalise("email", text)], reason=reason, category_id=None, source=source, at=at
            )
        )


@pytest.fixture
async def desk(installation: Installation) -> AsyncIterator[Desk]:
    news = await installation.services.contacts.create_category(SYSTEM, "Новости")
    yield Desk(installation, await installation.signed_in("marketer"), str(news))


async def test_a_batch_puts_addresses_on_the_list_and_tells_of_each(desk: Desk) -> None:
    stops: list[Any] = [
        {"address": "Anna@Example.ru", "reason": "unsubscribe", "categoryId": desk.news},
        {"address": "8 916 000-00-01"},
        {"address": "boris@example.ru", "reason": "spam", "at": "2024-05-12T10:00:00Z"},
        {"address": "boris@example.ru", "reason": "spam"},
        {"address": "не адрес"},
        {"address": "vera@example.ru", "categoryId": "77"},
        {"address": "vera@example.ru", "reason": "other"},
        "vera@example.ru",
    ]
    results = await desk.add(*stops)
    assert [
        (each["status"], each["address"], each["error"] and each["error"]["code"]) for each in results
    ] == [
        ("added", "anna@example.ru", None),
        ("added", "+79160000001", None),
        ("added", "boris@example.ru", None),
        ("unchanged", "boris@example.ru", None),
        ("error", None, "invalid_address"),
        ("error", None, "unknown_category"),
        ("error", None, "invalid_request"),
        ("error", None, "invalid_request"),
    ]
    assert [each["error"]["path"] for each in results[4:]] == ["$.address", "$.categoryId", "$.reason", "$"]
    assert {each["status"] for each in (await desk.add(*stops))[:4]} == {"unchanged"}
    [entry] = (await desk.find("boris@example.ru"))["items"]
    assert (entry["at"], entry["categoryId"], entry["source"]["kind"]) == (
        "2024-05-12T10:00:00Z",
        None,
        "person",
    )
    assert entry["source"]["name"] == (await desk.browser.get("/session")).json()["user"]["name"]


async def test_a_batch_takes_a_thousand_and_refuses_more(desk: Desk) -> None:
    stops = [{"address": f"n{number}@example.ru"} for number in range(1_000)]
    assert {each["status"] for each in await desk.add(*stops)} == {"added"}
    answer = await desk.browser.post("/stop-list/batch", {"stops": [*stops, stops[0]]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_pages_go_by_key_there_and_back_and_keep_their_filters(desk: Desk) -> None:
    await desk.add(*({"address": f"n{number}@example.ru"} for number in range(5)))
    await desk.add({"address": "+79160000001", "reason": "unsubscribe", "categoryId": desk.news})
    first = await desk.page(limit=4)
    second = await desk.page(limit=4, cursor=first["next"])
    back = await desk.page(limit=4, cursor=second["previous"])
    assert (len(first["items"]), first["previous"], len(second["items"]), second["next"]) == (
        4,
        None,
        2,
        None,
    )
    assert (back["items"], back["previous"]) == (first["items"], None)
    ids = [int(each["id"]) for each in (*first["items"], *second["items"])]
    assert ids == sorted(ids, reverse=True)

    async def many(**query: Any) -> int:
        return len((await desk.page(**query))["items"])

    assert [await many(reason="manual"), await many(reason="spam")] == [5, 0]
    assert [await many(categoryId=desk.news), await many(categoryId="all")] == [1, 5]
    assert [await many(kind="phone"), await many(kind="email"), await many(origin="import")] == [1, 5, 0]


async def test_counts_are_by_reason_and_category(desk: Desk) -> None:
    await desk.add({"address": "a@example.ru"}, {"address": "b@example.ru", "reason": "spam"})
    await desk.add({"address": "a@example.ru", "reason": "unsubscribe", "categoryId": desk.news})
    counts = (await desk.browser.get("/stop-list/counts")).json()
    of_each = {each["categoryId"]: each["count"] for each in counts.pop("categories")}
    assert of_each == {None: 2, desk.news: 1}
    assert counts == {
        "total": 3, "unsubscribe": 1, "hardBounce": 0, "spam": 1, "manual": 1, "imported": 0,
    }  # fmt: skip


async def test_the_look_up_knows_addresses_of_nobody_by_their_hash_and_keeps_none(desk: Desk) -> None:
    await desk.add({"address": "nobody@example.ru"})
    found = await desk.find(" Nobody@Example.RU ")
    assert (found["address"], found["kind"], found["holders"]) == ("nobody@example.ru", "email", [])
    [entry] = found["items"]
    assert (entry["address"], entry["reason"]) == (None, "manual")
    assert (await desk.find("other@example.ru"))["items"] == []
    async with desk.services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(address)) == 0
    answer = await desk.browser.post("/stop-list/find", {"address": "ерунда"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_address")


async def test_the_look_up_tells_the_campaign_and_the_contact(desk: Desk) -> None:
    made = await desk.browser.post("/contacts", {"name": "Анна", "emails": ["anna@example.ru"]})
    at = now() - timedelta(days=2)
    letters = {new_key(): (at - timedelta(days=9), "Старая"), new_key(): (at, "Осенняя")}

    def happened(connection: sa.Connection) -> None:
        address_id = connection.scalar(sa.select(address.c.id))
        for key, (when, name) in letters.items():
            values = {column.name: _filler(column) for column in campaign.c if not column.nullable}
            values |= {"id": key, "name": name, "name_folded": name, "type": "email"}
            connection.execute(sa.insert(campaign).values(values))
            connection.execute(
                sa.insert(event).values(
                    id=new_key(), at=when, account_id=1, campaign_id=key, address_id=address_id, kind="spam"
                )
            )

    await desk.services.database.write(happened)
    await desk.told("anna@example.ru", "spam", "webhook:5", at)
    await desk.told("anna@example.ru", "manual", "manual", at)
    found = await desk.find("anna@example.ru")
    assert found["holders"] == [{"id": made.json()["id"], "name": "Анна"}]
    campaigns = {each["reason"]: each["campaign"] for each in found["items"]}
    assert campaigns["manual"] is None
    assert campaigns["spam"]["name"] == "Осенняя"


def _filler(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.Integer):
        return 0
    return "" if isinstance(column.type, sa.Text | sa.String) else now()


async def test_taking_off_the_list_keeps_the_ground_and_counts_at_once(desk: Desk) -> None:
    made = await desk.browser.post("/contacts", {"name": "Анна", "emails": ["anna@example.ru"]})
    await desk.add({"address": "anna@example.ru", "reason": "unsubscribe"})
    id = made.json()["id"]
    assert (await desk.browser.get(f"/contacts/{id}")).json()["unsubscribed"]
    lift = {"kind": "email", "address": "anna@example.ru", "how": "Письмо от 3 мая"}
    assert (await desk.browser.post("/stop-list/remove", lift)).json() == {"removed": 1}
    assert (await desk.find("anna@example.ru"))["items"] == []
    consents = (await desk.browser.get(f"/contacts/{id}/consents")).json()["items"]
    assert (consents[0]["state"], consents[0]["how"]) == ("given", "Письмо от 3 мая")


async def test_the_file_has_what_the_filters_say_and_says_where_only_a_hash_is_kept(desk: Desk) -> None:
    await desk.browser.post("/contacts", {"name": "Анна", "emails": ["anna@example.ru"]})
    at = datetime(2026, 5, 12, 10, tzinfo=UTC)
    await desk.told("anna@example.ru", "hard_bounce", "webhook:5", at)
    await desk.told("nobody@example.ru", "hard_bounce", "poll", at)
    await desk.add({"address": "+79160000001"})
    answer = await desk.browser.get("/stop-list/export", params={"reason": "hard_bounce"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    told = "сообщил сервис рассылки"
    assert rows == [
        ["Адрес", "Канал", "Причина", "Категория", "Дата", "Откуда"],
        ["известен только хеш", "почта", "недоставка", "все категории", "2026-05-12T10:00:00+00:00", told],
        ["anna@example.ru", "почта", "недоставка", "все категории", "2026-05-12T10:00:00+00:00", told],
    ]
    audited = (await (await desk.installation.signed_in("administrator")).get("/audit")).json()["items"]
    assert "stop_list.exported" in {each["action"] for each in audited}


async def test_a_row_of_before_knows_its_channel_by_the_address(desk: Desk) -> None:
    await desk.browser.post("/contacts", {"name": "Анна", "emails": ["anna@example.ru"]})
    await desk.told("anna@example.ru", "spam", "webhook:5", now())
    await desk.services.database.write(
        lambda connection: connection.execute(sa.update(suppression).values(kind=None))
    )
    [entry] = (await desk.page())["items"]
    assert (entry["kind"], entry["address"], entry["holders"][0]["name"]) == (
        "email",
        "anna@example.ru",
        "Анна",
    )

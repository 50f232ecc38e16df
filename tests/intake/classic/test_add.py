"""`action=add`: what a site sends becomes a lead, whose number it is told."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote_from_bytes, unquote

import pytest
import sqlalchemy as sa
from tests.intake.classic.conftest import PATH, Site, error

from vestnik.db import now
from vestnik.intake.inputs.store import load_raw
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads.tables import channel

#: The document's own example, its host left out; log-in and key are put in below.
EXAMPLE = (
    "login={login}&apikey={key}&action=add&title=%D0%90%D0%BD%D0%B4%D1%80%D0%B5%D0%B5%D0%B2+"
    "%D0%B2%D0%BB%D0%B0%D0%B4%D0%B8%D1%81%D0%BB%D0%B0%D0%B2&email=vladislav%40god.ry&phone=%2B79001234567"
    "&company=SalesMan&description=The+best+crm+practice&ip=127.0.0.1&country=Ruusia&city=Perm"
    "&path=Test+Path&partner="
)


def success(number: int) -> dict[str, Any]:
    return {"result": {"text": "Success", "id": number}, "data": number}


async def raw(site: Site) -> bytes:
    """What is kept of the last request."""
    async with site.installation.services.database.read() as connection:
        return await load_raw(connection, (await site.inputs())[-1].id)


async def test_the_documents_own_request_becomes_a_lead(site: Site) -> None:
    query = EXAMPLE.format(login="integrator%40vestnik.test", key=site.key)

    told = site.told(await site.client.get(f"{PATH}?{query}"))

    [lead] = await site.leads()
    assert told == success(lead.number)
    assert (lead.door, lead.title, lead.person) == ("classic", "Андреев владислав", "Андреев владислав")
    assert (lead.email, lead.phone, lead.company) == ("vladislav@god.ry", "+79001234567", "SalesMan")
    assert (lead.description, lead.ip, lead.country) == ("The best crm practice", "127.0.0.1", "Ruusia")
    assert (lead.city, lead.path, lead.partner) == ("Perm", "Test Path", "")
    [source] = await site.rows(sa.select(channel.c.title).where(channel.c.id == lead.channel_id))
    assert source.title == "Test Path"
    [kept] = await site.inputs()
    assert (kept.door, kept.state, kept.lead_id, kept.key) == ("classic", "read", lead.id, None)


@pytest.mark.parametrize("path", [PATH, f"{PATH}/"])
@pytest.mark.parametrize("way", ["query", "form", "both", "json", "multipart"])
async def test_parameters_come_in_the_address_or_in_the_body(site: Site, path: str, way: str) -> None:
    all_of_it = site.signed("add", title="Анна", email="anna@example.com", utm_source="yandex")
    half = {name: all_of_it.pop(name) for name in ("login", "apikey", "action")} if way == "both" else {}

    if way == "query":
        answer = await site.client.get(path, params=all_of_it)
    elif way == "json":
        answer = await site.client.post(path, json=all_of_it)
    elif way == "multipart":
        answer = await site.client.post(path, files={name: (None, each) for name, each in all_of_it.items()})
    else:
        answer = await site.client.post(path, params=half, data=all_of_it)

    assert site.told(answer) == success(1)
    [lead] = await site.leads()
    assert (lead.title, lead.email, lead.marks["source"]) == ("Анна", "anna@example.com", "yandex")


async def test_every_mark_is_kept(site: Site) -> None:
    marks = {name: f"of {name}" for name in ("source", "medium", "campaign", "term", "content", "referrer")}

    await site.posts("add", title="a", site="shop.example.org", **{f"utm_{n}": v for n, v in marks.items()})

    [lead] = await site.leads()
    assert (lead.marks, lead.site) == (marks, "shop.example.org")


async def test_the_named_person_is_responsible_else_the_coordinator(site: Site) -> None:
    manager = await site.installation.add_user("sales_manager")

    await site.asks("add", title="a", user="Sales_Manager@vestnik.test")
    await site.asks("add", title="b", user="")
    await site.asks("add", title="c", user="nobody@vestnik.test")

    leads = await site.leads()
    assert [lead.assigned_by for lead in leads] == ["request", "coordinator", "coordinator"]
    assert leads[0].responsible_id == manager
    assert [each["code"] for each in leads[2].warnings] == ["unknown_responsible"]


async def test_the_key_is_kept_nowhere(site: Site) -> None:
    await site.asks("add", title="a", description=f"{site.key} slipped in", ApiKey=site.key)
    await site.client.post(PATH, json=site.signed("add", title="b"))

    for row in await site.inputs():
        async with site.installation.services.database.read() as connection:
            kept = (await load_raw(connection, row.id)).decode()
        assert "apikey=***" in kept
        assert site.key not in unquote(kept) + str(row.reading) + str(row.about)
    assert [lead.description for lead in await site.leads()] == ["*** slipped in", ""]


async def test_windows_1251_is_read(site: Site) -> None:
    body = "&".join(f"{name}={each}" for name, each in site.signed("add").items())
    named = quote_from_bytes("Пётр Сидоров, вопрос о цене".encode("cp1251"))
    headers = {"content-type": "application/x-www-form-urlencoded"}

    site.told(await site.client.post(PATH, content=f"{body}&title={named}", headers=headers))

    assert [lead.title for lead in await site.leads()] == ["Пётр Сидоров, вопрос о цене"]
    assert named.encode() in await raw(site)


async def test_a_lead_that_says_nothing_is_an_error_and_is_kept(site: Site) -> None:
    told = await site.asks("add", title="", partner="", city="Пермь")

    assert told == error("405", "Отсутствуют параметры")
    assert [row.state for row in await site.inputs()] == ["unreadable"]
    assert await site.leads() == []


async def test_a_body_that_can_not_be_read_is_an_error(site: Site) -> None:
    answer = await site.client.post(PATH, params=site.signed("add"), content=b'{"title": ')

    assert site.told(answer) == error("406", "Неверное значение параметра: тело запроса")


async def test_a_lead_that_fails_is_made_once_from_what_is_stored(site: Site) -> None:
    services = site.installation.services
    broken = sa.text("ALTER TABLE lead_event RENAME TO lead_event_away")
    mended = sa.text("ALTER TABLE lead_event_away RENAME TO lead_event")
    await site.does(broken)

    told = await site.asks("add", title="Не пропадёт")

    assert told == success(0)
    assert [row.state for row in await site.inputs()] == ["new"]
    await site.does(mended)
    due = sa.update(input_table).values(next_at=now())
    await site.does(due)
    await services.intake.inputs.work()
    assert [lead.title for lead in await site.leads()] == ["Не пропадёт"]
    await services.intake.inputs.work()
    assert len(await site.leads()) == 1


async def test_it_can_be_read_again(site: Site) -> None:
    await site.posts("add", title="Анна", city="Пермь")
    [kept] = await site.inputs()

    again = await site.browser.post(f"/inputs/{kept.id}/parse?dry=true", {})

    assert again.status_code == 200, again.text
    assert again.json()["differences"] == []


async def test_a_lead_is_made_of_what_was_stored_without_reading_it_anew(site: Site) -> None:
    """Each statement costs every `add`: a new one is added here on purpose, or not at all."""
    await site.asks("add", title="first", email="a@example.org")
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if threading.current_thread().name == "vestnik-writer" and "UPDATE lead_letter" not in statement:
            asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        await site.asks("add", title="second", email="b@example.org")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert 0 < len(asked) <= 22, asked


async def test_a_page_of_any_site_may_call_it(site: Site) -> None:
    origin = {"origin": "https://shop.example.org"}

    asked = await site.client.options(PATH, headers=origin | {"access-control-request-method": "POST"})
    answer = await site.client.post(PATH, data=site.signed("add", title="a"), headers=origin)

    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
    assert asked.headers["access-control-allow-methods"] == "GET, POST"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    [lead] = await site.leads()
    assert (lead.site, lead.ip) == ("shop.example.org", "203.0.113.60")


async def test_the_same_request_twice_is_two_leads(site: Site) -> None:
    assert [await site.asks("add", title="a", email="a@example.com") for _ in range(2)] == [
        success(1),
        success(2),
    ]

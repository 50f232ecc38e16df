"""When job tickets are due: taken of their order, changed, sorted by, and overdue from the next day."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from tests.application import Installation
from tests.sales.test_orders import made

from vestnik.db import now
from vestnik.intake.leads.planning import due_on
from vestnik.people.tables import organisation


async def test_tickets_are_due_when_their_order_is_and_overdue_from_the_day_after(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("administrator")
    today = now().astimezone(ZoneInfo("Europe/Moscow")).date()
    days = [(today + timedelta(days=each)).isoformat() for each in (-1, 0, 5)]
    order = await made(browser, dueOn=days[0], lines=[{"item": each} for each in "абвг"])
    assert order["dueOn"] == days[0]
    await browser.post(f"/orders/{order['id']}/tickets", {"lineIds": [each["id"] for each in order["lines"]]})
    tickets = (await browser.get("/tickets?sort=number")).json()["items"]
    assert {(each["dueOn"], each["overdue"]) for each in tickets} == {(days[0], True)}
    await browser.patch(f"/orders/{order['id']}", {"dueOn": None})
    paths = [f"/tickets/{each['id']}" for each in tickets]
    await browser.patch(paths[0], {"dueOn": None})
    await browser.patch(paths[1], {"state": "done"})
    changed = (await browser.patch(paths[2], {"dueOn": days[2]})).json()
    assert (changed["dueOn"], changed["overdue"]) == (days[2], False)
    shown = {
        query: [each["item"] for each in (await browser.get(f"/tickets?{query}")).json()["items"]]
        for query in ("sort=due", "sort=-due", "overdue=true")
    }
    assert shown == {
        "sort=due": ["г", "в", "а", "б"],
        "sort=-due": ["в", "г", "а", "б"],
        "overdue=true": ["г"],
    }
    today_is_no_delay = (await browser.patch(paths[3], {"dueOn": days[1]})).json()
    assert today_is_no_delay["overdue"] is False
    await browser.patch(paths[3], {"dueOn": days[0]})
    marketer = await installation.signed_in("marketer")
    text = (await marketer.get("/tickets/export")).content.decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))
    assert rows[0][3:5] == ["Срок", "Просрочена"]
    assert [row[3:5] for row in rows[1:]] == [[days[0], "да"], [days[2], ""], [days[0], ""], ["", ""]]
    assert (await browser.patch(paths[0], {"dueOn": "2026-02-30"})).json()["code"] == "invalid_request"


RECEIVED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dated_at", "day"),
    [
        (None, None),
        (RECEIVED, None),
        (RECEIVED - timedelta(days=3), None),
        (RECEIVED + timedelta(days=3), "2026-11-23"),
        (datetime(2026, 11, 22, 21, 30, tzinfo=UTC), "2026-11-23"),
    ],
)
async def test_an_order_of_a_letter_is_due_on_the_day_that_the_letter_names_where_it_is_still_to_come(
    installation: Installation, dated_at: datetime | None, day: str | None
) -> None:
    database = installation.services.database
    async with database.read() as connection:
        assert await connection.scalar(sa.select(organisation.c.timezone)) == "Europe/Moscow"
    found = await database.write(due_on, dated_at, RECEIVED)
    assert (found and found.isoformat()) == day

"""Calendars and events over HTTP: who sees what, and what may be changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation

from vestnik.calendars.service import NewEvent, default_calendar, personal_calendar, put_event
from vestnik.calendars.tables import calendar_event

MONTH = {"from": "2026-11-01T00:00:00+03:00", "to": "2026-12-01T00:00:00+03:00"}


async def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def entered(browser: Browser, calendar_id: str, **others: Any) -> Any:
    body = {"calendarId": calendar_id, "title": "Монтаж", "startsAt": "2026-11-24T10:00:00+03:00"}
    return await ok(await browser.post("/calendar-events", {**body, **others}), 201)


async def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_calendar_is_made_changed_archived_and_brought_back(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    made = await ok(await browser.post("/calendars", {"title": " Выставки ", "colour": "red"}), 201)
    id = made["id"]
    assert made == {
        "id": id,
        "title": "Выставки",
        "kind": "shared",
        "colour": "red",
        "isIncoming": False,
        "hasLink": False,
        "ownerId": None,
        "owner": None,
        "createdAt": made["createdAt"],
        "archivedAt": None,
    }
    changed = await ok(await browser.patch(f"/calendars/{id}", {"title": "Ярмарки"}))
    assert changed == {**made, "title": "Ярмарки"}
    await ok(await browser.delete(f"/calendars/{id}"), 204)
    assert (await ok(await browser.get("/calendars")))["items"] == []
    (archived,) = (await ok(await browser.get("/calendars?archived=true")))["items"]
    assert archived["id"] == id and archived["archivedAt"] is not None
    await ok(await browser.patch(f"/calendars/{id}", {"archived": False}))
    assert [each["id"] for each in (await ok(await browser.get("/calendars")))["items"]] == [id]


async def test_what_comes_in_lands_where_the_right_person_says(installation: Installation) -> None:
    database = installation.services.database
    first = str(await database.write(default_calendar))
    sales, admin = (
        await installation.signed_in("sales_manager"),
        await installation.signed_in("administrator"),
    )
    second = (await ok(await sales.post("/calendars", {"title": "Новый"}), 201))["id"]
    refused = await sales.patch(f"/calendars/{second}", {"isIncoming": True})
    assert await refusal(refused) == (403, "forbidden")
    assert await refusal(await admin.delete(f"/calendars/{first}")) == (409, "calendar_stays")
    await ok(await admin.patch(f"/calendars/{second}", {"isIncoming": True}))
    assert str(await database.write(default_calendar)) == second
    await ok(await admin.delete(f"/calendars/{first}"), 204)
    own = await ok(await admin.post("/calendars/own"))
    assert await refusal(await admin.delete(f"/calendars/{own['id']}")) == (409, "calendar_stays")
    wrong = await admin.patch(f"/calendars/{own['id']}", {"isIncoming": True})
    assert await refusal(wrong) == (422, "invalid_request")


async def test_a_personal_calendar_is_its_owners_and_of_who_looks_after_what_comes_in(
    installation: Installation,
) -> None:
    owner, admin = (
        await installation.signed_in("sales_manager"),
        await installation.signed_in("administrator"),
    )
    other = await installation.signed_in("marketer")
    own = await ok(await owner.post("/calendars/own"))
    assert own["owner"] == "Имя sales_manager"
    assert (await ok(await owner.post("/calendars/own")))["id"] == own["id"]
    stored = await entered(owner, own["id"])
    for browser in (owner, admin):
        assert [each["id"] for each in (await ok(await browser.get("/calendars")))["items"]] == [own["id"]]
        assert len((await ok(await browser.get("/calendar-events", params=MONTH)))["items"]) == 1
        await ok(await browser.get(f"/calendar-events/{stored['id']}"))
    assert (await ok(await other.get("/calendars")))["items"] == []
    assert (await ok(await other.get("/calendar-events", params=MONTH)))["items"] == []
    for path in (
        f"/calendars/{own['id']}",
        f"/calendars/{own['id']}/link",
        f"/calendar-events/{stored['id']}",
    ):
        assert await refusal(await other.get(path)) == (404, "not_found")
    await installation.add_user("sales_manager", "second@vestnik.test")
    colleague = await installation.browser()
    await colleague.sign_in("second@vestnik.test")
    for path, body in (
        (f"/calendar-events/{stored['id']}", {"title": "Чужое"}),
        (f"/calendars/{own['id']}", {"title": "Чужой"}),
    ):
        assert await refusal(await colleague.patch(path, body)) == (404, "not_found")
    body = {"calendarId": own["id"], "title": "Чужое", "startsAt": "2026-11-24T10:00:00Z"}
    assert await refusal(await colleague.post("/calendar-events", body)) == (422, "unknown_calendar")


async def test_an_event_of_ones_own_is_entered_changed_and_deleted(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    person = (await ok(await browser.get("/session")))["user"]["id"]
    first, second = [
        (await ok(await browser.post("/calendars", {"title": title}), 201))["id"] for title in ("А", "Б")
    ]
    stored = await entered(
        browser, first, endsAt="2026-11-24T12:00:00+03:00", description="Стенд 5", personId=person
    )
    assert stored == {
        "id": stored["id"],
        "calendarId": first,
        "title": "Монтаж",
        "startsAt": "2026-11-24T07:00:00Z",
        "endsAt": "2026-11-24T09:00:00Z",
        "allDay": False,
        "description": "Стенд 5",
        "personId": person,
        "person": "Имя sales_manager",
        "sourceKind": None,
        "sourceId": None,
        "path": None,
        "updatedAt": stored["updatedAt"],
    }
    changed = {"calendarId": second, "title": "Демонтаж", "endsAt": None, "personId": None}
    after = await ok(await browser.patch(f"/calendar-events/{stored['id']}", changed))
    assert after == {**stored, **changed, "person": None, "updatedAt": after["updatedAt"]}
    await ok(await browser.delete(f"/calendar-events/{stored['id']}"), 204)
    assert await refusal(await browser.get(f"/calendar-events/{stored['id']}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"calendarId": "12"}, "unknown_calendar"),
        ({"personId": "12"}, "unknown_person"),
        ({"endsAt": "2026-11-24T09:59:00+03:00"}, "invalid_request"),
        ({"endsAt": "2026-12-26T10:00:00+03:00"}, "invalid_request"),
        ({"title": "  "}, "invalid_request"),
        ({"startsAt": "2026-11-24T10:00:00"}, "invalid_request"),
    ],
)
async def test_an_event_that_can_not_be_is_refused(
    installation: Installation, wrong: dict[str, Any], code: str
) -> None:
    browser = await installation.signed_in("sales_manager")
    calendar_id = (await ok(await browser.post("/calendars", {"title": "А"}), 201))["id"]
    body = {"calendarId": calendar_id, "title": "Монтаж", "startsAt": "2026-11-24T10:00:00+03:00"}
    assert await refusal(await browser.post("/calendar-events", {**body, **wrong})) == (422, code)


async def test_an_event_of_a_lead_is_moved_and_nothing_else(installation: Installation) -> None:
    database = installation.services.database
    browser = await installation.signed_in("sales_manager")

    def put(connection: sa.Connection) -> int:
        at = datetime(2026, 11, 24, 7, tzinfo=UTC)
        new = NewEvent("Заявка № 12", at, None, "Анна", ("lead", 7700))
        return put_event(connection, default_calendar(connection), new)

    id = await database.write(put)
    stored = await ok(await browser.get(f"/calendar-events/{id}"))
    assert (stored["sourceKind"], stored["sourceId"], stored["path"]) == ("lead", "7700", "/leads/7700")
    other = (await ok(await browser.post("/calendars", {"title": "Б"}), 201))["id"]
    moved = {"calendarId": other, "startsAt": "2026-11-25T07:00:00Z", "title": "Заявка № 12"}
    after = await ok(await browser.patch(f"/calendar-events/{id}", moved))
    assert after == {**stored, **moved, "updatedAt": after["updatedAt"]}
    renamed = await browser.patch(f"/calendar-events/{id}", {"title": "Другое"})
    assert await refusal(renamed) == (409, "event_of_record")
    assert await refusal(await browser.delete(f"/calendar-events/{id}")) == (409, "event_of_record")


async def test_events_of_a_time_are_those_that_touch_it(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    first, second = [
        (await ok(await browser.post("/calendars", {"title": title}), 201))["id"] for title in ("А", "Б")
    ]
    november = {
        "до": ("2026-10-31T10:00:00+03:00", "2026-10-31T12:00:00+03:00", False, first),
        "в начало": ("2026-10-30T10:00:00+03:00", "2026-11-01T12:00:00+03:00", False, first),
        "весь день до": ("2026-10-30T00:00:00+03:00", None, True, first),
        "весь день": ("2026-11-01T00:00:00+03:00", None, True, first),
        "внутри": ("2026-11-15T10:00:00+03:00", None, False, second),
        "после": ("2026-12-01T00:00:00+03:00", None, False, second),
    }
    for title, (begins, ends, all_day, calendar_id) in november.items():
        await entered(browser, calendar_id, title=title, startsAt=begins, endsAt=ends, allDay=all_day)

    async def titles(**query: str) -> list[str]:
        found = await ok(await browser.get("/calendar-events", params={**MONTH, **query}))
        assert found["cut"] is False
        return [each["title"] for each in found["items"]]

    assert await titles() == ["в начало", "весь день", "внутри"]
    assert await titles(calendar=second) == ["внутри"]
    assert await titles(calendar=f"{first},{second}") == ["в начало", "весь день", "внутри"]
    for wrong in ({"to": MONTH["from"]}, {"to": "2027-01-03T00:00:00+03:00"}, {"calendar": "1,x"}):
        answer = await browser.get("/calendar-events", params={**MONTH, **wrong})
        assert await refusal(answer) == (422, "invalid_request")


async def test_only_so_many_events_are_shown_and_that_is_said(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vestnik.calendars.directory.EVENTS", 3)
    database = installation.services.database
    user_id = await installation.add_user("marketer")

    def put(connection: sa.Connection) -> None:
        calendar_id = personal_calendar(connection, user_id)
        assert calendar_id is not None
        for number in range(4):
            at = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=number)
            put_event(connection, calendar_id, NewEvent(str(number), at, None, "", ("lead", number)))

    await database.write(put)
    browser = await installation.browser()
    await browser.sign_in("marketer@vestnik.test")
    found = await ok(await browser.get("/calendar-events", params=MONTH))
    assert ([each["title"] for each in found["items"]], found["cut"]) == (["0", "1", "2"], True)


async def test_an_archived_calendar_shows_no_events_and_takes_none(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    id = (await ok(await browser.post("/calendars", {"title": "А"}), 201))["id"]
    await entered(browser, id)
    await ok(await browser.delete(f"/calendars/{id}"), 204)
    assert (await ok(await browser.get("/calendar-events", params=MONTH)))["items"] == []
    body = {"calendarId": id, "title": "Монтаж", "startsAt": "2026-11-24T10:00:00Z"}
    assert await refusal(await browser.post("/calendar-events", body)) == (422, "unknown_calendar")
    async with installation.services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(calendar_event)) == 1

"""The secret iCalendar address: read back by a parser, told apart by its tag, taken back at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import icalendar
import pytest
import sqlalchemy as sa
import structlog
from tests.application import ORIGIN, Browser, Installation

from vestnik.calendars.feed import FEED_EVENTS, READ_AT_ONCE, REFUSED_AT_ONCE
from vestnik.calendars.service import NewEvent, put_event
from vestnik.calendars.tables import calendar, calendar_event
from vestnik.db import now
from vestnik.people.access import SYSTEM

#: What iCalendar escapes, folds and forbids, in one text.
ODD = "Баннер; «3×6», путь C:\\тест\nвторая строка " + "длинная " * 30 + '"конец"'


async def opened(installation: Installation) -> tuple[Browser, str, str]:
    """A manager's browser, the key of a calendar, and its secret address."""
    browser = await installation.signed_in("sales_manager")
    id = (await browser.post("/calendars", {"title": "Выставки, ярмарки"})).json()["id"]
    url = (await browser.post(f"/calendars/{id}/link")).json()["url"]
    return browser, id, url


async def stranger(installation: Installation) -> Browser:
    return await installation.browser("198.51.100.9")


async def entered(browser: Browser, calendar_id: str, **others: Any) -> str:
    body = {"calendarId": calendar_id, "title": "Монтаж", "startsAt": "2026-11-24T10:00:00+03:00"}
    answer = await browser.post("/calendar-events", {**body, **others})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def events(answer: httpx.Response) -> dict[str, Any]:
    """The events of a file by what they are called."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    whole = icalendar.Calendar.from_ical(answer.content)
    return {str(each["summary"]): each for each in whole.walk("VEVENT")}


async def test_a_line_break_in_a_title_breaks_no_file(installation: Installation) -> None:
    browser, id, url = await opened(installation)
    await browser.patch(f"/calendars/{id}", {"title": "Выставки,\r\nярмарки\u2028и\tпразднества"})
    whole = icalendar.Calendar.from_ical((await (await stranger(installation)).get(url)).content)
    assert str(whole["x-wr-calname"]) == str(whole["name"]) == "Выставки, ярмарки и празднества"


async def test_whoever_has_the_address_reads_the_calendar_as_it_is(installation: Installation) -> None:
    browser, id, url = await opened(installation)
    assert url.startswith(f"{ORIGIN}/calendars/feed/") and url.endswith(".ics")
    begins = now().replace(microsecond=0) + timedelta(days=3)
    ends = begins + timedelta(hours=2)
    times = {"startsAt": begins.isoformat(), "endsAt": ends.isoformat()}
    await entered(browser, id, title=ODD.partition("\n")[0], description=ODD, **times)
    await entered(
        browser,
        id,
        title="Весь день",
        allDay=True,
        startsAt="2030-03-08T00:00:00+03:00",
        endsAt="2030-03-09T00:00:00+03:00",
    )
    answer = await (await stranger(installation)).get(url)
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    whole = icalendar.Calendar.from_ical(answer.content)
    assert (str(whole["version"]), str(whole["x-wr-calname"])) == ("2.0", "Выставки, ярмарки")
    found = events(answer)
    one = found[ODD.partition("\n")[0]]
    assert (one.start, one.end, str(one["description"])) == (begins, ends, ODD)
    assert str(one["uid"]).endswith("@vestnik")
    day = found["Весь день"]
    assert (day.start, day.end) == (date(2030, 3, 8), date(2030, 3, 10))


async def test_an_event_of_a_lead_leads_to_the_lead(installation: Installation) -> None:
    _, id, url = await opened(installation)
    new = NewEvent("Заявка № 12", now(), None, "Анна\r\nтел.\x07 5", ("lead", 7700))
    await installation.services.database.write(put_event, int(id), new)
    found = events(await (await stranger(installation)).get(url))["Заявка № 12"]
    assert str(found["url"]) == f"{ORIGIN}/leads/7700"
    assert str(found["description"]) == "Анна\nтел. 5"


async def test_the_window_is_the_last_ninety_days_and_all_that_comes(installation: Installation) -> None:
    browser, id, url = await opened(installation)
    for title, days in (("давно", -92), ("недавно", -89), ("нескоро", 900)):
        await entered(browser, id, title=title, startsAt=(now() + timedelta(days=days)).isoformat())
    assert set(events(await (await stranger(installation)).get(url))) == {"недавно", "нескоро"}


async def test_a_reader_that_has_it_is_told_so_until_anything_changes(installation: Installation) -> None:
    browser, id, url = await opened(installation)
    reader = await stranger(installation)
    first, second = [await entered(browser, id, title=title) for title in ("А", "Б")]

    async def tag() -> str:
        return str((await reader.get(url)).headers["etag"])

    async def known(**headers: str) -> int:
        return (
            await reader.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        ).status_code

    seen = await tag()
    at = (await reader.get(url)).headers["last-modified"]
    assert await known(if_none_match=seen) == 304
    assert await known(if_none_match=f'"other", W/{seen}') == 304
    assert await known(if_none_match='"other"') == 200
    assert await known(if_modified_since=at) == 200, "an erasure changes texts and no time"
    for change in (
        browser.patch(f"/calendar-events/{first}", {"title": "В"}),
        browser.delete(f"/calendar-events/{second}"),
        browser.patch(f"/calendars/{id}", {"title": "Иначе"}),
    ):
        assert (await change).status_code in (200, 204)
        changed = await tag()
        assert changed != seen
        seen = changed


async def test_a_reader_does_not_keep_who_was_erased(installation: Installation) -> None:
    admin = await installation.signed_in("administrator")
    id = (await admin.post("/calendars", {"title": "Выставки"})).json()["id"]
    url = (await admin.post(f"/calendars/{id}/link")).json()["url"]
    person = {"name": "Анна Ёлкина", "emails": ["anna@example.ru"]}
    contact_id = (await admin.post("/contacts", person)).json()["id"]
    await entered(admin, id, description="Встреча: anna@example.ru")
    reader = await stranger(installation)
    before = await reader.get(url)
    assert "anna@example.ru" in before.text
    assert (await admin.post(f"/contacts/{contact_id}/erase")).status_code == 200
    await installation.services.privacy.sweeper.work()
    after = await reader.get(url, headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert "anna" not in after.text


async def test_an_address_is_changed_taken_back_and_gone_with_the_archive(installation: Installation) -> None:
    browser, id, first = await opened(installation)
    reader = await stranger(installation)
    assert (await browser.get(f"/calendars/{id}/link")).json() == {"url": first}
    second = (await browser.post(f"/calendars/{id}/link")).json()["url"]
    assert [(await reader.get(url)).status_code for url in (first, second)] == [404, 200]
    await browser.delete(f"/calendars/{id}")
    assert (await reader.get(second)).status_code == 404
    await browser.patch(f"/calendars/{id}", {"archived": False})
    assert (await reader.get(second)).status_code == 200
    await browser.delete(f"/calendars/{id}/link")
    assert (await reader.get(second)).status_code == 404
    assert (await browser.get(f"/calendars/{id}/link")).json() == {"url": None}


async def test_the_calendar_of_who_may_not_sign_in_is_read_no_more(installation: Installation) -> None:
    await installation.add_user("administrator")
    browser = await installation.signed_in("sales_manager")
    card = (await browser.get("/session")).json()["user"]
    own = (await browser.post("/calendars/own")).json()["id"]
    url = (await browser.post(f"/calendars/{own}/link")).json()["url"]
    reader = await stranger(installation)
    assert (await reader.get(url)).status_code == 200
    await installation.services.people.users.change(SYSTEM, int(card["id"]), {"disabled": True})
    assert (await reader.get(url)).status_code == 404


async def test_the_token_is_kept_sealed_and_stands_in_no_log(installation: Installation) -> None:
    _, _, url = await opened(installation)
    token = urlsplit(url).path.removeprefix("/calendars/feed/").removesuffix(".ics")
    async with installation.services.database.read() as connection:
        row = (await connection.execute(sa.select(calendar))).one()
    assert len(token) > 40
    assert token not in row.link_digest and token.encode() not in row.link_sealed
    with structlog.testing.capture_logs() as logs:
        assert (await (await stranger(installation)).get(url)).status_code == 200
    assert token not in repr(logs)


async def test_who_tries_many_addresses_is_slowed_down_and_nobody_else(installation: Installation) -> None:
    _, _, url = await opened(installation)
    guesser, reader = await installation.browser("192.0.2.1"), await stranger(installation)
    wrong = f"{ORIGIN}/calendars/feed/guess.ics"
    statuses = [(await guesser.get(wrong)).status_code for _ in range(REFUSED_AT_ONCE + 1)]
    assert statuses == [404] * REFUSED_AT_ONCE + [429]
    assert (await reader.get(url)).status_code == 200


async def test_one_calendar_is_not_read_all_the_time(installation: Installation) -> None:
    _, _, url = await opened(installation)
    reader = await stranger(installation)
    statuses = {(await reader.get(url)).status_code for _ in range(READ_AT_ONCE)}
    assert statuses == {200}
    late = await reader.get(url)
    assert (late.status_code, late.headers["retry-after"].isdecimal()) == (429, True)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_of_too_many_events_the_latest_are_sent(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FEED_EVENTS == 5_000
    monkeypatch.setattr("vestnik.calendars.feed.FEED_EVENTS", 2)
    _, id, url = await opened(installation)

    def put(connection: sa.Connection) -> None:
        for number in range(3):
            at = datetime(2030, 1, 1 + number, tzinfo=UTC)
            put_event(connection, int(id), NewEvent(str(number), at, None, "", ("lead", number)))

    await installation.services.database.write(put)
    assert set(events(await (await stranger(installation)).get(url))) == {"1", "2"}
    async with installation.services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(calendar_event)) == 3

"""What other rooms do with calendars: one event of each source, always in a calendar that people see."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Installation

from vestnik.calendars.service import (
    DESCRIPTION_CHARACTERS,
    LONGEST_EVENT,
    TITLE_CHARACTERS,
    NewEvent,
    change_event,
    default_calendar,
    event_of,
    forget,
    move_event,
    personal_calendar,
    put_event,
)
from vestnik.calendars.tables import calendar, calendar_event
from vestnik.db import Database
from vestnik.db.database import write_engine
from vestnik.people.access import SYSTEM

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def event(source_id: int, **others: Any) -> NewEvent:
    values = {"title": f"Заявка № {source_id}", "starts_at": AT, "ends_at": None, "description": "Анна"}
    return NewEvent(**{**values, **others}, source=("lead", source_id))


async def rows(database: Database, table: sa.Table) -> list[dict[str, Any]]:
    async with database.read() as connection:
        return [dict(row._mapping) for row in await connection.execute(sa.select(table).order_by(table.c.id))]


async def default(database: Database) -> int:
    return await database.write(default_calendar)


async def test_the_default_calendar_is_made_once_in_the_organisations_language(
    installation: Installation,
) -> None:
    database = installation.services.database
    found = {await default(database) for _ in range(3)}
    assert [
        (row["id"], row["title"], row["kind"], row["is_incoming"]) for row in await rows(database, calendar)
    ] == [(found.pop(), "Входящие заявки", "shared", True)]


async def test_an_event_of_a_source_is_stored_once_and_stays_as_it_is(database: Database) -> None:
    calendar_id = await default(database)
    first = await database.write(put_event, calendar_id, event(1))
    again = await database.write(put_event, calendar_id, event(1, title="Другое"))
    other = await database.write(put_event, calendar_id, event(2))
    assert first == again != other
    assert [row["title"] for row in await rows(database, calendar_event)] == ["Заявка № 1", "Заявка № 2"]
    assert await database.write(event_of, ("lead", 1)) == first
    assert await database.write(event_of, ("lead", 3)) is None


async def test_transactions_at_the_same_time_make_one_calendar_and_one_event(
    database: Database, database_url: str
) -> None:
    engines = [write_engine(sa.make_url(database_url)) for _ in range(6)]

    def put(engine: sa.Engine) -> int:
        with engine.begin() as connection:
            return put_event(connection, default_calendar(connection), event(1))

    found = await asyncio.gather(*(asyncio.to_thread(put, engine) for engine in engines))
    for engine in engines:
        engine.dispose()
    assert len(set(found)) == 1
    assert len(await rows(database, calendar)) == len(await rows(database, calendar_event)) == 1


@pytest.mark.parametrize("gone", ["archived", "unknown"])
async def test_an_event_for_a_calendar_that_is_gone_comes_into_the_default_one(
    database: Database, gone: str
) -> None:
    calendar_id, elsewhere = await default(database), 7
    if gone == "archived":
        values = {"id": 7, "title": "Старый", "kind": "shared", "colour": "red", "is_incoming": False}
        times = dict.fromkeys(("created_at", "updated_at", "archived_at"), AT)
        await database.write(
            lambda connection: connection.execute(sa.insert(calendar).values(values | times))
        )
    await database.write(put_event, elsewhere, event(1))
    assert [row["calendar_id"] for row in await rows(database, calendar_event)] == [calendar_id]


async def test_texts_of_strangers_are_cut_and_an_end_that_is_none_is_left_out(database: Database) -> None:
    calendar_id = await default(database)
    long = event(1, title="а\0" * 1_000, description="б" * 20_000, ends_at=AT + LONGEST_EVENT + timedelta(1))
    await database.write(put_event, calendar_id, long)
    await database.write(put_event, calendar_id, event(2, ends_at=AT - timedelta(hours=1)))
    await database.write(put_event, calendar_id, event(3, ends_at=AT + timedelta(hours=1)))
    stored = await rows(database, calendar_event)
    assert stored[0]["title"] == "а" * TITLE_CHARACTERS
    assert stored[0]["description"] == "б" * DESCRIPTION_CHARACTERS
    assert [row["ends_at"] for row in stored] == [None, None, AT + timedelta(hours=1)]


async def test_a_person_has_one_calendar_and_who_may_not_sign_in_gets_none(
    installation: Installation,
) -> None:
    database = installation.services.database
    await installation.add_user("administrator")
    user_id = await installation.add_user("sales_manager")
    first, second = [await database.write(personal_calendar, user_id) for _ in range(2)]
    assert first == second
    (row,) = await rows(database, calendar)
    assert (row["title"], row["kind"], row["owner_id"]) == ("Имя sales_manager", "personal", user_id)
    other = await installation.add_user("marketer")
    await installation.services.people.users.change(SYSTEM, other, {"disabled": True})
    assert await database.write(personal_calendar, other) is None
    assert await database.write(personal_calendar, 12345) is None


async def test_an_event_is_changed_moved_and_forgotten_by_its_source(installation: Installation) -> None:
    database = installation.services.database
    user_id = await installation.add_user("sales_manager")
    shared = await default(database)
    own = await database.write(personal_calendar, user_id)
    assert own is not None
    await database.write(put_event, shared, event(1))
    before = {row["id"]: row["updated_at"] for row in await rows(database, calendar)}

    def change(connection: sa.Connection) -> None:
        change_event(connection, ("lead", 1), title="Заявка № 1: баннер", person_id=user_id)

    await database.write(change)
    await database.write(move_event, ("lead", 1), own)
    (row,) = await rows(database, calendar_event)
    assert {name: row[name] for name in ("title", "calendar_id", "person_id", "sequence")} == {
        "title": "Заявка № 1: баннер",
        "calendar_id": own,
        "person_id": user_id,
        "sequence": 2,
    }
    after = {row["id"]: row["updated_at"] for row in await rows(database, calendar)}
    assert after[shared] > before[shared], "programs that read the calendar hear that an event left it"
    await database.write(move_event, ("lead", 2), own)
    await database.write(forget, ("lead", 1))
    assert await rows(database, calendar_event) == []

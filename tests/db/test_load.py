"""Loading many rows at once stores what single inserts would."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from vestnik.db import Database, Exact, Instant, Json, Key, load
from vestnik.db.types import json_text

scratch = sa.MetaData()
thing = sa.Table(
    "thing",
    scratch,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", Exact, unique=True),
    sa.Column("at", Instant),
    sa.Column("facts", Json),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("offset", sa.Boolean),
)
COLUMNS = ("id", "name", "at", "facts", "raw", "offset")
AT = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
async def things(database: Database) -> Database:
    await database.write(lambda connection: scratch.create_all(connection))
    return database


async def stored(database: Database) -> list[tuple[Any, ...]]:
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(sa.select(thing).order_by(thing.c.id))]


async def test_every_column_type_comes_back_as_it_went_in(things: Database) -> None:
    rows = [
        (1, "Ёж \"'{},\\", AT, {"a": ["б", None, 1.5]}, b"\x00\xff", True),
        (2, None, None, None, None, False),
    ]
    assert await things.write(load, thing, COLUMNS, rows) == 2
    assert await stored(things) == rows


async def test_rows_that_are_there_already_are_passed_over_and_not_counted(things: Database) -> None:
    await things.write(load, thing, ("id", "name"), [(1, "one")])
    again = [(2, "one"), (3, "three"), (4, "three")]
    assert await things.write(lambda c: load(c, thing, ("id", "name"), again, ignore=["name"])) == 1
    assert [(row[0], row[1]) for row in await stored(things)] == [(1, "one"), (3, "three")]


async def test_no_rows_are_no_work(things: Database) -> None:
    assert await things.write(load, thing, COLUMNS, []) == 0


@pytest.mark.parametrize("text", ['Москва «ё» \\ "', "\x01\n", "🙂"])
async def test_a_document_is_stored_with_its_letters(things: Database, text: str) -> None:
    await things.write(load, thing, ("id", "facts"), [(1, {"город": text})])
    async with things.read() as connection:
        written = await connection.scalar(sa.select(sa.cast(thing.c.facts, sa.Text)))
        assert await connection.scalar(sa.select(thing.c.facts)) == {"город": text}
    assert "город" in str(written), "rules read every row: escapes would be three times as long"


def test_half_a_surrogate_pair_is_escaped_because_no_text_may_hold_it() -> None:
    assert json_text({"bad": "\ud83d", "good": "ё"}) == '{"bad": "\\ud83d", "good": "\\u0451"}'

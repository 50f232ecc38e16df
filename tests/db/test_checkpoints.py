"""SQLite's log is copied into the database beside the writer, and begins anew instead of growing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from vestnik.db import Database
from vestnik.db import database as databases
from vestnik.db.checkpoints import ROWS_BETWEEN_CHECKPOINTS

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

ROWS = 500


def create(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE written (number INTEGER PRIMARY KEY, text TEXT)")


def fill(connection: sa.Connection, start: int) -> None:
    rows = [(number, "x" * 200) for number in range(start, start + ROWS)]
    connection.exec_driver_sql("INSERT INTO written VALUES (?, ?)", rows)


def log_of(database: Database) -> Path:
    return Path(f"{database.url.database}-wal")


async def test_the_log_begins_anew_while_the_writer_goes_on(database: Database) -> None:
    await database.write(create)
    written = 0
    sizes: list[int] = []
    async with asyncio.timeout(60):
        while len(sizes) < 2 or sizes[-1] != sizes[-2] or written < 20 * ROWS_BETWEEN_CHECKPOINTS:
            await database.write(fill, written)
            written += ROWS
            sizes.append(log_of(database).stat().st_size)
    # A log that only grew would hold every page that was ever written.
    assert log_of(database).stat().st_size < written * 200 / 2


async def test_a_checkpoint_that_fails_costs_nothing_but_log(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vestnik.db.checkpoints._PASSIVE", "PRAGMA not a statement")
    await database.write(create)
    for start in range(0, 2 * ROWS_BETWEEN_CHECKPOINTS, ROWS):
        await database.write(fill, start)
    async with database.read() as connection:
        count = await connection.scalar(sa.text("SELECT count(*) FROM written"))
    assert count == 2 * ROWS_BETWEEN_CHECKPOINTS


async def test_the_writer_itself_checkpoints_a_log_that_grew_too_long(database: Database) -> None:
    def pages(connection: sa.Connection) -> int:
        return int(connection.scalar(sa.text("PRAGMA wal_autocheckpoint")) or 0)

    assert await database.write(pages) == databases._LONGEST_LOG_PAGES

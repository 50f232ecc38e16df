"""What SQLite leaves of deleted values in its files, and how it is cleared away.

A deleted value is overwritten in its page (`secure_delete`). Pages that became free keep theirs until they
are given back, and the log keeps older states of pages until it is emptied. PostgreSQL has its vacuum.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import cast

import sqlalchemy as sa
import structlog

from vestnik.db.database import Database

#: Free pages that are given back in one unit of work.
PAGES_AT_ONCE = 1_000
#: How long emptying the log waits for those who read in it; the next time is as good.
LOG_WITHIN_MS = 2_000

log = structlog.get_logger("vestnik.db")


async def clear_leftovers(database: Database) -> None:
    """Have nothing of deleted values in the database's files; a log that is being read is left for later."""
    if not database.on_sqlite:
        return
    while await database.submit(_give_back, bulk=True):
        continue
    await asyncio.to_thread(_empty_log_of, str(database.url.database))


def _give_back(connection: sa.Connection) -> bool:
    """Give some free pages back; whether there are more."""
    give_back(driver_of(connection), PAGES_AT_ONCE)
    return bool(connection.exec_driver_sql("PRAGMA freelist_count").scalar())


def _empty_log_of(path: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA busy_timeout={LOG_WITHIN_MS}")
        empty_log(connection)


def clear_file(connection: sa.Connection) -> None:
    """The same for a file that has no writer of its own."""
    give_back(driver_of(connection))
    empty_log(driver_of(connection))


def driver_of(connection: sa.Connection) -> sqlite3.Connection:
    """The connection as SQLite's own driver knows it."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def give_back(connection: sqlite3.Connection, pages: int = 0) -> None:
    """Give free pages back to the disk, all or so many; each row that is fetched is one page."""
    connection.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()


def empty_log(connection: sqlite3.Connection) -> None:
    """Copy the log into the file, and cut it off."""
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        log.warning("database.log_not_emptied", reason=str(error))
    else:
        if busy:
            log.info("database.log_is_read")

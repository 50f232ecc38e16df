"""Processes on one PostgreSQL number their rows so that no two rows get the same key."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa

from vestnik.db import Database, Lock, new_key

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"])

_TAKEN = "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"


def taken(connection: psycopg.Connection) -> set[int]:
    """The numbers that processes have."""
    return {number for (number,) in connection.execute(_TAKEN, [int(Lock.KEYS)]).fetchall()}


def other_process(url: str) -> psycopg.Connection:
    """The connection of a process that writes to the same database."""
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


async def test_a_number_that_another_process_has_is_not_taken(database_url: str) -> None:
    with other_process(database_url) as other:
        others = new_key.number
        other.execute("SELECT pg_advisory_lock(%s, %s)", [int(Lock.KEYS), others])
        database = Database(database_url)
        await database.start()
        assert new_key.number != others
        assert taken(other) == {others, new_key.number}
        assert (new_key() >> 12) % 1024 == new_key.number
        await database.stop()
        assert taken(other) == {others}


async def test_a_process_whose_connection_broke_keeps_its_number(database_url: str) -> None:
    with other_process(database_url) as other:
        database = Database(database_url)
        await database.start()
        number = new_key.number
        backend = await database.write(lambda connection: connection.scalar(sa.func.pg_backend_pid()))
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
        assert await database.write(lambda connection: connection.scalar(sa.func.pg_backend_pid())) != backend
        assert (new_key.number, taken(other)) == (number, {number})
        await database.stop()

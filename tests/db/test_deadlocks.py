"""Processes that wait for each other on PostgreSQL: both get through, and neither's work is lost."""

from __future__ import annotations

import asyncio
import threading

import pytest
import sqlalchemy as sa

from vestnik.db import Database, writer

scratch = sa.MetaData()
tally = sa.Table(
    "tally",
    scratch,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)


def count(connection: sa.Connection, id: int) -> None:
    connection.execute(sa.update(tally).where(tally.c.id == id).values(count=tally.c.count + 1))


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_groups_of_two_processes_that_lock_each_other_out_are_both_committed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(connection: sa.Connection) -> None:
        scratch.create_all(connection)
        connection.execute(sa.insert(tally), [{"id": 1, "count": 0}, {"id": 2, "count": 0}])

    await database.write(prepare)
    monkeypatch.setattr(writer, "GROUP_SECONDS", 10.0)  # both units of a process in one transaction
    met = threading.Barrier(2, timeout=10)

    def lock_and_meet(connection: sa.Connection, id: int) -> None:
        count(connection, id)
        met.wait()

    beside = Database(database.url.render_as_string(hide_password=False))
    await beside.start()
    await asyncio.gather(
        database.write(lock_and_meet, 1),
        database.write(count, 2),
        beside.write(lock_and_meet, 2),
        beside.write(count, 1),
    )
    await beside.stop()
    async with database.read() as connection:
        rows = await connection.execute(sa.select(tally.c.id, tally.c.count).order_by(tally.c.id))
        assert [tuple(row) for row in rows] == [(1, 2), (2, 2)]

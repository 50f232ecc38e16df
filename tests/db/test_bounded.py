"""Statements that are stopped: when their time is up, and when nobody waits for them any more."""

from __future__ import annotations

import asyncio
import time

import pytest
import sqlalchemy as sa

from vestnik.db import Database
from vestnik.db.bounded import TookTooLong, bounded

ENDLESS = sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


async def test_a_statement_is_stopped_when_its_time_is_up_and_the_next_one_runs(database: Database) -> None:
    async with database.read() as connection:
        with pytest.raises(TookTooLong) as late:
            await bounded(connection, connection.scalar(ENDLESS), 0.2)
        assert late.value.seconds == 0.2
        await connection.rollback()
        assert await bounded(connection, connection.scalar(sa.select(sa.literal(7))), 5) == 7


async def test_a_statement_is_stopped_when_nobody_waits_for_it(database: Database) -> None:
    async with database.read() as connection:
        task = asyncio.ensure_future(bounded(connection, connection.scalar(ENDLESS), 60))
        await asyncio.sleep(0)
        task.cancel()
        started = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - started < 30
        await connection.rollback()
        assert await connection.scalar(sa.select(sa.literal(7))) == 7

"""Periodic work that several processes share: never at once, and never lost with the one that was at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest
import sqlalchemy as sa

from vestnik.db import Database, from_microseconds, to_microseconds
from vestnik.engine import periodic
from vestnik.engine.clock import clock
from vestnik.engine.periodic import Periodic
from vestnik.engine.tables import periodic as turns

# SQLite serves one process.
pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"])

INTERVAL_S = 0.05

Work = Callable[[], Awaitable[None]]
Start = Callable[..., Awaitable[Periodic]]


@pytest.fixture
async def start(database: Database) -> AsyncIterator[Start]:
    """Begins a process that has one kind of work."""
    begun: list[Periodic] = []

    async def begin(work: Work, seconds: float = INTERVAL_S) -> Periodic:
        process = Periodic(database)
        process.add(seconds, "shared", work)
        begun.append(process)
        await process.start()
        return process

    yield begin
    for process in begun:
        await process.stop()


class Counted:
    """Work that takes its time, and counts how many are at it at once."""

    def __init__(self) -> None:
        self.now = self.most = self.turns = 0
        self.cancelled = 0
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def work(self) -> None:
        self.now += 1
        self.most, self.turns = max(self.most, self.now), self.turns + 1
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now -= 1


async def looked_often() -> None:
    """Time in which processes look ten times whether it is their turn."""
    await asyncio.sleep(10 * INTERVAL_S)


async def test_a_turn_longer_than_its_interval_is_waited_for_on_every_host(start: Start) -> None:
    counted = Counted()
    for _ in range(3):
        await start(counted.work)
    await asyncio.wait_for(counted.begun.wait(), 30)
    await looked_often()
    assert (counted.turns, counted.most) == (1, 1)
    counted.go_on.set()
    async with asyncio.timeout(30):
        while counted.turns < 4:
            await asyncio.sleep(0.01)
    assert counted.most == 1


async def test_what_is_to_run_now_runs_as_soon_as_another_process_has_ended_its_turn(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periodic, "AGAIN_S", 0.05)
    counted = Counted()
    await start(counted.work, 3600)
    await asyncio.wait_for(counted.begun.wait(), 30)
    other = await start(counted.work, 3600)
    other.nudge("shared")
    await looked_often()
    assert (counted.turns, counted.most) == (1, 1)
    counted.go_on.set()
    async with asyncio.timeout(30):
        while counted.turns < 2:
            await asyncio.sleep(0.01)
    assert counted.most == 1


async def test_the_turn_of_a_process_that_is_gone_is_free_when_it_would_have_been_over(
    start: Start, database: Database
) -> None:
    def leave(connection: sa.Connection) -> None:
        until = clock("postgresql") + 1_000_000
        values = {"name": "shared", "due_at": from_microseconds(0), "holder": "gone", "held_until": until}
        connection.execute(sa.insert(turns).values(values))

    await database.write(leave)
    async with database.read() as connection:
        until = await connection.scalar(sa.select(turns.c.held_until))
    counted = Counted()
    await start(counted.work)
    await asyncio.wait_for(counted.begun.wait(), 30)
    async with database.read() as connection:
        at = await connection.scalar(sa.select(clock("postgresql")))
    assert until is not None and at is not None
    assert at > to_microseconds(until)


async def test_a_process_that_rested_gives_up_a_turn_that_another_has_by_now(
    start: Start, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periodic, "HELD_S", 0.3)
    counted = Counted()
    await start(counted.work, 3600)
    await asyncio.wait_for(counted.begun.wait(), 30)
    another = sa.update(turns).values(holder="another")
    await database.write(lambda connection: connection.execute(another))
    async with asyncio.timeout(30):
        while not counted.cancelled:
            await asyncio.sleep(0.01)
    async with database.read() as connection:
        assert await connection.scalar(sa.select(turns.c.holder)) == "another"


async def test_a_claim_that_is_being_made_is_not_waited_for(database: Database, start: Start) -> None:
    counted = Counted()
    counted.go_on.set()
    await (await start(counted.work, 3600.0)).stop()
    claim = partial(periodic._claim, name="shared", seconds=3600.0, nudged=True)
    url = database.url.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    try:
        with engine.connect() as first, engine.connect() as second:
            assert claim(first, holder="the one")
            second.exec_driver_sql("SET lock_timeout = '1s'")  # else it would wait for ever
            assert not claim(second, holder="the other")
            first.rollback()
            assert claim(second, holder="the other")
            second.rollback()
    finally:
        engine.dispose()

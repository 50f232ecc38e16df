"""Which processes count as alive, by the clock of the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from vestnik.db import Database
from vestnik.engine import takeover
from vestnik.engine.tables import executor
from vestnik.engine.takeover import DEAD_AFTER, Executors


async def rest(database: Database, executor_id: str, for_how_long: timedelta) -> None:
    """Have a process have beaten so long ago."""

    def earlier(connection: sa.Connection) -> None:
        mine = executor.c.id == executor_id
        seen = connection.execute(sa.select(executor.c.seen_at).where(mine)).scalar_one()
        connection.execute(sa.update(executor).where(mine).values(seen_at=seen - for_how_long))

    await database.write(earlier)


async def test_who_beat_lately_is_alive_and_who_asks_is_alive(database: Database) -> None:
    first, second = Executors(database, "first"), Executors(database, "second")
    assert await first.alive() == {"first"}
    await second.beat()
    assert await first.alive() == {"first", "second"}
    await rest(database, "second", DEAD_AFTER)
    assert await first.alive() == {"first"}
    assert await second.alive() == {"second"}
    await second.beat()
    assert await first.alive() == {"first", "second"}


async def test_who_was_not_seen_for_a_day_is_forgotten(database: Database) -> None:
    first, second = Executors(database, "first"), Executors(database, "second")
    await second.beat()
    await rest(database, "second", timedelta(days=1))
    await first.beat()
    async with database.read() as connection:
        assert (await connection.execute(sa.select(executor.c.id))).scalars().all() == ["first"]


async def test_a_process_is_sure_of_itself_before_others_doubt_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_s = 1_000.0
    monkeypatch.setattr("vestnik.engine.takeover.time.monotonic", lambda: time_s)
    executors = Executors(database, "first")
    assert executors.sure()  # it has not begun any work yet
    await executors.beat()
    assert executors.sure()
    time_s += takeover.SURE_FOR_S
    assert executors.sure() is database.on_sqlite  # which has one process only
    await executors.beat()
    assert executors.sure()


def test_rest_ends_before_death_and_after_several_missed_beats() -> None:
    assert 3 * takeover.BEAT_S < takeover.SURE_FOR_S < DEAD_AFTER.total_seconds() - takeover.BEAT_S

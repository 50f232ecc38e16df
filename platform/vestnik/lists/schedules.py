"""When syncs run by themselves: coming due makes a run, in the unit of work that sets the next time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import Database, now
from vestnik.engine import Engine
from vestnik.lists import runs
from vestnik.lists.states import LONGEST_MINUTES, RunState, Trigger
from vestnik.lists.tables import sync, sync_run
from vestnik.people.access import Actor

LOOK_EVERY_S = 15.0
_AT_ONCE = 50
_WORK = "lists.due"


class Begins(Protocol):
    """Starts the durable work of a committed run."""

    async def begin(self, run_id: int) -> None: ...


class Schedules:
    """Makes the runs that are due."""

    def __init__(self, database: Database, engine: Engine, driver: Begins, tell: runs.Tell) -> None:
        self._database, self._driver, self._tell = database, driver, tell
        engine.every(LOOK_EVERY_S, _WORK, self.look)

    async def look(self) -> None:
        """Make and begin the runs of syncs that are due."""
        async with self._database.read() as connection:
            due = sa.select(sync.c.id).where(_due(now())).order_by(sync.c.next_at).limit(_AT_ONCE)
            ids = (await connection.execute(due)).scalars().all()
        for sync_id in ids:
            run_id = await self._database.write(self._make, sync_id)
            if run_id is not None:
                await self._driver.begin(run_id)

    async def recompute(self, actor: Actor, which: sa.ColumnElement[bool]) -> int:
        """Run the syncs that are kept and not at rest now, or directly after their run under way."""

        def hurry(connection: sa.Connection) -> list[int]:
            live = sa.select(sync).where(which, sync.c.archived_at.is_(None), sync.c.state == "on")
            begun = []
            for row in connection.execute(live.order_by(sync.c.id).with_for_update()).all():
                record(connection, actor, "sync.recomputed", "sync", row.id)
                if runs.live_run(connection, row.id) is None:
                    begun.append(self._begin(connection, row, "recompute", actor.user_id))
                else:
                    connection.execute(sa.update(sync).where(sync.c.id == row.id).values(next_at=now()))
                    begun.append(0)
            return begun

        begun = await self._database.write(hurry)
        for run_id in filter(None, begun):
            await self._driver.begin(run_id)
        return len(begun)

    def _make(self, connection: sa.Connection, sync_id: int) -> int | None:
        row = connection.execute(
            sa.select(sync).where(sync.c.id == sync_id, _due(now())).with_for_update()
        ).one_or_none()
        if row is None or runs.live_run(connection, sync_id) is not None:
            return None
        ran = sa.select(sync_run.c.id).where(sync_run.c.sync_id == sync_id, sync_run.c.state == RunState.DONE)
        first = connection.scalar(ran.limit(1)) is None
        return self._begin(connection, row, "first" if first else "schedule", None)

    def _begin(self, connection: sa.Connection, row: runs.Row, trigger: Trigger, user_id: int | None) -> int:
        run_id = runs.begin(connection, row, trigger, started_by=user_id, tell=self._tell)
        due = runs.next_due(row.every_minutes, now())
        connection.execute(sa.update(sync).where(sync.c.id == row.id).values(next_at=due))
        return run_id


def _due(at: datetime) -> sa.ColumnElement[bool]:
    """Syncs whose time has come, and that have no run under way: one that waits keeps its time."""
    live = sa.select(sync_run.c.id).where(sync_run.c.sync_id == sync.c.id, sync_run.c.finished_at.is_(None))
    # Nothing is due later than this: such a time was set by a clock that has been put back.
    beyond = at + timedelta(minutes=LONGEST_MINUTES)
    return sa.and_(
        sync.c.state == "on",
        sync.c.archived_at.is_(None),
        (sync.c.next_at <= at) | (sync.c.next_at > beyond),
        sa.not_(sa.exists(live)),
    )

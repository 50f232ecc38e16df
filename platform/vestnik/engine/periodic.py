"""Periodic work: each kind has its turn at most once in its interval, in one process of all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from vestnik import tracing
from vestnik.db import Database, insert_ignore, now
from vestnik.engine.tables import periodic

Work = Callable[[], Awaitable[None]]

log = structlog.get_logger("vestnik.engine")


@dataclass(slots=True)
class Turn:
    """One kind of periodic work: how often, and the run in progress."""

    seconds: float
    name: str
    work: Work
    everywhere: bool
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Periodic:
    """Runs registered work at its intervals; a kind never overlaps itself in one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns: dict[str, Turn] = {}

    def add(self, seconds: float, name: str, work: Work, *, everywhere: bool = False) -> None:
        """Register `work` to run every `seconds`, first at the start; `everywhere`: in each process."""
        if name in self._turns:
            raise ValueError(f"periodic work {name!r} is registered twice")
        self._turns[name] = Turn(seconds, name, work, everywhere)

    def nudge(self, name: str) -> None:
        """Have `name` take its next turn now instead of at its time."""
        self._turns[name].wake.set()

    async def start(self) -> None:
        """Begin all registered work."""
        await self._database.write(_register, list(self._turns))
        for turn in self._turns.values():
            turn.task = asyncio.create_task(self._repeat(turn), name=f"periodic:{turn.name}")

    async def stop(self) -> None:
        """End it; a run in progress is cancelled (its units of work are committed or undone whole)."""
        tasks = [turn.task for turn in self._turns.values() if turn.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _repeat(self, turn: Turn) -> None:
        while True:
            nudged = turn.wake.is_set()
            turn.wake.clear()
            with tracing.under():
                await self._take(turn, nudged)
            try:
                await asyncio.wait_for(turn.wake.wait(), turn.seconds)
            except TimeoutError:
                continue

    async def _take(self, turn: Turn, nudged: bool) -> None:
        try:
            if await self._may_run(turn, nudged):
                with tracing.span("periodic", work=turn.name):
                    await turn.work()
        except Exception:
            log.exception("periodic.failed", work=turn.name)

    async def _may_run(self, turn: Turn, nudged: bool) -> bool:
        if turn.everywhere or nudged or self._database.on_sqlite:  # SQLite: there is one process only
            return True
        return await self._database.write(_claim, turn.name, now(), turn.seconds)


def _register(connection: sa.Connection, names: list[str]) -> None:
    rows = [{"name": name, "due_at": now()} for name in names]
    if rows:
        connection.execute(insert_ignore(connection, periodic, ["name"]), rows)


def _claim(connection: sa.Connection, name: str, at: datetime, seconds: float) -> bool:
    slack = timedelta(seconds=seconds / 20)  # a timer that fires a moment early has its turn all the same
    claimed = connection.execute(
        sa.update(periodic)
        .where(periodic.c.name == name, periodic.c.due_at <= at + slack)
        .values(due_at=at + timedelta(seconds=seconds))
    )
    return claimed.rowcount == 1

"""Periodic work: each kind has its turn at most once in its interval, in one process of all.

On several hosts whoever begins a turn holds the kind for `HELD_S`, and says again and again that it still is
at it: a turn longer than its interval never overlaps itself, and one of a process that is gone is another's
soon. A process that rests for longer than that gives its turn up when it finds that somebody else has it.
All times are the database's.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from vestnik import tracing
from vestnik.db import Database, from_microseconds, insert_ignore
from vestnik.engine.clock import clock
from vestnik.engine.tables import periodic

Work = Callable[[], Awaitable[None]]

#: Who is at a kind of work has it for so long, and asks for as much again in a third of that.
HELD_S = 30.0
#: What is to run now, and is running elsewhere, is asked for again after this pause.
AGAIN_S = 1.0
_MICROSECONDS = 1_000_000

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
    """Runs registered work at its intervals; a kind never overlaps itself."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = secrets.token_hex(8)
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
            if turn.everywhere or self._database.on_sqlite:  # SQLite: there is one process only
                await self._work(turn)
            elif await self._database.write(_claim, turn.name, self._holder, turn.seconds, nudged):
                await self._hold(turn)
            elif nudged:
                asyncio.get_running_loop().call_later(AGAIN_S, turn.wake.set)
        except Exception:
            log.exception("periodic.failed", work=turn.name)

    async def _work(self, turn: Turn) -> None:
        with tracing.span("periodic", work=turn.name):
            await turn.work()

    async def _hold(self, turn: Turn) -> None:
        """Work for as long as the turn is ours."""
        work = asyncio.ensure_future(self._work(turn))
        try:
            while not (await asyncio.wait([work], timeout=HELD_S / 3))[0]:
                if not await self._database.write(_hold_on, turn.name, self._holder):
                    log.warning("periodic.taken_over", work=turn.name)
                    return
            work.result()
        finally:
            if work.cancel():
                await asyncio.wait([work])
            await self._database.write(_let_go, turn.name, self._holder)


def _register(connection: sa.Connection, names: list[str]) -> None:
    rows = [{"name": name, "due_at": from_microseconds(0)} for name in names]
    if rows:
        connection.execute(insert_ignore(connection, periodic, ["name"]), rows)


def _claim(connection: sa.Connection, name: str, holder: str, seconds: float, nudged: bool) -> bool:
    """Have the turn if it is due, or was asked for, and nobody is at it."""
    at = clock(connection.dialect.name)
    slack = round(seconds / 20 * _MICROSECONDS)  # a timer that fires a moment early has its turn all the same
    due = sa.type_coerce(periodic.c.due_at, sa.BigInteger) <= at + slack
    free = sa.type_coerce(periodic.c.held_until, sa.BigInteger) < at
    # Whom another one is claiming at this moment is not waited for: the writer takes several claims in one
    # transaction, and two processes that take them in different orders would wait for each other.
    ours = (
        sa.select(periodic.c.name)
        .where(periodic.c.name == name, sa.or_(periodic.c.held_until.is_(None), free))
        .where(sa.true() if nudged else due)
        .with_for_update(skip_locked=True)
    )
    claimed = connection.execute(
        sa.update(periodic)
        .where(periodic.c.name == ours.scalar_subquery())
        .values(due_at=at + round(seconds * _MICROSECONDS), holder=holder, held_until=at + _held())
    )
    return claimed.rowcount == 1


def _hold_on(connection: sa.Connection, name: str, holder: str) -> bool:
    """Have it for longer; False where another has it by now."""
    held_until = clock(connection.dialect.name) + _held()
    return connection.execute(_held_by(name, holder).values(held_until=held_until)).rowcount == 1


def _let_go(connection: sa.Connection, name: str, holder: str) -> None:
    connection.execute(_held_by(name, holder).values(holder=None, held_until=None))


def _held_by(name: str, holder: str) -> sa.Update:
    return sa.update(periodic).where(periodic.c.name == name, periodic.c.holder == holder)


def _held() -> int:
    return round(HELD_S * _MICROSECONDS)

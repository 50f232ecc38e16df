"""Replay of a filtered set: marked in the inbox, worked a few at a time when nobody waits for the workers.

The marks are in the database, so that a set which was begun is finished whatever happens to the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.db import Database, WriterStopped, now
from vestnik.people.access import Actor
from vestnik.webhooks import inbox as storage
from vestnik.webhooks.errors import ReplayTooLarge
from vestnik.webhooks.inbox import REPLAY_DUE, State, Stored
from vestnik.webhooks.tables import inbox

log = structlog.get_logger("vestnik.webhooks")

AT_MOST = 10_000
AT_ONCE = 2
TAKEN_AT_A_TIME = AT_ONCE  # none waits here until its lease is over
LOOK_EVERY_S = 1.0
MARKED_AT_A_TIME = 500

#: Probes are not parsed, and what has just come is being parsed anyway, before any replay.
REPLAYABLE = (State.APPLIED, State.RETRYING, State.FAILED)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests: of one account, in one state, arrived in [since, until)."""

    account_id: int | None = None
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The conditions that it puts on the inbox."""
        found: list[sa.ColumnElement[bool]] = []
        if self.account_id is not None:
            found.append(inbox.c.account_id == self.account_id)
        if self.state is not None:
            found.append(inbox.c.state == self.state)
        if self.since is not None:
            found.append(inbox.c.received_at >= self.since)
        if self.until is not None:
            found.append(inbox.c.received_at < self.until)
        return found


EVERYTHING = Filter()


class Replays:
    """Sets of requests to parse anew; `handle` does the work on one."""

    def __init__(self, database: Database, handle: Callable[[Stored], Awaitable[None]]) -> None:
        self._database, self._handle = database, handle
        self._worker: asyncio.Task[None] | None = None
        self._marked = asyncio.Event()

    async def start(self) -> None:
        """Go on with what was marked."""
        self._worker = asyncio.create_task(self._work(), name="webhook-replays")

    async def stop(self) -> None:
        """Leave what is marked to the next start; what is under way is taken over by its lease."""
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker

    async def count(self, actor: Actor, chosen: Filter) -> int:
        """How many requests a filter would replay."""
        actor.require("webhooks.replay")
        async with self._database.read() as connection:
            return await connection.scalar(_counted(*_replayable(chosen))) or 0

    async def left(self, actor: Actor) -> int:
        """How many requests are marked and wait for their turn."""
        actor.require("webhooks.read")
        async with self._database.read() as connection:
            return await connection.scalar(_counted(inbox.c.next_attempt_at == REPLAY_DUE)) or 0

    async def begin(self, actor: Actor, chosen: Filter) -> int:
        """Mark what a filter finds, newest first; return how many. Raises ReplayTooLarge."""
        found = await self.count(actor, chosen)
        if found > AT_MOST:
            raise ReplayTooLarge(found=found, at_most=AT_MOST)
        await self._database.write(record, actor, "webhook.set_replayed", "webhook", None)
        before: int | None = None
        queued = 0
        while queued < found:
            ids: list[int] = await self._database.submit(_marking(chosen, before), bulk=True)
            if not ids:
                break
            queued, before = queued + len(ids), ids[-1]
            self._marked.set()
        return queued

    async def cancel(self, actor: Actor) -> int:
        """Take every mark away; return how many there were."""
        actor.require("webhooks.replay")
        await self._database.write(record, actor, "webhook.replay_stopped", "webhook", None)
        return await self._database.write(_unmark, now())

    async def _work(self) -> None:
        while True:
            self._marked.clear()
            try:
                requests = await self._database.submit(_taking, bulk=True)
            except WriterStopped:
                return
            except Exception:
                log.exception("webhook.replays_not_taken")
                requests = []
            waiting = iter(requests)
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._take_turns(waiting))
            if not requests:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._marked.wait()

    async def _take_turns(self, waiting: Iterator[Stored]) -> None:
        for request in waiting:
            try:
                await self._handle(request)
            except Exception:
                log.exception("webhook.not_replayed", inbox_id=request.id)


def _replayable(chosen: Filter) -> list[sa.ColumnElement[bool]]:
    return [inbox.c.state.in_(REPLAYABLE), *chosen.conditions()]


def _counted(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(inbox).where(*conditions)


def _marking(chosen: Filter, before: int | None) -> Callable[[sa.Connection], list[int]]:
    """A unit of work that marks the next slice, and returns its ids, the newest first."""

    def mark(connection: sa.Connection) -> list[int]:
        query = sa.select(inbox.c.id, inbox.c.received_at).where(*_replayable(chosen))
        if before is not None:
            query = query.where(inbox.c.id < before)
        rows = connection.execute(query.order_by(inbox.c.id.desc()).limit(MARKED_AT_A_TIME)).all()
        if rows:
            times = [row.received_at for row in rows]
            connection.execute(
                sa.update(inbox)
                .where(inbox.c.id.in_([row.id for row in rows]))
                .where(inbox.c.received_at.between(min(times), max(times)))
                .values(next_attempt_at=REPLAY_DUE)
            )
        return [row.id for row in rows]

    return mark


def _unmark(connection: sa.Connection, at: datetime) -> int:
    """What was to be tried again anyway is due now; the rest is left as it is."""
    marked = sa.update(inbox).where(inbox.c.next_attempt_at == REPLAY_DUE)
    retried = connection.execute(marked.where(inbox.c.state == State.RETRYING).values(next_attempt_at=at))
    return retried.rowcount + connection.execute(marked.values(next_attempt_at=None)).rowcount


def _taking(connection: sa.Connection) -> list[Stored]:
    return storage.take_replays(connection, now(), TAKEN_AT_A_TIME)

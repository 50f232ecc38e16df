"""The one writer: a thread that runs synchronous units of work and commits them in groups.

An `await` for every statement was twenty times slower on SQLite, and several writing connections
sleep in its busy handler; so each change is a plain function of a connection, run here in turn.
A group holds at most `GROUP_UNITS` units and `GROUP_SECONDS`; each unit has a savepoint of its own,
so that one unit's failure undoes that unit alone. A future is resolved only after COMMIT. A unit that
PostgreSQL asks to try again begins the next group: what the units before it locked is free by then,
and the process that it ran into can go on.

Bulk units wait for all others, and while others come one after another, some time between two of them:
whoever asks for several in turn, as a webhook does, would else wait for a bulk unit at each.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik import tracing
from vestnik.db.driver import DriverStatement

GROUP_UNITS = 1000
GROUP_SECONDS = 0.05
#: Between two bulk units while others are asked for, and after how long of none the next may begin.
BULK_PAUSE_S = 0.03
BULK_SILENCE_S = 0.01
_ATTEMPTS = 3
_RETRIED_STATES = frozenset(
    {"40001", "40P01"}
)  # serialization failure, deadlock: PostgreSQL asks to try again
_AFTER_COMMIT = "vestnik.after_commit"
_SAVEPOINT = DriverStatement("SAVEPOINT unit")
_RELEASE = DriverStatement("RELEASE SAVEPOINT unit")
_ROLLBACK = DriverStatement("ROLLBACK TO SAVEPOINT unit")

log = structlog.get_logger("vestnik.db")


class WriterStopped(RuntimeError):
    """The database is closed: nothing was written."""


@dataclass(slots=True)
class _Unit:
    run: Callable[[sa.Connection], Any]
    future: asyncio.Future[Any]
    bulk: bool
    value: Any = None
    error: BaseException | None = None
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    attempts_left: int = _ATTEMPTS
    origin: tracing.Origin | None = field(default_factory=tracing.origin)


def after_commit(connection: sa.Connection, callback: Callable[[], None]) -> None:
    """Have `callback()` run on the event loop once the unit of work that `connection` serves is committed."""
    connection.info[_AFTER_COMMIT].append(callback)


class Writer:
    """Runs units of work in one thread; `submit` may be called from the event loop only."""

    def __init__(
        self, engine: sa.Engine, loop: asyncio.AbstractEventLoop, on_group: Callable[[int], None] | None
    ) -> None:
        self._engine, self._loop, self._on_group = engine, loop, on_group
        self._normal: deque[_Unit] = deque()
        self._bulk: deque[_Unit] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        #: When work other than bulk was asked for last.
        self.asked_at = time.monotonic()
        self._bulk_ended = 0.0
        self._thread = threading.Thread(target=self._serve, name="vestnik-writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[sa.Connection], Any], *, bulk: bool) -> asyncio.Future[Any]:
        """Queue `run`; the future has its value after COMMIT, or its exception after the roll-back."""
        future = self._loop.create_future()
        unit = _Unit(run, future, bulk)
        with self._wake:
            if self._stopping:
                raise WriterStopped("the database is closed")
            if bulk:
                self._bulk.append(unit)
            else:
                self._normal.append(unit)
                self.asked_at = time.monotonic()
            self._wake.notify()
        return future

    def queued(self) -> tuple[int, int]:
        """How many units wait: of normal and of bulk priority."""
        return len(self._normal), len(self._bulk)

    async def stop(self) -> None:
        """Finish what is queued, then end the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        await asyncio.to_thread(self._thread.join)

    def _next(self, *, block: bool) -> _Unit | None:
        with self._wake:
            while True:
                if self._normal:
                    return self._normal.popleft()
                pause = self._bulk_pause() if self._bulk else None
                if pause is not None and pause <= 0:
                    return self._bulk.popleft()
                if not block or (self._stopping and pause is None):
                    return None
                self._wake.wait(pause)

    def _bulk_pause(self) -> float:
        """How long the next bulk unit is to wait, should nobody ask for anything else."""
        if self._stopping:
            return 0.0
        return min(self._bulk_ended + BULK_PAUSE_S, self.asked_at + BULK_SILENCE_S) - time.monotonic()

    def _serve(self) -> None:
        while (first := self._next(block=True)) is not None:
            done: list[_Unit] = []
            try:
                self._group(first, done)
            except BaseException as error:  # the group's BEGIN or COMMIT failed: none of it is stored
                for unit in done:
                    unit.value, unit.error, unit.callbacks = None, unit.error or error, []
            if any(unit.bulk for unit in done):
                self._bulk_ended = time.monotonic()
            if self._on_group is not None and done:
                self._on_group(len(done))
            try:
                self._loop.call_soon_threadsafe(_settle, done)
            except RuntimeError:
                log.warning("writer.loop_closed", units=len(done))
                return

    def _group(self, first: _Unit, done: list[_Unit]) -> None:
        """Run units and commit them; `done` has all that were begun, but for one that is to begin anew."""
        deadline = time.monotonic() + GROUP_SECONDS
        done.append(first)
        with self._engine.begin() as connection:
            while self._run(connection, done[-1]):
                if len(done) >= GROUP_UNITS or time.monotonic() >= deadline:
                    return
                unit = self._next(block=False)
                if unit is None:
                    return
                done.append(unit)
            again = done.pop()
            again.attempts_left -= 1
            with self._wake:
                self._normal.appendleft(again)

    def _run(self, connection: sa.Connection, unit: _Unit) -> bool:
        """Run a unit in its savepoint; False when it is undone and to be run again."""
        connection.info[_AFTER_COMMIT] = unit.callbacks
        _SAVEPOINT.run(connection)
        try:
            with tracing.going_on(unit.origin):
                unit.value = unit.run(connection)
            _RELEASE.run(connection)
        except BaseException as error:
            unit.callbacks.clear()
            try:
                _ROLLBACK.run(connection)
                _RELEASE.run(connection)
            except sa.exc.SQLAlchemyError:  # the connection, or the whole transaction, is gone
                raise error from None
            if unit.attempts_left > 1 and _asks_to_retry(error):
                return False
            unit.error = error
        return True


def _asks_to_retry(error: BaseException) -> bool:
    return isinstance(error, sa.exc.DBAPIError) and getattr(error.orig, "sqlstate", None) in _RETRIED_STATES


def _settle(units: list[_Unit]) -> None:
    for unit in units:
        for callback in unit.callbacks:
            callback()
        if unit.future.done():  # whoever waited was cancelled; the work stands all the same
            continue
        if unit.error is not None:
            unit.future.set_exception(unit.error)
        else:
            unit.future.set_result(unit.value)

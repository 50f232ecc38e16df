"""What services told lately: asked once however many read it, kept for a short time, told with its age.

A failure is remembered for some seconds as well, so that a broken service is not asked by every page; what
was known before stays beside it. Each process keeps its own, in memory, and no more than so much.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from vestnik.db import now
from vestnik.http.errors import Problem
from vestnik.lists.panel_errors import ServiceSlow
from vestnik.logs import fault

log = structlog.get_logger("vestnik.lists")

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Told(Generic[V]):
    """What is known: the value with its time and age, and the problem that kept a newer one away."""

    value: V | None
    at: datetime | None
    age_s: float | None
    problem: Problem | None


@dataclass(slots=True)
class _Entry(Generic[V]):
    stored: float
    value: V | None = None
    at: datetime | None = None
    told: float = 0.0
    problem: Problem | None = None
    failed: float = 0.0


class Answers(Generic[K, V]):
    """Answers of a service by what was asked.

    A value is fresh for `fresh_s` and known for `kept_s`; a failure keeps others from asking for
    `failed_s`. A reader waits for at most `deadline_s`; the call goes on and its answer is kept.
    """

    def __init__(
        self,
        ask: Callable[[K], Awaitable[V]],
        *,
        fresh_s: float,
        kept_s: float,
        failed_s: float,
        deadline_s: float,
        most: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._clock = ask, clock
        self._fresh_s, self._kept_s, self._failed_s = fresh_s, kept_s, failed_s
        self._deadline_s, self._most = deadline_s, most
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self._running: dict[K, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, key: K, *, fresh: bool = False) -> Told[V]:
        """What is known of `key`; the service is asked where that is not fresh, or always with `fresh`."""
        if not fresh and self._is_settled(key):
            return self._told(key)
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._keep(key))
            self._running[key] = task
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        try:
            async with asyncio.timeout(self._deadline_s):
                await asyncio.shield(task)
        except TimeoutError:
            return self._told(key, ServiceSlow(seconds=round(self._deadline_s)))
        told = self._told(key)
        if told.at is None and told.problem is None:  # dropped meanwhile: what was asked for is old
            return await self.get(key)
        return told

    def drop(self, key: K) -> None:
        """Forget `key`, and what a call that is under way will say of it."""
        self._entries.pop(key, None)
        self._running.pop(key, None)

    async def stop(self) -> None:
        """End the calls that are under way."""
        if self._timer is not None:
            self._timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, key: K) -> None:
        mine = asyncio.current_task()
        try:
            value, problem = await self._ask(key), None
        except Problem as failed:
            value, problem = None, failed
        finally:
            is_wanted = self._running.get(key) is mine
            if is_wanted:
                del self._running[key]
        if is_wanted:
            self._store(key, value, problem)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            fault(log, "panel.fault", error)  # whoever waits for it raises it, too

    def _store(self, key: K, value: V | None, problem: Problem | None) -> None:
        at = self._clock()
        entry = self._entries.setdefault(key, _Entry(at))
        entry.stored, entry.problem, entry.failed = at, problem, at
        if problem is None:
            entry.value, entry.at, entry.told = value, now(), at
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)
        self._forget_in_time()

    def _forget_in_time(self) -> None:
        """Forget what is too old, also when nobody asks any more: it is about people."""
        at = self._clock()
        while self._entries and at - next(iter(self._entries.values())).stored >= self._kept_s:
            self._entries.popitem(last=False)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._entries:
            left_s = self._kept_s - (at - next(iter(self._entries.values())).stored)
            self._timer = asyncio.get_running_loop().call_later(left_s, self._forget_in_time)

    def _is_settled(self, key: K) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        at = self._clock()
        if entry.problem is not None:
            return at - entry.failed < self._failed_s
        return entry.at is not None and at - entry.told < self._fresh_s

    def _told(self, key: K, problem: Problem | None = None) -> Told[V]:
        entry = self._entries.get(key)
        if entry is None:
            return Told(None, None, None, problem)
        problem = problem or entry.problem
        age_s = self._clock() - entry.told
        if entry.at is None or age_s > self._kept_s:
            return Told(None, None, None, problem)
        return Told(entry.value, entry.at, age_s, problem)

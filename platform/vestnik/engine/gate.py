"""The gate that steps pass, so that stopping waits for the ones in flight and starts no more."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Gate:
    """Counts steps in flight; once draining, a step that comes is parked until the process ends.

    A parked step has not begun: the next process begins it. Without the gate DBOS would give up a
    step after its effect and before its checkpoint, and the next process would repeat it.
    """

    def __init__(self) -> None:
        self._inside: set[asyncio.Task[object]] = set()
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._parked: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a step runs in a task")
        if self._draining:
            self._parked.add(task)
            await asyncio.get_running_loop().create_future()
        self._inside.add(task)
        self._idle.clear()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._inside.discard(task)
        if not self._inside:
            self._idle.set()

    def close(self) -> None:
        """Let no more steps in."""
        self._draining = True

    async def drain(self, limit_s: float) -> bool:
        """Let no more steps in; True when those inside ended within `limit_s`."""
        self.close()
        try:
            await asyncio.wait_for(self._idle.wait(), limit_s)
        except TimeoutError:
            return False
        return True

    async def dismiss(self) -> None:
        """End the tasks that are parked here or did not end in time, once nothing can record their end."""
        left = [*self._parked, *self._inside]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

"""One at a time: what must not be done twice at once in a process, by its key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Alone:
    """Locks by key, kept while somebody holds one or waits for it."""

    def __init__(self) -> None:
        self._locks: dict[int, tuple[asyncio.Lock, int]] = {}

    def holds(self, key: int) -> bool:
        """Whether somebody in this process holds the key, or waits for it."""
        return key in self._locks

    @asynccontextmanager
    async def of(self, key: int) -> AsyncIterator[None]:
        """Hold the key alone in this process."""
        lock, holders = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, holders + 1)
        try:
            async with lock:
                yield
        finally:
            holders = self._locks[key][1] - 1
            if holders:
                self._locks[key] = (lock, holders)
            else:
                del self._locks[key]

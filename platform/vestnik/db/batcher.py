"""Many small changes of one kind, written together: one unit of work for all that arrive meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import sqlalchemy as sa

from vestnik.db.database import Database

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_ITEMS = 200


class Batcher(Generic[Item, Result]):
    """Hands items to `flush(connection, items)` in groups; each caller awaits its own result, after COMMIT.

    While one group is being written the next one gathers, so that a lone item waits for nobody and
    many items share one commit. When a group of several fails, each of its items is tried alone, so
    that one bad item costs its neighbours nothing.
    """

    def __init__(
        self, database: Database, flush: Callable[[sa.Connection, Sequence[Item]], Sequence[Result]]
    ) -> None:
        self._database, self._flush = database, flush
        self._gathered: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None

    def put(self, item: Item) -> asyncio.Future[Result]:
        """Queue `item`; the future has its result once it is committed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._gathered.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._write(), name="batcher")
        return future

    async def drain(self) -> None:
        """Wait until everything put so far is written."""
        while self._task is not None:
            await self._task

    async def _write(self) -> None:
        try:
            while self._gathered:
                group, self._gathered = self._gathered[:MAX_ITEMS], self._gathered[MAX_ITEMS:]
                await self._write_group(group)
        finally:
            self._task = None

    async def _write_group(self, group: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        items = [item for item, _ in group]
        try:
            results = await self._database.write(self._flush, items)
        except Exception as error:
            if len(group) == 1:
                _fail(group[0][1], error)
            else:
                for single in group:
                    await self._write_group([single])
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)


def _fail(future: asyncio.Future[Result], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)

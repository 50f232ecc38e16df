"""Reading within a time: a statement that takes longer, or for nobody, is stopped in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

_ASK_AGAIN_S = 0.05


class TookTooLong(Exception):
    """The statement was stopped after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"stopped after {seconds} s")
        self.seconds = seconds


async def bounded(connection: AsyncConnection, work: Coroutine[Any, Any, T], seconds: float) -> T:
    """The value of `work`, which runs statements on `connection`; `TookTooLong` when time is up.

    When the waiting task is cancelled the statement is stopped too.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait([task], timeout=seconds)
    except asyncio.CancelledError:
        await _stop(driver, task)
        raise
    if done:
        return task.result()
    await _stop(driver, task)
    raise TookTooLong(seconds)


async def _stop(driver: Any, task: asyncio.Future[Any]) -> None:
    # The statement may not have begun when it is stopped first: ask until it has ended.
    while not task.done():
        await (driver.interrupt() if hasattr(driver, "interrupt") else driver.cancel_safe())
        await asyncio.wait([task], timeout=_ASK_AGAIN_S)
    task.exception()

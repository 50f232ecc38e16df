"""Work for whoever waits for it: when they leave, it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")

#: How often a request is asked whether anybody still waits for its answer.
LOOK_EVERY_S = 0.2


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The value of `work`; `ClientDisconnect` when the connection is closed before."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=LOOK_EVERY_S))[0]:
            if await request.is_disconnected():
                raise ClientDisconnect
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
    return task.result()

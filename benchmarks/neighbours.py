"""What a hostile module costs the others: the throughput of a good one, alone and beside each bad one.

The good module is called by eight callers at once, as webhooks call; the bad one is called again as soon as
its last call has ended, as its provider would. Rounds alternate, so that the machine's moods cancel out.
Beside them the floor: a process of no sandbox that computes in the idle class, on one processor. What it
costs, nothing that computes at all can cost less.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

from benchmarks.sandbox_call import SOURCE, rows_of_1_kb
from vestnik.sandbox import Limits, Program, Sandbox, SandboxBusy, SandboxError

ROUNDS = 5
SECONDS = 3.0
CALLERS = 8
BAD = {
    "endless_loop": "def run():\n    while True:\n        pass",
    "memory_bomb": "def run():\n    kept = []\n    while True:\n        kept.append('a' * 100_000)",
    "flood_of_output": "def run():\n    while True:\n        print('x' * 1000)",
    "giant_result": "def run():\n    return ['x' * 1000] * 50_000",
}


def run() -> dict[str, Any]:
    """Calls a second of the good module alone, and its share of that beside each bad one."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    rows = rows_of_1_kb()
    async with Sandbox() as sandbox:
        good = Program("good", SOURCE)
        await _rate(sandbox, good, rows)
        figures: dict[str, Any] = {}
        alone_all: list[float] = []
        for name, source in [("idle_process", None), *BAD.items()]:
            alone, beside = [], []
            for _ in range(ROUNDS):
                alone.append(await _rate(sandbox, good, rows))
                async with _spoiled(sandbox, None if source is None else Program(name, source)):
                    beside.append(await _rate(sandbox, good, rows))
            alone_all += alone
            figures[f"beside_{name}_share"] = round(median(beside) / median(alone), 3)
        return {"alone_calls_per_s": round(median(alone_all))} | figures


async def _rate(sandbox: Sandbox, program: Program, rows: Any) -> float:
    calls = 0
    end = time.perf_counter() + SECONDS

    async def caller() -> None:
        nonlocal calls
        while time.perf_counter() < end:
            await sandbox.call(program, "run", {"rows": rows}, lane="webhook")
            calls += 1

    begun = time.perf_counter()
    await asyncio.gather(*[caller() for _ in range(CALLERS)])
    return calls / (time.perf_counter() - begun)


@asynccontextmanager
async def _spoiled(sandbox: Sandbox, bad: Program | None) -> AsyncIterator[None]:
    """Have the bad module called all the while, or the floor's process compute."""
    if bad is not None:
        spoiling = asyncio.create_task(_spoil(sandbox, bad))
        yield
        spoiling.cancel()
        await asyncio.wait([spoiling])
        return
    process = multiprocessing.get_context("spawn").Process(target=_compute)
    process.start()
    yield
    process.kill()
    process.join()


def _compute() -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    while True:
        pass


async def _spoil(sandbox: Sandbox, program: Program) -> None:
    while True:
        try:
            await sandbox.call(program, "run", {}, limits=Limits(cpu_s=2.0, wall_s=2.0), lane="webhook")
        except SandboxBusy:
            await asyncio.sleep(0.05)
        except SandboxError:
            continue

"""The same small function without our sandbox: in a child forked for each call, and in pydantic-monty."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

#: What monty's subset of Python takes of the module that the sandbox runs: no compiled pattern at its top.
MONTY_SOURCE = """
import re

def score(rows: list) -> dict:
    counts: dict = {}
    seen = []
    for row in rows:
        status = row["status"].lower()
        counts[status] = counts.get(status, 0)
        counts[status] += 1
        if re.fullmatch(r"[^@ ]+@[^@ ]+", row["email"]):
            seen.append({"email": row["email"], "status": status, "at": row["at"]})
    return {"counts": counts, "rows": seen}
"""


def forked_us(function: Callable[[Any], Any], argument: Any, calls: int) -> float:
    """Median time of a call in a child that is forked for it and answers over a pipe: no walls at all."""
    times = []
    for _ in range(calls):
        begun = time.perf_counter()
        readable, writable = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writable, json.dumps(function(argument)).encode())
            os._exit(0)
        os.close(writable)
        answer = b""
        while part := os.read(readable, 65_536):
            answer += part
        os.close(readable)
        os.waitpid(child, 0)
        json.loads(answer)
        times.append(time.perf_counter() - begun)
    return median(times) * 1e6


def monty_us(argument: Any, calls: int) -> tuple[float, float] | None:
    """Median time in a warm session, and in one that is made for the call; None where it is not installed."""
    try:
        monty: Any = importlib.import_module("pydantic_monty")
    except ImportError:
        return None

    async def measure() -> tuple[float, float]:
        warm, fresh = [], []
        async with monty.AsyncMonty(checkout_timeout=10) as pool:
            async with pool.checkout() as session:
                await session.feed_run(MONTY_SOURCE)
                for _ in range(calls):
                    begun = time.perf_counter()
                    await session.feed_run("score(rows)", inputs={"rows": argument})
                    warm.append(time.perf_counter() - begun)
            for _ in range(calls // 5):
                begun = time.perf_counter()
                async with pool.checkout() as session:
                    await session.feed_run(MONTY_SOURCE + "\nscore(rows)", inputs={"rows": argument})
                fresh.append(time.perf_counter() - begun)
        return median(warm) * 1e6, median(fresh) * 1e6

    return asyncio.run(measure())

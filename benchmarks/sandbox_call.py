"""What the sandbox costs: a warm call with 1 kB in and out, beside the same code called otherwise.

Beside it: the same compiled code in this process, in a child forked for each call (no walls), and in
pydantic-monty. The goal: at most three times the call in process and 150 us more.

python -m benchmarks.sandbox_call          prints a table
python -m benchmarks.sandbox_call --json   prints one JSON object
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from vestnik.sandbox import Program, Sandbox, facades, guards, policy
from vestnik.sandbox.worker import Runtime

WARM_UP_CALLS = 300
CALLS = 4000
ROUNDS = 5
THROUGHPUT_CALLS = 10_000
CONCURRENCY = 16
FORKED_CALLS = 300
MONTY_CALLS = 1000

SOURCE = """
import re
from datetime import datetime, timezone

EMAIL = re.compile(r"[^@ ]+@[^@ ]+")

def score(rows: list) -> dict:
    counts: dict = {}
    seen = []
    for row in rows:
        status = row["status"].lower()
        counts[status] = counts.get(status, 0)
        counts[status] += 1
        if EMAIL.fullmatch(row["email"]):
            seen.append({"email": row["email"], "status": status, "at": row["at"]})
    return {"counts": counts, "rows": seen}

async def run(rows):
    return score(rows)

async def empty(rows):
    return None
"""


def rows_of_1_kb() -> list[dict[str, str]]:
    """Rows that make one kilobyte of JSON."""
    rows: list[dict[str, str]] = []
    while len(json.dumps(rows)) < 1000:
        rows.append(
            {"email": f"person{len(rows)}@example.org", "status": "Delivered", "at": "2026-11-21T10:00:00Z"}
        )
    return rows


def run() -> dict[str, Any]:
    """Measures and returns microseconds, calls a second and megabytes."""
    rows = rows_of_1_kb()
    function = _in_process()
    forked_us = peers.forked_us(lambda given: _finish(function(given)), rows, FORKED_CALLS)
    monty = peers.monty_us(rows, MONTY_CALLS)
    if monty is None:
        sys.stderr.write("pydantic-monty is not installed: pip install -r benchmarks/requirements.txt\n")
    figures = asyncio.run(_measure(rows, _timed_us(function, rows)))
    others = {} if monty is None else {"monty_p50_us": monty[0], "monty_fresh_p50_us": monty[1]}
    return (
        figures
        | {"fork_per_call_p50_us": round(forked_us, 1)}
        | {name: round(value, 1) for name, value in others.items()}
    )


async def _measure(rows: list[dict[str, str]], in_process_us: float) -> dict[str, Any]:
    begun = time.perf_counter()
    async with Sandbox() as sandbox:
        start_ms = (time.perf_counter() - begun) * 1000
        program = Program("benchmark", SOURCE)
        cold_ms = await _cold_ms(sandbox)
        for _ in range(WARM_UP_CALLS):
            await sandbox.call(program, "run", {"rows": rows})
        rounds = [await _call_us(sandbox, program, "run", rows) for _ in range(ROUNDS)]
        empty = [await _call_us(sandbox, program, "empty", []) for _ in range(ROUNDS)]
        rates = [await _rate(sandbox, program, "run", rows) for _ in range(ROUNDS)]
        empty_rates = [await _rate(sandbox, program, "empty", []) for _ in range(ROUNDS)]
        memory_mb = _memory_mb(sandbox)
    p50_us, p99_us = (median(values) for values in zip(*rounds, strict=True))
    return {
        "request_bytes": len(json.dumps(rows)),
        "sandboxed_p50_us": round(p50_us, 1),
        "sandboxed_p99_us": round(p99_us, 1),
        "empty_p50_us": round(median(p50 for p50, _ in empty), 1),
        "in_process_p50_us": round(in_process_us, 1),
        "ratio_to_in_process": round(p50_us / in_process_us, 1),
        "goal_p50_us": round(3 * in_process_us + 150, 1),
        "calls_per_s": round(median(rates)),
        "empty_calls_per_s": round(median(empty_rates)),
        "cold_program_ms": round(cold_ms, 2),
        "start_ms": round(start_ms, 1),
        "child_processes_pss_mb": memory_mb,
    }


def _in_process() -> Any:
    """The same code under the same policy, compiled once, as a function of this process."""
    runtime = Runtime()
    code, _, _ = policy.compile_module(SOURCE, runtime.modules({}), facades.BUILTIN_NAMES)
    names = guards.module_globals(facades.builtin_table(runtime.facades, print))
    exec(code, names)  # noqa: S102  # our own source, for comparison
    return names["run"]


def _finish(coroutine: Any) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("the function waits for something")


def _timed_us(function: Any, rows: Any) -> float:
    times = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        _finish(function(rows))
        times.append(time.perf_counter() - begun)
    return median(times) * 1e6


async def _call_us(sandbox: Sandbox, program: Program, function: str, rows: Any) -> tuple[float, float]:
    """Median and 99th percentile of calls made one after the other."""
    times = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        await sandbox.call(program, function, {"rows": rows}, lane="webhook")
        times.append(time.perf_counter() - begun)
    times.sort()
    return times[len(times) // 2] * 1e6, times[int(len(times) * 0.99)] * 1e6


async def _rate(sandbox: Sandbox, program: Program, function: str, rows: Any) -> float:
    """Calls a second with CONCURRENCY of them asked for at once."""

    async def caller() -> None:
        for _ in range(THROUGHPUT_CALLS // CONCURRENCY):
            await sandbox.call(program, function, {"rows": rows}, lane="webhook")

    begun = time.perf_counter()
    await asyncio.gather(*[caller() for _ in range(CONCURRENCY)])
    return THROUGHPUT_CALLS / (time.perf_counter() - begun)


async def _cold_ms(sandbox: Sandbox) -> float:
    """The first call of a program that no worker has, a blank worker being ready."""
    times = []
    for number in range(20):
        program = Program(f"cold{number}", SOURCE)
        begun = time.perf_counter()
        await sandbox.call(program, "run", {"rows": []})
        times.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(0.02)  # the next blank is forked beside
    return median(times)


def _memory_mb(sandbox: Sandbox) -> float:
    """Proportional memory of every process below this one: zygote, its keeper, workers."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    waiting, total_kb = list(children.get(_self_pid(), [])), 0
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total_kb += int(line.split()[1])
    return round(total_kb / 1024, 1)


def _self_pid() -> int:
    return int(Path("/proc/self").readlink().name)


if __name__ == "__main__":
    measured = run()
    if "--json" in sys.argv:
        print(json.dumps(measured))
    else:
        for name, value in measured.items():
            print(f"{name:26} {value}")

"""Webhooks alone and beside the import of 1,000,000 contacts: their p99 is to be at most three times as long.

Two connections send signed webhooks of one event over 1,000,000 deliveries, one after another, before the
import and until it is done or `LONGEST_S` have passed. VESTNIK_BENCH_ROWS names another number of rows.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import installation as site
from benchmarks.contact_import import people
from benchmarks.load import Load, drive
from benchmarks.webhooks import Traffic
from vestnik.app import answering, build_services
from vestnik.people.access import RIGHTS, SYSTEM

ROWS = "1000000"
LONGEST_S = 240
_CONNECTIONS = 2
_ROUND_S = 15.0
_IDLE_ROUNDS = 2


def run() -> dict[str, Any]:
    """Rate and latency of each, their ratio, and how the import went meanwhile."""
    rows = int(os.environ.get("VESTNIK_BENCH_ROWS", ROWS))
    with tempfile.TemporaryDirectory() as folder, site.database(Path(folder)) as url:
        seeded = site.seeded(Path(folder), url)
        key = asyncio.run(_key(seeded))
        file = asyncio.run(_file(rows))
        with site.served(seeded) as (process, port):
            return asyncio.run(_measure(seeded, port, process.pid, key, file, rows))


async def _key(seeded: site.Seeded) -> str:
    services = build_services(seeded.settings)
    async with answering(services):
        _, key = await services.people.keys.add(SYSTEM, "Benchmark", sorted(RIGHTS - {"demo.play"}))
        return key


async def _file(rows: int) -> bytes:
    return b"".join([piece async for piece in people(rows)])


async def _measure(
    seeded: site.Seeded, port: int, pid: int, key: str, file: bytes, rows: int
) -> dict[str, Any]:
    traffic, api = Traffic(seeded.path), f"http://127.0.0.1:{port}/api/v1"

    async def webhooks() -> Load:
        requests = traffic.requests(1, 20_000)
        return await drive(port, requests, connections=_CONNECTIONS, seconds=_ROUND_S)

    await drive(port, traffic.requests(1, 1_000), connections=_CONNECTIONS)
    idle = _joined([await webhooks() for _ in range(_IDLE_ROUNDS)])
    card = await asyncio.to_thread(
        site.call, f"{api}/imports?fileName=people.csv", key, body=file, seconds=120
    )
    begin = {"reading": card["reading"], "columns": card["columns"], "titles": card["titles"]}
    with site.Memory({"server": pid}) as memory:
        started, used = time.monotonic(), site.cpu_s(pid)
        await asyncio.to_thread(site.call, f"{api}/imports/{card['id']}/start", key, body=begin)
        rounds = []
        while card["state"] != "done" and time.monotonic() - started < LONGEST_S:
            rounds.append(await webhooks())
            card = await asyncio.to_thread(site.call, f"{api}/imports/{card['id']}", key)
            if card["state"] not in ("running", "done"):
                raise RuntimeError(f"the import is {card['state']}: {card['reason']}")
        seconds, used = time.monotonic() - started, site.cpu_s(pid) - used
    beside = _joined(rounds)
    return {
        "idle": idle.figures(),
        "beside_the_import": beside.figures(),
        "p99_ratio": round(beside.percentile_ms(0.99) / idle.percentile_ms(0.99), 2),
        "import": {
            "rows": rows,
            "rows_done": card["doneRows"],
            "rows_per_s": round(card["doneRows"] / seconds),
            "server_cpu_s": round(used, 1),
            "peak_memory_mb": memory.peaks["server"],
        },
    }


def _joined(rounds: list[Load]) -> Load:
    statuses: dict[int, int] = {}
    for each in rounds:
        for status, count in each.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    latencies = [latency for each in rounds for latency in each.latencies_ms]
    return replace(
        rounds[0],
        requests=len(latencies),
        seconds=sum(each.seconds for each in rounds),
        latencies_ms=latencies,
        statuses=statuses,
    )

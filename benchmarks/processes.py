"""One, two and three processes on one PostgreSQL: webhooks a second, and recipients a second of campaigns.

Webhooks come from 16 connections for each process count, shared among the servers. Campaigns are three at
once, each to a third of the people: one campaign is the work of one process. PostgreSQL, the simulator and
the load have the same processors, so that on a small machine this shows what sharing costs, not what it
brings. VESTNIK_BENCH_RECIPIENTS names another number than 60,000.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import cluster
from benchmarks.cluster import Api, Host, Seeded
from benchmarks.load import Load, drive, request
from benchmarks.webhooks import told
from vestnik.settings import Settings

RECIPIENTS = "60000"
MOST = 3
_GROUPS = ("Ada", "Bob", "Eve")
_CONNECTIONS = 16
_SECONDS = 8.0
#: Of each of the two loads, more than are sent; the people are as many as both, at least.
_REQUESTS = 24_000
_ENDS = ("sent", "failed", "declined", "cancelled", "unclear")


def run() -> dict[str, Any]:
    """Figures of each number of processes."""
    return {f"processes_{number}": _measure(number) for number in range(1, MOST + 1)}


def _measure(number: int) -> dict[str, Any]:
    people = int(os.environ.get("VESTNIK_BENCH_RECIPIENTS", RECIPIENTS))
    groups = dict.fromkeys(_GROUPS, people // len(_GROUPS))
    with tempfile.TemporaryDirectory() as folder, cluster.sites(Path(folder)) as (settings, simulator):
        seeded = asyncio.run(cluster.seeded(settings, simulator, groups, _GROUPS))
        with _serving(Path(folder), settings, number) as ports:
            api = Api(ports, seeded.key)
            for _ in ports:
                api.call(f"/campaigns/{seeded.campaign_ids[0]}")
                api.turn()
            return _webhooks(ports, seeded) | _campaigns(api, seeded, sum(groups.values()))


@contextlib.contextmanager
def _serving(folder: Path, settings: Settings, number: int) -> Iterator[list[int]]:
    hosts = [Host(folder / "host0", settings, "serve", settings.port)]
    hosts += [Host(folder / f"host{each}", settings, "serve") for each in range(1, number)]
    with contextlib.ExitStack() as stack:
        for host in hosts:
            stack.callback(host.end)
            host.start()
        yield [host.port for host in hosts if host.port]


def _webhooks(ports: list[int], seeded: Seeded) -> dict[str, Any]:
    numbers = itertools.count()

    def requests() -> Iterator[bytes]:
        """Each tells of another recipient."""
        return iter([request(seeded.path, told(next(numbers))) for _ in range(_REQUESTS // len(ports))])

    async def load(seconds: float) -> list[Load]:
        shares = [len(range(place, _CONNECTIONS, len(ports))) for place in range(len(ports))]
        prepared = [requests() for _ in ports]
        return await asyncio.gather(
            *(
                drive(port, wires, connections=share, seconds=seconds)
                for port, wires, share in zip(ports, prepared, shares, strict=True)
            )
        )

    asyncio.run(load(1.0))
    loads = asyncio.run(load(_SECONDS))
    return {
        "webhooks_per_s": round(sum(each.per_s for each in loads), 1),
        "webhooks_p99_ms": round(max(each.percentile_ms(0.99) for each in loads), 1),
        "webhooks_not_200": sum(each.figures()["not_200"] for each in loads),
    }


def _campaigns(api: Api, seeded: Seeded, people: int) -> dict[str, Any]:
    started = time.monotonic()
    for id in seeded.campaign_ids:
        api.call(f"/campaigns/{id}/send", {})
        api.turn()
    for id in seeded.campaign_ids:
        api.until(f"/campaigns/{id}", lambda card: card["externalId"])
    handed_over_s = time.monotonic() - started
    for id in seeded.campaign_ids:
        card = api.until(f"/campaigns/{id}", lambda card: card["state"] in _ENDS)
        if card["state"] != "sent":
            raise RuntimeError(f"a campaign is {card['state']}: {card['reason']}")
    return {
        "handed_over_s": round(handed_over_s, 1),
        "recipients_per_s": round(people / handed_over_s),
        "sent_s": round(time.monotonic() - started, 1),
    }

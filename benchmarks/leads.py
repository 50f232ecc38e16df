"""The classic leads API: `add`s a second and their p99 over HTTP, with `kill -9` in the middle of the load.

Each `add` is stored durably, becomes a lead, and is answered with its number. Beside it, on the same server,
by the same closed loop: `floor` is a request whose key and user are checked and whose method is unknown;
`stored` is the other door, which stores a request durably and answers before it is read.

Afterwards each acknowledged lead must be there exactly once; else the benchmark fails.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import installation as site
from benchmarks.load import Load, drive, request
from vestnik.app import answering, build_services
from vestnik.db.database import write_engine
from vestnik.db.migrate import migrate
from vestnik.intake.doors.service import DoorDraft
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads.tables import lead
from vestnik.people.access import SYSTEM
from vestnik.people.users import NewUser
from vestnik.settings import Settings

ADDS = int(os.environ.get("VESTNIK_BENCH_LEADS", "5000"))
FLOOR = 2_000
STORED = 2_000
CONNECTIONS = 16
WITHIN_S = 600.0
LOGIN = "anna@example.com"
_COMMAND = [sys.executable, "-m", "vestnik", "serve"]


def run() -> dict[str, Any]:
    """Requests a second, p50 and p99 of each; what the kill left."""
    with tempfile.TemporaryDirectory() as folder, site.database(Path(folder)) as database_url:
        settings = replace(Settings.from_environment({}), data_dir=Path(folder), database_url=database_url)
        migrate(settings.database_url)
        port = site.free_port()
        settings = settings.at_port(port)
        key, door = asyncio.run(_seed(settings))
        with site.serving(_COMMAND, settings, port):
            floor = _drive(port, (_add(key, "x", number) for number in range(FLOOR)))
            stored = _drive(port, (request(door, b'{"title": "%d"}' % number) for number in range(STORED)))
            _wait_for_the_rest(settings)
        numbers = itertools.count()
        half = ADDS // 2
        with site.serving(_COMMAND, settings, port) as process:
            first = _drive(port, (_add(key, "add", next(numbers)) for _ in range(half)))
            acknowledged = half + asyncio.run(_killed(process, port, key, numbers))
        with site.serving(_COMMAND, settings, port):
            second = _drive(port, (_add(key, "add", next(numbers)) for _ in range(ADDS - half)))
            acknowledged += ADDS - half
            waited_s = _wait_for_the_rest(settings)
        leads = _leads(settings)
    if len(leads) != len(set(leads)) or len(leads) < acknowledged:
        raise RuntimeError(f"{acknowledged} acknowledged, {len(leads)} leads, {len(set(leads))} different")
    return {
        "floor": floor.figures(),
        "stored": _stored_figures(stored),
        "add": first.figures(),
        "add_after_kill": second.figures(),
        "kill": {"acknowledged": acknowledged, "leads": len(leads), "rest_made_within_s": round(waited_s, 1)},
    }


def _stored_figures(load: Load) -> dict[str, Any]:
    """The other door answers 202."""
    figures = load.figures()
    del figures["not_200"]
    return figures | {"not_202": load.requests - load.statuses.get(202, 0)}


def _drive(port: int, requests: Iterator[bytes]) -> Load:
    return asyncio.run(drive(port, iter([*requests]), connections=CONNECTIONS, seconds=WITHIN_S))


def _add(key: str, action: str, number: int) -> bytes:
    query = f"login={LOGIN}&apikey={key}&action={action}&title=lead-{number}&email=reader{number}@example.com"
    return f"GET /developer/v1/leads?{query} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()


async def _killed(process: subprocess.Popen[bytes], port: int, key: str, numbers: Iterator[int]) -> int:
    """Kill the server a second into a load; how many leads it acknowledged."""
    acknowledged = 0

    async def one() -> None:
        nonlocal acknowledged
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while True:
                writer.write(_add(key, "add", next(numbers)))
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
                acknowledged += b'"Success"' in await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    sites = [asyncio.create_task(one()) for _ in range(CONNECTIONS)]
    await asyncio.sleep(1.0)
    process.send_signal(signal.SIGKILL)
    await asyncio.gather(*sites)
    process.wait()
    return acknowledged


def _wait_for_the_rest(settings: Settings) -> float:
    """Wait until nothing that was stored is left to be read; seconds."""
    start = time.monotonic()
    waiting = sa.select(sa.func.count()).select_from(input_table).where(input_table.c.state == "new")
    engine = write_engine(sa.make_url(settings.database_url))
    try:
        while time.monotonic() - start < WITHIN_S:
            with engine.connect() as connection:
                if not connection.scalar(waiting):
                    return time.monotonic() - start
            time.sleep(0.2)
    finally:
        engine.dispose()
    raise TimeoutError("what was stored is not read")


def _leads(settings: Settings) -> list[str]:
    engine = write_engine(sa.make_url(settings.database_url))
    with engine.connect() as connection:
        titles = list(connection.scalars(sa.select(lead.c.title).where(lead.c.door == "classic")))
    engine.dispose()
    return titles


async def _seed(settings: Settings) -> tuple[str, str]:
    """Somebody to sign in as, the API's key, and the path of the other door."""
    services = build_services(settings)
    async with answering(services):
        new = NewUser(email=LOGIN, name="Anna", password="a long pass phrase", roles=["administrator"])  # noqa: S106
        await services.people.users.add(SYSTEM, new)
        key = await services.classic.keys.make(SYSTEM)
        door_id = await services.intake_http.doors.create(
            SYSTEM, DoorDraft(title="Site", per_minute=6_000, enabled=True)
        )
        line = await services.intake_http.doors.card(SYSTEM, door_id)
    return key, "/intake/" + line.url.rpartition("/")[2]

"""Importing contacts from CSV: rows a second and the peak memory of server and child, by their number.

The file has names, e-mail addresses, phones and companies, as marketers' files do. The server applies
as it does in the product, in the writer's bulk lane; nothing else runs on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from benchmarks.installation import database, memory_mb
from vestnik.app import answering, build_services
from vestnik.contacts.imports.rows import Policy, Reading
from vestnik.db.migrate import migrate
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

ROWS = (100_000, 1_000_000)
_PIECE_ROWS = 1_000
_LOOKED_EVERY_S = 0.5
_FAMILIES = "Иванов Петров Сидоров Кузнецов Смирнов Попов Лебедев Козлов Новиков Морозов Волков".split()
_NAMES = "Анна Иван Пётр Мария Ольга Сергей Дмитрий Елена Наталья Алексей Светлана".split()


def run() -> dict[str, Any]:
    """Rows a second and megabytes; VESTNIK_BENCH_ROWS names other numbers of rows."""
    wanted = os.environ.get("VESTNIK_BENCH_ROWS")
    sizes = [int(each) for each in wanted.split(",")] if wanted else list(ROWS)
    return {f"rows_{size}": asyncio.run(_measure(size)) for size in sizes}


async def _measure(rows: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="vestnik-import-") as folder, database(Path(folder)) as url:
        settings = replace(Settings.from_environment({}), data_dir=Path(folder), database_url=url)
        migrate(settings.database_url)
        services = build_services(settings)
        async with answering(services):
            return await _import(services, rows)


async def _import(services: Any, rows: int) -> dict[str, Any]:
    imports = services.imports

    async def by_hand(*_: object) -> None:
        return None

    services.engine.run = by_hand  # the engine is not started: the slices are asked for below
    started = time.monotonic()
    import_id = await imports.upload(SYSTEM, "people.csv", people(rows))
    uploaded_s = time.monotonic() - started
    kept = await imports.get(SYSTEM, import_id)
    mapping = kept.mapping
    reading = msgspec.convert(kept.reading, Reading)
    await imports.start(SYSTEM, import_id, reading, mapping["columns"], mapping["titles"], Policy())
    peak = {"mb": 0.0}
    watching = asyncio.create_task(_watch(peak))
    started, cpu = time.monotonic(), _cpu_s()
    while await imports.runner.advance(import_id, kept.run + 1):
        continue
    applied_s = time.monotonic() - started
    watching.cancel()
    done = await imports.get(SYSTEM, import_id)
    if (done.state, done.created) != ("done", rows):
        raise RuntimeError(f"the import ended {done.state} with {done.created} of {rows} rows")
    return {
        "rows_per_s": round(rows / applied_s),
        # On a busy machine this says more than the clock.
        "cpu_us_a_row": round((_cpu_s() - cpu) / rows * 1e6),
        "applied_s": round(applied_s, 1),
        "uploaded_s": round(uploaded_s, 1),
        "peak_memory_mb": peak["mb"],
    }


def _cpu_s() -> float:
    """Processor time of this process and of children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


async def _watch(peak: dict[str, float]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            peak["mb"] = max(peak["mb"], await asyncio.to_thread(memory_mb, os.getpid()))
            await asyncio.sleep(_LOOKED_EVERY_S)


async def people(rows: int) -> AsyncIterator[bytes]:
    """A file of so many people, in pieces."""
    random = Random(2026)  # people of a benchmark are no secret
    yield "ФИО;E-mail;Телефон;Компания\n".encode()
    for start in range(0, rows, _PIECE_ROWS):
        yield "".join(
            f"{random.choice(_FAMILIES)} {random.choice(_NAMES)};person{number}@mail{number % 997}.ru;"
            f"+79{number:09d};ООО «Фирма {number % 5000}»\n"
            for number in range(start, min(start + _PIECE_ROWS, rows))
        ).encode()

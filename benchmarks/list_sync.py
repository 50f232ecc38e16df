"""Planning the sync of a million contacts with a list of which one in a hundred differs.

The list is staged as a service's pages bring it; then a child reads the people with their verdicts and makes
the difference. Seconds by the clock and of the child's processor time, which neighbours on the machine hardly
change; its peak memory at a tenth of the people and at all of them: it should be the same.
VESTNIK_BENCH_MILLION names a folder that is filled once and kept.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.million import a_million
from vestnik.contacts.audience import audience
from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.lists.planner import Request, plan, recipients
from vestnik.lists.scratch import Scratch
from vestnik.lists.semantics import Status
from vestnik.settings import Settings

_PAGE = 1_000
#: Of so many addresses of the list one is nobody's, and one of the people is missing on it.
_ONE_DIFFERS_IN = 200


def run() -> dict[str, Any]:
    """Measure on a million people, and on the first hundred thousand of them."""
    with a_million() as settings, tempfile.TemporaryDirectory(prefix="vestnik-sync-") as folder:
        return asyncio.run(_planning(settings, Path(folder)))


async def _planning(settings: Settings, folder: Path) -> dict[str, Any]:
    database = Database(settings.database_url)
    await database.start()
    try:
        people = await _count(database)
        figures = {
            f"planning_{size}": await _plan(database, folder / f"{size}.db", size)
            for size in (people // 10, people)
        }
        return {"contacts": people, **figures}
    finally:
        await database.stop()


async def _count(database: Database) -> int:
    async with database.read() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(contact)) or 0


async def _plan(database: Database, path: Path, size: int) -> dict[str, Any]:
    members = await _first(database, size)
    token = "benchmark"  # noqa: S105  # of no secret
    listed = await _listed(database, members)
    started = time.monotonic()
    with Scratch.create(path, token) as scratch:
        for start in range(0, len(listed), _PAGE):
            scratch.stage(listed[start : start + _PAGE])
    staged_s = time.monotonic() - started
    before, started = _children_s(), time.monotonic()
    read_at: list[float] = []
    with Peak("planning_child") as peak:
        planned = await plan(
            database,
            path,
            token,
            Request("exact"),
            recipients(members, None),
            lambda _people: read_at.append(time.monotonic()),
        )
    ended, cpu_s = time.monotonic(), _children_s() - before
    await plan(database, path, token, Request("exact"), None)
    return {
        "list": len(listed),
        "add": planned.add,
        "remove": planned.remove,
        "staging_s": staged_s,
        "planning_s": ended - started,
        "of_it_reading_people_s": read_at[-1] - started,
        "of_it_difference_s": ended - read_at[-1],
        "planning_cpu_s": cpu_s,
        "comparing_again_s": time.monotonic() - ended,
        "child_peak_mb": peak.mb,
        "file_mb": await asyncio.to_thread(os.path.getsize, path) / 1e6,
    }


async def _first(database: Database, size: int) -> sa.Select[Any]:
    """The first contacts by key, as column `contact_id`."""
    async with database.read() as connection:
        last = await connection.scalar(
            sa.select(contact.c.id).order_by(contact.c.id).limit(1).offset(size - 1)
        )
    members = sa.select(contact.c.id.label("contact_id")).where(contact.c.merged_into.is_(None))
    return members.where(contact.c.id <= last)


async def _listed(database: Database, members: sa.Select[Any]) -> Sequence[tuple[str, Status]]:
    """The addresses of those who may be written to, but for one here and there, and a stranger for each."""
    judged = audience(members, None, "email").subquery("judged")
    listed: list[tuple[str, Status]] = []
    async with database.read() as connection:
        rows = await connection.stream_scalars(sa.select(judged.c.address).where(judged.c.verdict == "ok"))
        number = 0
        async for address in rows:
            number += 1
            stranger = number % _ONE_DIFFERS_IN == 0
            listed.append((f"stranger{number}@example.org" if stranger else address, "subscribed"))
    return listed


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Peak:
    """The largest memory of a child of this process, by a word of its command line, while a context lasts."""

    def __init__(self, word: str) -> None:
        self.mb = 0.0
        self._word, self._done = word.encode(), threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.02):
            for status in self._children():
                kib = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
                self.mb = max([self.mb, *(int(each) * 1.024e-3 for each in kib)])

    def _children(self) -> Iterator[str]:
        for told in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
            for pid in told.read_text().split():
                try:
                    if self._word in Path(f"/proc/{pid}/cmdline").read_bytes():
                        yield Path(f"/proc/{pid}/status").read_text()
                except (FileNotFoundError, ProcessLookupError):
                    continue

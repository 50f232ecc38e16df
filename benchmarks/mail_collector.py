"""Mail collectors over a mailbox of 10,000 letters on Dovecot: letters a second, and the memory they take.

Half of the letters bear the keyword; they are stored, durably, with their attachment. Dovecot runs on the
same machine, so that its share of the cores is in the figures; the memory is ours alone. `idle` is a run that
finds nothing new.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.intake.collectors.letters import order, other
from tests.intake.collectors.servers import Server, dovecot

from benchmarks.installation import database
from vestnik.app import Services, answering, build_services
from vestnik.db.migrate import migrate
from vestnik.intake.collectors.mailbox import Account
from vestnik.intake.collectors.service import Wish
from vestnik.intake.inputs.tables import input_table
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

LETTERS = 10_000
_LOOKED_EVERY_S = 0.05


def run() -> dict[str, Any]:
    """Letters a second of a check, of a first run, and of one that finds nothing; megabytes."""
    with tempfile.TemporaryDirectory(prefix="vestnik-mail-") as folder:
        Path(folder).chmod(0o755)
        post = Path(folder) / "dovecot"
        post.mkdir()
        with dovecot(post) as server:
            _deliver(server, "first", LETTERS)
            _deliver(server, "warm", 100)
            return asyncio.run(_measure(server, Path(folder)))


async def _measure(server: Server, folder: Path) -> dict[str, Any]:
    async with _services(folder) as services:
        return await _collect(services, server)


def _deliver(server: Server, username: str, count: int) -> None:
    """Put letters where Dovecot finds them: its own folder of new mail."""
    assert server.folder is not None
    inbox = server.folder / "homes" / username / "mail"
    for name in ("cur", "new", "tmp"):
        (inbox / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        letter = order(f"ORDER: {number}") if number % 2 else other(f"Письмо {number}")
        (inbox / "new" / f"{1_700_000_000 + number}.M{number}.bench").write_bytes(letter)
    for path in (inbox.parent, inbox, *inbox.rglob("*")):
        os.chown(path, *server.owner)


@asynccontextmanager
async def _services(folder: Path) -> AsyncIterator[Services]:
    with database(folder) as url:
        settings = replace(Settings.from_environment({}), data_dir=folder, database_url=url)
        migrate(settings.database_url)
        services: Any = build_services(settings)
        services.engine.nudge = lambda _name: None  # the engine is not started: runs are asked for below
        async with answering(services):
            yield services


async def _collect(services: Services, server: Server) -> dict[str, Any]:
    warm = await services.collectors.create(SYSTEM, _wish(server.account("warm")))
    await _run(services, warm)
    collector = await services.collectors.create(SYSTEM, _wish(server.account("first")))
    before = _resident_mb()
    peak = {"mb": before}
    watching = asyncio.create_task(_watch(peak))
    first_s = await _run(services, collector)
    idle_s = await _run(services, collector)
    watching.cancel()
    row = await services.collectors.get(SYSTEM, collector)
    async with services.database.read() as connection:
        of_collector = input_table.c.source_id == collector
        stored = await connection.scalar(sa.select(sa.func.count()).where(of_collector))
    if stored != LETTERS // 2 or row.run_state != "done":
        raise RuntimeError(f"{stored} letters were stored, the run ended {row.run_state}")
    return {
        "letters": LETTERS,
        "letters_stored": stored,
        "letters_per_s": LETTERS / first_s,
        "first_run_s": first_s,
        "idle_run_s": idle_s,
        "memory_before_mb": before,
        "memory_added_mb": peak["mb"] - before,
    }


async def _run(services: Services, collector: int) -> float:
    started = time.monotonic()
    await services.collectors.collect_now(SYSTEM, collector)
    await services.collectors.turns.look_asked()
    return time.monotonic() - started


async def _watch(peak: dict[str, float]) -> None:
    while True:
        peak["mb"] = max(peak["mb"], _resident_mb())
        await asyncio.sleep(_LOOKED_EVERY_S)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), 1)


def _wish(account: Account) -> Wish:
    return Wish(
        title="Заявки с сайта",
        host=account.host,
        port=account.port,
        security=account.security,
        username=account.username,
        password=account.password,
        certificate=account.certificate,
        folder="INBOX",
        keyword="ORDER",
        from_date=date.today() - timedelta(days=3_650),
    )

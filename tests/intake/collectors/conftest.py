"""Collectors on a database of each kind, over mailboxes of a real IMAP server."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from tests.alerts.post import alerts_of
from tests.application import demo_installation, installation, settings
from tests.intake.collectors.servers import SERVER, Mailbox, Server, dovecot, simulated

from vestnik.db import Database
from vestnik.intake.collectors.assembling import collectors
from vestnik.intake.collectors.mailbox import Account
from vestnik.intake.collectors.service import Collectors, Wish
from vestnik.intake.collectors.tables import collector_run, mail_collector
from vestnik.intake.inputs.tables import input_table
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings
from vestnik.vault import Vault

__all__ = ["demo_installation", "installation", "settings"]

_users = itertools.count(1)


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[Server]:
    """Dovecot; its helpers run as other users, who must get into its folder."""
    folder = Path(tempfile.mkdtemp(prefix="vestnik-dovecot-"))
    folder.chmod(0o755)
    try:
        with dovecot(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=[SERVER])
async def mail_server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """The server of this machine; the names of tests say which one it is."""
    if request.param == "dovecot":
        yield request.getfixturevalue("dovecot_server")
        return
    instead = SERVER == "simulator" and os.environ.get("VESTNIK_REQUIRE_ALL") == "1"
    assert not instead, "CI tests collectors against Dovecot: install it"
    async with simulated() as running:
        yield running


@pytest.fixture
def mailbox(mail_server: Server) -> Mailbox:
    """An empty mailbox."""
    return mailbox_of(mail_server)


def mailbox_of(server: Server) -> Mailbox:
    simulated_user = "orders@mayak-books.example"
    return Mailbox(server, simulated_user if server.name == "simulator" else f"user{next(_users)}")


class Desk:
    """Collectors, what they came to, and what they stored."""

    def __init__(self, database: Database, settings: Settings) -> None:
        engine = cast(Any, SimpleNamespace(every=lambda *_: None, nudge=lambda _: None))
        self.database, self.vault = database, Vault(settings)
        self.alerts = alerts_of(database, settings, engine)
        self.service: Collectors = collectors(
            database,
            self.vault,
            engine,
            self.alerts,
            [("127.0.0.1", 8000)],
            lambda: ZoneInfo("Europe/Moscow"),
            lambda: None,
        )

    async def add(self, account: Account, **changes: Any) -> int:
        """A collector of a mailbox, from a week ago on."""
        return await self.service.create(SYSTEM, wish(account, **changes))

    async def run(self, collector_id: int) -> dict[str, Any]:
        """Run a collector now; its run."""
        await self.service.collect_now(SYSTEM, collector_id)
        await self.service.turns.look_asked()
        return await self.newest_run(collector_id)

    async def newest_run(self, collector_id: int) -> dict[str, Any]:
        """What the newest run came to; counts that are 0 are left out."""
        of_collector = collector_run.c.collector_id == collector_id
        newest = sa.select(collector_run).where(of_collector).order_by(collector_run.c.id.desc()).limit(1)
        async with self.database.read() as connection:
            row = (await connection.execute(newest)).one()
        left_out = ("id", "collector_id", "run", "begun_by", "begun_at", "finished_at")
        return {name: value for name, value in row._mapping.items() if value and name not in left_out}

    async def row(self, collector_id: int) -> sa.Row[Any]:
        one = sa.select(mail_collector).where(mail_collector.c.id == collector_id)
        async with self.database.read() as connection:
            return (await connection.execute(one)).one()

    async def stored(self) -> list[str]:
        """The subjects of the letters that are stored, in their order."""
        async with self.database.read() as connection:
            found = await connection.scalars(sa.select(input_table.c.title).order_by(input_table.c.id))
            return list(found)


def wish(account: Account, **changes: Any) -> Wish:
    """A collector of a mailbox as somebody enters it."""
    entered = Wish(
        title="Заявки с сайта",
        host=account.host,
        port=account.port,
        security=account.security,
        username=account.username,
        password=account.password,
        certificate=account.certificate,
        folder="INBOX",
        keyword="ORDER",
        from_date=date.today() - timedelta(days=7),
    )
    return replace(entered, **changes)


@asynccontextmanager
async def desk_of(database: Database, settings: Settings) -> AsyncIterator[Desk]:
    made = Desk(database, settings)
    yield made
    await made.service.stop()


@pytest.fixture
async def desk(database: Database, settings: Settings) -> AsyncIterator[Desk]:
    async with desk_of(database, settings) as made:
        yield made

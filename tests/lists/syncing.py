"""The room of list syncs with a real engine, real contacts and segments, and a double of the service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from tests.lists.service_double import ListService, ModulesDouble

from vestnik.alerts import Alerts
from vestnik.alerts.tables import alert
from vestnik.contacts.addresses import normalise
from vestnik.contacts.service import Contacts
from vestnik.contacts.storing import NewContact
from vestnik.db import Database, now
from vestnik.engine import Engine
from vestnik.http.events import Events
from vestnik.lists.members import Sources
from vestnik.lists.service import Draft, Syncs
from vestnik.lists.states import RunState
from vestnik.lists.tables import sync, sync_reject, sync_run
from vestnik.modules.tables import account, module
from vestnik.people.access import SYSTEM
from vestnik.people.organisation import Organisation
from vestnik.segments.service import Segments
from vestnik.settings import Settings

ACCOUNT_ID = 5
WITHIN_S = 30.0
T = TypeVar("T")
Row = sa.Row[Any]


class WithoutMail:
    """An organisation without outgoing mail."""

    async def smtp(self) -> None:
        """None."""


@dataclass
class Room:
    """The room under test and everything around it."""

    database: Database
    settings: Settings
    contacts: Contacts
    segments: Segments
    service: ListService
    syncs: Syncs
    engine: Engine

    async def people(self, *addresses: str) -> list[int]:
        """Contacts with these e-mail addresses."""
        rows = [NewContact(f"Имя {each}", [normalise("email", each)]) for each in addresses]
        return list(await self.database.write(lambda connection: self.contacts.insert_many(connection, rows)))

    async def segment(self, *addresses: str) -> int:
        """A segment of new contacts with these addresses."""
        members = await self.people(*addresses)
        return await self.segments.create(SYSTEM, f"Сегмент {addresses[:1]}", members=members)

    async def draft(self, **changes: Any) -> int:
        """A new sync as it is saved, with its plan under way."""
        values: dict[str, Any] = {
            "account_id": ACCOUNT_ID,
            "source": "contacts" if changes.get("segment_id") is None else "segment",
            "segment_id": None,
            "list_external_id": None,
            "list_title": "Покупатели",
            "mode": "exact",
            "category_id": None,
            "every_minutes": 240,
            "guard_percent": 20,
            "over_limit": "nobody",
            "first_by": "newest",
        }
        return await self.syncs.create(SYSTEM, Draft(**{**values, **changes}))

    async def planned(self, **changes: Any) -> tuple[int, Row]:
        """A new sync and its plan, which waits."""
        sync_id = await self.draft(**changes)
        return sync_id, await self.until(sync_id, RunState.WAITING, RunState.FAILED)

    async def synced(self, **changes: Any) -> tuple[int, Row]:
        """A new sync that was saved and run, and its first run at its end."""
        sync_id, plan = await self.planned(**changes)
        await self.syncs.confirm(SYSTEM, sync_id, plan.counts["remove"])
        return sync_id, await self.until(sync_id, RunState.DONE, RunState.FAILED)

    async def run(self, sync_id: int) -> Row:
        """Another run of a sync, at its end or where it waits."""
        await self.syncs.run(SYSTEM, sync_id)
        return await self.until(sync_id, RunState.DONE, RunState.FAILED, RunState.WAITING)

    async def sync(self, sync_id: int) -> Row:
        """The sync as it is stored."""
        async with self.database.read() as connection:
            return (await connection.execute(sa.select(sync).where(sync.c.id == sync_id))).one()

    async def newest(self, sync_id: int) -> Row:
        """The newest run of a sync."""
        mine = sa.select(sync_run).where(sync_run.c.sync_id == sync_id).order_by(sync_run.c.number.desc())
        async with self.database.read() as connection:
            found = (await connection.execute(mine.limit(1))).one()
        return found

    async def until(self, sync_id: int, *states: RunState) -> Row:
        """The newest run of a sync once it is in one of `states`."""
        return await until(lambda: self.newest(sync_id), lambda row: row.state in states)

    async def rejects(self, run_id: int) -> dict[str, tuple[str, str]]:
        """The refused rows of a run: address -> cause, words."""
        async with self.database.read() as connection:
            rows = await connection.execute(sa.select(sync_reject).where(sync_reject.c.run_id == run_id))
            return {row.address: (row.code, row.reason) for row in rows}

    async def scratch_files(self) -> list[str]:
        """Names of the scratch files that there are."""
        return sorted(each.name for each in (self.settings.data_dir / "syncs").glob("*"))

    async def failing(self) -> dict[int, str]:
        """The syncs of which it is told that they fail, and why."""
        async with self.database.read() as connection:
            rows = await connection.execute(
                sa.select(alert).where(alert.c.kind == "list_sync", alert.c.failing)
            )
            return {row.subject_id: row.reason["ru"] for row in rows}


async def until(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
    """What `look` finds once it holds; with the last finding when it does not."""
    found = await look()
    try:
        async with asyncio.timeout(WITHIN_S):
            while not holds(found):
                await asyncio.sleep(0.02)
                found = await look()
    except TimeoutError:
        raise AssertionError(f"waited in vain; last seen: {found}") from None
    return found


def counts(row: Row, *names: str) -> Mapping[str, Any]:
    """Some counts of a run."""
    return {name: row.counts.get(name) for name in names}


async def add_account(database: Database) -> None:
    """The account that the double stands for."""

    def add(connection: sa.Connection) -> None:
        at = now()
        connection.execute(
            sa.insert(module).values(
                id=1,
                name="lists",
                title={"ru": "Списки", "en": "Lists"},
                enabled=True,
                bundled=False,
                created_at=at,
                updated_at=at,
            )
        )
        connection.execute(
            sa.insert(account).values(
                id=ACCOUNT_ID,
                module_id=1,
                title="Рассылки",
                settings={},
                state="ready",
                token_sealed=b"",
                token_hash="hash",
                created_at=at,
                updated_at=at,
            )
        )

    await database.write(add)


@asynccontextmanager
async def running(
    database: Database,
    settings: Settings,
    contacts: Contacts,
    segments: Segments,
    service: ListService,
    *,
    drain_s: float = 10,
) -> AsyncIterator[Room]:
    """One life of the room: engine started, stopped at the end."""
    engine = Engine(settings, database, poll_s=0.02)
    organisation = cast(Organisation, WithoutMail())
    alerts = Alerts(database, engine, cast(Any, None), organisation)
    modules = ModulesDouble(service, ACCOUNT_ID)
    syncs = Syncs(
        database,
        engine,
        cast(Any, modules),
        cast(Any, service),
        Sources(segments),
        Events(),
        alerts,
        settings.data_dir / "syncs",
    )
    await engine.start()
    try:
        yield Room(database, settings, contacts, segments, service, syncs, engine)
    finally:
        await engine.stop(drain_s)

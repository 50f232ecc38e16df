"""The campaigns room with a real engine and real contacts, and a double of the modules' boundary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from tests.campaigns.service_double import ACCOUNT_ID, TEMPLATE_ID, Around, Service

from vestnik.campaigns.ledger import Row
from vestnik.campaigns.service import Campaigns, Draft
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign
from vestnik.contacts.addresses import normalise
from vestnik.contacts.service import Contacts
from vestnik.contacts.storing import NewContact
from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.http.events import Events
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings
from vestnik.vault import Vault

WITHIN_S = 20.0
T = TypeVar("T")


@dataclass
class Room:
    """The room under test and everything around it."""

    database: Database
    settings: Settings
    contacts: Contacts
    service: Service
    campaigns: Campaigns
    engine: Engine
    category_id: int
    around: Around

    async def draft(self, **changes: object) -> int:
        """A draft that is ready to be sent to everybody."""
        values: dict[str, object] = {
            "name": "Осенние скидки",
            "subject": "Скидки до 30 %",
            "sender_name": "Вестник",
            "sender_email": "news@example.com",
            "account_id": ACCOUNT_ID,
            "template_id": TEMPLATE_ID,
            "category_id": self.category_id,
        }
        return await self.campaigns.create(SYSTEM, Draft(**{**values, **changes}))  # type: ignore[arg-type]

    async def send(self, **changes: object) -> int:
        """A new draft, sent."""
        campaign_id = await self.draft(**changes)
        await self.campaigns.send(SYSTEM, campaign_id, None)
        return campaign_id

    async def row(self, campaign_id: int) -> Row:
        """The campaign as it is stored."""
        async with self.database.read() as connection:
            return (await connection.execute(sa.select(campaign).where(campaign.c.id == campaign_id))).one()

    async def handed_over(self, campaign_id: int) -> int:
        """How many recipients the service has."""
        return int((await self.row(campaign_id)).handed_over)

    async def until(self, campaign_id: int, *states: State) -> Row:
        """The campaign once it is in one of `states`."""
        return await until(lambda: self.row(campaign_id), lambda row: row.state in states)


async def until(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
    """What `look` finds once it holds; TimeoutError with the last finding when it does not."""
    found = await look()
    try:
        async with asyncio.timeout(WITHIN_S):
            while not holds(found):
                await asyncio.sleep(0.02)
                found = await look()
    except TimeoutError:
        raise AssertionError(f"waited in vain; last seen: {found}") from None
    return found


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation in a folder of this test's own."""
    return Settings(database_url=database_url, data_dir=tmp_path)


@pytest.fixture
def service() -> Service:
    """The sending service."""
    return Service()


@pytest.fixture
async def people(database: Database, settings: Settings) -> Contacts:
    """The contacts room with twelve contacts."""
    contacts = Contacts(database, Vault(settings))
    await add_people(database, contacts, range(12))
    return contacts


async def add_people(database: Database, contacts: Contacts, numbers: range) -> None:
    """Store contacts `person-0@example.com` and so on."""
    rows = [
        NewContact(f"Человек {index}", [normalise("email", f"person-{index}@example.com")])
        for index in numbers
    ]
    for start in range(0, len(rows), 1000):
        part = rows[start : start + 1000]
        await database.submit(lambda connection, part=part: contacts.insert_many(connection, part))  # type: ignore[misc]


@asynccontextmanager
async def running(
    database: Database,
    settings: Settings,
    contacts: Contacts,
    service: Service,
    category_id: int,
    *,
    drain_s: float = 10,
) -> AsyncIterator[Room]:
    """One life of the room: engine started, stopped at the end."""
    engine = Engine(settings, database, poll_s=0.02)
    around = Around(contacts)
    campaigns = Campaigns(database, engine, service, around, Events())
    await engine.start()
    try:
        yield Room(database, settings, contacts, service, campaigns, engine, category_id, around)
    finally:
        await campaigns.stop()
        await engine.stop(drain_s)


@pytest.fixture
async def room(
    database: Database, settings: Settings, people: Contacts, service: Service
) -> AsyncIterator[Room]:
    """The room, started."""
    category_id = await people.create_category(SYSTEM, "Новости")
    async with running(database, settings, people, service, category_id) as room:
        yield room

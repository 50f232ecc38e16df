"""A webhook room on a real database: contacts, a campaign with deliveries, a module's answers at will."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.addresses import normalise
from vestnik.contacts.service import Contacts
from vestnik.contacts.storing import NewContact, known_ids
from vestnik.db import Database
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings
from vestnik.vault import Vault
from vestnik.webhooks.service import Card, Webhooks
from vestnik.webhooks.tables import inbox

ACCOUNT = 7
TOKEN = "token-of-account-seven"
CAMPAIGN = 501
EXTERNAL = "9001"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class Report:
    """What a call of a module tells."""

    value: Any
    version_id: int = 3


@dataclass
class Room:
    """The room under test; `parse` stands where the modules room is plugged in."""

    webhooks: Webhooks
    database: Database
    contacts: Contacts
    category_id: int
    client: httpx.AsyncClient
    result: Callable[[dict[str, Any]], Any] = field(default=lambda request: {})
    requests: list[dict[str, Any]] = field(default_factory=list)

    async def post(self, body: bytes = b"{}", **options: Any) -> httpx.Response:
        """POST to the account's address."""
        return await self.client.post(f"/hooks/unisender/{TOKEN}", content=body, **options)

    async def send(self, *actions: dict[str, Any], body: bytes = b"{}") -> Card:
        """Have the module answer with `actions`; the card of the stored request."""
        self.result = lambda request: {"actions": list(actions)}
        answer = await self.post(body)
        assert answer.status_code == 200
        return await self.newest()

    async def newest(self) -> Card:
        """The card of the newest request."""
        lines = await self.webhooks.listed(SYSTEM, limit=1)
        return await self.webhooks.card(SYSTEM, lines[0].id)

    async def counters(self) -> dict[str, int]:
        """The campaign's figures that are not zero."""
        names = (
            "sent",
            "delivered",
            "opened",
            "clicked",
            "unsubscribed",
            "soft_bounced",
            "hard_bounced",
            "spam",
        )
        async with self.database.read() as connection:
            row = (
                await connection.execute(
                    sa.select(*(campaign.c[name] for name in names)).where(campaign.c.id == CAMPAIGN)
                )
            ).one()
        return {name: value for name, value in zip(names, row, strict=True) if value}

    async def scalar(self, query: sa.Select[Any]) -> Any:
        """One value of the database."""
        async with self.database.read() as connection:
            return await connection.scalar(query)

    async def until(self, query: sa.Select[Any], expected: Any) -> None:
        """Wait until `query` gives `expected`."""
        async with asyncio.timeout(10):
            while await self.scalar(query) != expected:
                await asyncio.sleep(0.02)  # the database tells nobody: ask again


class OneAccount:
    """The door's view of accounts: one address."""

    def account_id_by_token(self, module: str, token: str) -> int | None:
        return ACCOUNT if (module, token) == ("unisender", TOKEN) else None


def delivered(email: str, status: str = "delivered", **more: Any) -> dict[str, Any]:
    """An action that updates one delivery of the campaign."""
    return {"type": "updateDeliveryStatus", "email": email, "externalId": EXTERNAL, "status": status, **more}


def states(card: Card) -> list[str]:
    """The outcome of each action."""
    return [effect["outcome"] for effect in card.effects]


INBOX_STATE = sa.select(inbox.c.state)


def plant_campaign(connection: sa.Connection, category_id: int, external_id: str | None) -> None:
    """A campaign that was handed over, without the launch that leads there."""
    values: dict[str, Any] = {}
    for column in campaign.columns:
        if not column.nullable:
            values[column.name] = AT if column.name.endswith("_at") else 0
    texts = (
        "name",
        "name_folded",
        "subject",
        "preview_text",
        "sender_name",
        "sender_email",
        "reply_to",
        "text",
    )
    values |= dict.fromkeys(texts, "x")
    values |= {"id": CAMPAIGN, "type": "email", "state": "sending", "account_id": ACCOUNT}
    values |= {"external_id": external_id, "category_id": category_id, "creating_at": AT}
    connection.execute(sa.insert(campaign).values(values))


def plant_deliveries(connection: sa.Connection, emails: list[str]) -> None:
    """A delivery for each address."""
    ids = known_ids(connection, [normalise("email", email) for email in emails])
    connection.execute(
        sa.insert(delivery),
        [{"campaign_id": CAMPAIGN, "address_id": id, "contact_id": id, "flags": 1} for id in ids.values()],
    )


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    settings = replace(Settings.from_environment({}), data_dir=tmp_path)
    contacts = Contacts(database, Vault(settings))
    category_id = await contacts.create_category(SYSTEM, "Новости")
    emails = [f"reader{number}@example.com" for number in range(4)]
    people = [NewContact(email, [normalise("email", email)]) for email in emails]
    await database.write(lambda connection: contacts.insert_many(connection, people))
    await database.write(plant_campaign, category_id, EXTERNAL)
    await database.write(plant_deliveries, emails)

    async def parse(account_id: int, request: dict[str, Any], inbox_id: int) -> Report:
        built.requests.append(request)
        value = built.result(request)
        return Report(await value if hasattr(value, "__await__") else value)

    webhooks = Webhooks(database, contacts, OneAccount(), parse, lambda account_id: {"77": category_id})
    transport = httpx.ASGITransport(webhooks.door)
    async with httpx.AsyncClient(transport=transport, base_url="http://vestnik.test") as client:
        built = Room(webhooks, database, contacts, category_id, client)
        async with webhooks.running():
            yield built

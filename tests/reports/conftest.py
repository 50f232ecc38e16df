"""A small installation with two campaigns whose letters met different fates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation, installation, settings

from vestnik.campaigns.statuses import (
    CLICKED,
    COUNTERS,
    DELIVERED,
    HANDED_OVER,
    HARD_BOUNCED,
    OPENED,
    SENT,
    figures,
)
from vestnik.campaigns.tables import campaign, delivery, link, stats
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact, known_ids
from vestnik.db import fold, new_key
from vestnik.webhooks.tables import event

__all__ = ["installation", "settings"]

AUTUMN, SUMMER = 701, 702
ACCOUNT = 5
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=200)
GOT = HANDED_OVER | SENT | DELIVERED
SALE, NEWS = "https://example.com/sale", "https://example.com/news"


@dataclass
class Room:
    """What a test asks, and by whom."""

    installation: Installation
    browser: Browser
    contacts: dict[str, int]  # by name
    addresses: dict[str, int]  # by name

    async def get(self, path: str, **query: Any) -> Any:
        """The answer to a request that must succeed."""
        answer = await self.browser.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


#: Name -> address, and the facts of the letter of each campaign that went there.
PEOPLE: dict[str, tuple[str, dict[int, int]]] = {
    "Анна": ("anna@mail.ru", {AUTUMN: GOT | OPENED | CLICKED, SUMMER: GOT}),
    "Борис": ("boris@mail.ru", {AUTUMN: GOT | OPENED}),
    "Вера": ("vera@yandex.ru", {AUTUMN: GOT, SUMMER: GOT | OPENED}),
    "Глеб": ("gleb@yandex.ru", {AUTUMN: GOT}),
    "Дина": ("dina@example.com", {AUTUMN: HANDED_OVER | SENT | HARD_BOUNCED, SUMMER: GOT}),
    "Егор": ("egor@mail.ru", {}),
}


def plant(connection: sa.Connection, addresses: dict[str, int], contacts: dict[str, int]) -> None:
    """Two campaigns with their deliveries, events, links and the service's figures."""
    for id, name, at in ((AUTUMN, "Осень", AT), (SUMMER, "Лето", LONG_AGO)):
        rows = [
            {
                "campaign_id": id,
                "address_id": addresses[who],
                "contact_id": contacts[who],
                "flags": facts[id],
                "at": at,
                "opened_at": at if facts[id] & OPENED else None,
                "clicked_at": at if facts[id] & CLICKED else None,
                "reason": "err_user_unknown" if facts[id] & HARD_BOUNCED else None,
            }
            for who, (_, facts) in PEOPLE.items()
            if id in facts
        ]
        sums = [sum(each) for each in zip(*(figures(row["flags"]) for row in rows), strict=True)]
        connection.execute(sa.insert(campaign).values(_campaign(id, name, at, len(rows), sums)))
        connection.execute(sa.insert(delivery), rows)
    clicks = [
        ("opened", None, True),
        ("clicked", SALE, False),
        ("clicked", SALE, False),
        ("clicked", NEWS, False),
    ]
    happened = [
        *((addresses["Анна"], kind, detail, polled) for kind, detail, polled in clicks),
        (addresses["Борис"], "opened", None, True),
    ]
    connection.execute(
        sa.insert(event),
        [
            {
                "id": new_key(),
                "at": AT + timedelta(minutes=minute),
                "account_id": ACCOUNT,
                "campaign_id": AUTUMN,
                "address_id": address_id,
                "kind": kind,
                "detail": detail,
                "polled": polled,
            }
            for minute, (address_id, kind, detail, polled) in enumerate(happened)
        ],
    )
    connection.execute(
        sa.insert(link).values(campaign_id=AUTUMN, url=SALE, clicks=5, unique_clicks=3, fetched_at=AT)
    )
    connection.execute(
        sa.insert(stats).values(
            campaign_id=AUTUMN, figures={"sent": 5, "opened": 4, "clicked": 1}, fetched_at=AT
        )
    )


def _campaign(id: int, name: str, at: datetime, recipients: int, sums: list[int]) -> dict[str, Any]:
    values: dict[str, Any] = {
        column.name: 0 for column in campaign.columns if not column.nullable and column.server_default is None
    }
    texts = ("subject", "preview_text", "sender_name", "sender_email", "reply_to", "text")
    return {
        **values,
        **dict.fromkeys(texts, "x"),
        **dict(zip(COUNTERS, sums, strict=True)),
        "id": id,
        "name": name,
        "name_folded": fold(name),
        "type": "email",
        "state": "sent",
        "run": 1,
        "external_id": f"ext-{id}",
        "created_at": at,
        "updated_at": at,
        "launched_at": at,
        "finished_at": at,
        "recipients": recipients,
        "links_at": AT,
    }


@pytest.fixture
async def room(installation: Installation) -> Room:
    database, contacts = installation.services.database, installation.services.contacts
    new = [NewContact(name, [normalise("email", each[0])]) for name, each in PEOPLE.items()]
    keys = await database.write(contacts.insert_many, new)
    by_name = dict(zip(PEOPLE, keys, strict=True))
    wanted = [normalise("email", each[0]) for each in PEOPLE.values()]
    known = await database.write(known_ids, wanted)
    addresses = {name: known[wanted[place]] for place, name in enumerate(PEOPLE)}
    await database.write(plant, addresses, by_name)
    return Room(installation, await installation.signed_in("marketer"), by_name, addresses)

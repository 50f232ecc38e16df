"""The demo's people are many, the same each time, and leave without a trace."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.companies.tables import client
from vestnik.contacts import tables
from vestnik.contacts.demo import create_demo, remove_demo
from vestnik.contacts.service import Contacts
from vestnik.db import Database, now
from vestnik.people.access import SYSTEM

NOW = now()
MEMBERS = sa.select(tables.contact.c.id.label("contact_id"))


async def test_the_same_seed_gives_the_same_people(database: Database, contacts: Contacts) -> None:
    seen = []
    for _ in range(2):
        await create_demo(database, contacts, count=1_200)
        people, total = await contacts.page(SYSTEM, limit=5)
        counts = await contacts.audience_counts(MEMBERS, None, "email")
        seen.append(([(person.name, person.texts("email")) for person in people], total, counts))
        await database.write(remove_demo)
    assert seen[0] == seen[1]
    assert seen[0][1] == 1_200
    assert set(seen[0][2]) >= {"ok", "no_address", "hard_bounce", "unsubscribed_all", "duplicate"}


async def test_removing_the_demo_leaves_what_people_entered(database: Database, contacts: Contacts) -> None:
    await create_demo(database, contacts, count=300)
    own = tables.contact.insert().values(
        id=1, name="Своя", name_folded="своя", custom={}, custom_folded={}, created_at=NOW, updated_at=NOW
    )
    await database.write(lambda connection: connection.execute(own))
    await database.write(remove_demo)
    async with database.read() as connection:
        left = {
            table.name: await connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (
                client,
                tables.contact,
                tables.address,
                tables.contact_address,
                tables.category,
                tables.consent,
                tables.subscription,
                tables.suppression,
                tables.contact_field,
            )
        }
    assert left == dict.fromkeys(left, 0) | {"contact": 1}

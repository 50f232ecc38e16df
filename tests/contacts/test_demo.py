"""The demo's people are many, the same each time, and leave without a trace."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.companies.tables import client
from vestnik.contacts import tables
from vestnik.contacts.addresses import normalise
from vestnik.contacts.demo import create_demo, remove_demo
from vestnik.contacts.service import Contacts, Draft
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
    async with database.read() as connection:
        of_the_demo = (await connection.execute(sa.select(tables.contact).limit(1))).one()
        category_id = await connection.scalar(sa.select(tables.category.c.id).limit(1))
        company_id = await connection.scalar(sa.select(client.c.id).limit(1))
        letters = sa.select(tables.address.c.normalised).where(tables.address.c.kind == "email")
        email = normalise("email", (await connection.scalars(letters.limit(1))).one())
    own = await contacts.create(
        SYSTEM, Draft(name="Своя", emails=["own@real.example.ru"], company_id=company_id)
    )
    await contacts.record_consent(SYSTEM, own, category_id, "given", "Форма", "сайт")

    def hear(connection: sa.Connection) -> None:
        """What a webhook may do to the demo's people, and a person to them."""
        for stopped in (category_id, None):
            contacts.suppress(
                connection,
                [email],
                reason="unsubscribe",
                category_id=stopped,
                source="webhook",
                at=NOW,
            )
        into = tables.contact.update().where(tables.contact.c.id == own)
        connection.execute(into.values(merged_into=of_the_demo.id))

    await database.write(hear)
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
    assert left == dict.fromkeys(left, 0) | {"contact": 1, "address": 1, "contact_address": 1}
    assert (await contacts.card(SYSTEM, own)).texts("email") == ["own@real.example.ru"]

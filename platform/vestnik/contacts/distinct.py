"""Contacts that are alike and are different people all the same: what a person said, and takes back.

What was said holds of the contacts that were looked at, and of what they share. Whoever comes to share it
later was not among them, so the group is shown again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.companies.service import client_names
from vestnik.contacts.errors import NotAlike
from vestnik.contacts.reading import Person, people
from vestnik.contacts.tables import address, contact, contact_address, distinct
from vestnik.db import Database, now
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor

Ground = Literal["address", "name"]

#: Contacts of one group that are looked at and remembered; of more than this, the first.
MEMBERS = 1_000
#: Contacts shown of one group; a shared mailbox may have any number.
IN_GROUP = 20

#: What groups were said to be distinct, by what they share.
Said = Mapping[int, Sequence[frozenset[int]]]


@dataclass(frozen=True, slots=True)
class Distinct:
    """Contacts that were said to be different people, and what they share."""

    id: int
    ground: Ground
    shared: str
    people: Sequence[Person]
    created_by: int | None
    created_at: datetime


class Distinctions:
    """What people said of groups of duplicates."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def say(self, actor: Actor, ground: Ground, shared_id: int, contact_ids: Sequence[int]) -> int:
        """Remember that these contacts, who share an address or a name in a company, are different people."""
        actor.require("contacts.write")

        def say(connection: sa.Connection) -> int:
            seen = set(contact_ids)
            there = connection.scalars(group_of(ground, shared_id, contact_ids[0]).limit(MEMBERS)).all()
            if len(seen) < 2 or not seen <= set(there):
                raise NotAlike()
            # Of a long group its beginning was shown; what was said of that is meant of all.
            meant = there if len(there) > IN_GROUP else sorted(seen)
            id: int = connection.execute(
                sa.insert(distinct)
                .values(
                    ground=ground,
                    shared_id=shared_id,
                    contact_ids=list(meant),
                    created_by=actor.user_id,
                    created_at=now(),
                )
                .returning(distinct.c.id)
            ).scalar_one()
            record(connection, actor, "contacts.distinct", "contact_distinct", id)
            return id

        return await self._database.write(say)

    async def take_back(self, actor: Actor, id: int) -> None:
        """Forget what was said: the contacts may be one person again."""
        actor.require("contacts.write")

        def forget(connection: sa.Connection) -> None:
            if connection.execute(sa.delete(distinct).where(distinct.c.id == id)).rowcount == 0:
                raise NotFound()
            record(connection, actor, "contacts.distinct_taken_back", "contact_distinct", id)

        await self._database.write(forget)

    async def page(self, actor: Actor, before: int | None, limit: int) -> tuple[list[Distinct], int | None]:
        """What was said, the newest first, and where the next page begins."""
        actor.require("contacts.read")
        asked = sa.select(distinct).order_by(distinct.c.id.desc()).limit(limit + 1)
        async with self._database.read() as connection:
            rows = (
                await connection.execute(asked if before is None else asked.where(distinct.c.id < before))
            ).all()
            shared = await connection.run_sync(_shared, rows[:limit])
            names = await client_names(connection, [r.shared_id for r in rows[:limit] if r.ground == "name"])
            found = []
            for row in rows[:limit]:
                live = await connection.scalars(
                    sa.select(contact.c.id)
                    .where(contact.c.id.in_(row.contact_ids), contact.c.merged_into.is_(None))
                    .order_by(contact.c.id)
                    .limit(IN_GROUP)
                )
                company = names.get(row.shared_id) if row.ground == "name" else None
                words = company.name if company is not None else shared.get(row.shared_id, "")
                persons = await people(connection, list(live))
                found.append(Distinct(row.id, row.ground, words, persons, row.created_by, row.created_at))
        return found, rows[limit - 1].id if len(rows) > limit else None


def group_of(ground: Ground, shared_id: int, contact_id: int) -> sa.Select[Any]:
    """The contacts that share an address; or a company, and their name with `contact_id`."""
    if ground == "address":
        holders = sa.select(contact_address.c.contact_id).where(contact_address.c.address_id == shared_id)
        alike: sa.ColumnElement[bool] = contact.c.id.in_(holders)
    else:
        one = contact.alias("one")
        name = sa.select(one.c.name_folded).where(one.c.id == contact_id).scalar_subquery()
        alike = (contact.c.company_id == shared_id) & (contact.c.name_folded == name)
    return sa.select(contact.c.id).where(alike, contact.c.merged_into.is_(None)).order_by(contact.c.id)


def said_of(connection: sa.Connection, ground: Ground, shared_ids: Collection[int]) -> Said:
    """What was said of whoever shares these addresses, or is in these companies."""
    rows = connection.execute(
        sa.select(distinct.c.shared_id, distinct.c.contact_ids).where(
            distinct.c.ground == ground, distinct.c.shared_id.in_(shared_ids)
        )
    )
    said: dict[int, list[frozenset[int]]] = {}
    for row in rows:
        said.setdefault(row.shared_id, []).append(frozenset(row.contact_ids))
    return said


def is_said(said: Said, shared_id: int, contact_ids: Iterable[int]) -> bool:
    """Whether all of these were said to be different people, in one word."""
    group = frozenset(contact_ids)
    return any(group <= each for each in said.get(shared_id, ()))


def follow_merge(connection: sa.Connection, kept_id: int, others: Sequence[int]) -> None:
    """Have what was said of contacts that were merged be said of the one that stays."""
    named = sa.cast(distinct.c.contact_ids, sa.Text)
    mentions = sa.or_(*(named.contains(str(each)) for each in others))
    for row in connection.execute(sa.select(distinct.c.id, distinct.c.contact_ids).where(mentions)).all():
        now_these = sorted({kept_id if each in others else each for each in row.contact_ids})
        this = distinct.c.id == row.id
        if len(now_these) < 2:
            connection.execute(sa.delete(distinct).where(this))
        else:
            connection.execute(sa.update(distinct).where(this).values(contact_ids=now_these))


def forget_strangers(connection: sa.Connection) -> None:
    """Forget what was said of contacts some of whom there are no more: after a demo."""
    for row in connection.execute(sa.select(distinct.c.id, distinct.c.contact_ids)).all():
        there = sa.select(sa.func.count()).where(contact.c.id.in_(row.contact_ids))
        if connection.scalar(there) != len(row.contact_ids):
            connection.execute(sa.delete(distinct).where(distinct.c.id == row.id))


def _shared(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> dict[int, str]:
    keys = [row.shared_id for row in rows if row.ground == "address"]
    found = connection.execute(sa.select(address.c.id, address.c.normalised).where(address.c.id.in_(keys)))
    return {row.id: row.normalised for row in found}

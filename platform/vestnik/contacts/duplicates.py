"""Contacts that may be one person: those with the same address, or the same name in the same company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts.reading import Person, kept_of, persons
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import Database
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor

Ground = Literal["address", "name"]

#: Contacts shown of one group; a shared mailbox may have any number.
IN_GROUP = 20
#: Names that are looked through for one page: most who share a name are not one person.
NAMES_LOOKED_AT = 2_000


@dataclass(frozen=True, slots=True)
class Group:
    """Contacts that may be one person, and what they share: an address, or a name within a company."""

    ground: Ground
    shared: str
    people: Sequence[Person]


class Duplicates:
    """Finds candidates for a merge; whether they are one person is for a person to say."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, actor: Actor, ground: Ground, after: str = "", limit: int = 20
    ) -> tuple[list[Group], str | None]:
        """Groups that share `ground`, and where the next page begins; None when there is no more."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            if ground == "address":
                return await _by_address(connection, int(after or 0), limit)
            return await _by_name(connection, after, limit)

    async def of(self, actor: Actor, contact_id: int) -> list[Person]:
        """Who may be the same person as this contact."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            own = await kept_of(connection, contact_id)
            row = (
                await connection.execute(
                    sa.select(contact.c.name_folded, contact.c.company_id).where(contact.c.id == own)
                )
            ).one_or_none()
            if row is None:
                raise NotFound()
            mine = sa.select(contact_address.c.address_id).where(contact_address.c.contact_id == own)
            alike = [
                contact.c.id.in_(
                    sa.select(contact_address.c.contact_id).where(contact_address.c.address_id.in_(mine))
                )
            ]
            if row.company_id is not None and row.name_folded:
                alike.append(
                    (contact.c.name_folded == row.name_folded) & (contact.c.company_id == row.company_id)
                )
            found: list[int] = []
            for condition in alike:
                ids = await connection.scalars(
                    sa.select(contact.c.id)
                    .where(condition, contact.c.merged_into.is_(None), contact.c.id != own)
                    .order_by(contact.c.id)
                    .limit(IN_GROUP)
                )
                found.extend(ids)
            return await persons(connection, list(dict.fromkeys(found)))


async def _by_address(connection: AsyncConnection, after: int, limit: int) -> tuple[list[Group], str | None]:
    """Along the index (address, contact), so that nothing is sorted and a page stops when it is full."""
    shared = (
        await connection.scalars(
            sa.select(contact_address.c.address_id)
            .where(contact_address.c.address_id > after)
            .group_by(contact_address.c.address_id)
            .having(sa.func.count() > 1)
            .order_by(contact_address.c.address_id)
            .limit(limit + 1)
        )
    ).all()
    groups = []
    for id in shared[:limit]:
        text = await connection.scalar(sa.select(address.c.normalised).where(address.c.id == id))
        holders = sa.select(contact_address.c.contact_id).where(contact_address.c.address_id == id)
        groups.append(Group("address", text or "", await _people(connection, contact.c.id.in_(holders))))
    return groups, str(shared[limit - 1]) if len(shared) > limit else None


async def _by_name(connection: AsyncConnection, after: str, limit: int) -> tuple[list[Group], str | None]:
    """Along the index of names; those who only share a name, in different companies, are passed over."""
    names = (
        await connection.scalars(
            sa.select(contact.c.name_folded)
            .where(contact.c.name_folded > after)
            .group_by(contact.c.name_folded)
            .having(sa.func.count() > 1)
            .order_by(contact.c.name_folded)
            .limit(NAMES_LOOKED_AT)
        )
    ).all()
    groups: list[Group] = []
    last: str | None = None
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        rows = (
            await connection.execute(
                sa.select(contact.c.name_folded, contact.c.company_id)
                .where(
                    contact.c.name_folded.in_(part),
                    contact.c.company_id.is_not(None),
                    contact.c.merged_into.is_(None),
                )
                .group_by(contact.c.name_folded, contact.c.company_id)
                .having(sa.func.count() > 1)
                .order_by(contact.c.name_folded, contact.c.company_id)
            )
        ).all()
        for row in rows:
            # All groups of one name stay together, so that the name alone says where the next page begins.
            if len(groups) >= limit and row.name_folded != last:
                return groups, last
            where = (contact.c.name_folded == row.name_folded) & (contact.c.company_id == row.company_id)
            people = await _people(connection, where)
            groups.append(Group("name", people[0].name if people else "", people))
            last = row.name_folded
    return groups, names[-1] if len(names) == NAMES_LOOKED_AT else None


async def _people(connection: AsyncConnection, where: sa.ColumnElement[Any]) -> list[Person]:
    ids = await connection.scalars(
        sa.select(contact.c.id)
        .where(where, contact.c.merged_into.is_(None))
        .order_by(contact.c.id)
        .limit(IN_GROUP)
    )
    return await persons(connection, list(ids))

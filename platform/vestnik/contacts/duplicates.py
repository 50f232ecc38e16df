"""Contacts that may be one person: those with the same address, or the same name in the same company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts.distinct import IN_GROUP, MEMBERS, Distinctions, Ground, group_of, is_said, said_of
from vestnik.contacts.reading import Person, kept_of, persons
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import Database
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor

#: Names that are looked through for one page: most who share a name are not one person.
NAMES_LOOKED_AT = 2_000
#: Pages looked through for one that is not empty: who was said to be different people is passed over.
PAGES_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Group:
    """Contacts that may be one person, and what they share: an address, or a name within a company.

    `shared_id` is the address, or the company; `member_ids` are more than the people shown.
    """

    ground: Ground
    shared_id: int
    shared: str
    people: Sequence[Person]
    member_ids: Sequence[int]


class Duplicates:
    """Finds candidates for a merge; whether they are one person is for a person to say."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.distinctions = Distinctions(database)

    async def page(
        self, actor: Actor, ground: Ground, after: str = "", limit: int = 20
    ) -> tuple[list[Group], str | None]:
        """Groups that share `ground`, and where the next page begins; None when there is no more."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            following: str | None = after
            for _ in range(PAGES_LOOKED_AT):
                if ground == "address":
                    found, following = await _by_address(connection, int(following or 0), limit)
                else:
                    found, following = await _by_name(connection, following or "", limit)
                shared = {each.shared_id for each in found}
                said = await connection.run_sync(said_of, ground, shared)
                found = [each for each in found if not is_said(said, each.shared_id, each.member_ids)]
                if found or following is None:
                    break
            return found, following

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
            mine = (
                await connection.scalars(
                    sa.select(contact_address.c.address_id).where(contact_address.c.contact_id == own)
                )
            ).all()
            grounds: list[tuple[Ground, Sequence[int]]] = [("address", mine)]
            if row.company_id is not None and row.name_folded:
                grounds.append(("name", [row.company_id]))
            found: list[int] = []
            for ground, shared_ids in grounds:
                said = await connection.run_sync(said_of, ground, shared_ids)
                for shared_id in shared_ids:
                    others = group_of(ground, shared_id, own).where(contact.c.id != own).limit(IN_GROUP)
                    alike = (await connection.scalars(others)).all()
                    found.extend(id for id in alike if not is_said(said, shared_id, (own, id)))
            return await persons(connection, list(dict.fromkeys(found))[:IN_GROUP])


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
        people, ids = await _people(connection, group_of("address", id, 0))
        groups.append(Group("address", id, text or "", people, ids))
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
            live = sa.select(contact.c.id).where(where, contact.c.merged_into.is_(None))
            people, ids = await _people(connection, live.order_by(contact.c.id))
            groups.append(Group("name", row.company_id, people[0].name if people else "", people, ids))
            last = row.name_folded
    return groups, names[-1] if len(names) == NAMES_LOOKED_AT else None


async def _people(connection: AsyncConnection, group: sa.Select[Any]) -> tuple[list[Person], Sequence[int]]:
    """Those who are shown of a group, and the keys of its contacts."""
    ids = (await connection.scalars(group.limit(MEMBERS))).all()
    return await persons(connection, ids[:IN_GROUP]), ids

"""Reading contacts: the list, the card, and what a module is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.companies.service import client_names
from vestnik.contacts.addresses import Address
from vestnik.contacts.consents import ConsentState, Reason
from vestnik.contacts.last_activity import NEVER
from vestnik.contacts.tables import (
    address,
    category,
    consent,
    contact,
    contact_address,
    subscription,
    suppression,
)
from vestnik.db import Database
from vestnik.http.errors import NotFound

_SORTS: dict[str, tuple[sa.ColumnElement[Any], ...]] = {
    "name": (contact.c.name_folded, contact.c.id),
    "-name": (contact.c.name_folded.desc(), contact.c.id.desc()),
    "created": (contact.c.created_at, contact.c.id),
    "-created": (contact.c.created_at.desc(), contact.c.id.desc()),
}


def addresses_of(contact_id: int) -> sa.Select[Any]:
    """The keys of a contact's addresses, for rooms that keep events by address."""
    return sa.select(contact_address.c.address_id).where(contact_address.c.contact_id == contact_id)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an address is on the stop-list; `category_id` None means for everything."""

    category_id: int | None
    reason: Reason
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """One address of a contact."""

    id: int
    kind: str
    text: str
    is_primary: bool
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A category as one contact chose it, with the latest evidence; no evidence means never asked.

    `refused`: the contact's own word, not what the stop-list says of an address.
    """

    category_id: int
    title: str
    subscribed: bool
    state: ConsentState | None = None
    at: datetime | None = None
    how: str | None = None
    from_where: str | None = None
    refused: bool = False


@dataclass(slots=True)
class Person:
    """A contact with everything that its card shows."""

    id: int
    name: str
    company_id: int | None
    company: str | None
    company_inn: str | None
    owner_id: int | None
    external_id: str | None
    blocked: bool
    unsubscribed: bool
    custom: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    # When it last opened, clicked, unsubscribed or complained; None: never.
    last_activity_at: datetime | None
    addresses: list[OwnAddress] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)

    def texts(self, kind: str) -> list[str]:
        """Addresses of a kind, the primary one first."""
        return [each.text for each in self.addresses if each.kind == kind]


async def list_page(
    connection: AsyncConnection, where: Sequence[sa.ColumnElement[bool]], sort: str, offset: int, limit: int
) -> tuple[list[Person], int]:
    """A page of contacts without their choices, and how many there are in all."""
    live = [contact.c.merged_into.is_(None), *where]
    total = await connection.scalar(sa.select(sa.func.count()).select_from(contact).where(*live))
    order = _SORTS.get(sort, _SORTS["name"])
    rows = await connection.execute(
        sa.select(contact).where(*live).order_by(*order).offset(offset).limit(limit)
    )
    people = await _people(connection, rows.all())
    return people, total or 0


async def kept_of(connection: AsyncConnection, contact_id: int) -> int:
    """The contact that `contact_id` lives on in, itself unless it was merged; `NotFound` without one."""
    row = (
        await connection.execute(
            sa.select(contact.c.merged_into, contact.c.erased_at).where(contact.c.id == contact_id)
        )
    ).one_or_none()
    if row is None or row.erased_at is not None:
        raise NotFound()
    kept: int = row.merged_into or contact_id
    return kept


async def persons(connection: AsyncConnection, ids: Collection[int]) -> list[Person]:
    """Contacts with addresses, stops and choices, in the order of `ids`; unknown keys are left out."""
    found = await people(connection, ids)
    await _add_choices(connection, {person.id: person for person in found})
    return found


async def people(connection: AsyncConnection, ids: Collection[int]) -> list[Person]:
    """Contacts with addresses and stops, as a list shows them, in the order of `ids`."""
    rows = await connection.execute(sa.select(contact).where(contact.c.id.in_(ids)))
    found = {person.id: person for person in await _people(connection, rows.all())}
    return [found[id] for id in ids if id in found]


async def holders(connection: AsyncConnection, addresses: Sequence[Address]) -> list[int]:
    """Contacts that have one of the addresses, in the order of `addresses`."""
    texts = {each.normalised: place for place, each in enumerate(addresses)}
    rows = await connection.execute(
        sa.select(contact.c.id, address.c.normalised)
        .join(contact_address, contact_address.c.contact_id == contact.c.id)
        .join(address, address.c.id == contact_address.c.address_id)
        .where(address.c.kind.in_(("email", "phone")), address.c.normalised.in_(texts))
        .where(contact.c.merged_into.is_(None))
        .order_by(contact.c.id)
    )
    found = sorted(rows.all(), key=lambda row: texts[row.normalised])
    return list(dict.fromkeys(row.id for row in found))


async def _people(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[Person]:
    companies = await client_names(connection, {row.company_id for row in rows if row.company_id})
    addresses = await _addresses(connection, [row.id for row in rows])
    return [
        Person(
            id=row.id,
            name=row.name,
            company_id=row.company_id,
            company=companies[row.company_id].name if row.company_id in companies else None,
            company_inn=companies[row.company_id].inn if row.company_id in companies else None,
            owner_id=row.owner_id,
            external_id=row.external_id,
            blocked=row.blocked,
            unsubscribed=row.unsubscribed,
            custom=row.custom,
            created_at=row.created_at,
            updated_at=row.updated_at,
            last_activity_at=None if row.last_activity_at == NEVER else row.last_activity_at,
            addresses=addresses[row.id],
        )
        for row in rows
    ]


async def _addresses(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, list[OwnAddress]]:
    rows = (
        await connection.execute(
            sa.select(
                contact_address.c.contact_id,
                contact_address.c.is_primary,
                address.c.id,
                address.c.kind,
                address.c.normalised,
                address.c.suppression_hash,
            )
            .join(address, address.c.id == contact_address.c.address_id)
            .where(contact_address.c.contact_id.in_(ids))
            .order_by(address.c.kind, contact_address.c.is_primary.desc(), address.c.id)
        )
    ).all()
    stops = await _stops(connection, [row.suppression_hash for row in rows])
    own: defaultdict[int, list[OwnAddress]] = defaultdict(list)
    for row in rows:
        own[row.contact_id].append(
            OwnAddress(row.id, row.kind, row.normalised, row.is_primary, tuple(stops[row.suppression_hash]))
        )
    return own


async def _stops(connection: AsyncConnection, hashes: Sequence[bytes]) -> dict[bytes, list[Stop]]:
    found: defaultdict[bytes, list[Stop]] = defaultdict(list)
    rows = await connection.execute(
        sa.select(suppression).where(suppression.c.address_hash.in_(set(hashes))).order_by(suppression.c.id)
    )
    for row in rows:
        found[row.address_hash].append(Stop(row.category_id, row.reason, row.at))
    return found


async def stopped(database: Database, hashes: Collection[bytes], category_id: int | None) -> set[bytes]:
    """Which of the hashes are on the stop-list for a category or for all, or are whose holder said no."""
    scope = suppression.c.category_id.is_(None) | (suppression.c.category_id == category_id)
    listed = sa.select(suppression.c.address_hash).where(suppression.c.address_hash.in_(hashes), scope)
    withdrew = sa.exists().where(
        subscription.c.contact_id == contact.c.id,
        subscription.c.category_id == category_id,
        sa.not_(subscription.c.subscribed),
    )
    refused = (
        sa.select(address.c.suppression_hash)
        .join(contact_address, contact_address.c.address_id == address.c.id)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(
            address.c.suppression_hash.in_(hashes),
            contact_address.c.is_primary,
            contact.c.merged_into.is_(None),
            contact.c.blocked | contact.c.unsubscribed | withdrew,
        )
    )
    async with database.read() as connection:
        return {*await connection.scalars(listed), *await connection.scalars(refused)}


async def _add_choices(connection: AsyncConnection, people: Mapping[int, Person]) -> None:
    categories = (
        await connection.execute(
            sa.select(category.c.id, category.c.title)
            .where(category.c.archived_at.is_(None))
            .order_by(category.c.id)
        )
    ).all()
    present = {
        (row.contact_id, row.category_id): row.subscribed
        for row in await connection.execute(
            sa.select(subscription).where(subscription.c.contact_id.in_(people))
        )
    }
    latest = {
        (row.contact_id, row.category_id, row.state): row
        for row in await connection.execute(
            sa.select(consent).where(consent.c.contact_id.in_(people)).order_by(consent.c.at, consent.c.id)
        )
    }
    for person in people.values():
        for id, title in categories:
            said = {
                (scope, state): row
                for scope, state in ((id, "given"), (id, "withdrawn"), (None, "withdrawn"))
                if (row := latest.get((person.id, scope, state))) is not None
            }
            person.choices.append(_choice(person, id, title, present.get((person.id, id)), said))


def _choice(
    person: Person,
    id: int,
    title: str,
    own: bool | None,
    said: Mapping[tuple[int | None, str], sa.Row[Any]],
) -> Choice:
    """A category of a person, with the evidence of the word that holds, not of one that it overrules."""
    stop = _stop(person, id)
    if own is False:
        evidence = said.get((id, "withdrawn"))
    elif person.unsubscribed:
        evidence = said.get((None, "withdrawn"))
    elif stop is not None:
        return Choice(id, title, False, "withdrawn", stop.at, stop.reason, "")
    else:
        evidence = None if person.blocked else said.get((id, "given"))
    subscribed = own is not False and stop is None and not (person.unsubscribed or person.blocked)
    if evidence is None:
        return Choice(id, title, subscribed, refused=own is False)
    state, at, how, from_where = evidence.state, evidence.at, evidence.how, evidence.from_where
    return Choice(id, title, subscribed, state, at, how, from_where, refused=own is False)


def _stop(person: Person, category_id: int) -> Stop | None:
    """What keeps the category from the primary e-mail, of the stop-list."""
    return next(
        (
            stop
            for each in person.addresses
            if each.kind == "email" and each.is_primary
            for stop in each.stops
            if stop.category_id in (None, category_id)
        ),
        None,
    )


def for_module(person: Person) -> dict[str, Any]:
    """A contact as the contract's `CRM_Marketing_Contact`."""
    told: dict[str, Any] = {
        "id": str(person.id),
        "name": person.name,
        "emails": person.texts("email"),
        "phones": person.texts("phone"),
        "fields": dict(person.custom),
        "categories": [
            {"id": str(each.category_id), "name": each.title, "subscribed": each.subscribed}
            for each in person.choices
        ],
    }
    if person.company is not None:
        told["company"] = person.company
    return told

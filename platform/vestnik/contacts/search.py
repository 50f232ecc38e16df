"""Which contacts have a text in their name, e-mail, phone or company."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from vestnik.addresses import parts_of_phones
from vestnik.companies.service import clients_with_name
from vestnik.companies.tables import client
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import fold
from vestnik.db.search import SHORTEST, contains


def matching(search: str) -> sa.ColumnElement[bool]:
    """Contacts whose name, e-mail, phone or company has `search`; the beginning only when it is short."""
    return contact.c.id.in_(hits(search)) if search.strip() else sa.true()


def hits(search: str) -> sa.CompoundSelect[tuple[int]]:
    """The keys of those contacts, each once; `search` has something in it.

    A union, because each part has an index of its own, and no database joins them for an OR.
    """
    return sa.union(*(each.correlate(None) for each in _parts(search)))


def breadth(search: str, most: int) -> sa.Select[tuple[int]]:
    """How many the widest part of `hits` has about, counted up to `most`."""
    parts = [each.correlate(None).limit(most).subquery() for each in _parts(search, most)]
    counts = [sa.select(sa.func.count().label("found")).select_from(part) for part in parts]
    return sa.select(sa.func.max(sa.union_all(*counts).subquery().c.found))


def has(search: str) -> sa.ColumnElement[bool]:
    """The same tested on each contact's row, for a search that many contacts have."""
    folded = fold(search.strip())
    found = [
        _holds(contact.c.name_folded, folded),
        sa.exists().where(client.c.id == contact.c.company_id, _holds(client.c.name_folded, folded)),
        _has_address("email", folded),
    ]
    found.extend(_has_address("phone", sought) for sought in parts_of_phones(search))
    return sa.or_(*found)


def _parts(search: str, most: int | None = None) -> list[sa.Select[tuple[int]]]:
    text = search.strip()
    person = contact.alias("named")
    found = [
        sa.select(contact.c.id).where(contains(contact.c.name_folded, fold(text), most)),
        sa.select(person.c.id).where(person.c.company_id.in_(clients_with_name(text))),
        _holders(fold(text), "email", most),
    ]
    found.extend(_holders(sought, "phone", most) for sought in parts_of_phones(text))
    return found


def _holders(folded: str, kind: str, most: int | None) -> sa.Select[tuple[int]]:
    keys = sa.select(address.c.id).where(contains(address.c.normalised, folded, most))
    if len(folded) < SHORTEST:  # looked up in the index of addresses, which begins with the kind
        keys = keys.where(address.c.kind == kind)
    return sa.select(contact_address.c.contact_id).where(
        contact_address.c.kind == kind, contact_address.c.address_id.in_(keys)
    )


def _holds(column: sa.Column[Any], folded: str) -> sa.ColumnElement[bool]:
    """The same as `contains`, of one row."""
    if len(folded) < SHORTEST:
        return column.startswith(folded, autoescape=True)
    return column.contains(folded, autoescape=True)


def _has_address(kind: str, folded: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        contact_address.c.contact_id == contact.c.id,
        contact_address.c.kind == kind,
        address.c.id == contact_address.c.address_id,
        _holds(address.c.normalised, folded),
    )

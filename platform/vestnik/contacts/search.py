"""Which contacts have a text in their name, e-mail, phone or company."""

from __future__ import annotations

import re

import sqlalchemy as sa

from vestnik.companies.service import clients_with_name
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
    text = search.strip()
    folded = fold(text)
    person = contact.alias("named")
    found = [
        sa.select(contact.c.id).where(contains(contact.c.name_folded, folded)),
        sa.select(person.c.id).where(person.c.company_id.in_(clients_with_name(text))),
        _holders(contains(address.c.normalised, folded), "email"),
    ]
    digits = re.sub(r"\D", "", text)
    if len(digits) >= SHORTEST and not re.search(r"[^\d\s()+-]", text):
        # A Russian number is typed with 8 in front of it and stored with +7.
        sought = digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
        found.append(_holders(contains(address.c.normalised, sought), "phone"))
    return sa.union(*(each.correlate(None) for each in found))


def _holders(matches: sa.ColumnElement[bool], kind: str) -> sa.Select[tuple[int]]:
    return (
        sa.select(contact_address.c.contact_id)
        .join(address, address.c.id == contact_address.c.address_id)
        .where(address.c.kind == kind, matches)
    )

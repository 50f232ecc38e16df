"""What deals and orders refer to: clients, contacts, people, and what they were made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from vestnik.companies.service import require_client, require_responsible
from vestnik.contacts.tables import contact
from vestnik.db import Lock, hold
from vestnik.sales.errors import UnknownContact, UnknownDeal
from vestnik.sales.tables import deal

#: What made a deal or an order: a kind, and a key of that kind.
Source = tuple[str, int]


def settled(connection: sa.Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with what they refer to checked; a merged contact becomes the one that it lives on in.

    Raises `UnknownClient`, `UnknownContact`, `UnknownDeal` or `UnknownResponsible`.
    """
    found = dict(values)
    require_client(connection, found.get("client_id"))
    require_responsible(connection, found.get("responsible_id"))
    if found.get("contact_id") is not None:
        found["contact_id"] = _living(connection, found["contact_id"])
    if (deal_id := found.get("deal_id")) is not None:
        if connection.scalar(sa.select(deal.c.id).where(deal.c.id == deal_id)) is None:
            raise UnknownDeal()
    return found


def made_of(connection: sa.Connection, table: sa.Table, source: Source | None) -> int | None:
    """What was made of a source already; nobody else makes anything of it until the unit of work ends."""
    if source is None:
        return None
    kind, id = source
    own = sa.select(table.c.id).where(table.c.source_kind == kind, table.c.source_id == id)
    found: int | None = connection.scalar(own)
    if found is None and hold(connection, Lock.SOURCE, [id]):
        found = connection.scalar(own)
    return found


def _living(connection: sa.Connection, contact_id: int) -> int:
    row = connection.execute(
        sa.select(contact.c.merged_into, contact.c.erased_at).where(contact.c.id == contact_id)
    ).one_or_none()
    if row is None or row.erased_at is not None:
        raise UnknownContact()
    kept: int = row.merged_into or contact_id
    return kept

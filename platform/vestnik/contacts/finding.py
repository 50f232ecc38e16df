"""Contacts by their addresses within a unit of work, for rooms that hear of people by what they wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from vestnik.addresses import Address
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import now

#: Contacts that are looked at for one address: a call centre's number may belong to thousands.
HOLDERS = 20

_HOLDERS = (
    sa.select(contact.c.id, contact.c.name, contact.c.company_id, contact.c.owner_id)
    .join(contact_address, contact_address.c.contact_id == contact.c.id)
    .join(address, address.c.id == contact_address.c.address_id)
    .where(address.c.kind == sa.bindparam("kind"), address.c.normalised == sa.bindparam("normalised"))
    .where(contact.c.merged_into.is_(None))
    .order_by(contact.c.id)
    .limit(HOLDERS)
)


class Holder(NamedTuple):
    """A contact that has an address, and who is in charge of it."""

    contact_id: int
    name: str
    company_id: int | None
    owner_id: int | None
    address: Address


def holders_of(connection: sa.Connection, addresses: Sequence[Address]) -> list[Holder]:
    """Contacts that have one of the addresses: in the order of `addresses`, the oldest contact first."""
    found: list[Holder] = []
    for each in addresses:
        rows = connection.execute(_HOLDERS, {"kind": each.kind, "normalised": each.normalised})
        found += [Holder(row.id, row.name, row.company_id, row.owner_id, each) for row in rows]
    return found


def give_company(connection: sa.Connection, contact_id: int, company_id: int) -> bool:
    """Have a contact belong to a company, where it belongs to none; whether it does so by this."""
    changed = connection.execute(
        sa.update(contact)
        .where(contact.c.id == contact_id, contact.c.company_id.is_(None), contact.c.merged_into.is_(None))
        .values(company_id=company_id, updated_at=now())
    )
    return changed.rowcount > 0

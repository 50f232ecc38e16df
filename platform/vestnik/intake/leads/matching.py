"""Whom a lead is of: clients and contacts with its addresses, and earlier leads; each match is explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from vestnik.addresses import Address, AddressKind, InvalidAddress, contained, normalise
from vestnik.companies.finding import find_by_addresses
from vestnik.contacts.finding import Holder, holders_of
from vestnik.intake.fields import LeadFields, Warned
from vestnik.intake.leads.tables import lead

#: A lead with the address of an earlier one is its duplicate for so long.
DUPLICATE_WITHIN = timedelta(days=30)
#: Clients, contacts and leads that are told of each.
TOLD = 5

#: Leads of before with an address of a kind that are not closed, the newest first.
_EARLIER = {
    kind: sa.select(lead.c.id)
    .where(
        column == sa.bindparam("normalised"),
        lead.c.status != "closed",
        lead.c.created_at >= sa.bindparam("first"),
        lead.c.created_at <= sa.bindparam("last"),
        lead.c.id != sa.bindparam("but"),
    )
    .order_by(lead.c.created_at.desc(), lead.c.id.desc())
    .limit(TOLD)
    for kind, column in (("email", lead.c.email_normalised), ("phone", lead.c.phone_normalised))
}


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a lead may be of, the likeliest first."""

    addresses: Sequence[Address] = ()
    clients: Sequence[int] = ()
    holders: Sequence[Holder] = ()
    duplicate_of: int | None = None
    #: What is stored with the lead: kind and key of what was found, and the signal that led to it.
    matches: Sequence[dict[str, Any]] = ()
    warnings: Sequence[Warned] = ()

    def normalised(self, kind: AddressKind) -> str | None:
        """The lead's address of a kind as addresses are compared."""
        return next((each.normalised for each in self.addresses if each.kind == kind), None)


def find(connection: sa.Connection, fields: LeadFields, at: datetime, but: int | None = None) -> Found:
    """Whom the fields' e-mail address and phone belong to; `but` is the lead itself."""
    addresses, warnings = addresses_of(fields)
    if not addresses:
        return Found(warnings=warnings)
    emails = [each.normalised for each in addresses if each.kind == "email"]
    phones = [each.normalised for each in addresses if each.kind == "phone"]
    clients = find_by_addresses(connection, emails, phones)
    holders = holders_of(connection, addresses)
    earlier = _earlier(connection, addresses, at, but)
    matches = [
        *(_match("client", each.client_id, each.kind, each.address) for each in clients),
        *(_match("contact", each.contact_id, each.address.kind, each.address.normalised) for each in holders),
        *(_match("lead", id, signal, value) for id, signal, value in earlier),
    ]
    return Found(
        addresses,
        list(dict.fromkeys(each.client_id for each in clients)),
        holders,
        earlier[0][0] if earlier else None,
        _told(matches),
        warnings,
    )


def addresses_of(fields: LeadFields) -> tuple[list[Address], list[Warned]]:
    """The e-mail address and the phone in their compared form; what can't be one is warned of.

    The warning proposes an address that stands in the text.
    """
    found: list[Address] = []
    warnings: list[Warned] = []
    kinds: tuple[tuple[AddressKind, str], ...] = (("email", fields.email), ("phone", fields.phone))
    for kind, text in kinds:
        if not text:
            continue
        try:
            found.append(normalise(kind, text))
        except InvalidAddress:
            proposed = contained(kind, text)
            facts = {"value": text[:100]} | ({"suggestion": proposed} if proposed else {})
            warnings.append(Warned(f"{kind}_unreadable", kind, facts))
    return found, warnings


def _earlier(
    connection: sa.Connection, addresses: Sequence[Address], at: datetime, but: int | None
) -> list[tuple[int, str, str]]:
    """Leads of before with one of the addresses that are not closed, the newest first."""
    found: dict[int, tuple[int, str, str]] = {}
    when = {"first": at - DUPLICATE_WITHIN, "last": at, "but": but or 0}
    for each in addresses:
        for id in connection.scalars(_EARLIER[each.kind], {"normalised": each.normalised} | when):
            found.setdefault(id, (id, each.kind, each.normalised))
    return sorted(found.values(), reverse=True)


def _match(kind: str, id: int, signal: str, value: str) -> dict[str, Any]:
    return {"kind": kind, "id": str(id), "signal": signal, "value": value}


def _told(matches: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `TOLD` of each kind, so that an address of a thousand contacts fills no row."""
    told: list[dict[str, Any]] = []
    for each in matches:
        if sum(1 for one in told if one["kind"] == each["kind"]) < TOLD:
            told.append(each)
    return told

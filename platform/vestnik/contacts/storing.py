"""Storing contacts, by the thousand or one: set-based statements for a unit of work of the writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.addresses import Address, AddressKind, address_hash
from vestnik.contacts.consents import Evidence
from vestnik.contacts.leaving import part
from vestnik.contacts.tables import address, contact, contact_address, late_link
from vestnik.db import RowsStatement, fold, load, new_key, now
from vestnik.vault import Vault

_KNOWN = RowsStatement(
    "SELECT a.id, a.kind, a.normalised FROM {rows} CROSS JOIN address AS a"
    " WHERE a.kind = r.kind AND a.normalised = r.normalised",
    {"kind": "text", "normalised": "text"},
)
_BY_ID = RowsStatement(
    "SELECT a.id, a.kind, a.normalised, a.domain FROM {rows} CROSS JOIN address AS a WHERE a.id = r.id",
    {"id": "bigint"},
)

_CONTACT_COLUMNS = (
    "id",
    "name",
    "name_folded",
    "company_id",
    "owner_id",
    "custom",
    "custom_folded",
    "external_id",
    "blocked",
    "unsubscribed",
    "created_at",
    "updated_at",
)


@dataclass(slots=True)
class NewContact:
    """A contact about to be stored. The first address of each kind is its primary one."""

    name: str
    addresses: Sequence[Address] = ()
    company_id: int | None = None
    owner_id: int | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)
    external_id: str | None = None
    created_at: datetime | None = None


def insert_contacts(
    connection: sa.Connection, vault: Vault, rows: Sequence[NewContact], at: datetime
) -> list[int]:
    """Store contacts with their addresses; their keys in the order of `rows`."""
    if not rows:
        return []
    keys = [new_key() for _ in rows]
    load(
        connection,
        contact,
        _CONTACT_COLUMNS,
        [
            (
                key,
                row.name,
                fold(row.name),
                row.company_id,
                row.owner_id,
                row.custom,
                fold_values(row.custom),
                row.external_id,
                False,
                False,
                row.created_at or at,
                at,
            )
            for key, row in zip(keys, rows, strict=True)
        ],
    )
    link_addresses(connection, vault, [(key, row.addresses) for key, row in zip(keys, rows, strict=True)])
    return keys


def link_addresses(
    connection: sa.Connection, vault: Vault, wanted: Sequence[tuple[int, Sequence[Address]]]
) -> None:
    """Give contacts their addresses; the first of each kind becomes primary. They have none yet."""
    ids = address_ids(connection, vault, (each for _, addresses in wanted for each in addresses))
    links: list[tuple[int, int, str, bool]] = []
    for contact_id, addresses in wanted:
        kinds: set[str] = set()
        for each in dict.fromkeys(addresses):
            links.append((contact_id, ids[each], each.kind, each.kind not in kinds))
            kinds.add(each.kind)
    load(connection, contact_address, ("contact_id", "address_id", "kind", "is_primary"), links)


def address_ids(connection: sa.Connection, vault: Vault, wanted: Iterable[Address]) -> dict[Address, int]:
    """Keys of addresses that contacts are about to get, each stored if it was not there yet."""
    ids = {each: new_key() for each in dict.fromkeys(wanted)}
    if not ids:
        return ids
    stored = load(
        connection,
        address,
        ("id", "kind", "normalised", "domain", "suppression_hash"),
        [
            (id, each.kind, each.normalised, each.domain, address_hash(vault, each))
            for each, id in ids.items()
        ],
        ignore=("kind", "normalised"),
    )
    if stored < len(ids):
        # As long as it is the new key, the address is new, and nothing has happened to it.
        known = {each: id for each, id in known_ids(connection, list(ids)).items() if id != ids[each]}
        load(connection, late_link, ("id", "address_id"), [(new_key(), id) for id in known.values()])
        ids.update(known)
    return ids


def known_ids(connection: sa.Connection, wanted: Sequence[Address]) -> dict[Address, int]:
    """Keys of those addresses that are stored already."""
    by_text = {(each.kind, each.normalised): each for each in wanted}
    rows = _KNOWN.rows(connection, [{"kind": kind, "normalised": text} for kind, text in by_text])
    return {by_text[kind, normalised]: id for id, kind, normalised in rows}


def addresses_by_id(connection: sa.Connection, ids: Iterable[int]) -> dict[int, Address]:
    """Addresses by their keys."""
    rows = _BY_ID.rows(connection, [{"id": id} for id in sorted(set(ids))])
    return {id: Address(kind, normalised, domain) for id, kind, normalised, domain in rows}


def replace_addresses(
    connection: sa.Connection,
    vault: Vault,
    contact_id: int,
    kind: AddressKind,
    addresses: Sequence[Address],
) -> None:
    """Give a contact exactly these addresses of a kind; what it said no to stays with those it loses."""
    of_kind = contact_address.c.kind == kind
    staying = list(known_ids(connection, addresses).values())
    evidence = Evidence(now(), "unsubscribe", f"contact:{contact_id}")
    part(connection, [contact_id], of_kind & contact_address.c.address_id.not_in(staying), evidence)
    connection.execute(sa.delete(contact_address).where(contact_address.c.contact_id == contact_id, of_kind))
    link_addresses(connection, vault, [(contact_id, addresses)])


def fold_values(custom: Mapping[str, Any]) -> dict[str, Any]:
    """Custom values as rules compare them: every text folded."""
    return {key: fold(value) if isinstance(value, str) else value for key, value in custom.items()}

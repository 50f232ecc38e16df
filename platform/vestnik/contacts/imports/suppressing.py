"""Rows of another service's list brought onto the stop-list, and taken back. No contact is made of them.

They do what a webhook's word does, by the same function, so that audiences, cards and campaigns under way
see it at once. What came by a file may be taken back as long as nothing else has said the same since:
neither a service, nor a person, nor the card of a contact, nor another file that still counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.addresses import Address, AddressKind, address_hash
from vestnik.contacts.consents import Evidence, add_to_stop_list, scope_of
from vestnik.contacts.imports.applying import Outcome
from vestnik.contacts.imports.rows import Policy, Row
from vestnik.contacts.imports.tables import contact_import
from vestnik.contacts.reasons import Reason
from vestnik.contacts.tables import (
    address,
    consent,
    contact,
    contact_address,
    subscription,
    suppression,
    suppression_import,
)
from vestnik.db import now
from vestnik.vault import Vault

#: Entries in one unit of work.
UNDONE_AT_ONCE = 500


def source_of(import_id: int) -> str:
    """How the stop-list and the journal name an import."""
    return f"import:{import_id}"


class Suppressor:
    """Puts rows on the stop-list."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def apply(
        self, connection: sa.Connection, import_id: int, rows: Sequence[Row], policy: Policy, at: datetime
    ) -> list[Outcome]:
        """Apply all of `rows`; an outcome for each: created where an address was not on the list yet."""
        stops: dict[Reason, dict[bytes, AddressKind]] = {}
        since: dict[Reason, dict[bytes, datetime]] = {}
        spelt: dict[bytes, Address] = {}
        named: list[set[tuple[Reason, bytes]]] = []
        for row in rows:
            reason = row.stop or policy.reason or "unsubscribe"
            own: set[tuple[Reason, bytes]] = set()
            for each in _addresses(row):
                hash_ = address_hash(self._vault, each)
                stops.setdefault(reason, {})[hash_] = each.kind
                spelt[hash_] = each
                if row.since is not None:
                    before = since.setdefault(reason, {}).get(hash_, at)
                    since[reason][hash_] = min(before, row.since)
                own.add((reason, hash_))
            named.append(own)
        new: set[tuple[Reason, bytes]] = set()
        for reason in sorted(stops):
            added = add_to_stop_list(
                connection,
                dict(sorted(stops[reason].items())),
                scope_of(reason, policy.category_id),
                reason,
                Evidence(at, reason, source_of(import_id)),
                since=since.get(reason),
                import_id=import_id,
                spelt=spelt,
            )
            new.update((reason, hash_) for hash_ in added)
        outcomes: list[Outcome] = []
        for own in named:
            outcomes.append(Outcome("created" if own & new else "unchanged", 0))
            new -= own  # a second row of the same address adds nothing
        return outcomes


def _addresses(row: Row) -> list[Address]:
    return [
        *(Address("email", text, domain) for text, domain in row.emails),
        *(Address("phone", text, None) for text in row.phones),
    ]


def undo_some(connection: sa.Connection, import_id: int, run: int) -> bool:
    """Take back some of what an import put on the stop-list; False when all is done."""
    here = contact_import.c.id == import_id
    alive = sa.and_(here, contact_import.c.run == run, contact_import.c.state == "undoing")
    if connection.scalar(sa.select(contact_import.c.id).where(alive).with_for_update()) is None:
        return False
    mine = suppression_import.c.import_id == import_id
    some = sa.select(suppression_import.c.suppression_id).where(mine)
    ids = connection.scalars(some.order_by(suppression_import.c.suppression_id).limit(UNDONE_AT_ONCE)).all()
    change = sa.update(contact_import).where(here)
    if not ids:
        left = sa.select(sa.func.count()).where(suppression.c.source == source_of(import_id))
        kept = connection.scalar(left) or 0
        connection.execute(change.values(state="undone", not_undone=kept, finished_at=now()))
        return False
    these = suppression_import.c.suppression_id.in_(ids)
    connection.execute(sa.delete(suppression_import).where(mine, these))
    others = sa.exists().where(suppression_import.c.suppression_id == suppression.c.id)
    gone = connection.execute(
        sa.delete(suppression)
        .where(suppression.c.id.in_(ids), sa.not_(others))
        .returning(suppression.c.address_hash, suppression.c.category_id, suppression.c.reason)
    ).all()
    by_category: dict[int | None, list[bytes]] = {}
    for row in gone:
        if row.reason == "unsubscribe":
            by_category.setdefault(row.category_id, []).append(row.address_hash)
    for category_id, hashes in by_category.items():
        _take_back_withdrawals(connection, import_id, hashes, category_id)
    connection.execute(change.values(undone=contact_import.c.undone + len(gone)))
    return True


def _take_back_withdrawals(
    connection: sa.Connection, import_id: int, hashes: Sequence[bytes], category_id: int | None
) -> None:
    """Bring back what contacts had chosen, of those whose last word is the import's and no other's."""
    of_scope = consent.c.category_id.is_not_distinct_from(category_id)
    holders = (
        sa.select(contact_address.c.contact_id)
        .join(address, address.c.id == contact_address.c.address_id)
        .where(address.c.suppression_hash.in_(hashes))
    )
    last = (
        sa.select(sa.func.max(consent.c.id))
        .where(consent.c.contact_id.in_(holders), of_scope)
        .group_by(consent.c.contact_id)
    )
    own = address.alias("own")
    still = sa.exists().where(
        contact_address.c.contact_id == consent.c.contact_id,
        contact_address.c.is_primary,
        own.c.id == contact_address.c.address_id,
        suppression.c.address_hash == own.c.suppression_hash,
        suppression.c.reason == "unsubscribe",
        suppression.c.category_id.is_not_distinct_from(category_id),
    )
    ours = connection.execute(
        sa.delete(consent)
        .where(
            consent.c.id.in_(list(connection.scalars(last))),
            consent.c.state == "withdrawn",
            consent.c.from_where == source_of(import_id),
            sa.not_(still),
        )
        .returning(consent.c.contact_id)
    )
    people = list(ours.scalars())
    if not people:
        return
    if category_id is None:
        connection.execute(sa.update(contact).where(contact.c.id.in_(people)).values(unsubscribed=False))
        return
    mine = sa.and_(subscription.c.contact_id.in_(people), subscription.c.category_id == category_id)
    connection.execute(sa.delete(subscription).where(mine))
    before = _last_words(connection, people, of_scope)
    if before:
        connection.execute(sa.insert(subscription), [{**each, "category_id": category_id} for each in before])


def _last_words(
    connection: sa.Connection, people: Sequence[int], of_scope: sa.ColumnElement[bool]
) -> list[dict[str, Any]]:
    """What contacts chose last, as their present state keeps it; who never chose has none."""
    last = (
        sa.select(sa.func.max(consent.c.id))
        .where(consent.c.contact_id.in_(people), of_scope)
        .group_by(consent.c.contact_id)
    )
    found = connection.execute(
        sa.select(consent.c.contact_id, consent.c.state, consent.c.at).where(consent.c.id.in_(last))
    )
    return [{"contact_id": row.contact_id, "subscribed": row.state == "given", "at": row.at} for row in found]


def settle_some(connection: sa.Connection, import_id: int) -> int:
    """Have some of an import's entries stay for good: it is too late to undo it. How many those were."""
    mine = sa.select(suppression_import.c.suppression_id).where(suppression_import.c.import_id == import_id)
    ids = list(connection.scalars(mine.limit(1000)))
    # Another import may still be undone: without this its undoing would take away what this one brought.
    settled = suppression_import.c.suppression_id.in_(ids)
    return connection.execute(sa.delete(suppression_import).where(settled)).rowcount

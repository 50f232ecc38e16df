"""What this room holds of a person: the card, addresses, consents, the stop-list, what imports changed.

An erased contact keeps its row, for what refers to it, and is merged into itself: into nobody that there
is, so that whatever leaves out merged contacts leaves it out as well. Its addresses keep their rows, too,
under a name that no address can have and a hash that no address has. What the person withdrew from goes to
the stop-list before, which knows addresses by their keyed hash only: a later import finds it there.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.companies.service import named_clients
from vestnik.contacts.consents import Evidence, add_to_stop_list
from vestnik.contacts.imports.tables import contact_change, contact_import_reject
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
from vestnik.db import now
from vestnik.http.errors import NotFound
from vestnik.privacy.holdings import Holding, Subject

#: How the stop-list and the journal name an erasure.
SOURCE = "erasure"

#: Bytes of a hash in the stop-list (addresses.py).
_HASH_BYTES = 16


def find(connection: sa.Connection, contact_id: int) -> Subject:
    """The person behind a contact's key, with the contacts that were merged into it."""
    row = connection.execute(
        sa.select(contact.c.id, contact.c.merged_into, contact.c.erased_at).where(contact.c.id == contact_id)
    ).one_or_none()
    if row is None or row.erased_at is not None:
        raise NotFound()
    kept = row.merged_into or row.id
    merged = connection.scalars(
        sa.select(contact.c.id).where(contact.c.merged_into == kept, contact.c.id != kept)
    )
    ids = [kept, *merged]
    other = contact_address.alias("other")
    shared = sa.exists().where(other.c.address_id == address.c.id, other.c.contact_id.not_in(ids))
    own = connection.execute(
        sa.select(address.c.id, address.c.normalised)
        .where(address.c.id.in_(_addresses_of(ids)), sa.not_(shared))
        .order_by(address.c.id)
    ).all()
    return Subject(kept, ids, [row.id for row in own], [row.normalised for row in own])


def _addresses_of(contact_ids: Sequence[int]) -> sa.Select[Any]:
    return sa.select(contact_address.c.address_id).where(contact_address.c.contact_id.in_(contact_ids))


def _cards(connection: sa.Connection, person: Subject) -> Sequence[Mapping[str, Any]]:
    rows = connection.execute(
        sa.select(contact).where(contact.c.id.in_(person.contact_ids)).order_by(contact.c.id)
    ).all()
    companies = named_clients(connection, {row.company_id for row in rows if row.company_id is not None})
    return [
        {
            "id": str(row.id),
            "name": row.name,
            "company": companies[row.company_id].name if row.company_id in companies else None,
            "inn": companies[row.company_id].inn if row.company_id in companies else None,
            "externalId": row.external_id,
            "fields": row.custom,
            "blocked": row.blocked,
            "unsubscribed": row.unsubscribed,
            "createdAt": row.created_at,
            "updatedAt": row.updated_at,
            "lastActivityAt": None if row.last_activity_at == NEVER else row.last_activity_at,
            "mergedInto": None if row.merged_into is None else str(row.merged_into),
        }
        for row in rows
    ]


def _erase_cards(connection: sa.Connection, person: Subject) -> int:
    at = now()
    return connection.execute(
        sa.update(contact)
        .where(contact.c.id.in_(person.contact_ids))
        .values(
            name="",
            name_folded="",
            company_id=None,
            owner_id=None,
            custom={},
            custom_folded={},
            external_id=None,
            merged_into=person.contact_id,
            erased_at=at,
            updated_at=at,
            last_activity_at=NEVER,
        )
    ).rowcount


def _addresses(connection: sa.Connection, person: Subject) -> Sequence[Mapping[str, Any]]:
    rows = connection.execute(
        sa.select(address.c.kind, address.c.normalised, contact_address.c.is_primary)
        .join(contact_address, contact_address.c.address_id == address.c.id)
        .where(contact_address.c.contact_id.in_(person.contact_ids))
        .order_by(address.c.id)
    )
    return [{"kind": row.kind, "address": row.normalised, "primary": row.is_primary} for row in rows]


def _erase_addresses(connection: sa.Connection, person: Subject) -> int:
    """An address that somebody else has, too, stays theirs."""
    _keep_withdrawals(connection, person)
    rename = sa.update(address).where(address.c.id == sa.bindparam("key"))
    if person.address_ids:
        connection.execute(
            rename.values(
                normalised=sa.bindparam("name"), domain=None, suppression_hash=sa.bindparam("hash")
            ),
            [
                {"key": id, "name": f"{SOURCE}:{id}", "hash": secrets.token_bytes(_HASH_BYTES)}
                for id in person.address_ids
            ],
        )
    return connection.execute(
        sa.delete(contact_address).where(contact_address.c.contact_id.in_(person.contact_ids))
    ).rowcount


def _keep_withdrawals(connection: sa.Connection, person: Subject) -> None:
    """Have the stop-list know what only the contact knew: whoever withdrew stays so after an import."""
    hashes = connection.scalars(
        sa.select(address.c.suppression_hash).where(address.c.id.in_(person.address_ids))
    ).all()
    evidence = Evidence(now(), SOURCE, SOURCE)
    row = connection.execute(
        sa.select(contact.c.blocked, contact.c.unsubscribed).where(contact.c.id == person.contact_id)
    ).one()
    if row.blocked:
        add_to_stop_list(connection, hashes, None, "manual", evidence)
    if row.unsubscribed:
        add_to_stop_list(connection, hashes, None, "unsubscribe", evidence)
    withdrawn = connection.scalars(
        sa.select(subscription.c.category_id).where(
            subscription.c.contact_id == person.contact_id, sa.not_(subscription.c.subscribed)
        )
    ).all()
    for category_id in withdrawn:
        add_to_stop_list(connection, hashes, category_id, "unsubscribe", evidence)


def _consents(connection: sa.Connection, person: Subject) -> Sequence[Mapping[str, Any]]:
    rows = connection.execute(
        sa.select(consent.c.state, consent.c.at, consent.c.how, consent.c.from_where, category.c.title)
        .outerjoin(category, category.c.id == consent.c.category_id)
        .where(consent.c.contact_id.in_(person.contact_ids))
        .order_by(consent.c.at, consent.c.id)
    )
    return [
        {
            "category": row.title,
            "state": row.state,
            "at": row.at,
            "how": row.how,
            "fromWhere": row.from_where,
        }
        for row in rows
    ]


def _erase_consents(connection: sa.Connection, person: Subject) -> int:
    """When somebody came or went stays, for the figures of a category; how and from where does not."""
    connection.execute(sa.delete(subscription).where(subscription.c.contact_id.in_(person.contact_ids)))
    return connection.execute(
        sa.update(consent)
        .where(consent.c.contact_id.in_(person.contact_ids))
        .values(how=SOURCE, from_where="")
    ).rowcount


def _stops(connection: sa.Connection, person: Subject) -> Sequence[Mapping[str, Any]]:
    rows = connection.execute(
        sa.select(
            address.c.normalised,
            suppression.c.reason,
            suppression.c.at,
            suppression.c.source,
            category.c.title,
        )
        .join(suppression, suppression.c.address_hash == address.c.suppression_hash)
        .outerjoin(category, category.c.id == suppression.c.category_id)
        .where(address.c.id.in_(_addresses_of(person.contact_ids)))
        .order_by(suppression.c.id)
    )
    return [
        {
            "address": row.normalised,
            "reason": row.reason,
            "category": row.title,
            "at": row.at,
            "source": row.source,
        }
        for row in rows
    ]


def _keep_stops(connection: sa.Connection, person: Subject) -> int:
    """The stop-list stays: it holds hashes, and is what keeps the person from being written to."""
    return 0


def _changes(connection: sa.Connection, person: Subject) -> Sequence[Mapping[str, Any]]:
    rows = connection.execute(
        sa.select(contact_change.c.changed_at, contact_change.c.before)
        .where(contact_change.c.contact_id.in_(person.contact_ids))
        .order_by(contact_change.c.changed_at)
    )
    return [{"changedAt": row.changed_at, "before": row.before} for row in rows]


def _erase_changes(connection: sa.Connection, person: Subject) -> int:
    """What there was before an import goes, so that undoing the import brings nothing back."""
    _erase_rejects(connection, person)
    return connection.execute(
        sa.delete(contact_change).where(contact_change.c.contact_id.in_(person.contact_ids))
    ).rowcount


def _erase_rejects(connection: sa.Connection, person: Subject) -> None:
    cells = sa.cast(contact_import_reject.c.cells, sa.Text)
    for text in person.addresses:
        connection.execute(
            sa.update(contact_import_reject)
            .where(sa.func.lower(cells).contains(text, autoescape=True))
            .values(cells=[])
        )


#: Erased from the last to the first: the stop-list learns of withdrawals before consents are forgotten.
HOLDINGS = (
    Holding("contacts", _cards, _erase_cards),
    Holding("consents", _consents, _erase_consents),
    Holding("addresses", _addresses, _erase_addresses),
    Holding("suppression", _stops, _keep_stops),
    Holding("imports", _changes, _erase_changes),
)

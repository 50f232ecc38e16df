"""The one door by which addresses leave contacts: what somebody said no to stays with the address.

A withdrawal, an unsubscribe from everything and a block are rows of the contact. Without the address on it
nothing would tell the next import that its holder said no, so the stop-list is told in the same transaction.
It goes on until a person takes the address off the list, and answers for that (`Contacts.unsuppress`).
All functions run in a unit of work of the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from vestnik.contacts.addresses import AddressKind
from vestnik.contacts.consents import Evidence, add_to_stop_list
from vestnik.contacts.reasons import Reason
from vestnik.contacts.tables import address, consent, contact, contact_address, subscription
from vestnik.db import now


class _Word(NamedTuple):
    """What a contact said no to; no category means all of them."""

    category_id: int | None
    reason: Reason
    at: datetime


def part(
    connection: sa.Connection, contact_ids: Sequence[int], leaving: sa.ColumnElement[bool], evidence: Evidence
) -> Sequence[int]:
    """Take the addresses whose rows of `contact_address` are `leaving` from the contacts; their keys.

    Whoever has such an address, too, is not written to there either in what was said no to; `evidence`
    tells why they left. The stop-list keeps when each contact said it.
    """
    links = contact_address.c.contact_id.in_(contact_ids) & leaving
    # Who withdraws at this very moment waits, or has done so: both refer to the contact.
    held = sa.select(contact.c.id).where(contact.c.id.in_(contact_ids)).order_by(contact.c.id)
    connection.execute(held.with_for_update())
    found = connection.execute(
        sa.select(contact_address.c.contact_id, address.c.kind, address.c.suppression_hash)
        .join(address, address.c.id == contact_address.c.address_id)
        .where(links)
        .order_by(contact_address.c.contact_id, address.c.suppression_hash)
    ).all()
    hashes: dict[int, dict[bytes, AddressKind]] = {}
    for row in found:
        hashes.setdefault(row.contact_id, {})[bytes(row.suppression_hash)] = row.kind
    for contact_id, words in _words(connection, list(hashes)).items():
        for word in words:
            mine = hashes[contact_id]
            since = dict.fromkeys(mine, word.at)
            add_to_stop_list(connection, mine, word.category_id, word.reason, evidence, since=since)
    gone = sa.delete(contact_address).where(links).returning(contact_address.c.address_id)
    return connection.scalars(gone).all()


def _words(connection: sa.Connection, contact_ids: Sequence[int]) -> dict[int, list[_Word]]:
    """What each of the contacts says no to, with the time at which it last said so."""
    said: dict[int, list[_Word]] = {}
    if not contact_ids:
        return said
    for_all = (
        sa.select(sa.func.max(consent.c.at))
        .where(
            consent.c.contact_id == contact.c.id,
            consent.c.category_id.is_(None),
            consent.c.state == "withdrawn",
        )
        .scalar_subquery()
    )
    at = now()
    whole = sa.select(contact.c.id, contact.c.blocked, contact.c.unsubscribed, for_all.label("at"))
    refusing = contact.c.blocked | contact.c.unsubscribed
    for row in connection.execute(whole.where(contact.c.id.in_(contact_ids), refusing)):
        words = said.setdefault(row.id, [])
        if row.blocked:
            words.append(_Word(None, "manual", at))
        if row.unsubscribed:
            words.append(_Word(None, "unsubscribe", row.at or at))
    of_one = sa.select(subscription.c.contact_id, subscription.c.category_id, subscription.c.at)
    withdrawn = subscription.c.contact_id.in_(contact_ids) & sa.not_(subscription.c.subscribed)
    for one in connection.execute(of_one.where(withdrawn).order_by(subscription.c.category_id)):
        said.setdefault(one.contact_id, []).append(_Word(one.category_id, "unsubscribe", one.at))
    return said

"""Consents and the stop-list: the journal, the present state beside it, and what an unsubscribe does.

All functions here run in a unit of work of the writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from vestnik.contacts.addresses import Address, AddressKind
from vestnik.contacts.reasons import Reason as Reason  # other rooms know it by this file
from vestnik.contacts.tables import (
    address,
    consent,
    contact,
    contact_address,
    subscription,
    suppression,
    suppression_import,
)
from vestnik.contacts.telling import tell_addresses, tell_withdrawn
from vestnik.db import RowsStatement, insert_ignore, load, upsert

_SAID_NO = RowsStatement(
    "SELECT c.id FROM {rows} CROSS JOIN contact AS c WHERE c.id = r.id AND (c.unsubscribed OR c.blocked"
    " OR EXISTS (SELECT 1 FROM subscription AS s WHERE s.contact_id = r.id"
    " AND s.category_id = r.category_id AND NOT s.subscribed)"
    " OR EXISTS (SELECT 1 FROM contact_address AS l CROSS JOIN address AS a CROSS JOIN suppression AS p"
    " WHERE l.contact_id = r.id AND a.id = l.address_id AND p.address_hash = a.suppression_hash"
    " AND p.reason <> 'hard_bounce' AND (p.category_id IS NULL OR p.category_id = r.category_id)))",
    {"id": "bigint", "category_id": "bigint"},
)

ConsentState = Literal["given", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """When, how and from where somebody chose: what a consent has to prove."""

    at: datetime
    how: str
    from_where: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What one contact chose for one category, or for all (None)."""

    contact_id: int
    category_id: int | None
    state: ConsentState
    evidence: Evidence


def record_consent(
    connection: sa.Connection,
    contact_ids: Sequence[int],
    category_id: int | None,
    state: ConsentState,
    evidence: Evidence,
) -> None:
    """Note the same choice of several contacts."""
    record_choices(connection, [Choice(id, category_id, state, evidence) for id in contact_ids])


def record_choices(connection: sa.Connection, choices: Sequence[Choice]) -> None:
    """Append choices to the journal, in their order, and bring the present state up to them."""
    if not choices:
        return
    load(
        connection,
        consent,
        ("contact_id", "category_id", "state", "at", "how", "from_where"),
        [
            (
                each.contact_id,
                each.category_id,
                each.state,
                each.evidence.at,
                each.evidence.how,
                each.evidence.from_where,
            )
            for each in choices
        ],
    )
    for_all = [
        {"key": each.contact_id, "withdrawn": each.state == "withdrawn"}
        for each in choices
        if each.category_id is None
    ]
    if for_all:
        whole = sa.update(contact).where(contact.c.id == sa.bindparam("key"))
        connection.execute(whole.values(unsubscribed=sa.bindparam("withdrawn")), for_all)
    for_one = [
        {
            "contact_id": each.contact_id,
            "category_id": each.category_id,
            "subscribed": each.state == "given",
            "at": each.evidence.at,
        }
        for each in choices
        if each.category_id is not None
    ]
    if for_one:
        connection.execute(
            upsert(connection, subscription, ["contact_id", "category_id"], ["subscribed", "at"]), for_one
        )
    tell_withdrawn(connection, [each for each in choices if each.state == "withdrawn"])


def who_said_no(connection: sa.Connection, contact_ids: Sequence[int], category_id: int) -> frozenset[int]:
    """Those who withdrew from the category or from all, are blocked, or have an address that says so.

    A consent that comes in bulk, by a file or a list, never takes back their word.
    """
    asked = [{"id": id, "category_id": category_id} for id in contact_ids]
    return frozenset(id for (id,) in _SAID_NO.rows(connection, asked)) if asked else frozenset()


def add_to_stop_list(
    connection: sa.Connection,
    hashes: Mapping[bytes, AddressKind],
    category_id: int | None,
    reason: Reason,
    evidence: Evidence,
    *,
    since: Mapping[bytes, datetime] | None = None,
    import_id: int | None = None,
    spelt: Mapping[bytes, Address] | None = None,
) -> frozenset[bytes]:
    """Put addresses on the stop-list; those that were not there yet for this reason and category.

    An unsubscribe is a withdrawal of consent, too, by every contact whose primary address it is.
    Doing the same again changes nothing. `since` is when it was said, where that was before. What comes
    by a file (`import_id`) can be taken back with it until something else says the same. `spelt` are the
    addresses themselves, of which other systems hear; None: what was said was said, and told, before.
    """
    wanted = list(hashes)
    if not wanted:
        return frozenset()
    rows = [
        {
            "address_hash": hash_,
            "kind": kind,
            "category_id": category_id,
            "reason": reason,
            "at": (since or {}).get(hash_, evidence.at),
            "source": evidence.from_where,
        }
        for hash_, kind in hashes.items()
    ]
    kept = insert_ignore(connection, suppression).returning(suppression.c.id, suppression.c.address_hash)
    added = connection.execute(kept, rows).all()
    same = sa.and_(
        suppression.c.address_hash.in_(wanted),
        suppression.c.reason == reason,
        suppression.c.category_id.is_not_distinct_from(category_id),
    )
    if import_id is not None:
        _vouch(connection, import_id, [row.id for row in added], same)
    elif len(added) < len(wanted):
        confirmed = suppression_import.c.suppression_id.in_(sa.select(suppression.c.id).where(same))
        connection.execute(sa.delete(suppression_import).where(confirmed))
    if reason == "unsubscribe":
        withdrawing = _primary_holders(connection, wanted, category_id, subscribed=True)
        record_consent(connection, withdrawing, category_id, "withdrawn", evidence)
        if spelt is not None:
            new = {bytes(row.address_hash) for row in added}
            tell_addresses(connection, {key: spelt[key] for key in new}, category_id, evidence)
    return frozenset(bytes(row.address_hash) for row in added)


def _vouch(
    connection: sa.Connection, import_id: int, added: Sequence[int], same: sa.ColumnElement[bool]
) -> None:
    """Note that an import says the same, where nothing but imports does."""
    other = sa.exists().where(suppression_import.c.suppression_id == suppression.c.id)
    known = connection.scalars(sa.select(suppression.c.id).where(same, other)).all()
    rows = [{"import_id": import_id, "suppression_id": id} for id in {*added, *known}]
    if rows:
        connection.execute(insert_ignore(connection, suppression_import), rows)


def scope_of(reason: Reason, category_id: int | None) -> int | None:
    """For which category a reason counts: who can't be reached, or complained, is written to in none."""
    return None if reason in ("hard_bounce", "spam") else category_id


def remove_from_stop_list(
    connection: sa.Connection,
    hashes: Iterable[bytes],
    category_id: int | None,
    evidence: Evidence,
) -> int:
    """Take addresses off the stop-list for this category (None: the rows for all); how many rows went.

    Whoever had unsubscribed gives consent anew: `evidence` says how.
    """
    wanted = list(hashes)
    scope = suppression.c.category_id.is_not_distinct_from(category_id)
    here = suppression.c.address_hash.in_(wanted) & scope
    vouched = suppression_import.c.suppression_id.in_(sa.select(suppression.c.id).where(here))
    connection.execute(sa.delete(suppression_import).where(vouched))
    removed = connection.execute(sa.delete(suppression).where(here)).rowcount
    returning = _primary_holders(connection, wanted, category_id, subscribed=False)
    record_consent(connection, returning, category_id, "given", evidence)
    return removed


def _primary_holders(
    connection: sa.Connection, hashes: Sequence[bytes], category_id: int | None, *, subscribed: bool
) -> list[int]:
    """Contacts with one of the addresses as a primary one, of those who are (not) subscribed."""
    holders = (
        sa.select(contact_address.c.contact_id)
        .join(address, address.c.id == contact_address.c.address_id)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(address.c.suppression_hash.in_(hashes), contact_address.c.is_primary)
        .distinct()
    )
    if category_id is None:
        holders = holders.where(contact.c.unsubscribed != subscribed)
    else:
        withdrew = sa.exists().where(
            subscription.c.contact_id == contact.c.id,
            subscription.c.category_id == category_id,
            sa.not_(subscription.c.subscribed),
        )
        holders = holders.where(sa.not_(withdrew) if subscribed else withdrew)
    return list(connection.scalars(holders))

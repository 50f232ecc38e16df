"""What no import may do: take back an unsubscribe. All functions run in a unit of work of the writer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from vestnik.contacts.addresses import Address, address_hash
from vestnik.contacts.consents import Choice, Evidence, record_choices, who_said_no
from vestnik.contacts.tables import consent, suppression
from vestnik.db import RowsStatement, load, to_microseconds
from vestnik.vault import Vault

#: Where the contact has chosen, nothing happens: so a choice made at this very moment stays, too.
_GIVE = RowsStatement(
    "INSERT INTO subscription (contact_id, category_id, subscribed, at)"
    " SELECT r.id, r.category_id, true, r.at FROM {rows} WHERE true"
    " ON CONFLICT (contact_id, category_id) DO NOTHING RETURNING contact_id",
    {"id": "bigint", "category_id": "bigint", "at": "bigint"},
)
#: Who else holds a contact's e-mail (or its phone, lacking one), and whether that one left everything.
_SHARING = RowsStatement(
    "SELECT DISTINCT r.id, o.id, o.unsubscribed OR o.blocked"
    " FROM {rows} CROSS JOIN contact_address AS l CROSS JOIN contact_address AS h CROSS JOIN contact AS o"
    " WHERE l.contact_id = r.id AND (l.kind = 'email' OR NOT EXISTS (SELECT 1 FROM contact_address AS e"
    " WHERE e.contact_id = r.id AND e.kind = 'email'))"
    " AND h.address_id = l.address_id AND h.contact_id <> r.id AND o.id = h.contact_id"
    " AND o.merged_into IS NULL",
    {"id": "bigint"},
)
#: Asked of the few who share only.
_LEFT_ONE = RowsStatement(
    "SELECT DISTINCT r.id, s.category_id FROM {rows} CROSS JOIN subscription AS s"
    " WHERE s.contact_id = r.other AND NOT s.subscribed",
    {"id": "bigint", "other": "bigint"},
)
#: How a withdrawal is noted that came with the address.
INHERITED = "Отписался другой контакт с тем же адресом"


def give_where_unasked(
    connection: sa.Connection, contact_ids: Sequence[int], category_id: int, evidence: Evidence
) -> tuple[frozenset[int], frozenset[int]]:
    """Note consent of those who never chose for the category.

    Answers who gave it so, and who withdrew it before, and so keeps that.
    """
    withdrew = who_said_no(connection, contact_ids, category_id)
    at = to_microseconds(evidence.at)
    asked = [{"id": id, "category_id": category_id, "at": at} for id in contact_ids if id not in withdrew]
    given = [id for (id,) in _GIVE.rows(connection, asked)]
    load(
        connection,
        consent,
        ("contact_id", "category_id", "state", "at", "how", "from_where"),
        [(id, category_id, "given", evidence.at, evidence.how, evidence.from_where) for id in given],
    )
    return frozenset(given), withdrew


def inherit_withdrawals(connection: sa.Connection, contact_ids: Sequence[int], at: datetime) -> None:
    """Have contacts unsubscribed where another holder of their e-mail is (or of their phone, lacking one).

    Otherwise a second contact at the same address would be a way round the first one's word.
    """
    sharing = _SHARING.rows(connection, [{"id": id} for id in contact_ids])
    if not sharing:
        return
    evidence = Evidence(at, INHERITED, "импорт")
    left_all = {id for id, _, left in sharing if left}
    choices = [Choice(id, None, "withdrawn", evidence) for id in sorted(left_all)]
    left_one = _LEFT_ONE.rows(connection, [{"id": id, "other": other} for id, other, _ in sharing])
    choices += [Choice(id, category_id, "withdrawn", evidence) for id, category_id in left_one]
    record_choices(connection, choices)


def stopped(connection: sa.Connection, vault: Vault, addresses: Sequence[Address]) -> frozenset[Address]:
    """Those of the addresses that are on the stop-list by somebody's word."""
    by_hash = {address_hash(vault, each): each for each in addresses}
    found = connection.scalars(
        sa.select(suppression.c.address_hash)
        .where(suppression.c.address_hash.in_(list(by_hash)), suppression.c.reason != "hard_bounce")
        .distinct()
    )
    return frozenset(by_hash[bytes(each)] for each in found)

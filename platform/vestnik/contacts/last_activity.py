"""When contacts were last active: kept with each for sorts and filters, brought up to date by and by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from vestnik.contacts.tables import late_link
from vestnik.db import RowsStatement, from_microseconds

#: What is kept of a contact that was never active.
NEVER = from_microseconds(0)

# From the addresses that something happened to, so that few rows of the big tables are looked at.
_LATER = RowsStatement(
    "SELECT l.contact_id, MAX(r.at) FROM {rows} CROSS JOIN contact_address AS l CROSS JOIN contact AS c"
    " WHERE l.address_id = r.address_id AND c.id = l.contact_id AND c.last_activity_at < r.at"
    " GROUP BY l.contact_id ORDER BY l.contact_id",
    {"address_id": "bigint", "at": "bigint"},
)
_KEEP = RowsStatement(
    "UPDATE contact SET last_activity_at = r.at FROM {rows}"
    " WHERE contact.id = r.id AND contact.last_activity_at < r.at AND contact.erased_at IS NULL",
    {"id": "bigint", "at": "bigint"},
)

#: A contact's key and an instant in microseconds.
Moment = tuple[int, int]


def later(connection: sa.Connection, by_address: Mapping[int, int]) -> Sequence[Moment]:
    """Whose last activity is later than is kept, given when the addresses were last active; only reads."""
    rows = [{"address_id": id, "at": at} for id, at in by_address.items()]
    return [(contact_id, at) for contact_id, at in _LATER.rows(connection, rows)] if rows else []


def late_links(connection: sa.Connection, limit: int) -> Sequence[tuple[int, int]]:
    """Addresses that contacts got after something may have happened to them: key of the note, address."""
    noted = sa.select(late_link.c.id, late_link.c.address_id).order_by(late_link.c.id).limit(limit)
    return [(row.id, row.address_id) for row in connection.execute(noted)]


def keep_late(moments: Sequence[Moment], noted: Sequence[int], connection: sa.Connection) -> None:
    """Keep when contacts were last active; these notes of their addresses are read."""
    keep(moments, connection)
    connection.execute(sa.delete(late_link).where(late_link.c.id.in_(noted)))


def keep(moments: Sequence[Moment], connection: sa.Connection) -> None:
    """Keep when these contacts were last active, where that is later than what is kept."""
    if moments:
        _KEEP.run(connection, [{"id": id, "at": at} for id, at in moments])

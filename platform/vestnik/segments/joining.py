"""Adding to static segments by the thousand, within a unit of work: for imports and what undoes them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.db import RowsStatement, now
from vestnik.segments.rules import asks_for
from vestnik.segments.tables import segment, segment_member

_JOIN = RowsStatement(
    "INSERT INTO segment_member (segment_id, contact_id) SELECT r.segment_id, r.contact_id FROM {rows}"
    " WHERE true ON CONFLICT (segment_id, contact_id) DO NOTHING RETURNING contact_id",
    {"segment_id": "bigint", "contact_id": "bigint"},
)


def join(connection: sa.Connection, segment_id: int, contact_ids: Sequence[int]) -> list[int] | None:
    """Add contacts to a static segment; those who were not in it yet. None: it takes nobody (any more)."""
    if not is_static(connection, segment_id):
        return None
    if not contact_ids:
        return []
    rows = [{"segment_id": segment_id, "contact_id": id} for id in contact_ids]
    joined = [id for (id,) in _JOIN.rows(connection, rows)]
    if joined:
        forget_count(connection, segment_id)
    return joined


def leave(connection: sa.Connection, contact_ids: Sequence[int], segment_id: int | None = None) -> None:
    """Take contacts out of a segment, or out of all."""
    where: list[sa.ColumnElement[bool]] = [segment_member.c.contact_id.in_(contact_ids)]
    if segment_id is not None:
        where.append(segment_member.c.segment_id == segment_id)
    connection.execute(sa.delete(segment_member).where(*where))


def forget_count(connection: sa.Connection, segment_id: int) -> None:
    """Have the segment counted anew: others are in it now."""
    connection.execute(
        sa.update(segment)
        .where(segment.c.id == segment_id)
        .values(members=None, counted_at=None, updated_at=now())
    )


def rules_with(connection: sa.Connection, field: str, value: str) -> int:
    """How many rules of segments ask for this value of a custom field."""
    rules = sa.select(segment.c.rule).where(segment.c.rule.is_not(None), segment.c.archived_at.is_(None))
    return sum(asks_for(rule, f"custom.{field}", value) for rule in connection.scalars(rules))


def is_there(connection: sa.Connection, segment_id: int) -> bool:
    """Whether there is such a segment, of either kind, that was not deleted."""
    found = sa.select(segment.c.id).where(segment.c.id == segment_id, segment.c.archived_at.is_(None))
    return connection.scalar(found) is not None


def is_static(connection: sa.Connection, segment_id: int) -> bool:
    """Whether there is such a segment that contacts can be added to."""
    found = sa.select(segment.c.id).where(
        segment.c.id == segment_id, segment.c.kind == "static", segment.c.archived_at.is_(None)
    )
    return connection.scalar(found) is not None

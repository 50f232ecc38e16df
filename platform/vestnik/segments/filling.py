"""Many people into a static segment, a part at a time."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.contacts.tables import contact
from vestnik.db import insert_ignore
from vestnik.segments.tables import segment_member


def fill(connection: sa.Connection, segment_id: int, contact_ids: Sequence[int]) -> int:
    """Add those who are still there; how many were not in the segment before."""
    live = sa.select(sa.literal(segment_id), contact.c.id).where(
        contact.c.id.in_(contact_ids), contact.c.merged_into.is_(None)
    )
    statement = insert_ignore(connection, segment_member, ["segment_id", "contact_id"])
    added = statement.from_select(["segment_id", "contact_id"], live).returning(segment_member.c.contact_id)
    return len(connection.execute(added).all())

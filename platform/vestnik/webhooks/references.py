"""Which addresses events refer to: for rooms that would delete them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.webhooks.tables import event


def heard_of(connection: sa.Connection, address_ids: Sequence[int]) -> set[int]:
    """Those of the addresses to which something happened."""
    found = sa.select(event.c.address_id).where(event.c.address_id.in_(address_ids))
    return {id for id in connection.scalars(found.distinct()) if id is not None}

"""Who and what campaigns refer to: for rooms that would delete it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.campaigns.tables import delivery


def written_to(connection: sa.Connection, contact_ids: Sequence[int]) -> set[int]:
    """Those of the contacts who are in a campaign."""
    found = sa.select(delivery.c.contact_id).where(delivery.c.contact_id.in_(contact_ids))
    return set(connection.scalars(found.distinct()))


def delivered_to(connection: sa.Connection, address_ids: Sequence[int]) -> set[int]:
    """Those of the addresses that are in a campaign."""
    found = sa.select(delivery.c.address_id).where(delivery.c.address_id.in_(address_ids))
    return set(connection.scalars(found.distinct()))

"""The demo's sync: a segment and a list of its own, which it makes and fills soon after the start."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Database, now
from vestnik.lists.tables import sync, sync_reject, sync_run
from vestnik.people.access import SYSTEM
from vestnik.segments.tables import segment

SEGMENT = "VIP"


async def create_demo(database: Database, account_id: int, category_id: int) -> None:
    """Store a sync that is due: its first run goes through the real service, so that nothing is made up."""

    def store(connection: sa.Connection) -> None:
        named = sa.select(segment.c.id).where(segment.c.name == SEGMENT, segment.c.archived_at.is_(None))
        at = now()
        connection.execute(
            sa.insert(sync).values(
                account_id=account_id,
                source="segment",
                segment_id=connection.scalars(named).one(),
                list_title=SEGMENT,
                mode="exact",
                category_id=category_id,
                every_minutes=240,
                guard_percent=20,
                over_limit="nobody",
                first_by="newest",
                state="on",
                next_at=at,
                run=0,
                created_by=SYSTEM.user_id,
                created_at=at,
                updated_at=at,
            )
        )

    await database.write(store)


def remove_demo(connection: sa.Connection) -> None:
    """Forget every sync and what became of it; a part of the unit of work that removes the demo."""
    for table in (sync_reject, sync_run, sync):
        connection.execute(sa.delete(table))

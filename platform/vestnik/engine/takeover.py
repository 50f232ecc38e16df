"""Who is alive: each process says so in a row; the workflows of one that no longer does are taken over."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from vestnik.db import Database, now, upsert
from vestnik.engine.tables import executor

BEAT_S = 3.0
DEAD_AFTER = timedelta(seconds=15)
_FORGET_AFTER = timedelta(days=1)


class Executors:
    """The processes that run durable work on one database."""

    def __init__(self, database: Database, own_id: str) -> None:
        self._database, self.own_id = database, own_id

    async def beat(self) -> None:
        """Say that this process is alive."""
        await self._database.write(_beat, self.own_id)

    async def seen(self) -> dict[str, datetime]:
        """When each process said so last, those of the last day."""
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(executor.c.id, executor.c.seen_at))
            return {row.id: row.seen_at for row in rows}

    async def alive(self) -> frozenset[str]:
        """The ids of the processes seen lately, this one among them."""
        async with self._database.read() as connection:
            seen = await connection.execute(
                sa.select(executor.c.id).where(executor.c.seen_at > now() - DEAD_AFTER)
            )
            return frozenset(seen.scalars()) | {self.own_id}


def _beat(connection: sa.Connection, own_id: str) -> None:
    connection.execute(upsert(connection, executor, ["id"], ["seen_at"]).values(id=own_id, seen_at=now()))
    connection.execute(sa.delete(executor).where(executor.c.seen_at < now() - _FORGET_AFTER))

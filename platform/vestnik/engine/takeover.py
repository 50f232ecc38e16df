"""Who is alive: each process says so in a row; the workflows of one that no longer does are taken over.

A process beats every `BEAT_S`, and is dead for the others when `DEAD_AFTER` has passed since; they look every
`LOOK_EVERY_S`. Then DBOS begins within a second what it was queued, so that work goes on 5 to 8 s after a
kill, and 1 to 3 s after an orderly stop. A process that only rests for less than 4 s loses nothing. One that
rests for longer is not wrong, but late: what it did goes on elsewhere. It is fenced off three times: DBOS
lets it begin no further step, rows name their driver, and it sends nothing of such work unless it is `sure`
that the others count on it.

All times are the database's, so that it does not matter what clock a host has.
"""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta

import sqlalchemy as sa

from vestnik.db import Database, upsert
from vestnik.engine.clock import clock
from vestnik.engine.tables import executor

BEAT_S = 1.0
LOOK_EVERY_S = 1.5
DEAD_AFTER = timedelta(seconds=5)
#: A process that did not beat for so long does nothing that another one might do by now.
SURE_FOR_S = 3.5
_FORGET_AFTER = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


class Executors:
    """The processes that run durable work on one database."""

    def __init__(self, database: Database, own_id: str) -> None:
        self._database, self.own_id = database, own_id
        self._beaten_at: float | None = None

    async def beat(self) -> None:
        """Say that this process is alive."""
        began = time.monotonic()
        await self._database.write(_beat, self.own_id)
        self._beaten_at = began

    async def leave(self) -> None:
        """Say that this process does no more work: others take over what it leaves without waiting."""
        self._beaten_at = -math.inf
        await self._database.write(_leave, self.own_id)

    async def seen(self) -> dict[str, datetime]:
        """When each process said so last, those of the last day."""
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(executor.c.id, executor.c.seen_at))
            return {row.id: row.seen_at for row in rows}

    async def alive(self) -> frozenset[str]:
        """The ids of the processes seen lately, this one among them."""
        async with self._database.read() as connection:
            return await connection.run_sync(living) | {self.own_id}

    def sure(self) -> bool:
        """Whether no other process surely has taken over work of this one.

        On SQLite there is no other; one that never said it was alive, such as a command, has no such work.
        """
        if self._database.on_sqlite or self._beaten_at is None:
            return True
        return time.monotonic() - self._beaten_at < SURE_FOR_S


def living(connection: sa.Connection) -> frozenset[str]:
    """The ids of the processes that said lately that they are alive."""
    young = _younger(connection.dialect.name, DEAD_AFTER)
    return frozenset(connection.execute(sa.select(executor.c.id).where(young)).scalars())


def _beat(connection: sa.Connection, own_id: str) -> None:
    seen_at = clock(connection.dialect.name)
    connection.execute(upsert(connection, executor, ["id"], ["seen_at"]).values(id=own_id, seen_at=seen_at))
    connection.execute(sa.delete(executor).where(~_younger(connection.dialect.name, _FORGET_AFTER)))


def _leave(connection: sa.Connection, own_id: str) -> None:
    connection.execute(sa.delete(executor).where(executor.c.id == own_id))


def _younger(dialect: str, age: timedelta) -> sa.ColumnElement[bool]:
    return sa.type_coerce(executor.c.seen_at, sa.BigInteger) > clock(dialect) - age // _MICROSECOND

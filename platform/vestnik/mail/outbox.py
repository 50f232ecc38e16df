"""Letters that wait in a table of their room's, and are sent afterwards: none is lost with the process.

A room writes a row in the unit of work that has something to tell. Periodic work takes what is due, has the
room compose each letter as things are by then, and sends it; a mail server that is away for a while delays
it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.db import Database, now
from vestnik.http.errors import Problem
from vestnik.mail.service import Letter, Mail

#: Letters that are due are looked for so often.
LOOK_EVERY_S = 2.0
#: Pauses after attempts that failed; the last one goes on until the letter is given up.
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
GIVEN_UP_AFTER = timedelta(days=3)
#: Letters that are over are kept for so long.
KEPT_FOR = timedelta(days=90)
#: Letters that are over are looked for so often.
SWEPT_EVERY_S = 3600.0
_AT_ONCE = 20
#: Who took a letter has it for so long before another process tries; longer than a mail server may take.
_LEASE = timedelta(minutes=2)

#: A row as a letter; None where there is nothing to tell any more, or nobody to tell it.
Compose = Callable[[sa.Row[Any]], Awaitable[Letter | None]]

log = structlog.get_logger("vestnik.mail")


class Outbox:
    """Sends the letters of one table. Its columns beside the room's own:

    `id`, `at` (when it was written), `tries`, `next_at` (when it is to be sent; None once it is sent or given
    up), `sent_at`, and `problem` (why the last attempt failed, in the mail server's words).
    """

    def __init__(self, database: Database, mail: Mail, table: sa.Table, compose: Compose) -> None:
        self._database, self._mail = database, mail
        self._table, self._compose = table, compose

    async def send_due(self) -> None:
        """Send the letters that are due, each at its time."""
        while await self._due():
            for letter in await self._database.write(self._claim):
                await self._send(letter)

    async def _due(self) -> bool:
        """Whether there is a letter to send: looking costs the writer nothing."""
        waiting = sa.select(self._table.c.id).where(self._table.c.next_at <= now()).limit(1)
        async with self._database.read() as connection:
            return await connection.scalar(waiting) is not None

    async def _send(self, row: sa.Row[Any]) -> None:
        letter = await self._compose(row)
        if letter is None:
            await self._database.write(self._end, row.id, None)
            return
        if not await self._database.write(self._hold, row):
            return
        try:
            await self._mail.send(letter)
        except Problem as problem:
            name = self._table.name
            log.warning("mail.not_sent", table=name, letter_id=row.id, tries=row.tries, problem=problem.code)
            await self._database.write(self._again, row, problem.detail("en"))
        else:
            await self._database.write(self._end, row.id, now())

    def _claim(self, connection: sa.Connection) -> list[sa.Row[Any]]:
        """Letters that are due; they are ours until the lease ends."""
        table = self._table
        due = (
            sa.select(table)
            .where(table.c.next_at <= now())
            .order_by(table.c.next_at)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        rows = list(connection.execute(due))
        if rows:
            values = {"next_at": now() + _LEASE, "tries": table.c.tries + 1, "problem": None}
            ours = table.c.id.in_([row.id for row in rows])
            connection.execute(sa.update(table).where(ours).values(values))
        return rows

    def _hold(self, connection: sa.Connection, row: sa.Row[Any]) -> bool:
        """Whether the letter is still ours, as it may not be after a rest; then it is for a lease more."""
        held = connection.execute(self._claimed(row).values(next_at=now() + _LEASE))
        return held.rowcount == 1

    def _claimed(self, row: sa.Row[Any]) -> sa.Update:
        """The row, unless another process has taken it since, or it is over."""
        table = self._table
        same = (table.c.id == row.id, table.c.tries == row.tries + 1, table.c.next_at.is_not(None))
        return sa.update(table).where(*same)

    def _end(self, connection: sa.Connection, letter_id: int, sent_at: datetime | None) -> None:
        values = {"next_at": None, "sent_at": sent_at, "problem": None}
        connection.execute(sa.update(self._table).where(self._table.c.id == letter_id).values(values))

    def _again(self, connection: sa.Connection, row: sa.Row[Any], problem: str) -> None:
        """Try later, or give up a letter that is news no more."""
        pause = RETRY_AFTER[min(row.tries, len(RETRY_AFTER) - 1)]
        late = now() + pause > row.at + GIVEN_UP_AFTER
        values = {"next_at": None if late else now() + pause, "problem": problem}
        connection.execute(self._claimed(row).values(values))

"""Letters of every outbox that are over: kept for a term, then forgotten."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.mail.outbox import KEPT_FOR
from vestnik.retention import Term

#: Letters that were sent or given up.
LETTERS = Term("letters", days=KEPT_FOR.days, least=7)


async def forget(database: Database, table: sa.Table) -> None:
    """Forget an outbox's letters that are past the term."""
    before = await LETTERS.cutoff(database)
    if before is not None:
        old = sa.delete(table).where(over(table, before))
        await database.write(lambda connection: connection.execute(old))


def over(table: sa.Table, before: datetime) -> sa.ColumnElement[bool]:
    """Which letters of an outbox are past the term."""
    return table.c.next_at.is_(None) & (table.c.at < before)

"""How long requests of services are kept as they came: for ever, unless an administrator says otherwise.

What they brought stays: figures, events and what was applied. What may still be worked on is never taken.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from vestnik.db import Database, new_key
from vestnik.retention import Term
from vestnik.webhooks.tables import attempt, inbox, waiting

REQUESTS = Term("webhooks", days=None, least=30, for_ever=True)
_DELETED_AT_ONCE = 500


async def sweep(database: Database) -> None:
    """Delete what is past the term, with its failures, a bounded number in each unit of work."""
    before = await REQUESTS.cutoff(database)
    while before is not None and await database.submit(partial(_forget, before=before), bulk=True):
        continue


def old(before: datetime) -> sa.ColumnElement[bool]:
    """Requests that came before, that nothing is to be done with and nothing waits of."""
    return sa.and_(
        inbox.c.id < new_key.before(before),
        inbox.c.next_attempt_at.is_(None),
        ~sa.exists().where(waiting.c.inbox_id == inbox.c.id),
    )


def _forget(connection: sa.Connection, before: datetime) -> bool:
    """Whether there may be more."""
    some = sa.select(inbox.c.id).where(old(before)).order_by(inbox.c.id).limit(_DELETED_AT_ONCE)
    ids = connection.scalars(some).all()
    connection.execute(sa.delete(attempt).where(attempt.c.inbox_id.in_(ids)))
    connection.execute(sa.delete(inbox).where(inbox.c.id.in_(ids), inbox.c.next_attempt_at.is_(None)))
    return len(ids) == _DELETED_AT_ONCE

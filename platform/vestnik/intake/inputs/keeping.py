"""How long letters, requests and entries are kept as they came: for ever, unless an administrator says so.

An input that is past the term stays as a row, so that the same one is known when it comes again; its bytes
go, and what was read of it. The lead that it brought stays.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database, new_key, now
from vestnik.intake.inputs.tables import input_part, input_table
from vestnik.retention import Term

INPUTS = Term("inputs", days=None, least=30, for_ever=True)
_EMPTIED_AT_ONCE = 100


async def sweep(database: Database) -> None:
    """Empty what is past the term, a bounded number in each unit of work."""
    before = await INPUTS.cutoff(database)
    while before is not None and await database.submit(partial(_empty, before=before), bulk=True):
        continue


def old(before: datetime) -> sa.ColumnElement[bool]:
    """Inputs that came before, that were read, and that still are as they came."""
    return sa.and_(
        input_table.c.id < new_key.before(before),
        input_table.c.state != "new",
        input_table.c.next_at.is_(None),
        input_table.c.erased_at.is_(None),
    )


def _empty(connection: sa.Connection, before: datetime) -> bool:
    """Whether there may be more."""
    some = sa.select(input_table.c.id).where(old(before)).order_by(input_table.c.id).limit(_EMPTIED_AT_ONCE)
    ids = connection.scalars(some).all()
    connection.execute(sa.delete(input_part).where(input_part.c.input_id.in_(ids)))
    empty: dict[str, Any] = {
        "title": "",
        "about": {},
        "reading": None,
        "correction": None,
        "erased_at": now(),
    }
    connection.execute(sa.update(input_table).where(input_table.c.id.in_(ids)).values(empty))
    return len(ids) == _EMPTIED_AT_ONCE

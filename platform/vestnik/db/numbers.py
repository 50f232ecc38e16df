"""Numbers that people call things by: 1, 2, 3 … for each kind, without gaps or repeats."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from vestnik.db.statements import insert, metadata
from vestnik.db.types import Key

Numbered = Literal["lead", "deal", "order", "ticket"]

numbering = sa.Table(
    "numbering",
    metadata,
    sa.Column("kind", sa.String(length=16), primary_key=True),
    sa.Column("last", Key, nullable=False),
)


def next_number(connection: sa.Connection, kind: Numbered) -> int:
    """The next number of a kind; whoever asks at the same time waits for the end of this unit of work."""
    first = insert(connection, numbering).values(kind=kind, last=1)
    taken = first.on_conflict_do_update(index_elements=["kind"], set_={"last": numbering.c.last + 1})
    number: int = connection.execute(taken.returning(numbering.c.last)).scalar_one()
    return number

"""Numbers that people call things by: 1, 2, 3 … for each kind, without gaps or repeats."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from vestnik.db.driver import DriverStatement
from vestnik.db.statements import metadata
from vestnik.db.types import Key

Numbered = Literal["lead", "deal", "order", "ticket"]

numbering = sa.Table(
    "numbering",
    metadata,
    sa.Column("kind", sa.String(length=16), primary_key=True),
    sa.Column("last", Key, nullable=False),
)

_NEXT = DriverStatement(
    "INSERT INTO numbering (kind, last) VALUES (:kind, 1)"
    " ON CONFLICT (kind) DO UPDATE SET last = numbering.last + 1 RETURNING last"
)


def next_number(connection: sa.Connection, kind: Numbered) -> int:
    """The next number of a kind; whoever asks at the same time waits for the end of this unit of work."""
    [(number,)] = _NEXT.rows(connection, {"kind": kind})
    return int(number)

"""The database's clock: the one that processes on several hosts have in common."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import now, to_microseconds

_POSTGRESQL_CLOCK = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"


def clock(dialect: str) -> sa.ColumnElement[int]:
    """The database's time, as instants are stored; SQLite has its process's."""
    if dialect == "postgresql":
        return sa.literal_column(_POSTGRESQL_CLOCK, sa.BigInteger)
    return sa.literal(to_microseconds(now()), sa.BigInteger)

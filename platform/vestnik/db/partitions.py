"""The months of the big tables on PostgreSQL: made ahead of time, so that old ones can be dropped whole."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from vestnik.db.locks import Lock, hold
from vestnik.db.statements import PARTITIONED_BY, metadata
from vestnik.db.types import to_microseconds

MONTHS_AHEAD = 2


def ensure_partitions(connection: sa.Connection, at: datetime) -> list[str]:
    """Make the partitions of this month and the next ones where they are missing; the names of the new ones.

    A month whose rows already stand in the default partition stays there: PostgreSQL would have to
    move them. SQLite keeps its tables whole.
    """
    if connection.dialect.name != "postgresql":
        return []
    hold(connection, Lock.MONTHS, [0])
    made: list[str] = []
    for table in metadata.tables.values():
        by = table.info.get(PARTITIONED_BY)
        if by is None:
            continue
        for ahead in range(MONTHS_AHEAD + 1):
            start, end = _month(at, ahead), _month(at, ahead + 1)
            name = f"{table.name}_{start:%Y_%m}"
            if not _is_there(connection, name) and not _has_rows(connection, table.name, by, start, end):
                bounds = f"FROM ({to_microseconds(start)}) TO ({to_microseconds(end)})"
                connection.execute(
                    sa.text(f'CREATE TABLE "{name}" PARTITION OF "{table.name}" FOR VALUES {bounds}')
                )
                made.append(name)
    return made


def _month(at: datetime, ahead: int) -> datetime:
    months = at.year * 12 + at.month - 1 + ahead
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _is_there(connection: sa.Connection, name: str) -> bool:
    return connection.scalar(sa.text("SELECT to_regclass(:name)"), {"name": name}) is not None


def _has_rows(connection: sa.Connection, table: str, by: str, start: datetime, end: datetime) -> bool:
    found = sa.text(f'SELECT 1 FROM "{table}_default" WHERE "{by}" >= :start AND "{by}" < :end LIMIT 1')  # noqa: S608
    bounds = {"start": to_microseconds(start), "end": to_microseconds(end)}
    return connection.scalar(found, bounds) is not None

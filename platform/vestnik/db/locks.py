"""Locks that transactions of several processes on PostgreSQL hold against each other; SQLite needs none."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from vestnik.db.driver import RowsStatement

# A lock's key has 32 bits: two that share one only wait for each other needlessly.
_HOLD = RowsStatement(
    "SELECT pg_advisory_xact_lock(kind, key) FROM (SELECT DISTINCT r.kind,"
    " CAST(mod(r.id, 2147483647) AS integer) AS key FROM {rows} ORDER BY kind, key) AS wanted",
    {"kind": "integer", "id": "bigint"},
)


def hold(connection: sa.Connection, kind: int, ids: Iterable[int]) -> bool:
    """Hold the locks `ids` of a kind until the transaction ends; whether that can have meant to wait.

    They are taken in one order, so that two transactions never wait for each other. A statement after
    it sees what those committed who held them before. On SQLite whoever writes is alone from the start.
    """
    if connection.dialect.name != "postgresql":
        return False
    _HOLD.run(connection, [{"kind": kind, "id": id} for id in ids])
    return True

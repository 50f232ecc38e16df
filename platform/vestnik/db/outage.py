"""Telling a database that is out of order from a statement that is wrong."""

from __future__ import annotations

import sqlite3

import psycopg
import sqlalchemy as sa

from vestnik.db.writer import WriterStopped

_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)
#: Connections, resources (a full disk among them), the operator's word, the system.
_POSTGRESQL = frozenset({"08", "53", "57", "58"})
#: A standby that takes no writes; a transaction that rested for too long.
_TRANSACTION = frozenset({"25006", "25P03"})


def is_outage(error: BaseException) -> bool:
    """True when the database could not do what it was asked: full, read-only, damaged, gone, closed.

    Whatever the unit of work wanted is undone, unless the connection was lost during COMMIT itself.
    """
    if isinstance(error, WriterStopped | sa.exc.TimeoutError):
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    cause = error.orig
    if isinstance(cause, psycopg.Error):
        if cause.sqlstate is None:
            return error.connection_invalidated or isinstance(cause, psycopg.OperationalError)
        return cause.sqlstate[:2] in _POSTGRESQL or cause.sqlstate in _TRANSACTION
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE

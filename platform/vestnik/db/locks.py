"""Locks that transactions of several processes on PostgreSQL hold against each other; SQLite needs none."""

from __future__ import annotations

import enum
import secrets
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from vestnik.db.driver import RowsStatement
from vestnik.db.types import KEY_NUMBERS, new_key


@enum.unique
class Lock(enum.IntEnum):
    """What is locked. Processes of two releases may run beside each other: a number keeps its meaning."""

    #: A sending account while facts about its campaigns are written down.
    ACCOUNT = 1
    #: An INN while it is given to a client; a second lookup is made under it.
    INN = 2
    #: A source while something is made of it.
    SOURCE = 3
    #: Whoever makes the first stages of deals.
    FIRST_STAGES = 4
    #: Whoever adds an endpoint of outgoing webhooks.
    ENDPOINTS = 5
    #: Leads are accepted one after another: so turns are exact, and no two units of work wait for each other.
    LEADS = 6
    #: Processes that start at the same time make the months' partitions one after another.
    MONTHS = 7
    #: Whoever chooses the calendar for what comes in.
    CALENDAR = 8
    #: A number of keys, by the process whose keys have it (`number_keys`).
    KEYS = 9
    #: The end of the audit's chain.
    AUDIT = 71


# A lock's key has 32 bits: two that share one only wait for each other needlessly.
_HOLD = RowsStatement(
    "SELECT pg_advisory_xact_lock(kind, key) FROM (SELECT DISTINCT r.kind,"
    " CAST(mod(r.id, 2147483647) AS integer) AS key FROM {rows} ORDER BY kind, key) AS wanted",
    {"kind": "integer", "id": "bigint"},
)


def hold(connection: sa.Connection, kind: Lock, ids: Iterable[int]) -> bool:
    """Hold the locks `ids` of a kind until the transaction ends; whether that can have meant to wait.

    They are taken in one order, so that two transactions never wait for each other. A statement after
    it sees what those committed who held them before. On SQLite whoever writes is alone from the start.
    """
    if connection.dialect.name != "postgresql":
        return False
    _HOLD.run(connection, [{"kind": kind, "id": id} for id in ids])
    return True


def number_keys(connection: Any) -> None:
    """Give the keys of this process a number that no other process of the database has.

    `connection` is the driver's own, of the writer: while it lives the number is locked, so that it is free
    again whenever and however the process ends. A new connection asks for the number that there is first.
    """
    first = new_key.number
    others = secrets.randbelow(KEY_NUMBERS)
    wanted = [first, *((others + each) % KEY_NUMBERS for each in range(KEY_NUMBERS))]
    for number in wanted:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", (int(Lock.KEYS), number))
            if cursor.fetchone()[0]:
                new_key.number = number
                return
    raise RuntimeError(f"{KEY_NUMBERS} other processes write to the database")

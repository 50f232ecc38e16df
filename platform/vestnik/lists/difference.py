"""The difference of a staged list and the people of a source, as SQL in the scratch file.

What it has to be is said in semantics.py. Both sides are sorted once, by an index; then each is walked in
order beside the other, whatever their size, and only what differs is written down.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from vestnik.lists.planning_job import Job, Planned
from vestnik.lists.scratch_file import unit
from vestnik.lists.semantics import STRENGTH, additions, over_plan

_FORGET = (
    "DROP INDEX IF EXISTS people_by_address",
    "DELETE FROM people",
    "DELETE FROM held",
    "DELETE FROM outcome",
)
_SORT = (
    "CREATE INDEX IF NOT EXISTS staged_by_address ON staged (address, strength, spelling)",
    "CREATE INDEX IF NOT EXISTS staged_untouchable ON staged (address, strength) WHERE strength > 0",
    "CREATE INDEX IF NOT EXISTS people_by_address ON people (address, contact_id) WHERE verdict = 'ok'",
)
_LISTED = "SELECT count(*) FROM (SELECT 1 FROM staged GROUP BY address)"
_UNTOUCHABLE = "SELECT count(*) FROM (SELECT 1 FROM staged WHERE strength > 0 GROUP BY address)"
_WANTED = "SELECT count(*) FROM (SELECT 1 FROM people WHERE verdict = 'ok' GROUP BY address)"
# Both sides are in order, so that these walk two indexes beside each other, and look nothing up.
_OUTSIDE = """
INSERT INTO differing
SELECT address FROM staged EXCEPT SELECT address FROM people WHERE verdict = 'ok' ORDER BY address
"""
_IN_BOTH = _OUTSIDE.replace("EXCEPT", "INTERSECT")
_MISSING = """
INSERT INTO differing
SELECT address FROM people WHERE verdict = 'ok'
EXCEPT SELECT address FROM staged EXCEPT SELECT address FROM refused ORDER BY address
"""
_LEAVE_ALONE = (
    "DELETE FROM differing WHERE address IN (SELECT address FROM outcome)",
    "DELETE FROM differing WHERE EXISTS (SELECT 1 FROM only) AND address NOT IN (SELECT address FROM only)",
)
# An address stands in a list once: of several states the strongest, subscribed only where all are.
_REMOVE = """
INSERT INTO op (kind, address, spelling)
SELECT 'remove', d.address, CASE WHEN count(s.spelling) = count(*) THEN max(s.spelling) END
FROM differing AS d CROSS JOIN staged AS s ON s.address = d.address
GROUP BY d.address HAVING max(s.strength) = 0 ORDER BY d.address
"""
_ADD = """
INSERT INTO op (kind, address, contact_id)
SELECT 'add', address, contact_id FROM (
  SELECT p.address, p.contact_id, p.rank, min(p.rowid)
  FROM differing AS d CROSS JOIN people AS p ON p.address = d.address AND p.verdict = 'ok'
  GROUP BY d.address
)
ORDER BY rank, contact_id
"""
_NOT_ALLOWED = """
INSERT INTO held (contact_id, address, verdict)
SELECT contact_id, address, verdict FROM people
WHERE verdict <> 'ok' AND (NOT EXISTS (SELECT 1 FROM only) OR address IN (SELECT address FROM only))
"""
_HELD_BY_LIST = """
INSERT INTO held (contact_id, address, verdict)
SELECT contact_id, address, ? FROM (
  SELECT p.contact_id, p.address, min(p.rowid) FROM (
    SELECT address FROM staged WHERE strength > 0 GROUP BY address HAVING max(strength) = ?
  ) AS l CROSS JOIN people AS p ON p.address = l.address AND p.verdict = 'ok'
  WHERE NOT EXISTS (SELECT 1 FROM only) OR l.address IN (SELECT address FROM only)
  GROUP BY l.address
)
"""
# Who was refused for good before, and is not on the list by another way.
_REFUSED_BEFORE = """
INSERT INTO held (contact_id, address, verdict)
SELECT contact_id, address, 'refused_before' FROM (
  SELECT p.contact_id, p.address, min(p.rowid)
  FROM refused AS r CROSS JOIN people AS p ON p.address = r.address AND p.verdict = 'ok'
  WHERE (NOT EXISTS (SELECT 1 FROM only) OR r.address IN (SELECT address FROM only))
    AND NOT EXISTS (SELECT 1 FROM staged AS s WHERE s.address = r.address)
  GROUP BY r.address
)
"""
#: Additions that the service's plan has no room for; the next plan leaves them alone.
_CUT = (
    "INSERT INTO held (contact_id, address, verdict)"
    " SELECT contact_id, address, 'plan_limit' FROM op WHERE kind = 'add' AND n > ?",
    "INSERT INTO outcome SELECT address, 'plan_limit' FROM op WHERE kind = 'add' AND n > ? ORDER BY address",
    "DELETE FROM op WHERE kind = 'add' AND n > ?",
)


def forget_people(connection: sqlite3.Connection) -> None:
    """Forget the source and all that was planned with it."""
    with unit(connection):
        for statement in _FORGET:
            connection.execute(statement)


def keep_people(connection: sqlite3.Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Note people of the source: (contact_id, address or None, verdict, rank)."""
    with unit(connection):
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", rows)


def differ(connection: sqlite3.Connection, job: Job) -> Planned:
    """Write down the operations that a job asks for; what was planned before is forgotten."""
    with unit(connection):
        for statement in _SORT:
            connection.execute(statement)
        connection.execute("DELETE FROM op")
        before = _number(connection, _LISTED) - _number(connection, _UNTOUCHABLE)
        remove = add = over = 0
        if job.mode != "merge":
            remove = _operations(connection, _IN_BOTH if job.mode == "subtract" else _OUTSIDE, _REMOVE)
        if job.mode != "subtract":
            add = _operations(connection, _MISSING, _ADD)
            _hold(connection, fresh=job.people is not None)
        if job.people is not None:
            used = before if job.used is None else job.used
            over = over_plan(add, remove, used=used, limit=job.limit)
            add = additions(add, over, job.over_limit)
            for statement in _CUT if over else ():
                connection.execute(statement, (remove + add,))
        return Planned(
            before=before,
            wanted=_number(connection, _WANTED),
            add=add,
            remove=remove,
            unchanged=before - remove,
            over_limit=over,
            held=dict(connection.execute("SELECT verdict, count(*) FROM held GROUP BY verdict").fetchall()),
        )


def _operations(connection: sqlite3.Connection, differing: str, operations: str) -> int:
    """Write down the operations for the addresses by which both sides differ; how many there are."""
    connection.execute("DELETE FROM differing")
    for statement in (differing, *_LEAVE_ALONE):
        connection.execute(statement)
    return connection.execute(operations).rowcount


def _hold(connection: sqlite3.Connection, *, fresh: bool) -> None:
    """Note who of the source is not transferred, beside those whom the service's plan has no room for."""
    if fresh:
        connection.execute("DELETE FROM held")
        connection.execute(_NOT_ALLOWED)
        connection.execute(_REFUSED_BEFORE)
    for status, strength in STRENGTH.items():
        if strength:
            verdict = f"at_service_{status}"
            connection.execute("DELETE FROM held WHERE verdict = ?", (verdict,))
            connection.execute(_HELD_BY_LIST, (verdict, strength))


def _number(connection: sqlite3.Connection, sql: str) -> int:
    number: int = connection.execute(sql).fetchone()[0]
    return number

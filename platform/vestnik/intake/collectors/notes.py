"""What is kept of letters and runs, in units of work for whoever holds the collector's lease."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from vestnik.db import insert_ignore, new_key, now
from vestnik.intake.collectors.tables import collected_letter, collector_run, mail_collector


class LeaseLost(Exception):
    """Another process has the collector now, or a person changed it: this run is over."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Letters of a run: seen = without the keyword + taken + known + not taken."""

    seen: int = 0
    with_keyword: int = 0
    taken: int = 0
    known: int = 0
    not_taken: int = 0
    settled: int = 0
    deleted: int = 0

    def __add__(self, other: Counts) -> Counts:
        sums = {name: value + getattr(other, name) for name, value in asdict(self).items()}
        return Counts(**sums)


@dataclass(frozen=True, slots=True)
class Noted:
    """A letter with the keyword: stored as an input, or not fetched, and then with its subject."""

    uid: int
    outcome: str
    size: int
    arrived_at: datetime | None
    key: str | None = None
    input_id: int | None = None
    subject: str | None = None


# Units of work: (connection, the collector as it was claimed, its run, …)


def open_folder(connection: sa.Connection, row: sa.Row[Any], _run_id: int, uidvalidity: int) -> None:
    """Begin the folder anew where the server has numbered its letters anew."""
    same = mail_collector.c.uidvalidity == uidvalidity
    _hold(
        connection,
        row,
        {
            "uidvalidity": uidvalidity,
            "seen_uid": sa.case((same, mail_collector.c.seen_uid), else_=0),
            "stuck_uid": sa.case((same, mail_collector.c.stuck_uid), else_=None),
            "stuck_tries": sa.case((same, mail_collector.c.stuck_tries), else_=0),
        },
    )


def pass_by(
    connection: sa.Connection,
    row: sa.Row[Any],
    run_id: int,
    uidvalidity: int,
    noted: Sequence[Noted],
    up_to: int,
    counts: Counts,
) -> Counts:
    """Note letters, and that every letter up to a number was considered; what it adds to the run."""
    over = mail_collector.c.stuck_uid <= up_to
    _hold(
        connection,
        row,
        {
            "seen_uid": up_to,
            "stuck_uid": sa.case((over, None), else_=mail_collector.c.stuck_uid),
            "stuck_tries": sa.case((over, 0), else_=mail_collector.c.stuck_tries),
        },
    )
    return _count(connection, run_id, counts + _add(connection, row, uidvalidity, noted))


def stick(connection: sa.Connection, row: sa.Row[Any], _run_id: int, uid: int) -> None:
    """Note that the run broke off at a letter."""
    again = mail_collector.c.stuck_uid == uid
    tries = sa.case((again, mail_collector.c.stuck_tries + 1), else_=1)
    _hold(connection, row, {"stuck_tries": tries, "stuck_uid": uid})


def fetched_after_all(
    connection: sa.Connection, row: sa.Row[Any], run_id: int, uidvalidity: int, noted: Sequence[Noted]
) -> Counts:
    """Letters that could not be fetched before were stored now."""
    _hold(connection, row, {})
    counts = Counts()
    for each in noted:
        [values] = _rows(connection, row, uidvalidity, [each])
        kept = ("id", "uid", "uidvalidity", "mailbox", "collector_id")
        changed = {name: value for name, value in values.items() if name not in kept}
        missing = _of(row, uidvalidity, [each.uid]) & (collected_letter.c.outcome == "not_fetched")
        if connection.execute(sa.update(collected_letter).where(missing).values(changed)).rowcount:
            counts += Counts(seen=1, with_keyword=1) + _outcomes([values["outcome"]])
    return _count(connection, run_id, counts)


def settle(
    connection: sa.Connection, row: sa.Row[Any], run_id: int, uidvalidity: int, uids: Sequence[int]
) -> Counts:
    """Letters were marked or moved."""
    _hold(connection, row, {})
    these = sa.update(collected_letter).where(_of(row, uidvalidity, uids))
    connection.execute(these.values(settled_at=now()))
    return _count(connection, run_id, Counts(settled=len(uids)))


def delete(
    connection: sa.Connection, row: sa.Row[Any], run_id: int, uidvalidity: int, uids: Sequence[int]
) -> Counts:
    """Letters were removed from the mailbox."""
    _hold(connection, row, {})
    these = sa.update(collected_letter).where(_of(row, uidvalidity, uids))
    connection.execute(these.values(deleted_at=now()))
    return _count(connection, run_id, Counts(deleted=len(uids)))


# Reading


def taken(row: sa.Row[Any], uidvalidity: int, uids: Sequence[int]) -> sa.Select[Any]:
    """Those of the letters that were taken before."""
    return sa.select(collected_letter.c.uid).where(
        _of(row, uidvalidity, uids), collected_letter.c.outcome.in_(("taken", "known"))
    )


def unsettled(row: sa.Row[Any], uidvalidity: int) -> sa.Select[Any]:
    """Letters that were taken and are to be marked or moved, in their order."""
    waiting = _in(row, uidvalidity) & collected_letter.c.settled_at.is_(None)
    return sa.select(collected_letter.c.uid).where(waiting).order_by(collected_letter.c.uid)


def to_be_deleted(row: sa.Row[Any], uidvalidity: int) -> sa.Select[Any]:
    """Letters that were taken and whose time has come."""
    due = collected_letter.c.to_be_deleted_at.is_not(None) & collected_letter.c.deleted_at.is_(None)
    late = collected_letter.c.to_be_deleted_at <= now()
    return sa.select(collected_letter.c.uid).where(_in(row, uidvalidity), due, late)


def not_taken(row: sa.Row[Any], uidvalidity: int) -> sa.Select[Any]:
    """Letters with the keyword that are only in the mailbox."""
    missing = collected_letter.c.outcome.in_(("too_large", "not_fetched"))
    return sa.select(collected_letter.c.uid).where(_in(row, uidvalidity), missing)


def not_fetched(row: sa.Row[Any], uidvalidity: int) -> sa.Select[Any]:
    """Letters that earlier runs could not fetch."""
    missing = collected_letter.c.outcome == "not_fetched"
    earlier = collected_letter.c.collected_at < row.begun_at
    return sa.select(collected_letter.c.uid).where(_in(row, uidvalidity), missing, earlier)


def seen_uid(row: sa.Row[Any]) -> sa.Select[Any]:
    """Up to which number letters were considered."""
    return sa.select(mail_collector.c.seen_uid).where(mail_collector.c.id == row.id)


def mine(row: sa.Row[Any]) -> sa.ColumnElement[bool]:
    """That a collector is still as it was claimed."""
    return sa.and_(mail_collector.c.id == row.id, mail_collector.c.run == row.run)


def _hold(connection: sa.Connection, row: sa.Row[Any], values: Mapping[str, Any]) -> None:
    """Change the collector, which nobody else may do meanwhile; `LeaseLost` when it is not ours any more."""
    held = sa.update(mail_collector).where(mine(row)).values({"run": row.run, **values})
    if not connection.execute(held).rowcount:
        raise LeaseLost()


def _in(row: sa.Row[Any], uidvalidity: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        collected_letter.c.collector_id == row.id,
        collected_letter.c.mailbox == row.mailbox,
        collected_letter.c.uidvalidity == uidvalidity,
    )


def _of(row: sa.Row[Any], uidvalidity: int, uids: Sequence[int]) -> sa.ColumnElement[bool]:
    return _in(row, uidvalidity) & collected_letter.c.uid.in_(list(uids))


def _add(connection: sa.Connection, row: sa.Row[Any], uidvalidity: int, noted: Sequence[Noted]) -> Counts:
    rows = _rows(connection, row, uidvalidity, noted)
    if rows:
        unique = ["collector_id", "mailbox", "uidvalidity", "uid"]
        connection.execute(insert_ignore(connection, collected_letter, unique), rows)
    return _outcomes(each["outcome"] for each in rows)


def _rows(
    connection: sa.Connection, row: sa.Row[Any], uidvalidity: int, noted: Sequence[Noted]
) -> list[dict[str, Any]]:
    """Rows of letters; one whose key was noted before is known, and goes when that goes."""
    at = now()
    days = row.delete_after_days
    due = None if days is None else at + timedelta(days=days)
    earlier = _earlier(connection, row, [each.key for each in noted if each.key is not None])
    rows = []
    for each in noted:
        stored = each.key is not None
        is_known = each.key in earlier
        if each.key is not None:
            due_at = earlier.setdefault(each.key, due)
        rows.append(
            {
                "id": new_key(),
                "collector_id": row.id,
                "mailbox": row.mailbox,
                "uidvalidity": uidvalidity,
                "uid": each.uid,
                "outcome": "known" if is_known else each.outcome,
                "key": each.key,
                "input_id": each.input_id,
                "subject": each.subject,
                "size": each.size,
                "arrived_at": each.arrived_at,
                "collected_at": at,
                "settled_at": None if stored and row.after in ("mark", "move") else at,
                "to_be_deleted_at": due_at or due if stored and row.after == "delete" else None,
                "deleted_at": None,
            }
        )
    return rows


def _earlier(connection: sa.Connection, row: sa.Row[Any], keys: Sequence[str]) -> dict[str, datetime | None]:
    """Keys that letters of the collector have already, with when the first of them goes."""
    if not keys:
        return {}
    found = connection.execute(
        sa.select(collected_letter.c.key, sa.func.min(collected_letter.c.to_be_deleted_at).label("due"))
        .where(collected_letter.c.collector_id == row.id, collected_letter.c.key.in_(keys))
        .group_by(collected_letter.c.key)
    )
    return {each.key: each.due for each in found}


def _outcomes(outcomes: Iterable[str]) -> Counts:
    counts = Counts()
    for each in outcomes:
        name = each if each in ("taken", "known") else "not_taken"
        counts += Counts(**{name: 1})
    return counts


def _count(connection: sa.Connection, run_id: int, counts: Counts) -> Counts:
    added = {name: collector_run.c[name] + value for name, value in asdict(counts).items() if value}
    if added:
        connection.execute(sa.update(collector_run).where(collector_run.c.id == run_id).values(added))
    return counts

"""Imports under way: rows from the child, brought in by short units of work in the writer's bulk lane.

The position moves in the transaction that applies, so an import that was killed goes on at the row where
it stood; and of two processes at the same import only one moves it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
import structlog

from vestnik.contacts.fields import SELECT_FIELDS, Field, fields_of
from vestnik.contacts.imports import storing
from vestnik.contacts.imports.applying import Applier, Outcome
from vestnik.contacts.imports.process import Child, ChildFailed, begin
from vestnik.contacts.imports.rows import Batch, Failed, FieldRule, Job, Policy, Reading, Row
from vestnik.contacts.imports.suppressing import Suppressor, undo_some
from vestnik.contacts.imports.tables import contact_change, contact_import, contact_import_reject
from vestnik.contacts.imports.undo import Undoer
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import Database, WriterStopped, fold, load, now
from vestnik.logs import fault

#: One step of the workflow; a stopping server waits for it.
SLICE_S = 3.0
#: One unit of work while others write, so that whoever waits behind it waits no longer.
UNIT_S = 0.006
#: One unit when nobody else has written for `QUIET_S`: few and large ones cost less.
QUIET_UNIT_S = 0.2
QUIET_S = 2.0
UNIT_ROWS = 1_000
_FEWEST_ROWS = 20
#: After so many rows of an import, and each time they have grown fourfold, the tables are measured anew.
_MEASURED_AFTER_ROWS = 500
_GROWN = 4
_ROW_S = 0.0002  # until it is measured

_COUNTED = ("created", "updated", "unchanged", "skipped", "kept_unsubscribed", "left_out")

#: Users by folded e-mail address and name.
Owners = Callable[[], Awaitable[Mapping[str, int]]]

#: Hears, in the unit of work that ends an import's rows, with which reason it failed; None: it is done.
Ended = Callable[[sa.Connection, int, Mapping[str, Any] | None], None]

log = structlog.get_logger("vestnik.contacts")


class Superseded(Exception):
    """Another process moved the import on, or somebody ended it."""


@dataclass(slots=True)
class _Live:
    """A child that reads for an import, and the rows that it gave and nobody applied yet."""

    run: int
    child: Child
    position: int
    rows: deque[Row] = field(default_factory=deque)
    measured_at: int = _MEASURED_AFTER_ROWS


class Runner:
    """Brings imports on, slice by slice."""

    def __init__(
        self,
        database: Database,
        applier: Applier,
        suppressor: Suppressor,
        undoer: Undoer,
        folder: Path,
        owners: Owners,
        zone: Callable[[], ZoneInfo],
    ) -> None:
        self._database, self._applier, self._suppressor = database, applier, suppressor
        self._undoer, self._folder, self._owners, self._zone = undoer, folder, owners, zone
        self._live: dict[int, _Live] = {}
        self._row_s = _ROW_S
        self._ended: list[Ended] = []

    def on_end(self, hear: Ended) -> None:
        """Have `hear` called when the rows of an import end, well or not."""
        self._ended.append(hear)

    async def stop(self) -> None:
        """End every child."""
        for import_id in list(self._live):
            await self._end(import_id)

    async def advance(self, import_id: int, run: int) -> bool:
        """Do the next slice of an import, or of its undoing; False when there is nothing more to do."""
        row = await self._row(import_id)
        try:
            if row is None or row.run != run:
                return False
            if row.state == "running":
                return await self._slice(row)
            return row.state == "undoing" and await self._undoing(row)
        except Superseded:
            return False
        except WriterStopped:
            raise
        except ChildFailed as failure:
            reference = fault(log, "contacts.import_child_failed", failure, import_id=import_id)
            await self._fail(import_id, run, {"code": "reader_failed", "reference": reference})
            return False
        except Exception as error:
            reference = fault(log, "contacts.import_failed", error, import_id=import_id)
            await self._fail(import_id, run, {"code": "internal", "reference": reference})
            return False
        finally:
            current = await self._state(import_id)
            if current != ("running", run):
                await self._end(import_id)

    async def facts(self) -> dict[str, Any]:
        """What a job needs to know of our fields, users and time zone."""
        async with self._database.read() as connection:
            fields = fields_of(await connection.execute(SELECT_FIELDS))
        return {
            "fields": tuple(rule_of(each) for each in fields.values()),
            "called": {fold(title): each.key for each in fields.values() for title in each.title.values()},
            "owners": dict(await self._owners()),
            "zone": self._zone().key,
        }

    async def _row(self, import_id: int) -> sa.Row[Any] | None:
        async with self._database.read() as connection:
            found = await connection.execute(
                sa.select(contact_import).where(contact_import.c.id == import_id)
            )
            return found.one_or_none()

    async def _state(self, import_id: int) -> tuple[str, int] | None:
        row = await self._row(import_id)
        return None if row is None else (row.state, row.run)

    async def _slice(self, row: sa.Row[Any]) -> bool:
        live = await self._reader(row)
        policy = msgspec.convert(row.policy, Policy)
        deadline = time.monotonic() + SLICE_S
        while time.monotonic() < deadline:
            while len(live.rows) < UNIT_ROWS:
                frame = await live.child.frame()
                if isinstance(frame, Failed):
                    await self._fail(row.id, row.run, frame.reason)
                    return False
                if not isinstance(frame, Batch):
                    break
                live.rows.extend(frame.rows)
            if not live.rows:
                await self._finish(row.id, row.run)
                return False
            rows = [live.rows[n] for n in range(min(UNIT_ROWS, len(live.rows)))]
            done = await self._unit(row, live, rows, policy)
            for _ in range(done):
                live.rows.popleft()
            live.position += done
            if live.position >= live.measured_at:
                live.measured_at = live.position * _GROWN
                await self._database.refresh_statistics(contact, address, contact_address, contact_change)
        return True

    async def _unit(self, row: sa.Row[Any], live: _Live, rows: Sequence[Row], policy: Policy) -> int:
        place = (row.id, row.run, live.position)
        for attempt in range(3):
            try:
                return await self._database.submit(
                    lambda connection: self._apply(connection, place, rows, policy), bulk=True
                )
            except sa.exc.IntegrityError:  # another process stored the same person at this moment
                if attempt == 2:
                    raise
        return 0

    async def _reader(self, row: sa.Row[Any]) -> _Live:
        live = self._live.get(row.id)
        if live is not None and (live.run, live.position) == (row.run, row.done_rows):
            return live
        await self._end(row.id)
        async with AsyncExitStack() as stack:
            file = await stack.enter_async_context(storing.opened(self._database, row.id, self._folder))
            job = Job(
                kind="rows",
                purpose=row.purpose,
                file=0,
                reading=msgspec.convert(row.reading, Reading),
                columns=tuple(row.mapping["columns"]),
                start=row.done_rows,
                **await self.facts(),
            )
            child = await begin(file, job)
        live = self._live[row.id] = _Live(row.run, child, row.done_rows)
        return live

    async def _end(self, import_id: int) -> None:
        live = self._live.pop(import_id, None)
        if live is not None:
            await live.child.end()

    def _apply(
        self, connection: sa.Connection, place: tuple[int, int, int], rows: Sequence[Row], policy: Policy
    ) -> int:
        """Apply as many of `rows` as there is time for; how many that were."""
        import_id, run, position = place
        _claim(connection, import_id, run, position)
        contacts = policy.reason is None
        if contacts:
            rows = self._applier.without_erased(connection, import_id, rows)
        unit_s = QUIET_UNIT_S if self._database.quiet_s() > QUIET_S else UNIT_S
        started, at = time.monotonic(), now()
        done = 0
        counts = dict.fromkeys(_COUNTED, 0)
        rejected: list[Row] = []
        outcomes: list[Outcome] = []
        while done < len(rows):
            left_s = unit_s - (time.monotonic() - started)
            if done and left_s < unit_s / 4:
                break  # a slice has its own price, so that a small one is left to the next unit
            size = max(_FEWEST_ROWS, min(int(left_s / self._row_s), len(rows) - done))
            begun = time.monotonic()
            slice_ = rows[done : done + size]
            fit = [row for row in slice_ if row.reason is None]
            if contacts:
                made = self._applier.apply(connection, fit, policy, at) if fit else []
            else:
                made = self._suppressor.apply(connection, import_id, fit, policy, at)
            taken = len(slice_) if len(made) == len(fit) else slice_.index(fit[len(made)])
            rejected += [row for row in slice_[:taken] if row.reason is not None]
            outcomes += made
            done += taken
            if taken >= _FEWEST_ROWS:
                self._row_s += ((time.monotonic() - begun) / taken - self._row_s) / 4
        for outcome in outcomes:
            counts[outcome.status] += 1
            counts["kept_unsubscribed"] += outcome.kept_unsubscribed
            counts["left_out"] += outcome.left_out
        if contacts:
            _note(connection, import_id, outcomes, at)
        load(
            connection,
            contact_import_reject,
            ("import_id", "row", "reason", "cells"),
            [(import_id, row.number, row.reason, row.cells) for row in rejected],
        )
        connection.execute(
            sa.update(contact_import)
            .where(contact_import.c.id == import_id)
            .values(
                done_rows=position + done,
                rejected=contact_import.c.rejected + len(rejected),
                **{name: contact_import.c[name] + count for name, count in counts.items()},
            )
        )
        return done

    async def _undoing(self, row: sa.Row[Any]) -> bool:
        deadline = time.monotonic() + SLICE_S
        undo = undo_some if row.purpose == "suppression" else self._undoer.undo_some
        while time.monotonic() < deadline:
            more = await self._database.submit(
                lambda connection: undo(connection, row.id, row.run), bulk=True
            )
            if not more:
                return False
        return True

    async def _finish(self, import_id: int, run: int) -> None:
        values = {"state": "done", "total_rows": contact_import.c.done_rows}
        await self._database.write(self._set, import_id, run, values)
        await storing.drop(self._database, import_id)

    async def _fail(self, import_id: int, run: int, reason: Mapping[str, Any]) -> None:
        values = {"state": "failed", "reason": dict(reason)}
        await self._database.write(self._set, import_id, run, values)

    def _set(self, connection: sa.Connection, import_id: int, run: int, values: Mapping[str, Any]) -> None:
        this = sa.and_(contact_import.c.id == import_id, contact_import.c.run == run)
        state = connection.scalar(sa.select(contact_import.c.state).where(this).with_for_update())
        if state not in ("running", "undoing"):
            return
        connection.execute(sa.update(contact_import).where(this).values({"finished_at": now(), **values}))
        if state == "running":
            for hear in self._ended:
                hear(connection, import_id, values.get("reason"))


def rule_of(field: Field) -> FieldRule:
    """A custom field as the child knows it."""
    return FieldRule(field.key, field.kind, field.options)


def _claim(connection: sa.Connection, import_id: int, run: int, position: int) -> None:
    """Lock the import where it stands; `Superseded` when it stands elsewhere."""
    here = connection.scalar(
        sa.select(contact_import.c.id)
        .where(
            contact_import.c.id == import_id,
            contact_import.c.run == run,
            contact_import.c.state == "running",
            contact_import.c.done_rows == position,
        )
        .with_for_update()
    )
    if here is None:
        raise Superseded()


def _note(connection: sa.Connection, import_id: int, outcomes: Sequence[Outcome], at: datetime) -> None:
    """Keep how contacts were before; the first time counts, and when they were changed last.

    Several rows may be of one contact, in this unit of work and in those before it.
    """
    noted = _Noted(connection, import_id, outcomes)
    for outcome in outcomes:
        noted.take(outcome)
    load(
        connection,
        contact_change,
        ("import_id", "contact_id", "before", "changed_at"),
        [(import_id, contact_id, before, at) for contact_id, before in noted.new.items()],
    )
    this = sa.and_(
        contact_change.c.import_id == import_id, contact_change.c.contact_id == sa.bindparam("contact")
    )
    if noted.united:
        connection.execute(
            sa.update(contact_change).where(this).values(before=sa.bindparam("image")),
            [{"contact": contact_id, "image": before} for contact_id, before in noted.united.items()],
        )
    if again := sorted(noted.again):
        connection.execute(
            sa.update(contact_change)
            .where(contact_change.c.import_id == import_id, contact_change.c.contact_id.in_(again))
            .values(changed_at=at)
        )


class _Noted:
    """What is to be kept of contacts: `new` images, and images that rows before had begun."""

    def __init__(self, connection: sa.Connection, import_id: int, outcomes: Sequence[Outcome]) -> None:
        self.new: dict[int, dict[str, Any] | None] = {}
        self.united: dict[int, dict[str, Any]] = {}
        self.again: set[int] = set()
        touched = {each.contact_id for each in outcomes if each.before is not None}
        self._known: dict[int, dict[str, Any] | None] = {}
        if touched:
            found = connection.execute(
                sa.select(contact_change.c.contact_id, contact_change.c.before).where(
                    contact_change.c.import_id == import_id, contact_change.c.contact_id.in_(touched)
                )
            )
            self._known = {row.contact_id: row.before for row in found}

    def take(self, outcome: Outcome) -> None:
        """Add what became of a row; None of a contact that the import made stays None."""
        contact_id, image = outcome.contact_id, outcome.before
        if outcome.status == "created":
            self.new[contact_id] = None
        elif image is None:
            return
        elif contact_id in self.new:
            self.new[contact_id] = _united(self.new[contact_id], image)
        elif contact_id not in self._known:
            self.new[contact_id] = image
        else:
            before, self._known[contact_id] = (
                self._known[contact_id],
                _united(self._known[contact_id], image),
            )
            if (whole := self._known[contact_id]) is not None and whole != before:
                self.united[contact_id] = whole
            if outcome.status == "updated":
                self.again.add(contact_id)


def _united(first: dict[str, Any] | None, later: dict[str, Any]) -> dict[str, Any] | None:
    """What a contact was before its first row; of what that left alone, before the later one."""
    return None if first is None else {**later, **first}

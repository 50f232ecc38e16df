"""Inputs that wait to be read: claimed some at a time, read, accepted. Each becomes a lead, or says why not.

Whoever stored an input wakes this; what a dead process left is found by its row, here or in another process.
The claim counts the attempts, so that an input which takes the process with it is set apart in the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.db import Database, is_outage, now
from vestnik.intake.fields import Accepted, Warned
from vestnik.intake.inputs.ports import Accept, Way, Ways
from vestnik.intake.inputs.reading import columns_of, given_by, job_of
from vestnik.intake.inputs.store import load_raw, reason_columns, remove_half_stored
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.parsing import jobs
from vestnik.intake.parsing.reading import Reading
from vestnik.logs import fault
from vestnik.people.access import SYSTEM

#: Inputs are looked for so often, should nobody have woken us; so many are claimed and read side by side.
LOOK_EVERY_S = 2.0
LOOK_WHILE_BUSY_S = 0.2
CLAIMED_AT_ONCE = 20
AT_ONCE = 4
#: Who claimed an input has it for so long: longer than any reading takes.
LEASE = timedelta(minutes=5)
#: Pauses after attempts that broke off; after the last the input is unreadable, and says so.
RETRY_AFTER = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
#: An input that was claimed so often, and never settled, takes its process with it.
CLAIMS = 10
SWEPT_EVERY_S = 3600.0

_STATE = sa.select(input_table.c.state).where(input_table.c.id == sa.bindparam("this")).with_for_update()
_SETTLED = sa.update(input_table).where(input_table.c.id == sa.bindparam("this"))

log = structlog.get_logger("vestnik.intake")


class Working:
    """Reads what is due, and hands it to the room of leads."""

    def __init__(self, database: Database, accept: Accept, zone: Callable[[], str]) -> None:
        self._database, self._accept, self._zone = database, accept, zone
        self.ways: dict[str, Ways] = {}

    async def work(self) -> None:
        """Read everything that is due; what comes meanwhile, too."""
        under_way: set[asyncio.Task[None]] = set()
        claimed: list[sa.Row[Any]] = []
        try:
            while True:
                if not claimed and await self._is_due():
                    claimed = await self._database.write(_claim)
                while claimed and len(under_way) < AT_ONCE:
                    under_way.add(asyncio.create_task(self._one(claimed.pop(0))))
                if not under_way:
                    return
                # With a place free, what comes meanwhile is not to wait for the end of a large letter.
                pause = None if claimed or len(under_way) == AT_ONCE else LOOK_WHILE_BUSY_S
                _, under_way = await asyncio.wait(
                    under_way, timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def sweep(self) -> None:
        """Remove what a process left of an input that it could not store whole."""
        while await self._database.submit(remove_half_stored, bulk=True):
            pass

    async def process(self, input_id: int) -> Accepted | None:
        """Read one input now, whenever it is due; its lead, None where it has none or had one before."""
        row = await self.row(input_id)
        if row is None or row.state != "new":
            return None
        reading, way = await self._read(row)
        return await self._database.write(self._settle, row, reading, way)

    async def process_new(self, row: sa.Row[Any], raw: bytes) -> Accepted | None:
        """Read an input that was stored a moment ago, by the row and the bytes that were stored."""
        way = await self.way(row)
        reading = await jobs.read(job_of(row, raw, way, self._zone()))
        return await self._database.write(self._settle, row, reading, way)

    async def row(self, input_id: int) -> sa.Row[Any] | None:
        """The row of an input."""
        async with self._database.read() as connection:
            found = sa.select(input_table).where(input_table.c.id == input_id)
            return (await connection.execute(found)).one_or_none()

    async def way(self, row: sa.Row[Any]) -> Way:
        """How inputs like this one are read."""
        ways = self.ways.get(row.door)
        found = await ways.way(row.source_id) if ways is not None and row.source_id else None
        return found if found is not None else Way()

    async def read(self, row: sa.Row[Any], way: Way, correction: str | None = None) -> Reading:
        """What an input reads as, or would with a correction."""
        async with self._database.read() as connection:
            raw = await load_raw(connection, row.id)
        return await jobs.read(job_of(row, raw, way, self._zone(), correction))

    async def _is_due(self) -> bool:
        """Whether there is an input to read: looking costs the writer nothing."""
        due = sa.select(input_table.c.id).where(input_table.c.next_at <= now()).limit(1)
        async with self._database.read() as connection:
            return await connection.scalar(due) is not None

    async def _one(self, row: sa.Row[Any]) -> None:
        try:
            if row.attempts > CLAIMS:
                await self._database.write(_give_up, row, "too_heavy", {})
                return
            reading, way = await self._read(row)
            await self._database.write(self._settle, row, reading, way)
        except Exception as error:
            if is_outage(error):  # the lease ends, and somebody tries again
                log.warning("intake.input_waits", input_id=row.id)
                return
            reference = fault(log, "intake.input_failed", error, input_id=row.id, attempts=row.attempts)
            if row.attempts < len(RETRY_AFTER):
                await self._database.write(_again, row)
            else:
                await self._database.write(_give_up, row, "internal", {"reference": reference})

    async def _read(self, row: sa.Row[Any]) -> tuple[Reading, Way]:
        way = await self.way(row)
        return await self.read(row, way), way

    def _settle(
        self, connection: sa.Connection, row: sa.Row[Any], reading: Reading, way: Way
    ) -> Accepted | None:
        """Make the lead, or keep why there is none; nothing where somebody else has done so."""
        if connection.scalar(_STATE, {"this": row.id}) != "new":
            return None
        accepted = None
        if reading.fields is not None:
            accepted = self._accept(connection, SYSTEM, given_by(row, reading, reading.fields, way))
        unread = "set_aside" if reading.trapped else "unreadable"
        values = {
            **columns_of(reading),
            "state": unread if accepted is None else "read",
            "lead_id": None if accepted is None else accepted.lead_id,
            "read_at": now(),
            "next_at": None,
        }
        connection.execute(_SETTLED, values | {"this": row.id})
        return accepted


def _claim(connection: sa.Connection) -> list[sa.Row[Any]]:
    """Inputs that are due; they are ours until the lease ends."""
    at = now()
    waiting = (
        sa.select(input_table.c.id)
        .where(input_table.c.next_at <= at)
        .order_by(input_table.c.next_at)
        .limit(CLAIMED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(
        sa.update(input_table)
        .where(input_table.c.id.in_(waiting), input_table.c.next_at <= at)
        .values(next_at=at + LEASE, attempts=input_table.c.attempts + 1)
        .returning(*input_table.c)
    ).all()
    return sorted(rows, key=lambda row: row.id)


def _again(connection: sa.Connection, row: sa.Row[Any]) -> None:
    later = now() + RETRY_AFTER[min(row.attempts, len(RETRY_AFTER)) - 1]
    _still_new(connection, row, {"next_at": later})


def _give_up(connection: sa.Connection, row: sa.Row[Any], code: str, facts: dict[str, Any]) -> None:
    values = {"state": "unreadable", "reason": reason_columns(Warned(code, facts=facts)), "next_at": None}
    _still_new(connection, row, values)


def _still_new(connection: sa.Connection, row: sa.Row[Any], values: dict[str, Any]) -> None:
    own = sa.and_(input_table.c.id == row.id, input_table.c.state == "new")
    connection.execute(sa.update(input_table).where(own).values(values))


def due_at_once(connection: sa.Connection) -> None:
    """At the start of a single process nobody else works: what is new is due, whoever had claimed it."""
    claimed = sa.and_(input_table.c.state == "new", input_table.c.next_at > now())
    early = input_table.c.attempts <= CLAIMS
    connection.execute(sa.update(input_table).where(claimed, early).values(next_at=now()))

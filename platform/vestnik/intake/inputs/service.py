"""The one door's inputs: taken, read, looked at, read again after a mend, or set aside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.db import Database, is_outage, now
from vestnik.engine import Engine
from vestnik.http.errors import NotFound
from vestnik.intake.fields import Accepted, Difference, Given, Warned
from vestnik.intake.inputs import store as storage
from vestnik.intake.inputs.errors import InputErased, InputNotReadAgain
from vestnik.intake.inputs.ports import Accept, UpdateFrom, Way, Ways
from vestnik.intake.inputs.reading import READ_DOORS, columns_of, given_by, job_of, reading_of
from vestnik.intake.inputs.store import NewInput, Stored, reason_of
from vestnik.intake.inputs.tables import input_part, input_table
from vestnik.intake.inputs.working import LOOK_EVERY_S, SWEPT_EVERY_S, Working, due_at_once
from vestnik.intake.parsing import jobs
from vestnik.intake.parsing.reading import Reading
from vestnik.intake.parsing.showing import Shown
from vestnik.intake.parsing.values import clean
from vestnik.logs import fault
from vestnik.people.access import SYSTEM, Actor

_WORK = "intake.inputs"
log = structlog.get_logger("vestnik.intake")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which inputs: in one state, by one door, of one source."""

    state: str | None = None
    door: str | None = None
    source_id: int | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The conditions that it puts on inputs."""
        wanted = {"state": self.state, "door": self.door, "source_id": self.source_id}
        return [input_table.c[name] == value for name, value in wanted.items() if value is not None]


@dataclass(frozen=True, slots=True)
class Line:
    """One input in the list."""

    row: sa.Row[Any]
    source: str
    reason: Warned | None


@dataclass(frozen=True, slots=True)
class Card:
    """One input: how it came, what it reads as, and what it is made of."""

    line: Line
    reading: Reading | None
    shown: Sequence[Shown]


@dataclass(frozen=True, slots=True)
class Again:
    """What reading an input again came to, or would come to (`dry`)."""

    input_id: int
    reading: Reading
    differences: Sequence[Difference]
    lead: Accepted | None
    is_new_lead: bool


class Inputs:
    """What can be done with inputs. `accept` and `update_from` are the room of leads' own."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        accept: Accept,
        update_from: UpdateFrom,
        zone: Callable[[], str],
    ) -> None:
        self._database, self._engine, self._zone = database, engine, zone
        self._accept, self._update_from = accept, update_from
        self._working = Working(database, accept, zone)
        engine.every(LOOK_EVERY_S, _WORK, self._working.work)
        engine.every(SWEPT_EVERY_S, "intake.half_stored", self._working.sweep)

    def register(self, door: str, ways: Ways) -> None:
        """Have inputs of a door read, and their leads placed, as their sources say."""
        if door not in READ_DOORS or door in self._working.ways:
            raise ValueError(f"no ways can be registered for {door!r}")
        self._working.ways[door] = ways

    async def start(self) -> None:
        """Have what a killed process left be read at once, where there is no other process."""
        if self._database.on_sqlite:
            await self._database.write(due_at_once)

    # Taking

    async def store(self, new: NewInput) -> Stored:
        """Store an input, durably, and have it read. Raises `IdempotencyKeyReused`, `InputTooLarge`."""
        stored = await storage.store(self._database, new)
        self.wake()
        return stored

    async def store_and_read(self, new: NewInput, within_s: float) -> tuple[int, Accepted | None]:
        """Store an input, durably, and read it at once; its key, and its lead if that came to one in time.

        Raises only where nothing is stored: what fails or is slow after that is done from the stored row,
        once `new.held` is over.
        """
        stored = await storage.store(self._database, new)
        try:
            async with asyncio.timeout(within_s):
                if stored.row is None:
                    return stored.input_id, await self._working.process(stored.input_id)
                return stored.input_id, await self._working.process_new(stored.row, new.raw)
        except Exception as error:
            if is_outage(error) or isinstance(error, TimeoutError):
                log.warning("intake.input_waits", input_id=stored.input_id)
            else:
                fault(log, "intake.input_failed", error, input_id=stored.input_id)
            return stored.input_id, None

    def wake(self) -> None:
        """Have what is due be read now."""
        self._engine.nudge(_WORK)

    async def work(self) -> None:
        """Read everything that is due, until nothing is."""
        await self._working.work()

    async def process(self, input_id: int) -> Accepted | None:
        """Read an input now; its lead, None where it has none or had one already."""
        return await self._working.process(input_id)

    async def take(self, new: NewInput, given: Given, actor: Actor = SYSTEM) -> Accepted:
        """Store an input that came as ready fields, and its lead, in one unit of work: both or none.

        `given.input_id` is set here. A key that was known answers with the lead of then.
        """
        return await self._database.write(self.take_in, new, given, actor)

    def take_in(
        self, connection: sa.Connection, new: NewInput, given: Given, actor: Actor = SYSTEM
    ) -> Accepted:
        """The same within the caller's unit of work."""
        reading = Reading(fields=given.fields, warnings=given.warnings)
        columns = columns_of(reading)
        about = {**new.about, "subject": new.about.get("subject") or columns.get("title", "")}
        stored = storage.store_read(connection, replace(new, about=about), columns["reading"])
        accepted = self._accept(connection, actor, replace(given, input_id=stored.input_id))
        if not stored.known:
            own = input_table.c.id == stored.input_id
            values = {"lead_id": accepted.lead_id, "read_at": now()}
            connection.execute(sa.update(input_table).where(own).values(values))
        return accepted

    # Looking

    async def page(
        self, actor: Actor, wanted: Filter, offset: int, limit: int
    ) -> tuple[list[Line], int, Mapping[str, int]]:
        """Inputs, newest first, how many there are, and how many in each state."""
        actor.require("leads.read")
        columns = [each for each in input_table.c if each.name not in ("reading", "correction", "about")]
        newest = sa.select(*columns).where(*wanted.conditions()).order_by(input_table.c.id.desc())
        others = replace(wanted, state=None).conditions()
        counted = sa.select(input_table.c.state, sa.func.count()).where(*others)
        async with self._database.read() as connection:
            rows = (await connection.execute(newest.offset(offset).limit(limit))).all()
            by_state = await connection.execute(counted.group_by(input_table.c.state))
            counts: dict[str, int] = {row[0]: row[1] for row in by_state}
        total = sum(counts.values()) if wanted.state is None else counts.get(wanted.state, 0)
        return await self._lines(rows), total, counts

    async def card(self, actor: Actor, input_id: int) -> Card:
        """One input with what it is made of, as texts."""
        actor.require("leads.read")
        row = await self._row(input_id)
        (line,) = await self._lines([row])
        shown = await self._shown(row)
        return Card(line, reading_of(row.reading), shown)

    async def raw(self, actor: Actor, input_id: int) -> tuple[sa.Row[Any], AsyncIterator[bytes]]:
        """An input's row, and its bytes as they came, piece by piece."""
        actor.require("leads.read")
        row = await self._row(input_id)
        if row.erased_at is not None:
            raise InputErased()
        return row, self._pieces(input_id)

    async def _pieces(self, input_id: int) -> AsyncIterator[bytes]:
        position = 0
        while True:
            own = sa.and_(input_part.c.input_id == input_id, input_part.c.position == position)
            async with self._database.read() as connection:
                piece = await connection.scalar(sa.select(input_part.c.bytes).where(own))
            if piece is None:
                return
            yield piece
            position += 1

    # Changing

    async def read_again(self, actor: Actor, input_id: int, *, dry: bool, text: str | None = None) -> Again:
        """Read an input anew, with the mapping of now or with a corrected document, and apply it.

        `dry` tells what would change. A lead stays as it is where a person changed it since, and where
        the input has become unreadable.
        """
        _require_change(actor)
        row = await self._row(input_id)
        if row.door not in READ_DOORS:
            raise InputNotReadAgain()
        if row.erased_at is not None:
            raise InputErased()
        way = await self._working.way(row)
        reading = await self._working.read(row, way, text)
        return await self._database.write(self._apply, actor, input_id, reading, way, text, dry)

    def _apply(
        self,
        connection: sa.Connection,
        actor: Actor,
        input_id: int,
        reading: Reading,
        way: Way,
        text: str | None,
        dry: bool,
    ) -> Again:
        own = input_table.c.id == input_id
        row = connection.execute(sa.select(input_table).where(own).with_for_update()).one()
        fields = reading.fields
        differences: list[Difference] = []
        lead: Accepted | None = None
        if fields is not None and row.lead_id is not None:
            given = given_by(row, reading, fields, way)
            differences = self._update_from(
                connection, actor, row.lead_id, given.fields, warnings=reading.warnings, dry=dry
            )
            lead = self._accept(connection, actor, given) if not dry else None
        elif fields is not None and not dry:
            lead = self._accept(connection, actor, given_by(row, reading, fields, way))
        if not dry:
            self._keep(connection, actor, row, reading, text, lead)
        return Again(input_id, reading, differences, lead, is_new_lead=row.lead_id is None)

    def _keep(
        self,
        connection: sa.Connection,
        actor: Actor,
        row: sa.Row[Any],
        reading: Reading,
        text: str | None,
        lead: Accepted | None,
    ) -> None:
        values: dict[str, Any] = {} if text is None else {"correction": clean(text)}
        if lead is not None:
            values |= {**columns_of(reading), "state": "read", "lead_id": lead.lead_id}
        elif row.lead_id is None:
            values |= {**columns_of(reading), "state": "set_aside" if reading.trapped else "unreadable"}
        values |= {"read_at": now(), "next_at": None}
        connection.execute(sa.update(input_table).where(input_table.c.id == row.id).values(values))
        record(connection, actor, "input.read_again", "input", row.id, ["text"] if text is not None else [])

    async def set_aside(self, actor: Actor, input_id: int) -> None:
        """Say that an input is no lead; `NotFound` where it has one, or is being read."""
        _require_change(actor)

        def unit(connection: sa.Connection) -> None:
            unread = sa.and_(
                input_table.c.id == input_id,
                input_table.c.lead_id.is_(None),
                input_table.c.state.in_(("unreadable", "set_aside")),
            )
            aside = sa.update(input_table).where(unread).values(state="set_aside", next_at=None)
            if connection.execute(aside).rowcount == 0:
                raise NotFound()
            record(connection, actor, "input.set_aside", "input", input_id)

        await self._database.write(unit)

    async def add_name(self, actor: Actor, input_id: int, target: str, name: str) -> None:
        """Have a sender's name taken for what we call `target`, for all that this input's source sends."""
        actor.require("intake.manage")
        row = await self._row(input_id)
        ways = self._working.ways.get(row.door)
        if ways is None or not row.source_id:
            raise InputNotReadAgain()
        await self._database.write(ways.add_name, actor, row.source_id, target, name)

    async def _row(self, input_id: int) -> sa.Row[Any]:
        row = await self._working.row(input_id)
        if row is None:
            raise NotFound()
        return row

    async def _lines(self, rows: Sequence[sa.Row[Any]]) -> list[Line]:
        titles: dict[tuple[str, int], str] = {}
        for door, ways in self._working.ways.items():
            ids = sorted({row.source_id for row in rows if row.door == door and row.source_id})
            found = await ways.titles(ids) if ids else {}
            titles |= {(door, id): title for id, title in found.items()}
        return [Line(row, titles.get((row.door, row.source_id), ""), reason_of(row.reason)) for row in rows]

    async def _shown(self, row: sa.Row[Any]) -> Sequence[Shown]:
        async with self._database.read() as connection:
            raw = await storage.load_raw(connection, row.id)
        if row.door in READ_DOORS:
            way = await self._working.way(row)
            return await jobs.show(job_of(row, raw, way, self._zone()))
        plain = jobs.Job(kind="request", raw=raw, media_type=row.media_type, zone=self._zone())
        return await jobs.show(plain)


def _require_change(actor: Actor) -> None:
    """Who works on leads, and who mends the ways by which they come, may have an input read again."""
    if not actor.may("intake.manage"):
        actor.require("leads.write")


def remove_demo(connection: sa.Connection) -> None:
    """Forget every input; a part of the unit of work that removes the demo."""
    connection.execute(sa.delete(input_part))
    connection.execute(sa.delete(input_table))

"""What can be done with leads: the inbox, the card, every change, the figures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.companies.directory import checked_inn
from vestnik.db import Database, after_commit, now
from vestnik.db.search import search_by_index
from vestnik.engine import Engine
from vestnik.http.errors import NotFound
from vestnik.http.events import Events
from vestnik.intake.fields import Accepted, Difference, Given, LeadFields, Warned
from vestnik.intake.leads import accepting, changing, conversion, letters, reading, statistics, updating
from vestnik.intake.leads.changing import Result
from vestnik.intake.leads.errors import LeadIsNotOver, LeadIsOver
from vestnik.intake.leads.reading import Card, LeadFilter, Line
from vestnik.intake.leads.statistics import Figures, Month
from vestnik.intake.leads.tables import lead
from vestnik.mail import Mail
from vestnik.people.access import Actor
from vestnik.people.organisation import Organisation
from vestnik.vault import Vault

#: The topic of live updates of the inbox.
TOPIC = "leads"
#: Leads of a file that are read at a time.
EXPORTED_AT_ONCE = 500

Action = Literal["take", "assign", "process", "close", "reopen"]


@dataclass(frozen=True, slots=True)
class Acted:
    """How many leads an action changed; the others were so already, or can't be."""

    changed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Newest:
    """What changes with every lead that comes in or is changed."""

    changed_at: datetime | None
    number: int


class Leads:
    """The leads of an organisation."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        events: Events,
        engine: Engine,
        mail: Mail,
        organisation: Organisation,
    ) -> None:
        self._database, self._vault, self._events, self._engine = database, vault, events, engine
        self._organisation = organisation
        self.letters = letters.Letters(database, engine, mail, organisation)

    # What comes in

    def accept(self, connection: sa.Connection, actor: Actor, given: Given) -> Accepted:
        """Everything that becomes of a lead, in the caller's unit of work; see `accepting.accept`."""
        accepted = accepting.accept(connection, actor, given)
        self._tell_after(connection)
        return accepted

    def update_from(
        self,
        connection: sa.Connection,
        actor: Actor,
        lead_id: int,
        fields: LeadFields,
        *,
        warnings: Sequence[Warned] = (),
        dry: bool = False,
    ) -> list[Difference]:
        """What reading an input again changes of its lead; see `updating.update_from`."""
        found = updating.update_from(connection, actor, lead_id, fields, warnings=warnings, dry=dry)
        if not dry:
            self._tell_after(connection)
        return found

    # Reading

    async def page(
        self, actor: Actor, wanted: LeadFilter, *, sort: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[Line], int, Mapping[str, int]]:
        """A page of the inbox, how many match, and the counts of the tabs."""
        actor.require("leads.read")
        async with self._database.read() as connection:
            if wanted.search:
                await search_by_index(connection)
            lines, total = await reading.page(connection, wanted, sort, offset, limit)
            return lines, total, await reading.counts(connection, wanted)

    async def card(self, actor: Actor, lead_id: int) -> Card:
        """One lead whole."""
        actor.require("leads.read")
        async with self._database.read() as connection:
            return await reading.card(connection, lead_id)

    async def newest(self) -> Newest:
        """Whether something happened since somebody looked: by two indexes, however many leads there are."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    sa.select(
                        sa.select(sa.func.max(lead.c.updated_at)).scalar_subquery().label("changed_at"),
                        sa.select(sa.func.max(lead.c.number)).scalar_subquery().label("number"),
                    )
                )
            ).one()
        return Newest(row.changed_at, row.number or 0)

    async def export(self, actor: Actor, wanted: LeadFilter) -> AsyncIterator[Line]:
        """Every lead that matches, the newest first; the export is noted before the first one."""
        actor.require("leads.read")
        actor.require("contacts.export")
        await self._database.write(record, actor, "leads.exported", "lead", None)
        return self._lines(wanted)

    async def _lines(self, wanted: LeadFilter) -> AsyncIterator[Line]:
        after: int | None = None
        while True:
            query = sa.select(lead).where(*wanted.where()).order_by(lead.c.number.desc())
            if after is not None:
                query = query.where(lead.c.number < after)
            async with self._database.read() as connection:
                rows = (await connection.execute(query.limit(EXPORTED_AT_ONCE))).all()
                found = await reading.lines(connection, rows)
            for line in found:
                yield line
            if len(rows) < EXPORTED_AT_ONCE:
                return
            after = rows[-1].number

    async def statistics(
        self, actor: Actor, since: datetime, until: datetime
    ) -> tuple[list[Figures], list[Figures]]:
        """Figures by source and by person, of the leads that arrived in a period."""
        actor.require("leads.read")
        async with self._database.read() as connection:
            return (
                await statistics.by_channel(connection, since, until),
                await statistics.by_person(connection, since, until),
            )

    async def month(self) -> list[Month]:
        """Leads of the current month for each person who may sign in."""
        zone = await self._organisation.zone()
        async with self._database.read() as connection:
            return await statistics.of_month(connection, now(), zone)

    # Changing

    async def take(self, actor: Actor, lead_id: int) -> None:
        """Take a lead into work."""
        await self._change(actor, lead_id, lambda c, row: changing.take(c, actor, row))

    async def assign(self, actor: Actor, lead_id: int, user_id: int) -> None:
        """Make somebody responsible."""
        await self._change(actor, lead_id, lambda c, row: changing.assign(c, actor, row, user_id))

    async def process(self, actor: Actor, lead_id: int) -> None:
        """Mark a lead as processed."""
        await self._change(actor, lead_id, lambda c, row: changing.process(c, actor, row))

    async def close(self, actor: Actor, lead_id: int, result: Result) -> None:
        """Close a lead with its result."""
        await self._change(actor, lead_id, lambda c, row: changing.close(c, actor, row, result))

    async def reopen(self, actor: Actor, lead_id: int) -> None:
        """Take up a lead again that was over."""
        await self._change(actor, lead_id, lambda c, row: changing.reopen(c, actor, row))

    async def edit(self, actor: Actor, lead_id: int, changes: Mapping[str, Any]) -> None:
        """Correct fields and links of a lead."""
        await self._change(actor, lead_id, lambda c, row: changing.edit(c, actor, row, changes))

    async def note(self, actor: Actor, lead_id: int, text: str) -> None:
        """Write something down beside a lead."""
        await self._change(actor, lead_id, lambda c, row: changing.add_note(c, actor, row, text))

    async def correct_inn(self, actor: Actor, lead_id: int, text: str) -> None:
        """Enter the right INN; `InvalidInn` with a mistake."""
        actor.require("leads.write")
        inn = checked_inn(text)
        await self._change(actor, lead_id, lambda c, row: changing.correct_inn(c, actor, row, inn))

    async def convert(self, actor: Actor, lead_id: int, wish: conversion.Wish) -> None:
        """Make client, contact, deal and order of a lead, once; whoever asks again finds what is there."""
        for right in ("leads.write", "contacts.write", "sales.write"):
            actor.require(right)

        def unit(connection: sa.Connection) -> None:
            if conversion.convert(connection, actor, self._vault, lead_id, wish):
                self._tell_after(connection)

        await self._database.write(unit)

    async def act(
        self,
        actor: Actor,
        lead_ids: Sequence[int],
        action: Action,
        *,
        user_id: int | None = None,
        result: Result | None = None,
    ) -> Acted:
        """One action on several leads; those that can't take it stay as they are."""
        actor.require("leads.write")

        def one(connection: sa.Connection, row: sa.Row[Any]) -> bool:
            if action == "assign" and user_id is not None:
                return changing.assign(connection, actor, row, user_id)
            if action == "close" and result is not None:
                return changing.close(connection, actor, row, result)
            return {"take": changing.take, "process": changing.process, "reopen": changing.reopen}[action](
                connection, actor, row
            )

        def unit(connection: sa.Connection) -> Acted:
            changed = skipped = 0
            for lead_id in sorted(set(lead_ids)):
                try:
                    done = one(connection, changing.locked(connection, lead_id))
                except (LeadIsOver, LeadIsNotOver, NotFound):  # each is raised before anything is written
                    done = False
                changed, skipped = changed + done, skipped + (not done)
            self._tell_after(connection)
            return Acted(changed, skipped)

        return await self._database.write(unit)

    async def see(self, actor: Actor, lead_id: int) -> None:
        """Note that somebody opened a lead."""
        actor.require("leads.write")

        def unit(connection: sa.Connection) -> None:
            row = changing.locked(connection, lead_id)
            if row.seen_at is None:
                connection.execute(sa.update(lead).where(lead.c.id == lead_id).values(seen_at=now()))

        await self._database.write(unit)

    async def _change(
        self, actor: Actor, lead_id: int, change: Callable[[sa.Connection, sa.Row[Any]], object]
    ) -> None:
        actor.require("leads.write")

        def unit(connection: sa.Connection) -> None:
            change(connection, changing.locked(connection, lead_id))
            self._tell_after(connection)

        await self._database.write(unit)

    def _tell_after(self, connection: sa.Connection) -> None:
        """After the commit: who watches the inbox sees it, and letters that are due go out."""
        after_commit(connection, lambda: self._events.publish(TOPIC, None))
        after_commit(connection, lambda: self._engine.nudge(letters.WORK))

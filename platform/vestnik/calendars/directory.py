"""What people do with calendars and with events of their own.

A shared calendar is everybody's who may read calendars; a personal one is its owner's, and of those who look
after what comes in or after the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.calendars.errors import CalendarStays, EventOfRecord, UnknownCalendar, UnknownPerson
from vestnik.calendars.service import (
    LONGEST_EVENT,
    Colour,
    new_calendar,
    personal_calendar,
    store_changes,
    touch,
)
from vestnik.calendars.tables import calendar, calendar_event
from vestnik.db import Database, Lock, hold, new_key, now, to_microseconds
from vestnik.http.errors import InvalidRequest, NotFound, Text
from vestnik.people.access import Actor
from vestnik.people.tables import user
from vestnik.people.users import is_working

#: So much of the calendars is asked for at once, …
LONGEST_RANGE = timedelta(days=62)
#: … so many events are shown of it, the earliest, …
EVENTS = 5_000
#: … and so many calendars, those of most people's first.
CALENDARS = 1_000


_SHARED_ALONE: Text = {
    "ru": "для входящих заявок нужен общий календарь не из архива",
    "en": "incoming leads need a shared calendar that is not archived",
}
_RANGE: Text = {
    "ru": "конец должен быть позже начала, но не более чем на 62 дня",
    "en": "the end must be after the beginning, by 62 days at most",
}
_END: Text = {
    "ru": "событие не может кончиться раньше начала и длиться больше 31 дня",
    "en": "an event can't end before it begins, nor last longer than 31 days",
}

#: What may be changed of an event that came of a record: it is moved.
_MOVES = frozenset({"calendar_id", "starts_at", "ends_at", "all_day", "person_id"})


@dataclass(frozen=True, slots=True)
class Events:
    """Events of a time; `cut`: there are more than are shown."""

    items: Sequence[sa.Row[Any]]
    cut: bool


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event as a person enters it."""

    calendar_id: int
    title: str
    starts_at: datetime
    ends_at: datetime | None
    all_day: bool
    description: str
    person_id: int | None


class Calendars:
    """Calendars and events of a person's own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pages: dict[str, Callable[[int], str]] = {}

    def show_source(self, kind: str, page: Callable[[int], str]) -> None:
        """Have events that came of records of a kind lead to their page: its path, by the record's key."""
        self._pages[kind] = page

    def page_of(self, row: sa.Row[Any]) -> str | None:
        """The path of the page of what an event came of."""
        page = self._pages.get(row.source_kind)
        return None if page is None else page(row.source_id)

    # Calendars

    async def all(self, actor: Actor, *, archived: bool = False) -> Sequence[sa.Row[Any]]:
        """Calendars that the actor may see, the shared ones first; each with its owner's name as `owner`."""
        actor.require("calendars.read")
        of_time = calendar.c.archived_at.is_not(None) if archived else calendar.c.archived_at.is_(None)
        first = (calendar.c.kind.desc(), calendar.c.title, calendar.c.id)
        query = _with_owner().where(visible(actor), of_time).order_by(*first).limit(CALENDARS)
        async with self._database.read() as connection:
            rows: Sequence[sa.Row[Any]] = (await connection.execute(query)).all()
        return rows

    async def card(self, actor: Actor, calendar_id: int) -> sa.Row[Any]:
        """One calendar with its owner's name; `NotFound` for one that the actor may not see."""
        actor.require("calendars.read")
        query = _with_owner().where(visible(actor), calendar.c.id == calendar_id)
        async with self._database.read() as connection:
            row: sa.Row[Any] | None = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def create(self, actor: Actor, title: str, colour: Colour) -> int:
        """A new shared calendar."""
        actor.require("calendars.write")

        def unit(connection: sa.Connection) -> int:
            row = new_calendar(title.strip(), "shared", colour=colour)
            connection.execute(sa.insert(calendar).values(row))
            audit.record(connection, actor, "calendar.created", "calendar", row["id"], ["title"])
            return cast(int, row["id"])

        return await self._database.write(unit)

    async def own(self, actor: Actor) -> int:
        """The actor's personal calendar, made where there is none yet; a machine has none."""
        actor.require("calendars.write")

        def unit(connection: sa.Connection) -> int:
            own = sa.select(calendar.c.id).where(calendar.c.owner_id == actor.user_id)
            there = connection.scalar(own) is not None
            found = None if actor.user_id is None else personal_calendar(connection, actor.user_id)
            if found is None:
                raise UnknownPerson()
            if not there:
                audit.record(connection, actor, "calendar.created", "calendar", found, ["title"])
            return found

        return await self._database.write(unit)

    async def change(self, actor: Actor, calendar_id: int, changes: Mapping[str, Any]) -> None:
        """Set title, colour, `is_incoming` (only ever to true), or `archived`."""
        actor.require("calendars.write")
        if "is_incoming" in changes:
            actor.require("intake.manage")
        await self._database.write(self._change, actor, calendar_id, changes)

    def _change(
        self, connection: sa.Connection, actor: Actor, calendar_id: int, changes: Mapping[str, Any]
    ) -> None:
        row = locked(connection, actor, calendar_id)
        values = {name: changes[name] for name in ("title", "colour") if name in changes}
        if "title" in values:
            values["title"] = values["title"].strip()
        archived = changes.get("archived", row.archived_at is not None)
        if archived != (row.archived_at is not None):
            if archived and (row.is_incoming or row.kind == "personal"):
                raise CalendarStays()
            values["archived_at"] = now() if archived else None
        if changes.get("is_incoming") and not row.is_incoming:
            if row.kind != "shared" or archived:
                raise InvalidRequest(path="$.isIncoming", reason=_SHARED_ALONE)
            hold(connection, Lock.CALENDAR, [0])  # of two who choose at the same time the later one has it
            others = sa.update(calendar).where(calendar.c.is_incoming)
            connection.execute(others.values(is_incoming=False))
            values["is_incoming"] = True
        values = {name: value for name, value in values.items() if value != getattr(row, name)}
        if values:
            stored = sa.update(calendar).where(calendar.c.id == calendar_id)
            connection.execute(stored.values(**values, updated_at=now()))
            audit.record(connection, actor, "calendar.changed", "calendar", calendar_id, values)

    # Events

    async def events(
        self, actor: Actor, calendar_ids: Collection[int], begins: datetime, ends: datetime
    ) -> Events:
        """Events of a time in those of the calendars (none named: in all) that the actor may see."""
        actor.require("calendars.read")
        if not begins < ends <= begins + LONGEST_RANGE:
            raise InvalidRequest(path="$.to", reason=_RANGE)
        query = (
            _with_calendar()
            .where(
                visible(actor),
                calendar.c.archived_at.is_(None),
                calendar_event.c.starts_at >= begins - LONGEST_EVENT - timedelta(days=1),
                calendar_event.c.starts_at < ends,
                _last_moment() >= to_microseconds(begins),
            )
            .order_by(calendar_event.c.starts_at, calendar_event.c.id)
        )
        if calendar_ids:
            query = query.where(calendar_event.c.calendar_id.in_(calendar_ids))
        async with self._database.read() as connection:
            rows = (await connection.execute(query.limit(EVENTS + 1))).all()
        return Events(rows[:EVENTS], len(rows) > EVENTS)

    async def event(self, actor: Actor, event_id: int) -> sa.Row[Any]:
        """One event; `NotFound` in a calendar that the actor may not see."""
        actor.require("calendars.read")
        query = _with_calendar().where(visible(actor), calendar_event.c.id == event_id)
        async with self._database.read() as connection:
            row: sa.Row[Any] | None = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def add_event(self, actor: Actor, draft: EventDraft) -> int:
        """Store an event of the actor's own."""
        actor.require("calendars.write")
        values = {
            "calendar_id": draft.calendar_id,
            "title": draft.title.strip(),
            "starts_at": draft.starts_at,
            "ends_at": draft.ends_at,
            "all_day": draft.all_day,
            "description": draft.description,
            "person_id": draft.person_id,
        }

        def unit(connection: sa.Connection) -> int:
            _check(connection, actor, values, values)
            row: dict[str, Any] = {"id": new_key(), "sequence": 0, "created_by": actor.user_id, **values}
            row["created_at"] = row["updated_at"] = now()
            connection.execute(sa.insert(calendar_event).values(row))
            audit.record(connection, actor, "calendar_event.created", "calendar_event", row["id"])
            return cast(int, row["id"])

        return await self._database.write(unit)

    async def change_event(self, actor: Actor, event_id: int, changes: Mapping[str, Any]) -> None:
        """Change an event; one that came of a record can be moved and nothing else."""
        actor.require("calendars.write")

        def unit(connection: sa.Connection) -> None:
            row = _locked_event(connection, actor, event_id)
            values = dict(changes)
            if "title" in values:
                values["title"] = values["title"].strip()
            differing = {name for name, value in values.items() if value != getattr(row, name)}
            if row.source_kind is not None and differing - _MOVES:
                raise EventOfRecord()
            _check(connection, actor, values, {**row._mapping, **values})
            changed = store_changes(connection, row, values)
            if changed:
                audit.record(connection, actor, "calendar_event.changed", "calendar_event", event_id, changed)

        await self._database.write(unit)

    async def delete_event(self, actor: Actor, event_id: int) -> None:
        """Delete an event that somebody entered."""
        actor.require("calendars.write")

        def unit(connection: sa.Connection) -> None:
            row = _locked_event(connection, actor, event_id)
            if row.source_kind is not None:
                raise EventOfRecord()
            connection.execute(sa.delete(calendar_event).where(calendar_event.c.id == event_id))
            touch(connection, row.calendar_id)
            audit.record(connection, actor, "calendar_event.deleted", "calendar_event", event_id)

        await self._database.write(unit)


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """Whether the actor may see a calendar."""
    if actor.may("intake.manage") or actor.may("settings.manage"):
        return sa.true()
    shared = calendar.c.kind == "shared"
    return shared if actor.user_id is None else shared | (calendar.c.owner_id == actor.user_id)


def locked(connection: sa.Connection, actor: Actor, calendar_id: int) -> sa.Row[Any]:
    """The calendar, nobody else's until the unit ends; `NotFound` for one that the actor may not see."""
    query = sa.select(calendar).where(calendar.c.id == calendar_id, visible(actor)).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _locked_event(connection: sa.Connection, actor: Actor, event_id: int) -> sa.Row[Any]:
    query = sa.select(calendar_event).join(calendar, calendar.c.id == calendar_event.c.calendar_id)
    own = query.where(calendar_event.c.id == event_id, visible(actor))
    row = connection.execute(own.with_for_update(of=calendar_event)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _check(
    connection: sa.Connection, actor: Actor, given: Mapping[str, Any], whole: Mapping[str, Any]
) -> None:
    """Refuse what is given where it names nothing or makes no time."""
    if "calendar_id" in given:
        here = sa.select(calendar.c.id).where(
            calendar.c.id == given["calendar_id"], visible(actor), calendar.c.archived_at.is_(None)
        )
        if connection.scalar(here) is None:
            raise UnknownCalendar()
    if given.get("person_id") is not None and not is_working(connection, given["person_id"]):
        raise UnknownPerson()
    begins, ends = whole["starts_at"], whole["ends_at"]
    if ends is not None and not begins <= ends <= begins + LONGEST_EVENT:
        raise InvalidRequest(path="$.endsAt", reason=_END)


def _with_owner() -> sa.Select[Any]:
    owner = user.c.name.label("owner")
    return sa.select(calendar, owner).outerjoin(user, user.c.id == calendar.c.owner_id)


def _with_calendar() -> sa.Select[Any]:
    """Events with the name of the person whose they are as `person`."""
    of_calendar = calendar.c.id == calendar_event.c.calendar_id
    of_person = user.c.id == calendar_event.c.person_id
    person = user.c.name.label("person")
    return sa.select(calendar_event, person).join(calendar, of_calendar).outerjoin(user, of_person)


def _last_moment() -> sa.ColumnElement[Any]:
    """When an event ends; one of whole days ends with its last day, at most 25 hours after that began."""
    ends = sa.func.coalesce(calendar_event.c.ends_at, calendar_event.c.starts_at)
    day = int(timedelta(hours=25) / timedelta(microseconds=1))
    return sa.type_coerce(ends, sa.BigInteger) + sa.case((calendar_event.c.all_day, day), else_=0)

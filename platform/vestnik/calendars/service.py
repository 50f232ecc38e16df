"""What other rooms do with calendars, in their own units of work.

    put_event(connection, default_calendar(connection), NewEvent("Заявка № 12", …, source=("lead", key)))

There is one event of a source, however often and from wherever it is put. It stands in a calendar that people
see: in place of one that is archived or gone, in the default calendar for what comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, Unpack, cast

import sqlalchemy as sa

from vestnik.calendars.tables import calendar, calendar_event
from vestnik.db import insert_ignore, new_key, now
from vestnik.http.errors import Text
from vestnik.people.tables import organisation, user

#: The room of an event's texts; longer ones that come in are cut.
TITLE_CHARACTERS = 500
DESCRIPTION_CHARACTERS = 10_000
#: An event lasts no longer, so that a month is found by the beginnings of its events.
LONGEST_EVENT = timedelta(days=31)

Colour = Literal["blue", "teal", "green", "yellow", "orange", "red", "grape", "gray"]

#: What an event came of: the kind of its record, and the record's key.
Source = tuple[str, int]

INCOMING_TITLE: Text = {"ru": "Входящие заявки", "en": "Incoming leads"}

_INCOMING = sa.select(calendar.c.id).where(calendar.c.is_incoming)
_HERE = sa.select(calendar.c.id).where(
    calendar.c.id == sa.bindparam("this"), calendar.c.archived_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be stored, and what it came of."""

    title: str
    starts_at: datetime
    ends_at: datetime | None
    description: str
    source: Source
    person_id: int | None = None


class EventChanges(TypedDict, total=False):
    """What may be changed of an event that came of something."""

    calendar_id: int
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime | None
    person_id: int | None


def put_event(connection: sa.Connection, calendar_id: int, event: NewEvent) -> int:
    """Store the event of a source and return its key; the one that is there already stays as it is."""
    kind, source_id = event.source
    row = {
        "id": new_key(),
        "calendar_id": _open(connection, calendar_id),
        "title": _short(event.title, TITLE_CHARACTERS),
        "starts_at": event.starts_at,
        "ends_at": _end(event.starts_at, event.ends_at),
        "all_day": False,
        "description": _short(event.description, DESCRIPTION_CHARACTERS),
        "person_id": event.person_id,
        "source_kind": kind,
        "source_id": source_id,
        "sequence": 0,
        "created_by": None,
        "created_at": (at := now()),
        "updated_at": at,
    }
    kept = insert_ignore(connection, calendar_event, ["source_kind", "source_id"])
    stored = connection.scalar(kept.returning(calendar_event.c.id), row)
    if stored is None:
        stored = connection.scalars(sa.select(calendar_event.c.id).where(_of(event.source))).one()
    return cast(int, stored)


def event_of(connection: sa.Connection, source: Source) -> int | None:
    """The key of the event that came of `source`."""
    return connection.scalar(sa.select(calendar_event.c.id).where(_of(source)))


def change_event(connection: sa.Connection, source: Source, **changes: Unpack[EventChanges]) -> None:
    """Change the event of a source, where there is one; another calendar moves it."""
    row = connection.execute(sa.select(calendar_event).where(_of(source)).with_for_update()).one_or_none()
    if row is None:
        return
    values: dict[str, Any] = dict(changes)
    if "calendar_id" in values:
        values["calendar_id"] = _open(connection, values["calendar_id"])
    for name, characters in (("title", TITLE_CHARACTERS), ("description", DESCRIPTION_CHARACTERS)):
        if name in values:
            values[name] = _short(values[name], characters)
    if values.keys() & {"starts_at", "ends_at"}:
        begins = values.get("starts_at", row.starts_at)
        values["ends_at"] = _end(begins, values.get("ends_at", row.ends_at))
    store_changes(connection, row, values)


def move_event(connection: sa.Connection, source: Source, calendar_id: int) -> None:
    """Have the event of a source stand in another calendar."""
    change_event(connection, source, calendar_id=calendar_id)


def forget(connection: sa.Connection, source: Source) -> None:
    """Delete the event of a source that is gone."""
    gone = sa.delete(calendar_event).where(_of(source)).returning(calendar_event.c.calendar_id)
    for calendar_id in connection.scalars(gone).all():
        touch(connection, calendar_id)


def store_changes(connection: sa.Connection, row: sa.Row[Any], values: dict[str, Any]) -> set[str]:
    """Store what differs from an event's row; the names of it."""
    changed = {name: value for name, value in values.items() if value != getattr(row, name)}
    if changed:
        stored = {**changed, "sequence": row.sequence + 1, "updated_at": now()}
        connection.execute(sa.update(calendar_event).where(calendar_event.c.id == row.id).values(stored))
    if "calendar_id" in changed:
        touch(connection, row.calendar_id)
    return set(changed)


def touch(connection: sa.Connection, calendar_id: int) -> None:
    """Note that a calendar is no more what it was."""
    connection.execute(sa.update(calendar).where(calendar.c.id == calendar_id).values(updated_at=now()))


# Calendars


def default_calendar(connection: sa.Connection) -> int:
    """The calendar for what comes in; made where there is none yet."""
    found: int | None = connection.scalar(_INCOMING)
    if found is None:
        language = connection.scalar(sa.select(organisation.c.language))
        title = INCOMING_TITLE["en" if language == "en" else "ru"]
        row = new_calendar(title, "shared", colour="blue") | {"is_incoming": True}
        connection.execute(insert_ignore(connection, calendar).values(row))
        return cast(int, connection.scalars(_INCOMING).one())
    return found


def personal_calendar(connection: sa.Connection, user_id: int) -> int | None:
    """A person's own calendar, made at its first use; None for nobody who may sign in."""
    wanted = sa.select(calendar.c.id).where(calendar.c.owner_id == user_id)
    found: int | None = connection.scalar(wanted)
    if found is None:
        working = sa.select(user.c.name).where(user.c.id == user_id, user.c.disabled.is_(False))
        name = connection.scalar(working)
        if name is None:
            return None
        row = new_calendar(name, "personal", colour="teal") | {"owner_id": user_id}
        connection.execute(insert_ignore(connection, calendar, ["owner_id"]).values(row))
        found = connection.scalars(wanted).one()
    return found


def is_open(connection: sa.Connection, calendar_id: int) -> bool:
    """Whether there is such a calendar, and events may come into it."""
    return connection.scalar(_HERE, {"this": calendar_id}) is not None


def new_calendar(title: str, kind: Literal["shared", "personal"], *, colour: Colour) -> dict[str, Any]:
    """The row of a calendar without events."""
    at = now()
    return {
        "id": new_key(),
        "title": title,
        "kind": kind,
        "owner_id": None,
        "colour": colour,
        "is_incoming": False,
        "created_at": at,
        "updated_at": at,
    }


def remove_all(connection: sa.Connection) -> None:
    """Forget every calendar and event; a part of the unit of work that removes the demo."""
    for table in (calendar_event, calendar):
        connection.execute(sa.delete(table))


def _of(source: Source) -> sa.ColumnElement[bool]:
    kind, source_id = source
    return sa.and_(calendar_event.c.source_kind == kind, calendar_event.c.source_id == source_id)


def _open(connection: sa.Connection, calendar_id: int) -> int:
    return calendar_id if is_open(connection, calendar_id) else default_calendar(connection)


def _short(text: str, characters: int) -> str:
    return text.replace("\0", "")[:characters]


def _end(starts_at: datetime, ends_at: datetime | None) -> datetime | None:
    """An end that is before the beginning, or a month away, is none."""
    return ends_at if ends_at is not None and starts_at <= ends_at <= starts_at + LONGEST_EVENT else None

"""The one event of a lead in a calendar: in the door's, else in who is responsible's own, else the default.

Only people who have a calendar of their own get leads there; those of all others stand where everybody sees
them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik.calendars.service import (
    NewEvent,
    change_event,
    default_calendar,
    is_open,
    put_event,
)
from vestnik.calendars.tables import calendar, calendar_event
from vestnik.http.errors import Language
from vestnik.intake.fields import Accepted, Given, LeadFields, Warned
from vestnik.intake.leads.assignment import Chosen
from vestnik.intake.leads.cleaning import kept_text
from vestnik.intake.leads.wording import described, event_title
from vestnik.people.tables import organisation

#: What calendars, orders and deals know a lead by.
SOURCE = "lead"

_OWN = sa.select(calendar.c.id).where(
    calendar.c.owner_id == sa.bindparam("owner"), calendar.c.archived_at.is_(None)
)


def put(
    connection: sa.Connection,
    accepted: Accepted,
    given: Given,
    fields: LeadFields,
    chosen: Chosen,
    language: Language,
) -> tuple[int, Warned | None]:
    """Put the lead's event; a warning where the door's calendar is gone."""
    calendar_id, gone = given.calendar_id, None
    if calendar_id is not None and not is_open(connection, calendar_id):
        calendar_id, gone = None, Warned("calendar_gone", "calendar")
    if calendar_id is None:
        calendar_id = _for_person(connection, chosen.user_id)
    event = NewEvent(
        title=event_title(fields, accepted.number, kept_text(given.subject), language),
        starts_at=_starts_at(fields.dated_at, given.received_at),
        ends_at=None,
        description=described(fields, language),
        source=(SOURCE, accepted.lead_id),
        person_id=chosen.user_id,
    )
    return put_event(connection, calendar_id, event), gone


def due_on(connection: sa.Connection, dated_at: datetime | None, received_at: datetime) -> date | None:
    """The day that an order is due: that of its event, where the order names one that is still to come."""
    if dated_at is None or dated_at <= received_at:
        return None
    zone = connection.scalar(sa.select(organisation.c.timezone))
    return dated_at.astimezone(ZoneInfo(zone) if zone else UTC).date()


def hand_over(connection: sa.Connection, lead_id: int, before: int | None, after: int) -> None:
    """Have the event be of who is responsible from now on; from one's own calendar it goes to the other's."""
    source = (SOURCE, lead_id)
    stands_in = connection.execute(
        sa.select(calendar.c.owner_id)
        .join(calendar_event, calendar_event.c.calendar_id == calendar.c.id)
        .where(calendar_event.c.source_kind == SOURCE, calendar_event.c.source_id == lead_id)
    ).one_or_none()
    if stands_in is None:
        return
    change_event(connection, source, person_id=after)
    if stands_in.owner_id is not None and stands_in.owner_id == before:
        change_event(connection, source, calendar_id=_for_person(connection, after))


def retell(connection: sa.Connection, lead_id: int, title: str, description: str) -> None:
    """Have the event say what the lead says by now."""
    change_event(connection, (SOURCE, lead_id), title=title, description=description)


def _for_person(connection: sa.Connection, user_id: int | None) -> int:
    own = None
    if user_id is not None:
        own = connection.scalar(_OWN, {"owner": user_id})
    return default_calendar(connection) if own is None else own


def _starts_at(dated_at: datetime | None, received_at: datetime) -> datetime:
    """When the lead arrived, or the date that it names, where that is still to come."""
    return dated_at if dated_at is not None and dated_at > received_at else received_at

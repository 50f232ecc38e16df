"""Calendars over HTTP, and their secret iCalendar addresses, which stand apart from the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vestnik.calendars.directory import Calendars, EventDraft
from vestnik.calendars.service import DESCRIPTION_CHARACTERS, TITLE_CHARACTERS, Colour
from vestnik.http.api import PUBLIC, Context, Id, Router, Shape, key_of
from vestnik.http.api import routes as routes_of
from vestnik.http.limits import network_of

router = Router("calendars")
secret = Router("calendar-feed")

#: Calendars that one question may name.
NAMED = 100

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=TITLE_CHARACTERS, pattern=r"\S")]
Description = Annotated[str, msgspec.Meta(max_length=DESCRIPTION_CHARACTERS)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Keys = Annotated[str, msgspec.Meta(pattern=rf"^(?:[0-9]{{1,19}}(?:,[0-9]{{1,19}}){{0,{NAMED - 1}}})?$")]


class CalendarShape(Shape):
    """A calendar; a personal one has an owner. `isIncoming`: what comes in lands here by itself."""

    id: Id
    title: str
    kind: Literal["shared", "personal"]
    colour: Colour
    is_incoming: bool
    has_link: bool
    owner_id: Id | None
    owner: str | None
    created_at: datetime
    archived_at: datetime | None


class CalendarPage(Shape):
    items: list[CalendarShape]


class CalendarsQuery(Shape):
    """Which calendars: those in use, or those in the archive."""

    archived: bool = False


class CalendarBody(Shape):
    """A new shared calendar."""

    title: Title
    colour: Colour = "blue"


class CalendarChange(Shape):
    """What is to change; `archived` brings a calendar back from the archive, too."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    colour: Colour | msgspec.UnsetType = msgspec.UNSET
    is_incoming: Literal[True] | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class CalendarLink(Shape):
    """The secret iCalendar address; null where there is none."""

    url: str | None


class CalendarEventShape(Shape):
    """An event. `path` leads to the record that it came of, on our own pages."""

    id: Id
    calendar_id: Id
    title: str
    starts_at: datetime
    ends_at: datetime | None
    all_day: bool
    description: str
    person_id: Id | None
    person: str | None
    source_kind: str | None
    source_id: Id | None
    path: str | None
    updated_at: datetime


class CalendarEventPage(Shape):
    """Events of a time, the earliest first; `cut`: there are more than are shown."""

    items: list[CalendarEventShape]
    cut: bool


class CalendarEventsQuery(Shape):
    """A time of 62 days at most; `calendar`: keys with commas between, without any all calendars."""

    begins: Moment = msgspec.field(name="from")
    ends: Moment = msgspec.field(name="to")
    calendar: Keys = ""


class CalendarEventBody(Shape):
    """An event of one's own.

    `allDay`: its days are those of `startsAt` and `endsAt` in the organisation's zone, both of them.
    """

    calendar_id: Id
    title: Title
    starts_at: Moment
    ends_at: Moment | None = None
    all_day: bool = False
    description: Description = ""
    person_id: Id | None = None


class CalendarEventChange(Shape):
    """What is to change; what an event of a lead says stays as it is."""

    calendar_id: Id | msgspec.UnsetType = msgspec.UNSET
    title: Title | msgspec.UnsetType = msgspec.UNSET
    starts_at: Moment | msgspec.UnsetType = msgspec.UNSET
    ends_at: Moment | msgspec.UnsetType | None = msgspec.UNSET
    all_day: bool | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    person_id: Id | msgspec.UnsetType | None = msgspec.UNSET


def _calendars(context: Context) -> Calendars:
    return context.services.calendars


@router.get("/calendars", query=CalendarsQuery, returns=CalendarPage, right="calendars.read")
async def list_calendars(context: Context, query: CalendarsQuery) -> CalendarPage:
    """The calendars that one may see, the shared ones first."""
    rows = await _calendars(context).all(context.actor, archived=query.archived)
    return CalendarPage(items=[_calendar(row) for row in rows])


@router.post("/calendars", body=CalendarBody, returns=CalendarShape, status=201, right="calendars.write")
async def create_calendar(context: Context, body: CalendarBody) -> CalendarShape:
    """Make a shared calendar."""
    calendar_id = await _calendars(context).create(context.actor, body.title, body.colour)
    return _calendar(await _calendars(context).card(context.actor, calendar_id))


@router.post("/calendars/own", returns=CalendarShape, right="calendars.write")
async def open_own_calendar(context: Context) -> CalendarShape:
    """One's own calendar; where there is none yet it is made, under one's name."""
    calendar_id = await _calendars(context).own(context.actor)
    return _calendar(await _calendars(context).card(context.actor, calendar_id))


@router.get("/calendars/{id:key}", returns=CalendarShape, right="calendars.read")
async def get_calendar(context: Context, id: int) -> CalendarShape:
    """One calendar."""
    return _calendar(await _calendars(context).card(context.actor, id))


@router.patch("/calendars/{id:key}", body=CalendarChange, returns=CalendarShape, right="calendars.write")
async def change_calendar(context: Context, id: int, body: CalendarChange) -> CalendarShape:
    """Change a calendar; to have incoming leads land in it takes the right to look after what comes in."""
    await _calendars(context).change(context.actor, id, _given(body))
    return _calendar(await _calendars(context).card(context.actor, id))


@router.delete("/calendars/{id:key}", right="calendars.write")
async def archive_calendar(context: Context, id: int) -> None:
    """Put a shared calendar into the archive; its events stay there with it."""
    await _calendars(context).change(context.actor, id, {"archived": True})


@router.get("/calendars/{id:key}/link", returns=CalendarLink, right="calendars.read")
async def get_calendar_link(context: Context, id: int) -> CalendarLink:
    """The secret iCalendar address of a calendar."""
    return CalendarLink(url=await context.services.calendar_links.address(context.actor, id))


@router.post("/calendars/{id:key}/link", returns=CalendarLink, right="calendars.write")
async def make_calendar_link(context: Context, id: int) -> CalendarLink:
    """Make a new secret iCalendar address; the one before it leads nowhere from now on."""
    return CalendarLink(url=await context.services.calendar_links.make(context.actor, id))


@router.delete("/calendars/{id:key}/link", right="calendars.write")
async def drop_calendar_link(context: Context, id: int) -> None:
    """Have the secret iCalendar address lead nowhere."""
    await context.services.calendar_links.drop(context.actor, id)


@router.get("/calendar-events", query=CalendarEventsQuery, returns=CalendarEventPage, right="calendars.read")
async def list_calendar_events(context: Context, query: CalendarEventsQuery) -> CalendarEventPage:
    """Events that lie in a time, also in part."""
    named = [key_of(each) for each in query.calendar.split(",") if each]
    found = await _calendars(context).events(context.actor, named, query.begins, query.ends)
    return CalendarEventPage(items=[_event(context, row) for row in found.items], cut=found.cut)


@router.post(
    "/calendar-events",
    body=CalendarEventBody,
    returns=CalendarEventShape,
    status=201,
    right="calendars.write",
)
async def create_calendar_event(context: Context, body: CalendarEventBody) -> CalendarEventShape:
    """Enter an event."""
    draft = EventDraft(
        calendar_id=key_of(body.calendar_id),
        title=body.title,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        all_day=body.all_day,
        description=body.description,
        person_id=None if body.person_id is None else key_of(body.person_id),
    )
    event_id = await _calendars(context).add_event(context.actor, draft)
    return _event(context, await _calendars(context).event(context.actor, event_id))


@router.get("/calendar-events/{id:key}", returns=CalendarEventShape, right="calendars.read")
async def get_calendar_event(context: Context, id: int) -> CalendarEventShape:
    """One event."""
    return _event(context, await _calendars(context).event(context.actor, id))


@router.patch(
    "/calendar-events/{id:key}",
    body=CalendarEventChange,
    returns=CalendarEventShape,
    right="calendars.write",
)
async def change_calendar_event(context: Context, id: int, body: CalendarEventChange) -> CalendarEventShape:
    """Change an event; one that came of a lead can be moved, to another time, person or calendar."""
    given = _given(body)
    for name in given.keys() & {"calendar_id", "person_id"}:
        given[name] = None if given[name] is None else key_of(given[name])
    await _calendars(context).change_event(context.actor, id, given)
    return _event(context, await _calendars(context).event(context.actor, id))


@router.delete("/calendar-events/{id:key}", right="calendars.write")
async def delete_calendar_event(context: Context, id: int) -> None:
    """Delete an event that somebody entered; one that came of a lead stays."""
    await _calendars(context).delete_event(context.actor, id)


@secret.get("/calendars/feed/{token}.ics", returns=bytes, right=PUBLIC, media_type="text/calendar")
async def read_calendar(context: Context, token: str) -> Response:
    """A calendar as an iCalendar file, for whoever has its secret address."""
    request = context.request
    network = network_of(request.client.host if request.client is not None else "")
    feed = await context.services.calendar_links.feed(token, network)
    headers = {
        "etag": feed.etag,
        "last-modified": format_datetime(feed.changed_at.astimezone(UTC), usegmt=True),
        "cache-control": "private, no-cache",
        # The address is the secret.
        "referrer-policy": "no-referrer",
        "content-disposition": 'inline; filename="calendar.ics"',
    }
    if _is_known(request, feed.etag):
        return Response(status_code=304, headers=headers)
    return Response(await feed.body(), headers=headers, media_type="text/calendar; charset=utf-8")


def feed_routes(services: Any) -> Sequence[Route]:
    """The secret addresses."""
    return routes_of([secret], services, "")


def _is_known(request: Request, etag: str) -> bool:
    """Whether the reader has what it would get (RFC 9110, 13.1.2).

    By its tag alone: an erasure changes texts and no time, so that a reader who asks by time gets the file.
    """
    tags = request.headers.get("if-none-match", "")
    return any(each.strip().removeprefix("W/") in (etag, "*") for each in tags.split(","))


def _given(body: Shape) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}


def _calendar(row: sa.Row[Any]) -> CalendarShape:
    return CalendarShape(
        id=str(row.id),
        title=row.title,
        kind=row.kind,
        colour=row.colour,
        is_incoming=row.is_incoming,
        has_link=row.link_digest is not None,
        owner_id=_id(row.owner_id),
        owner=row.owner,
        created_at=row.created_at,
        archived_at=row.archived_at,
    )


def _event(context: Context, row: sa.Row[Any]) -> CalendarEventShape:
    return CalendarEventShape(
        id=str(row.id),
        calendar_id=str(row.calendar_id),
        title=row.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        all_day=row.all_day,
        description=row.description,
        person_id=_id(row.person_id),
        person=row.person,
        source_kind=row.source_kind,
        source_id=_id(row.source_id),
        path=_calendars(context).page_of(row),
        updated_at=row.updated_at,
    )


def _id(key: int | None) -> str | None:
    return None if key is None else str(key)

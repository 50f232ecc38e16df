"""The secret iCalendar address of a calendar: made, shown, taken back, and what stands behind it.

Whoever has the address reads the calendar, as long as it is not archived and its owner may sign in. The token
is kept as a keyed digest, to find it by, and sealed, to be shown again to those who may read the calendar.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import sqlalchemy as sa

from vestnik import audit
from vestnik.calendars.directory import Calendars, locked
from vestnik.calendars.tables import calendar, calendar_event
from vestnik.db import Database, now
from vestnik.http.errors import NotFound
from vestnik.http.limits import RateLimit
from vestnik.people.access import Actor
from vestnik.people.tables import user
from vestnik.vault import Vault

TOKEN_BYTES = 32
#: What is over for longer is not sent any more, …
PAST = timedelta(days=90)
#: … and of the rest so many events, the latest.
FEED_EVENTS = 5_000
#: Files that are kept in memory: a large one takes two seconds to write.
FILES = 8
#: How often programs are asked to fetch a calendar again.
REFRESH_EVERY = timedelta(minutes=15)

#: Readings of one calendar: a burst, then one after so many seconds.
READ_AT_ONCE = 30
READ_EACH_S = 10.0
#: Addresses of one network that lead to no calendar.
REFUSED_AT_ONCE = 20
REFUSED_EACH_S = 3.0

_PURPOSE = "calendar-link"
_PRODUCT = "-//Vestnik//Calendars//RU"
_CONTROL = {code: None for code in range(32) if chr(code) not in "\n\t"} | {127: None}


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar as it can be told apart from what it was; `body` makes the file."""

    etag: str
    changed_at: datetime
    body: Callable[[], Awaitable[bytes]]


class Links:
    """Makes and shows secret addresses, and reads calendars by them."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        calendars: Calendars,
        base_url: Callable[[], Awaitable[str]],
        zone: Callable[[], Awaitable[ZoneInfo]],
    ) -> None:
        self._database, self._vault, self._calendars = database, vault, calendars
        self._base_url, self._zone = base_url, zone
        self._read = RateLimit(READ_AT_ONCE, READ_EACH_S)
        self._refused = RateLimit(REFUSED_AT_ONCE, REFUSED_EACH_S)
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._writing = asyncio.Lock()

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"calendars read": self._read, "calendars refused": self._refused}

    async def address(self, actor: Actor, calendar_id: int) -> str | None:
        """The secret address of a calendar that the actor may read; None where it has none."""
        row = await self._calendars.card(actor, calendar_id)
        if row.link_sealed is None:
            return None
        return await self._address(self._vault.decrypt(row.link_sealed, _context(calendar_id)).decode())

    async def make(self, actor: Actor, calendar_id: int) -> str:
        """Give a calendar a new secret address; the one before it leads nowhere from now on."""
        actor.require("calendars.write")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        sealed = self._vault.encrypt(token.encode(), _context(calendar_id))
        await self._store(actor, calendar_id, self._digest(token), sealed, "calendar.link_made")
        return await self._address(token)

    async def drop(self, actor: Actor, calendar_id: int) -> None:
        """Have the secret address of a calendar lead nowhere."""
        actor.require("calendars.write")
        await self._store(actor, calendar_id, None, None, "calendar.link_dropped")

    async def feed(self, token: str, network: str) -> Feed:
        """What stands behind a secret address; `NotFound` where there is nothing.

        `TooManyRequests` for a network that tries many, and for an address that is read all the time.
        """
        at = now()
        # From one day to the next, so that an answer stays the same for a day.
        since = (at - PAST).replace(hour=0, minute=0, second=0, microsecond=0)
        shown = sa.and_(calendar_event.c.calendar_id == calendar.c.id, calendar_event.c.starts_at >= since)
        query = (
            sa.select(
                calendar,
                sa.func.count(calendar_event.c.id).label("count"),
                sa.func.max(calendar_event.c.updated_at).label("last"),
                # An erasure changes texts and no time.
                sa.func.sum(_letters(calendar_event.c.title, calendar_event.c.description)).label("letters"),
            )
            .outerjoin(calendar_event, shown)
            .outerjoin(user, user.c.id == calendar.c.owner_id)
            .where(
                calendar.c.link_digest == self._digest(token),
                calendar.c.archived_at.is_(None),
                user.c.disabled.is_not(True),
            )
            .group_by(calendar.c.id)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            self._refused.take(network)
            raise NotFound()
        self._read.take(str(row.id))
        changed_at = max(filter(None, (row.updated_at, row.last)))
        base_url, zone = await self._base_url(), await self._zone()
        told = (
            row.id,
            row.title,
            row.updated_at,
            row.count,
            row.last,
            row.letters,
            since,
            base_url,
            zone.key,
        )
        etag = f'"{sha256(repr(told).encode()).hexdigest()[:32]}"'

        async def write() -> bytes:
            events = sa.select(calendar_event).where(
                calendar_event.c.calendar_id == row.id, calendar_event.c.starts_at >= since
            )
            latest = events.order_by(calendar_event.c.starts_at.desc(), calendar_event.c.id.desc())
            async with self._database.read() as connection:
                rows = (await connection.execute(latest.limit(FEED_EVENTS))).all()
            pages = [self._calendars.page_of(each) for each in rows]
            addresses = [None if page is None else base_url + page for page in pages]
            return await asyncio.to_thread(_file, row.title, rows, addresses, zone)

        return Feed(etag, changed_at, partial(self._kept, etag, write))

    async def _kept(self, etag: str, write: Callable[[], Awaitable[bytes]]) -> bytes:
        """The file of a tag; one is written at a time."""
        async with self._writing:
            file = self._files.pop(etag, None) or await write()
            self._files[etag] = file
            if len(self._files) > FILES:
                self._files.popitem(last=False)
            return file

    def _digest(self, token: str) -> str:
        return self._vault.keyed_hash(_PURPOSE, token)

    async def _address(self, token: str) -> str:
        return f"{await self._base_url()}/calendars/feed/{token}.ics"

    async def _store(
        self, actor: Actor, calendar_id: int, digest: str | None, sealed: bytes | None, action: str
    ) -> None:
        def unit(connection: sa.Connection) -> None:
            row = locked(connection, actor, calendar_id)
            if row.link_digest == digest:
                return
            values = {"link_digest": digest, "link_sealed": sealed}
            connection.execute(sa.update(calendar).where(calendar.c.id == calendar_id).values(values))
            audit.record(connection, actor, action, "calendar", calendar_id, ["link"])

        await self._database.write(unit)


def _letters(*columns: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sum((sa.func.length(each) for each in columns), sa.literal(0))


def _file(title: str, rows: Sequence[sa.Row[Any]], addresses: Sequence[str | None], zone: ZoneInfo) -> bytes:
    """The calendar as a file of RFC 5545."""
    whole = icalendar.Calendar()
    whole.add("prodid", _PRODUCT)
    whole.add("version", "2.0")
    # Unlike the texts of events, these are written as they are: a line break would end them.
    name = " ".join(_text(title).split())
    whole.add("x-wr-calname", name)
    whole.add("name", name)
    whole.add("refresh-interval", REFRESH_EVERY, parameters={"value": "DURATION"})
    whole.add("x-published-ttl", icalendar.vDuration(REFRESH_EVERY))
    for row, address in zip(rows, addresses, strict=True):
        whole.add_component(_event(row, address, zone))
    written: bytes = whole.to_ical()
    return written


def _event(row: sa.Row[Any], address: str | None, zone: ZoneInfo) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"event-{row.id}@vestnik")
    event.add("dtstamp", _second(row.updated_at))
    event.add("created", _second(row.created_at))
    event.add("last-modified", _second(row.updated_at))
    event.add("sequence", row.sequence)
    if row.all_day:
        first, last = (each.astimezone(zone).date() for each in (row.starts_at, row.ends_at or row.starts_at))
        event.add("dtstart", first)
        event.add("dtend", last + timedelta(days=1))
    else:
        event.add("dtstart", _second(row.starts_at))
        if row.ends_at is not None:
            event.add("dtend", _second(row.ends_at))
    event.add("summary", _text(row.title))
    if row.description:
        event.add("description", _text(row.description))
    if address is not None:
        event.add("url", address)
    return event


def _second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)


def _text(text: str) -> str:
    """A text without what RFC 5545 allows in none."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)


def _context(calendar_id: int) -> str:
    return f"calendar_link:{calendar_id}"

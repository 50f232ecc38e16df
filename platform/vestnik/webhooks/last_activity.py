"""Tells contacts when they were last active, a moment after the events: the webhooks' path does not pay.

Events are read in the order of their keys, and each contact is written once for all that it did since. An
event may be committed after one with a greater key, so the last minute is read again each time; that
changes nothing twice, because only a later instant is kept. Of an address that a contact got later, all
events are read once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from vestnik.contacts.last_activity import Moment, keep, keep_late, late_links, later
from vestnik.db import Database, new_key, now, to_microseconds, upsert
from vestnik.engine import Engine
from vestnik.webhooks.tables import event, event_reader

#: What a person does; that a letter came or did not is no activity of theirs.
ACTS = ("opened", "clicked", "unsubscribed", "spam")

EVERY_S = 10.0
#: Longer than an event may wait between its key and its commit.
LATE = timedelta(seconds=60)
READ_AT_ONCE = 20_000
CHANGED_AT_ONCE = 500
#: Addresses that contacts got late, looked at together.
LINKS_AT_ONCE = 200

_NAME = "contacts.last_activity"


class LastActivity:
    """Brings `contact.last_activity_at` up to date."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database = database
        engine.every(EVERY_S, _NAME, self.catch_up)

    async def catch_up(self) -> None:
        """Read the events that came since, and tell the contacts; then those of addresses that they got."""
        await self._follow()
        while await self._tell_late() == LINKS_AT_ONCE:
            pass

    async def _follow(self) -> None:
        async with self._database.read() as connection:
            place = await connection.scalar(_PLACE) or 0
        settled = new_key.before(now() - LATE)
        known = place
        while True:
            last, count = await self._next(place)
            if count == 0:
                return
            await self._tell(place, last)
            place = last
            if min(place, settled) > known:
                known = min(place, settled)
                await self._database.submit(partial(_move, known), bulk=True)
            if count < READ_AT_ONCE:
                return

    async def _next(self, after: int) -> tuple[int, int]:
        """The last of the next events, and how many they are."""
        page = sa.select(event.c.id).where(event.c.id > after).order_by(event.c.id).limit(READ_AT_ONCE)
        some = page.subquery()
        async with self._database.read() as connection:
            asked = sa.select(sa.func.max(some.c.id), sa.func.count()).select_from(some)
            last, count = (await connection.execute(asked)).one()
        return last or after, count

    async def _tell(self, after: int, last: int) -> None:
        these = sa.and_(event.c.id > after, event.c.id <= last, event.c.address_id.is_not(None))
        async with self._database.read() as connection:
            moments = await connection.run_sync(_moments, these)
        for start in range(0, len(moments), CHANGED_AT_ONCE):
            part = moments[start : start + CHANGED_AT_ONCE]
            await self._database.submit(partial(keep, part), bulk=True)

    async def _tell_late(self) -> int:
        """Tell contacts what had happened to the next addresses before they got them; how many were noted."""
        async with self._database.read() as connection:
            noted = await connection.run_sync(late_links, LINKS_AT_ONCE)
            if not noted:
                return 0
            these = event.c.address_id.in_({address_id for _, address_id in noted})
            moments = await connection.run_sync(_moments, these)
        read = [id for id, _ in noted]
        await self._database.submit(partial(keep_late, moments, read), bulk=True)
        return len(noted)


_PLACE = sa.select(event_reader.c.done_to).where(event_reader.c.name == _NAME)


def _moments(connection: sa.Connection, events: sa.ColumnElement[bool]) -> Sequence[Moment]:
    """Whose last activity is one of these events, and later than is kept."""
    # A service's clock may be ahead of ours.
    present = to_microseconds(now())
    acted = (
        sa.select(event.c.address_id, sa.func.max(sa.type_coerce(event.c.at, sa.BigInteger)))
        .where(events, event.c.kind.in_(ACTS))
        .group_by(event.c.address_id)
    )
    return later(connection, {id: min(at, present) for id, at in connection.execute(acted)})


def _move(place: int, connection: sa.Connection) -> None:
    """Remember how far is read; never backwards."""
    connection.execute(
        upsert(connection, event_reader, ["name"], ["done_to"]).values(name=_NAME, done_to=place)
    )

"""What happened to a contact: told by every room that knows something, shown newest first, page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts.reading import kept_of
from vestnik.db import Database
from vestnik.http.errors import Text
from vestnik.people.access import Actor


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened to a contact, told by the room that knows of it.

    `detail` is a second line in the words in which it came; `link` is a page of the interface.
    """

    at: datetime
    kind: str
    title: Text
    link: str | None = None
    detail: str | Text | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: at `before` or earlier, without the first `skip` entries of that very instant."""

    before: datetime
    skip: int = 0


#: Newest entries of a contact: (connection, contact's key, not after this instant, at most so many).
#: Entries of one instant come in the same order each time.
TimelineSource = Callable[[AsyncConnection, int, "datetime | None", int], Awaitable[Sequence[TimelineEntry]]]


class Timeline:
    """The activity of contacts."""

    def __init__(self, database: Database, sources: Sequence[TimelineSource] = ()) -> None:
        self._database = database
        self._sources = list(sources)

    def add(self, source: TimelineSource) -> None:
        """Have a feature's events appear on the card."""
        self._sources.append(source)

    async def page(
        self, actor: Actor, contact_id: int, place: Place | None = None, limit: int = 50
    ) -> tuple[list[TimelineEntry], Place | None]:
        """Entries newest first, and where the next page begins; None when there is no more."""
        actor.require("contacts.read")
        skip, before = (0, None) if place is None else (place.skip, place.before)
        wanted = skip + limit + 1
        entries: list[TimelineEntry] = []
        async with self._database.read() as connection:
            kept = await kept_of(connection, contact_id)
            for source in self._sources:
                entries.extend(await source(connection, kept, before, wanted))
        entries.sort(key=lambda entry: entry.at, reverse=True)
        shown, rest = entries[skip : skip + limit], entries[skip + limit :]
        if not rest:
            return shown, None
        last = shown[-1].at
        of_last = sum(1 for entry in entries[: skip + limit] if entry.at == last)
        return shown, Place(last, of_last)

"""Pages of a selection by key, forwards and back, and how many contacts it has.

For a million rows: a selection of few is found first and then sorted; one of many is read along the
sort's index until the page is full. Which it is, a count that stops at `COUNTED_TO` decides.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts import reading
from vestnik.contacts.list_errors import UnknownCursor
from vestnik.contacts.listing import Listing, Selection, Sort
from vestnik.contacts.reading import Person
from vestnik.contacts.search import breadth, has
from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.db.types import to_microseconds
from vestnik.http.decoding import decode
from vestnik.http.errors import InvalidRequest
from vestnik.people.access import Actor

#: A list counts to here by itself; what is more is counted when somebody asks.
COUNTED_TO = 10_000

#: A search is not counted further when a part of it found so many.
_MANY = 2 * COUNTED_TO
#: When so many have a text, whoever passes the filters beside it is tested; they are not all listed.
_BROAD = 20 * COUNTED_TO
#: So many contacts along the sort are tested one by one, before all that such a search finds are listed.
_AHEAD = 2_000

_COLUMNS: dict[str, sa.Column[Any]] = {
    "name": contact.c.name_folded,
    "created": contact.c.created_at,
    "updated": contact.c.updated_at,
    "lastActivity": contact.c.last_activity_at,
}


@dataclass(frozen=True, slots=True)
class PageOf:
    """A page of contacts; `total` is exact unless there are `more` than that."""

    people: list[Person]
    total: int
    more: bool
    next: str | None
    previous: str | None


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A place in a sorted list: the page after it, or the page before it when it goes `back`."""

    sort: Sort
    back: bool
    value: str | int
    key: int

    def text(self) -> str:
        """The cursor as an address holds it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @staticmethod
    def read(text: str, sort: Sort) -> Cursor:
        """The cursor of a text; `UnknownCursor` for any other, or for one of a list sorted otherwise."""
        try:
            decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            cursor: Cursor = decode(decoded, Cursor)
        except (binascii.Error, ValueError, InvalidRequest):
            raise UnknownCursor() from None
        by_text = cursor.sort.removeprefix("-") == "name"
        if cursor.sort != sort or isinstance(cursor.value, str) is not by_text:
            raise UnknownCursor()
        return cursor


class Pages:
    """The list of contacts."""

    def __init__(self, database: Database, listing: Listing) -> None:
        self._database, self._listing = database, listing

    async def page(
        self, actor: Actor, selection: Selection, *, cursor: str = "", offset: int = 0, limit: int = 50
    ) -> PageOf:
        """A page of a selection: at a cursor that a page before gave, or at an offset."""
        actor.require("contacts.read")
        place = Cursor.read(cursor, selection.sort) if cursor else None
        async with self._database.read() as connection:
            rows, total = await self._rows(connection, selection, place, offset, limit + 1)
            whole = len(rows) <= limit
            rows = rows[:limit]
            if place is not None and place.back:
                rows = rows[::-1]
            people = await reading.people(connection, [row.contact_id for row in rows])
        earlier = not whole if place is not None and place.back else place is not None or offset > 0
        later = not whole if place is None or not place.back else True
        return PageOf(
            people=people,
            total=min(total, COUNTED_TO),
            more=total > COUNTED_TO,
            next=_cursor(rows[-1], selection.sort, back=False) if rows and later else None,
            previous=_cursor(rows[0], selection.sort, back=True) if rows and earlier else None,
        )

    async def count(self, actor: Actor, selection: Selection) -> int:
        """How many contacts a selection has, to the last."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            return await self._count(connection, selection)

    async def counted(
        self, actor: Actor, selection: Selection, *, offset: int = 0, limit: int = 50
    ) -> tuple[list[Person], int]:
        """A page at an offset, and how many contacts the selection has, to the last."""
        page = await self.page(actor, selection, offset=offset, limit=limit)
        return page.people, await self.count(actor, selection) if page.more else page.total

    async def _count(self, connection: AsyncConnection, selection: Selection) -> int:
        broad = await self._broad(connection, selection)
        # Of the few that a text finds each is looked at by itself; else all of a segment are read.
        whole = broad or not selection.search.strip()
        chosen = await connection.run_sync(
            lambda sync: self._listing.select(sync, selection, whole=whole, broad=broad)
        )
        return await connection.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0

    async def _rows(
        self, connection: AsyncConnection, selection: Selection, place: Cursor | None, offset: int, limit: int
    ) -> tuple[list[sa.Row[Any]], int]:
        """Rows (contact_id, sorted_by) of a page, and the count that stops above `COUNTED_TO`."""
        wide = await self._wide(connection, selection)
        broad = await self._broad(connection, selection)
        if selection.narrow and not wide:
            few = await connection.run_sync(self._few, selection, broad)
            counted = sa.select(sa.func.count()).select_from(few)
            statement = sa.select(few.c.contact_id, few.c.sorted_by, counted.scalar_subquery().label("total"))
            page = _slice(statement, few.c.contact_id, few.c.sorted_by, selection.sort, place)
            rows = (await connection.execute(page.offset(offset or None).limit(limit))).all()
            if rows:
                total = rows[0].total
            else:  # a first page without anybody is a selection without anybody
                past = place is not None or offset > 0
                total = (await connection.scalar(counted) or 0) if past else 0
            if total <= COUNTED_TO:
                return list(rows), total
        elif selection.narrow:
            total = COUNTED_TO + 1
        else:
            everybody = await connection.run_sync(self._listing.walk, selection)
            some = everybody.limit(COUNTED_TO + 1).subquery()
            total = await connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0
        if wide and not offset:
            rows = await self._ahead(connection, selection, place, limit)
            if len(rows) == limit:
                return rows, total
        by = _COLUMNS[selection.sort.removeprefix("-")]
        walk = await connection.run_sync(lambda sync: self._listing.walk(sync, selection, broad=broad))
        page = _slice(walk.add_columns(by.label("sorted_by")), contact.c.id, by, selection.sort, place)
        return list(await connection.execute(page.offset(offset or None).limit(limit))), total

    async def _wide(self, connection: AsyncConnection, selection: Selection) -> bool:
        """Whether a search that nothing else narrows has found so many that they are not counted."""
        return _searches_alone(selection) and await _found(connection, selection, _MANY)

    async def _broad(self, connection: AsyncConnection, selection: Selection) -> bool:
        """Whether a search beside filters has found so many that listing them takes longer than testing."""
        return not _searches_alone(selection) and await _found(connection, selection, _BROAD)

    async def _ahead(
        self, connection: AsyncConnection, selection: Selection, place: Cursor | None, limit: int
    ) -> list[sa.Row[Any]]:
        """The page as far as the next contacts along the sort fill it: a text that many have is soon met."""
        sort, by = selection.sort, _COLUMNS[selection.sort.removeprefix("-")]
        everybody = await connection.run_sync(self._listing.walk, Selection(sort=sort))
        near = _slice(everybody, contact.c.id, by, sort, place).limit(_AHEAD).subquery("near")
        met = (
            sa.select(contact.c.id.label("contact_id"), by.label("sorted_by"))
            .join(near, near.c.contact_id == contact.c.id)
            .where(has(selection.search))
        )
        return list(await connection.execute(_slice(met, contact.c.id, by, sort, place).limit(limit)))

    def _few(self, connection: sa.Connection, selection: Selection, broad: bool) -> sa.CTE:
        """The first that are found; used twice, so that both databases find them once."""
        by = _COLUMNS[selection.sort.removeprefix("-")]
        chosen = self._listing.select(connection, selection, broad=broad)
        return chosen.add_columns(by.label("sorted_by")).limit(COUNTED_TO + 1).cte("few")


def _searches_alone(selection: Selection) -> bool:
    return selection == Selection(search=selection.search, sort=selection.sort)


async def _found(connection: AsyncConnection, selection: Selection, most: int) -> bool:
    """Whether a part of the search finds at least so many."""
    if not selection.search.strip():
        return False
    found: int = await connection.scalar(breadth(selection.search, most)) or 0
    return found >= most


def in_order(statement: sa.Select[Any], sort: Sort) -> sa.Select[Any]:
    """All of a selection in the order in which the list shows it."""
    return _slice(statement, contact.c.id, _COLUMNS[sort.removeprefix("-")], sort, None)


def _slice(
    statement: sa.Select[Any],
    key: sa.ColumnElement[int],
    by: sa.ColumnElement[Any],
    sort: Sort,
    place: Cursor | None,
) -> sa.Select[Any]:
    """The rows from a place on in the order of `sort`; a cursor that goes back turns the order round."""
    falling = sort.startswith("-") != (place is not None and place.back)
    if place is not None:
        type = sa.BigInteger() if isinstance(place.value, int) else by.type
        here = sa.tuple_(sa.literal(place.value, type), sa.literal(place.key, sa.BigInteger))
        row = sa.tuple_(by, key)
        statement = statement.where(row < here if falling else row > here)
    return statement.order_by(*((by.desc(), key.desc()) if falling else (by, key)))


def _cursor(row: sa.Row[Any], sort: Sort, *, back: bool) -> str:
    value = row.sorted_by if isinstance(row.sorted_by, str) else to_microseconds(row.sorted_by)
    return Cursor(sort, back, value, row.contact_id).text()

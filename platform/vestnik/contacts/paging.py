"""Pages of a selection by key, forwards and back, and how many contacts it has.

For a million rows: a selection of few is found first and then sorted; one of many is read along the
sort's index until the page is full. Which it is, a count that stops at `COUNTED_TO` decides.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts import reading
from vestnik.contacts.list_errors import UnknownCursor
from vestnik.contacts.listing import Listing, Selection, Sort
from vestnik.contacts.reading import Person
from vestnik.contacts.search import breadth
from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.db.types import to_microseconds
from vestnik.http.decoding import decode
from vestnik.http.errors import InvalidRequest
from vestnik.people.access import Actor

#: A list counts to here by itself; what is more is counted when somebody asks.
COUNTED_TO = 10_000

#: A search is not counted further when a part of it found so many; where this many, rows are tested.
_MANY = 2 * COUNTED_TO
_COMMON = 200_000

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
            chosen = await connection.run_sync(self._listing.select, selection)
            return await connection.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0

    async def _rows(
        self, connection: AsyncConnection, selection: Selection, place: Cursor | None, offset: int, limit: int
    ) -> tuple[list[sa.Row[Any]], int]:
        """Rows (contact_id, sorted_by) of a page, and the count that stops above `COUNTED_TO`."""
        found = await self._found(connection, selection)
        if selection.narrow and found < _MANY:
            few = await connection.run_sync(self._few, selection)
            counted = sa.select(sa.func.count()).select_from(few)
            statement = sa.select(few.c.contact_id, few.c.sorted_by, counted.scalar_subquery().label("total"))
            page = _slice(statement, few.c.contact_id, few.c.sorted_by, selection.sort, place)
            rows = (await connection.execute(page.offset(offset or None).limit(limit))).all()
            total = rows[0].total if rows else await connection.scalar(counted) or 0
            if total <= COUNTED_TO:
                return list(rows), total
        elif selection.narrow:
            total = COUNTED_TO + 1
        else:
            everybody = await connection.run_sync(self._listing.walk, selection)
            some = everybody.limit(COUNTED_TO + 1).subquery()
            total = await connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0
        by = _COLUMNS[selection.sort.removeprefix("-")]
        walk = await connection.run_sync(partial(self._listing.walk, common=found >= _COMMON), selection)
        many = walk.add_columns(by.label("sorted_by"))
        page = _slice(many, contact.c.id, by, selection.sort, place)
        return list(await connection.execute(page.offset(offset or None).limit(limit))), total

    async def _found(self, connection: AsyncConnection, selection: Selection) -> int:
        """How many a search that nothing else narrows has found, up to `_COMMON`; 0 for anything else."""
        if selection != Selection(search=selection.search, sort=selection.sort):
            return 0
        if not selection.search.strip():
            return 0
        for most in (_MANY, _COMMON):
            found: int = await connection.scalar(breadth(selection.search, most)) or 0
            if found < most:
                return found
        return found

    def _few(self, connection: sa.Connection, selection: Selection) -> sa.CTE:
        """The first that are found; used twice, so that both databases find them once."""
        by = _COLUMNS[selection.sort.removeprefix("-")]
        chosen = self._listing.select(connection, selection).add_columns(by.label("sorted_by"))
        return chosen.limit(COUNTED_TO + 1).cte("few")


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

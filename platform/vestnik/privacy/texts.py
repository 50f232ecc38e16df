"""Columns of a table that may name people: searched row by row along the key, shown or changed there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.db.types import InstantType
from vestnik.privacy.excerpts import Excerpts
from vestnik.privacy.holdings import Portion, finding
from vestnik.privacy.search import Search

#: Rows read at a time, as far as their texts are not larger together.
READ_ROWS = 1_000
READ_BYTES = 8_388_608
#: Rows changed in one unit of work.
CHANGED_ROWS = 50


class Texts:
    """A sweep of a table's columns. `deletes`: a row that names the person goes, it is of no use without.

    `rows` are columns whose lists are a row of somebody's table: it is shown whole.
    """

    def __init__(
        self,
        database: Database,
        kind: str,
        table: sa.Table,
        columns: Sequence[str],
        *,
        deletes: bool = False,
        rows: Collection[str] = (),
    ) -> None:
        self._database, self._table, self._deletes = database, table, deletes
        self.name, self.kind = table.name, kind
        self.columns = tuple(columns)
        self._rows = rows
        self._keys = [each for each in table.primary_key if not isinstance(each.type, InstantType)]
        written = [each for each in table.c if isinstance(each.type, InstantType) and not each.nullable]
        self._written = [each.label("written") for each in written[:1]]

    async def portion(self, search: Search, place: Any) -> Portion:
        """The next rows; what names the person is changed in the unit of work that moves on."""
        rows, over = await self._read(place)
        if not rows:
            return Portion(None)
        found = await asyncio.to_thread(self._naming, search, rows)
        if len(found) > CHANGED_ROWS:
            found, over = found[:CHANGED_ROWS], False
            rows = rows[: rows.index(found[-1]) + 1]
        after = None if over else list(rows[-1][: len(self._keys)])
        keys = [tuple(row[: len(self._keys)]) for row in found]
        return Portion(after, change=(lambda connection: self._change(connection, search, keys)))

    async def findings(self, excerpts: Excerpts) -> AsyncIterator[Sequence[bytes]]:
        """What names the person, in the order of the key."""
        place, over = None, False
        while not over:
            rows, over = await self._read(place)
            if not rows:
                return
            yield await asyncio.to_thread(self._shown, excerpts, rows)
            place = list(rows[-1][: len(self._keys)])

    def _shown(self, excerpts: Excerpts, rows: Sequence[sa.Row[Any]]) -> list[bytes]:
        shown = ((row, self._found(excerpts, row)) for row in rows)
        return [finding(self._key(row), self._at(row), found) for row, found in shown if found]

    def _found(self, excerpts: Excerpts, row: sa.Row[Any]) -> dict[str, Any]:
        """Excerpts by column; a row whose key names the person is the person's, with all that is in it."""
        values = dict(zip(self.columns, self._texts_of(row), strict=True))
        excerpt = {name: self._excerpt(excerpts, name, value) for name, value in values.items()}
        found = {name: each for name, each in excerpt.items() if each is not None}
        if any(name in self._table.primary_key for name in found):
            return {name: found.get(name, excerpts.beside(name, value)) for name, value in values.items()}
        return found

    def _key(self, row: sa.Row[Any]) -> dict[str, Any]:
        """The row's key, but for what is searched: that may name others, and is among what was found."""
        return {key.name: row[at] for at, key in enumerate(self._keys) if key.name not in self.columns}

    def _at(self, row: sa.Row[Any]) -> Any:
        return row.written if self._written else None

    def _excerpt(self, excerpts: Excerpts, name: str, value: Any) -> Any:
        if value is None or not isinstance(self._table.c[name].type, sa.JSON):
            return excerpts.of(value)
        if not excerpts.search.may_hold(value.encode()):
            return None
        return excerpts.of(json.loads(value), row=name in self._rows)

    async def _read(self, place: Any) -> tuple[list[sa.Row[Any]], bool]:
        """Rows as their keys and texts, and whether they are the last."""
        columns = [self._as_text(name) for name in self.columns]
        size = sum((sa.func.coalesce(sa.func.length(each), 0) for each in columns), sa.literal(0))
        following = self._following(sa.select(*self._keys, size.label("size")), place)
        async with self._database.read() as connection:
            sizes = (await connection.execute(following.limit(READ_ROWS))).all()
            taken = total = 0
            for row in sizes:
                if taken and total + row.size > READ_BYTES:
                    break
                taken, total = taken + 1, total + row.size
            if not taken:
                return [], True
            texts = self._following(sa.select(*self._keys, *columns, *self._written), place).limit(taken)
            rows = list((await connection.execute(texts)).all())
        return rows, taken == len(sizes) < READ_ROWS

    def _as_text(self, name: str) -> sa.ColumnElement[Any]:
        column = self._table.c[name]
        return sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else column

    def _following(self, statement: sa.Select[Any], place: Any) -> sa.Select[Any]:
        if place is not None:
            after = [sa.literal(value, key.type) for key, value in zip(self._keys, place, strict=True)]
            key = self._keys[0] if len(self._keys) == 1 else sa.tuple_(*self._keys)
            statement = statement.where(key > (after[0] if len(after) == 1 else sa.tuple_(*after)))
        return statement.order_by(*self._keys)

    def _naming(self, search: Search, rows: Sequence[sa.Row[Any]]) -> list[sa.Row[Any]]:
        return [
            row for row in rows if any(_without(search, each) is not each for each in self._texts_of(row))
        ]

    def _texts_of(self, row: sa.Row[Any]) -> Sequence[Any]:
        return row[len(self._keys) : len(self._keys) + len(self.columns)]

    def _change(self, connection: sa.Connection, search: Search, keys: Sequence[tuple[Any, ...]]) -> int:
        """Read the rows anew, for somebody may have changed them, and take the person away."""
        changed = 0
        for key in keys:
            own = sa.and_(*(column == value for column, value in zip(self._keys, key, strict=True)))
            columns = [self._table.c[name] for name in self.columns]
            row = connection.execute(sa.select(*columns).where(own).with_for_update()).one_or_none()
            if row is None:
                continue
            values = {
                name: without
                for name, value in zip(self.columns, row, strict=True)
                if (without := _without(search, value)) != value
            }
            if not values:
                continue
            connection.execute(
                sa.delete(self._table).where(own)
                if self._deletes or any(name in self._table.primary_key for name in values)
                else sa.update(self._table).where(own).values(values)
            )
            changed += 1
        return changed


def _without(search: Search, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, str):
        return search.text(value)
    return search.data(bytes(value)) if isinstance(value, bytes | memoryview) else search.value(value)

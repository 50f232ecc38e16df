"""Columns of a table that may name people: searched row by row along the key, changed where they do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.db.types import InstantType
from vestnik.privacy.holdings import Portion
from vestnik.privacy.search import Search

#: Rows read at a time, as far as their texts are not larger together.
READ_ROWS = 1_000
READ_BYTES = 8_388_608
#: Rows changed in one unit of work.
CHANGED_ROWS = 50


class Texts:
    """A sweep of a table's columns. `deletes`: a row that names the person goes, it is of no use without."""

    def __init__(
        self, database: Database, kind: str, table: sa.Table, columns: Sequence[str], *, deletes: bool = False
    ) -> None:
        self._database, self._table, self._deletes = database, table, deletes
        self.name, self.kind = table.name, kind
        self.columns = tuple(columns)
        self._keys = [each for each in table.primary_key if not isinstance(each.type, InstantType)]

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
            texts = self._following(sa.select(*self._keys, *columns), place).limit(taken)
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
        texts = slice(len(self._keys), None)
        return [row for row in rows if any(_without(search, each) is not each for each in row[texts])]

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

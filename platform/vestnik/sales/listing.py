"""Lists of deals, orders and tickets: found by number, words and client, read page by page or whole."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.companies.service import clients_with_name
from vestnik.db import Database, fold, ordered_by
from vestnik.db.search import contains

#: Rows of a file that are read at once.
_EXPORTED_AT_ONCE = 1_000

_NUMBER = re.compile(r"(?:№|#)?\s*(\d{1,18})")


def matching(
    search: str,
    number: sa.Column[Any],
    words: sa.Column[Any],
    client_id: sa.ColumnElement[Any],
) -> sa.ColumnElement[bool]:
    """Rows of that number, with `search` in their words, or of a client with it in the name."""
    if not (text := search.strip()):
        return sa.true()
    table = words.table
    named = sa.select(table.c.id).where(contains(words, fold(text)))
    where = table.c.id.in_(named) | client_id.in_(clients_with_name(text))
    if found := _NUMBER.fullmatch(text):
        where |= number == int(found[1])
    return where


def ordered(
    sorts: Mapping[str, sa.ColumnElement[Any]], sort: str, number: sa.Column[Any]
) -> list[sa.ColumnElement[Any]]:
    """The order that `sort` names, `-` turns it round; the newest first where it names none.

    What is NULL is below everything else.
    """
    chosen = sorts.get(sort.removeprefix("-"))
    if chosen is None:
        return [number.desc()]
    return [ordered_by(chosen, down=sort.startswith("-")), number.desc()]


async def page(
    connection: AsyncConnection,
    statement: sa.Select[Any],
    order: Sequence[sa.ColumnElement[Any]],
    offset: int,
    limit: int,
) -> tuple[Sequence[sa.Row[Any]], int]:
    """The slice of a statement in that order, and how many rows there are in all."""
    counted = statement.with_only_columns(sa.func.count(), maintain_column_froms=True)
    total = await connection.scalar(counted)
    rows = await connection.execute(statement.order_by(*order).offset(offset).limit(limit))
    return rows.all(), total or 0


async def parts(
    database: Database, statement: sa.Select[Any], number: sa.Column[Any]
) -> AsyncIterator[Sequence[sa.Row[Any]]]:
    """All rows of a statement, those of the highest number first, some at a time."""
    following = statement
    while True:
        async with database.read() as connection:
            rows = (
                await connection.execute(following.order_by(number.desc()).limit(_EXPORTED_AT_ONCE))
            ).all()
        if rows:
            yield rows
        if len(rows) < _EXPORTED_AT_ONCE:
            return
        following = statement.where(number < rows[-1].number)

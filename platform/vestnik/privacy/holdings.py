"""What rooms hold of a person, said by each room as data: how to read it, and how to erase it.

A `Holding` is of records that refer to the person: all of them are erased in one unit of work. A `Sweep` is
of texts that may name anybody: they are searched afterwards, portion by portion. Either is also what the
person's file is made of, so that it shows whatever an erasure would find.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from vestnik.privacy.excerpts import Excerpts
from vestnik.privacy.search import Search, Wanted

#: Records of one kind that are read at a time.
PAGE_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Subject:
    """One person, as rooms know them: a contact, those merged into it, and its addresses.

    `address_ids` and `addresses` are those that nobody else has: what belongs to two people is not one's.
    `names`, `identifiers` and `values` are what else may stand in a text about the person.
    """

    contact_id: int
    contact_ids: Sequence[int]
    address_ids: Sequence[int]
    addresses: Sequence[str]
    names: Sequence[str] = ()
    identifiers: Sequence[str] = ()
    values: Sequence[str] = ()

    def wanted(self) -> Wanted:
        """What texts are searched for."""
        return Wanted(self.addresses, self.names, self.identifiers, self.values)

    def search(self) -> Search:
        """Finds the person in texts."""
        return Search(self.wanted())


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of one kind, ready for a JSON file; `after`: where the next begin, None after the last."""

    items: Sequence[Mapping[str, Any]]
    after: Sequence[Any] | None = None


def page(
    connection: sa.Connection,
    statement: sa.Select[Any],
    key: Sequence[sa.ColumnElement[Any]],
    after: Sequence[Any] | None,
    shown: Callable[[sa.Row[Any]], Mapping[str, Any]],
) -> Page:
    """The rows of a statement that come next in the order of a unique key, each as it is `shown`."""
    if after is not None:
        given = [sa.literal(value, column.type) for column, value in zip(key, after, strict=True)]
        statement = statement.where(sa.tuple_(*key) > sa.tuple_(*given))
    labelled = [column.label(f"key_{number}") for number, column in enumerate(key)]
    following = statement.add_columns(*labelled).order_by(*key).limit(PAGE_ROWS)
    rows = connection.execute(following).all()
    last = rows[-1][-len(key) :] if len(rows) == PAGE_ROWS else None
    return Page([shown(row) for row in rows], last)


def finding(row: Mapping[str, Any], at: datetime | None, found: Mapping[str, Any]) -> bytes:
    """A row or a file that names the person, as JSON: its key, when it was written, excerpts by column.

    Encoded at once: a portion takes no more memory than its texts.
    """
    return encoded({"row": {name: str(value) for name, value in row.items()}, "at": at, "found": found})


def encoded(value: Mapping[str, Any]) -> bytes:
    """A record as JSON."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can only write it as an escape
        return json.dumps(msgspec.to_builtins(value)).encode()


#: (connection, the person, where to begin): what there is of one kind, page by page.
Read = Callable[[sa.Connection, Subject, Sequence[Any] | None], Page]
#: (connection, the person): take the personal values away; how many records had some.
Erase = Callable[[sa.Connection, Subject], int]


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of records that a room holds of people; `name` is its key in the file and in the proof."""

    name: str
    read: Read
    erase: Erase


@dataclass(frozen=True, slots=True)
class Portion:
    """What one look at texts came to: `place` is where the next one begins, None that all are searched.

    `change` takes what was found away, in the unit of work that moves the place, and says how much it was;
    `removed` is what was taken away already, outside the database. `waits`: to be looked at again later.
    """

    place: Any
    removed: int = 0
    change: Callable[[sa.Connection], int] | None = None
    waits: bool = False


class Sweep(Protocol):
    """Texts that may name people: `name` is unique, `kind` the key in the proof that several may share."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    async def portion(self, search: Search, place: Any) -> Portion:
        """Search some more texts, from `place` on; the first time it is None. Doing so twice does no harm."""

    def findings(self, excerpts: Excerpts) -> AsyncIterator[Sequence[bytes]]:
        """What an erasure would find, portion by portion, each a `finding`; also portions without any."""

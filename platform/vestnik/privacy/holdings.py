"""What rooms hold of a person, said by each room as data: how to read it, and how to erase it.

A `Holding` is of records that refer to the person: all of them are erased in one unit of work. A `Sweep` is
of texts that may name anybody: they are searched afterwards, portion by portion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from vestnik.privacy.search import Search, Wanted


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


#: (connection, the person): everything of one kind, ready for a JSON file.
Read = Callable[[sa.Connection, Subject], Sequence[Mapping[str, Any]]]
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

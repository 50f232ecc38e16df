"""What other rooms know of a client: told by each room as data, shown on the client's card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.http.errors import Text

#: So many of each kind stand on the card; how many there are is told beside them.
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Related:
    """Something that belongs to a client. `link` is its page in the interface, `detail` a second line."""

    id: int
    title: str
    link: str
    at: datetime
    detail: str | Text | None = None


#: (connection, the client's key, at most so many): the newest things of the client, and how many there are.
RelatedReader = Callable[[AsyncConnection, int, int], Awaitable[tuple[Sequence[Related], int]]]


@dataclass(frozen=True, slots=True)
class Relation:
    """A kind of things that clients have; only who holds `right` is told of them."""

    kind: str
    right: str
    read: RelatedReader


@dataclass(frozen=True, slots=True)
class Relatives:
    """Things of one kind that a client has: the newest, and how many there are."""

    kind: str
    total: int
    items: Sequence[Related]

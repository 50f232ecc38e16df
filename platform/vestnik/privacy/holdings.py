"""What rooms hold of a person, said by each room as data: how to read it, and how to erase it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Subject:
    """One person, as rooms know them: a contact, those merged into it, and its addresses.

    `address_ids` and `addresses` are those that nobody else has: what belongs to two people is not one's.
    """

    contact_id: int
    contact_ids: Sequence[int]
    address_ids: Sequence[int]
    addresses: Sequence[str]


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

"""What travels: tables, columns, rows of plain values, and a digest that is the same wherever they lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec

#: What a value is: a whole number (instants and keys among them), 0 or 1, a float, text (dates and decimals
#: among it), JSON as its text, bytes. Any may be None.
Kind = Literal["int", "flag", "float", "text", "json", "bytes"]
Row = tuple[Any, ...]

#: Tables that describe the database itself.
NOT_TAKEN = frozenset({"alembic_version", "schema_compatibility"})
#: Where recordings of calls lie in the database; on SQLite they are files of days beside it.
RECORDINGS = "module_call"

_DIGEST_BYTES = 16
_ROUND = 1 << (8 * _DIGEST_BYTES)


class TransferFailed(Exception):
    """Data could not be moved; the message says why, and what stands now."""


class Column(msgspec.Struct, frozen=True, array_like=True):
    """A column and what its values are."""

    name: str
    kind: Kind


Columns = tuple[Column, ...]


@dataclass(slots=True)
class Tally:
    """How many rows a table has, and the sum of their digests: the order of rows makes no difference."""

    columns: Columns
    rows: int = 0
    sum: int = 0
    _json: tuple[int, ...] = field(init=False)
    _hashed: Any = field(init=False)

    def __post_init__(self) -> None:
        # By name: the same table may have its columns in another order elsewhere.
        order = sorted(range(len(self.columns)), key=lambda n: self.columns[n].name)
        kinds = [self.columns[number].kind for number in order]
        self._hashed = order
        self._json = tuple(place for place, kind in enumerate(kinds) if kind == "json")

    def add(self, row: Row) -> None:
        """Count one row."""
        values = [row[number] for number in self._hashed]
        for place in self._json:
            if values[place] is not None:
                values[place] = same_json(values[place])
        digest = hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=_DIGEST_BYTES)
        self.rows += 1
        self.sum = (self.sum + int.from_bytes(digest.digest(), "big")) % _ROUND

    def through(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Count rows as they pass."""
        for row in rows:
            self.add(row)
            yield row

    @property
    def digest(self) -> str:
        """The digest of all rows together."""
        return f"{self.sum:0{2 * _DIGEST_BYTES}x}"


def same_json(text: str) -> str:
    """One text for one JSON value: PostgreSQL sorts names and writes numbers in its own way."""
    if text in ("{}", "[]"):
        return text
    return json.dumps(
        json.loads(text, parse_float=_number), sort_keys=True, ensure_ascii=True, separators=(",", ":")
    )


def _number(text: str) -> int | float:
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else float(text)


class Source(Protocol):
    """Where rows come from: one state of a database, whatever is written to it meanwhile."""

    @property
    def revision(self) -> str:
        """The version of its schema."""

    @property
    def tables(self) -> Mapping[str, Columns]:
        """Its tables, without what describes the database itself."""

    @property
    def next_keys(self) -> Mapping[str, int]:
        """For tables that number their rows by themselves, the next number where it is known."""

    def first(self, table: str, column: str) -> int | None:
        """The smallest value of a column of whole numbers."""

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table, one after another, never all of them in memory."""


class Target(Protocol):
    """Where rows go; nothing of it stands before it is whole."""

    @property
    def tables(self) -> Mapping[str, Columns]:
        """Its tables: all of them without a row."""

    def load(self, table: str, columns: Columns, rows: Iterator[Row]) -> None:
        """Store rows whose values are in the order of `columns`."""

    def reread(self, table: str, columns: Sequence[Column]) -> Iterator[Row]:
        """What is stored now."""

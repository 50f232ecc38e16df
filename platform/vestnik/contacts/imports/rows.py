"""What crosses the pipe between the server and the child that reads a file: one shape for both ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from vestnik.contacts.reasons import Reason

Duplicates = Literal["update", "fill", "skip"]

#: What a column may become, besides `field:KEY` for a custom field; None: it is left out.
TARGETS = ("name", "email", "phone", "company", "inn", "owner", "external_id")

#: The same for a file of addresses for the stop-list.
STOP_TARGETS = ("address", "reason", "date")

#: What the rows of a file become.
Purpose = Literal["contacts", "suppression"]

#: Rows in a batch that the child sends.
BATCH_ROWS = 1_000


class Reading(msgspec.Struct, frozen=True):
    """How a file is read."""

    format: Literal["csv", "xlsx"] = "csv"
    encoding: str = "utf-8"
    delimiter: str = ";"
    sheet: str | None = None
    # Whether the first row names the columns.
    header: bool = True


class Policy(msgspec.Struct, frozen=True):
    """What to do with contacts that are here already, and what becomes of all in the file."""

    # update: what the file has replaces ours; fill: only what we lack is taken; skip: they stay as they are.
    duplicates: Duplicates = "update"
    segment_id: int | None = None
    category_id: int | None = None
    how: str = ""
    from_where: str = ""
    # Why the addresses of a file are on the stop-list, where a row does not say; None: they become contacts.
    reason: Reason | None = None


class FieldRule(msgspec.Struct, frozen=True):
    """A custom field, as far as its values must fit."""

    key: str
    kind: Literal["text", "number", "boolean", "date", "choice"]
    options: tuple[str, ...] = ()


class Job(msgspec.Struct, frozen=True):
    """What the child is asked: `inspect` a file, or read its `rows` by a mapping."""

    kind: Literal["inspect", "rows"]
    file: int
    reading: Reading | None = None
    purpose: Purpose = "contacts"
    # In which dates without one are meant.
    zone: str = "UTC"
    name: str = ""
    # What each column becomes; an `inspect` without it guesses.
    columns: tuple[str | None, ...] | None = None
    fields: tuple[FieldRule, ...] = ()
    # Keys of custom fields by their folded titles, for guesses.
    called: dict[str, str] = {}
    # Users by folded e-mail address and name.
    owners: dict[str, int] = {}
    # Data rows to pass over, and how many to read at most.
    start: int = 0
    limit: int | None = None


class Row(msgspec.Struct, array_like=True):
    """A row as it is to be applied; with a `reason` it is rejected, and `cells` are what it held."""

    number: int
    name: str = ""
    external_id: str | None = None
    # (normalised, domain)
    emails: list[tuple[str, str | None]] = []
    phones: list[str] = []
    company: str = ""
    inn: str | None = None
    owner_id: int | None = None
    custom: dict[str, Any] = {}
    reason: dict[str, str] | None = None
    cells: list[str] | None = None
    # Of an address for the stop-list: why it is there, where the row says so, and since when.
    stop: Reason | None = None
    since: datetime | None = None


class Inspected(msgspec.Struct):
    """What a file turned out to be: its first rows as they stand in it, and as they would be taken."""

    reading: Reading
    sheets: list[str]
    columns: list[str]
    rows: list[list[str]]
    # About how many rows of data there are.
    total: int
    targets: list[str | None] = []
    taken: list[Row] = []


class Failed(msgspec.Struct, tag="failed"):
    """Why the child gave up: a code of `reasons`, the row where it did, and what is allowed."""

    code: str
    row: int | None = None
    limit: int | None = None

    @property
    def reason(self) -> dict[str, str | int]:
        """As it is stored with an import."""
        given = {"code": self.code, "row": self.row, "limit": self.limit}
        return {name: value for name, value in given.items() if value is not None}


class Batch(msgspec.Struct, tag="batch"):
    """Some rows in the order of the file."""

    rows: list[Row]


class Told(msgspec.Struct, tag="inspected"):
    """The answer to `inspect`."""

    inspected: Inspected


Frame = Batch | Told | Failed

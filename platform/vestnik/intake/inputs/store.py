"""The one door's store: what comes in is rows here before anything else is done with it.

    stored = await store(database, NewInput("letter", collector_id, key, about, "message/rfc822", raw))

When that returns, the input is on the disk. Work on it is found by its row (`working.py`): nothing that was
acknowledged depends on the process that took it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.db import Database, insert_ignore, new_key, now
from vestnik.intake.fields import Door, Warned
from vestnik.intake.inputs.errors import IdempotencyKeyReused, InputTooLarge
from vestnik.intake.inputs.tables import input_part, input_table
from vestnik.intake.parsing.reading import PARSER
from vestnik.intake.parsing.values import clean, plain

#: What one way in may bring at once, and how it is cut so that no unit of work is long.
INPUT_BYTES = 30_000_000
PART_BYTES = 1_000_000
KEY_CHARACTERS = 500
TITLE_CHARACTERS = 300
#: Pieces whose input never came are removed after so long.
HALF_STORED = timedelta(hours=1)

_MEDIA_TYPE_CHARACTERS = 200
_REMOVED_AT_ONCE = 200
_PART = sa.insert(input_part)


@dataclass(frozen=True, slots=True)
class NewInput:
    """What came in. `key` makes it the same when it comes again; `about` is what the way in knows of it.

    With a `reason` (a code of parsing/reasons.py) it is not to be read at all: a letter too large to fetch.
    Who stores it to read it at once has it `held`: nobody else reads it before that is over.
    """

    door: Door
    source_id: int | None
    key: str | None
    about: Mapping[str, Any]
    media_type: str
    raw: bytes
    reason: Warned | None = None
    is_try: bool = False
    held: timedelta = timedelta(0)
    received_at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class Stored:
    """The input's key, and its row if it is new. `known`: it had come before, and nothing new is stored."""

    input_id: int
    known: bool
    row: sa.Row[Any] | None = None


async def store(database: Database, new: NewInput) -> Stored:
    """Store an input; it is durable when this returns. Raises `IdempotencyKeyReused`, `InputTooLarge`."""
    if len(new.raw) > INPUT_BYTES:
        raise InputTooLarge(limit_bytes=INPUT_BYTES)
    input_id, pieces = new_key(), _pieces(new.raw)
    for position, piece in enumerate(pieces[:-1]):
        await database.write(_store_part, input_id, position, piece)
    return await database.write(_store, input_id, new, pieces)


def store_read(connection: sa.Connection, new: NewInput, reading: Mapping[str, Any]) -> Stored:
    """Store an input that needs no reading, in the caller's unit of work; see `Inputs.take`."""
    if len(new.raw) > INPUT_BYTES:
        raise InputTooLarge(limit_bytes=INPUT_BYTES)
    input_id, pieces = new_key(), _pieces(new.raw)
    stored = _store(connection, input_id, new, pieces, state="read", reading=reading)
    if not stored.known:
        for position, piece in enumerate(pieces[:-1]):
            _store_part(connection, input_id, position, piece)
    return stored


def _pieces(raw: bytes) -> Sequence[bytes]:
    return [raw[start : start + PART_BYTES] for start in range(0, len(raw), PART_BYTES)] or [b""]


def _store_part(connection: sa.Connection, input_id: int, position: int, piece: bytes) -> None:
    connection.execute(_PART, {"input_id": input_id, "position": position, "bytes": piece})


def _store(
    connection: sa.Connection,
    input_id: int,
    new: NewInput,
    pieces: Sequence[bytes],
    *,
    state: str = "new",
    reading: Mapping[str, Any] | None = None,
) -> Stored:
    digest = hashlib.sha256(new.raw).hexdigest()
    key = None if new.key is None else clean(new.key)[:KEY_CHARACTERS]
    is_due = state == "new" and new.reason is None
    values = {
        "id": input_id,
        "door": new.door,
        "source_id": new.source_id or 0,
        "key": key,
        "digest": digest,
        "media_type": clean(new.media_type)[:_MEDIA_TYPE_CHARACTERS],
        "about": plain(dict(new.about)),
        "size": len(new.raw),
        "state": "unreadable" if new.reason is not None else state,
        "title": clean(str(new.about.get("subject") or ""))[:TITLE_CHARACTERS],
        "reason": None if new.reason is None else reason_columns(new.reason),
        "reading": reading,
        "parser": PARSER,
        "is_try": new.is_try,
        "attempts": 0,
        "next_at": now() + new.held if is_due else None,
        "received_at": new.received_at,
    }
    columns = ("door", "source_id", "key")
    statement = insert_ignore(connection, input_table, columns).returning(*input_table.c)
    if (row := connection.execute(statement, values).first()) is not None:
        _store_part(connection, input_id, len(pieces) - 1, pieces[-1])
        return Stored(input_id, False, row)
    same = sa.and_(*(input_table.c[name] == values[name] for name in columns))
    found = connection.execute(sa.select(input_table.c.id, input_table.c.digest).where(same)).one()
    if found.digest != digest:
        raise IdempotencyKeyReused()
    return Stored(found.id, known=True)


def reason_columns(reason: Warned) -> dict[str, Any]:
    """A reason as it is stored."""
    return {"code": reason.code, "field": reason.field, "facts": plain(dict(reason.facts))}


def reason_of(stored: Mapping[str, Any] | None) -> Warned | None:
    """A reason as it was stored."""
    return None if stored is None else Warned(stored["code"], stored["field"], stored["facts"])


async def load_raw(connection: AsyncConnection, input_id: int) -> bytes:
    """An input's bytes as they came; none of an input that was erased."""
    pieces = sa.select(input_part.c.bytes).where(input_part.c.input_id == input_id)
    return b"".join(await connection.scalars(pieces.order_by(input_part.c.position)))


def remove_half_stored(connection: sa.Connection) -> int:
    """Remove pieces whose input never came: the process died between them. How many were removed."""
    before = new_key.before(now() - HALF_STORED)
    whole = sa.select(input_table.c.id).where(input_table.c.id == input_part.c.input_id)
    orphans = (
        sa.select(input_part.c.input_id)
        .where(input_part.c.input_id < before, ~whole.exists())
        .distinct()
        .limit(_REMOVED_AT_ONCE)
    )
    ids = list(connection.scalars(orphans))
    if not ids:
        return 0
    return connection.execute(sa.delete(input_part).where(input_part.c.input_id.in_(ids))).rowcount

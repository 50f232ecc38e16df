"""What inputs tell of people: their bytes, as they came, and what was read of them.

A text's bytes lose the person's values and nothing else. Where the values stand in an encoded attachment,
nothing can be taken out of it: the bytes go whole, and the input says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database, now
from vestnik.intake.inputs.reading import READ_DOORS
from vestnik.intake.inputs.store import PART_BYTES, load_raw
from vestnik.intake.inputs.tables import input_part, input_table
from vestnik.intake.parsing import jobs
from vestnik.privacy.excerpts import Excerpts
from vestnik.privacy.holdings import Portion, finding
from vestnik.privacy.search import Search
from vestnik.privacy.texts import Texts

#: Inputs that are searched in one go: so many, of this size together, one at least.
SEARCHED_INPUTS = 100
SEARCHED_BYTES = 8_000_000
#: Of an encoded text so much is looked through.
SEARCHED_CHARACTERS = 6_000_000

#: Whoever asks is nobody's calendar: dates in a text that is only searched are not looked at.
_ZONE = "UTC"


def sweeps(database: Database) -> Sequence[Texts | RawInputs]:
    """The bytes, and what was made of them."""
    columns = ("title", "about", "reason", "reading", "correction")
    return (RawInputs(database), Texts(database, "inputs", input_table, columns))


@dataclass(frozen=True, slots=True)
class _Found:
    """An input that names the person: its bytes without, None where they have to go."""

    input_id: int
    without: bytes | None
    key: str | None


class RawInputs:
    """The sweep of what came in."""

    name = "input_part"
    kind = "inputs"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def portion(self, search: Search, place: Any) -> Portion:
        """The next inputs."""
        rows = await self._next(place or 0)
        if not rows:
            return Portion(None)
        found = [each for row in rows if (each := await self._found(search, row)) is not None]
        return Portion(rows[-1].id, change=lambda connection: _change(connection, found))

    async def findings(self, excerpts: Excerpts) -> AsyncIterator[Sequence[bytes]]:
        """Excerpts of every input's texts, an input at a time."""
        after = 0
        while rows := await self._next(after):
            after = rows[-1].id
            for row in rows:
                texts = [(await self._raw(row)).decode("utf-8", "surrogateescape"), *await self._texts(row)]
                shown = await asyncio.to_thread(_excerpts, excerpts, texts)
                if shown:
                    yield [finding({"input_id": row.id}, row.received_at, {"bytes": shown})]

    async def _found(self, search: Search, row: sa.Row[Any]) -> _Found | None:
        raw = await self._raw(row)
        without = await asyncio.to_thread(search.data, raw)
        hidden = await self._texts(row, None if without is raw else without)
        gone = any(search.names(text.encode("utf-8", "surrogatepass")) for text in hidden)
        key = row.key if row.key is None or search.text(row.key) is row.key else None
        if without is raw and not gone and key == row.key:
            return None
        return _Found(row.id, None if gone else without, key)

    async def _raw(self, row: sa.Row[Any]) -> bytes:
        async with self._database.read() as connection:
            return await load_raw(connection, row.id)

    async def _texts(self, row: sa.Row[Any], raw: bytes | None = None) -> list[str]:
        """The texts of an input as a reader of it sees them: encodings undone."""
        job = jobs.Job(
            kind=READ_DOORS.get(row.door, "request"),
            raw=await self._raw(row) if raw is None else raw,
            media_type=row.media_type,
            zone=_ZONE,
            shown_characters=SEARCHED_CHARACTERS,
        )
        return [each.text for each in await jobs.show(job) if each.text]

    async def _next(self, after: int) -> Sequence[sa.Row[Any]]:
        columns = [input_table.c[name] for name in ("id", "door", "media_type", "key", "size", "received_at")]
        following = sa.select(*columns).where(input_table.c.id > after, input_table.c.erased_at.is_(None))
        async with self._database.read() as connection:
            statement = following.order_by(input_table.c.id).limit(SEARCHED_INPUTS)
            rows = (await connection.execute(statement)).all()
        taken = total = 0
        for row in rows:
            if taken and total + row.size > SEARCHED_BYTES:
                break
            taken, total = taken + 1, total + row.size
        return rows[:taken]


def _change(connection: sa.Connection, found: Sequence[_Found]) -> int:
    for each in found:
        own = input_table.c.id == each.input_id
        values: dict[str, Any] = {"key": each.key}
        connection.execute(sa.delete(input_part).where(input_part.c.input_id == each.input_id))
        if each.without is None:
            values |= {"erased_at": now(), "next_at": None}
            new = input_table.c.state == "new"
            connection.execute(sa.update(input_table).where(own, new).values(state="set_aside"))
        else:
            _store(connection, each.input_id, each.without)
        connection.execute(sa.update(input_table).where(own).values(values))
    return len(found)


def forget(connection: sa.Connection, input_ids: Sequence[int]) -> None:
    """Take away everything that came in with inputs: they are a person's own."""
    connection.execute(sa.delete(input_part).where(input_part.c.input_id.in_(input_ids)))
    empty: dict[str, Any] = {"title": "", "about": {}, "reading": None, "correction": None, "key": None}
    own = input_table.c.id.in_(input_ids)
    connection.execute(sa.update(input_table).where(own).values(**empty, erased_at=now(), next_at=None))


def _store(connection: sa.Connection, input_id: int, raw: bytes) -> None:
    pieces = [raw[start : start + PART_BYTES] for start in range(0, len(raw), PART_BYTES)] or [b""]
    rows = [
        {"input_id": input_id, "position": position, "bytes": piece} for position, piece in enumerate(pieces)
    ]
    connection.execute(sa.insert(input_part), rows)


def _excerpts(excerpts: Excerpts, texts: Sequence[str]) -> list[Any]:
    shown: list[Any] = []
    for text in texts:
        found = excerpts.of(text.encode("utf-8", "surrogateescape"))
        if found is not None and found not in shown:
            shown.append(found)
    return shown

"""Files of imports that name a person: shown line by line; thrown away where they wait, else left out by row.

A file can't be changed without being another one. So a file that nobody works at goes, and its import says
why; one that is being read is looked at again when that is over, and its rows of the person are refused.
"""

from __future__ import annotations

import asyncio
import codecs
import re
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import sqlalchemy as sa

from vestnik.contacts.addresses import Address, AddressKind, address_hash
from vestnik.contacts.imports import storing
from vestnik.contacts.imports.files import XLSX_BYTES
from vestnik.contacts.imports.rows import Reading, Row
from vestnik.contacts.imports.tables import contact_import, contact_import_part
from vestnik.contacts.tables import erased_address
from vestnik.db import Database, Instant, now
from vestnik.privacy.excerpts import Excerpts
from vestnik.privacy.holdings import Portion, finding
from vestnik.privacy.search import Search
from vestnik.vault import Vault

_PIECE_BYTES = 1 << 20
#: So much of a piece is looked at again with the next one: no value is longer.
_OVERLAP_BYTES = 4_096
_AT_WORK = ("running", "undoing")
#: Where a line of a file ends; in an XLSX, unpacked, a row of cells, or one of the texts that cells refer to.
_ENDS = re.compile(rb"[\r\n]")
_ENDS_OF_CELLS = re.compile(rb"</row>|</si>")
_TAGS = re.compile(r"^[^<>]*>|<[^<>]*(?:>|$)")


def without_erased(
    connection: sa.Connection, vault: Vault, import_id: int, rows: Sequence[Row]
) -> Sequence[Row]:
    """Rows as they are to be applied; of a person who was erased since the file came nothing is left."""
    came = sa.select(contact_import.c.created_at).where(contact_import.c.id == import_id).scalar_subquery()
    since = erased_address.c.at >= came
    if connection.scalar(sa.select(erased_address.c.address_id).where(since).limit(1)) is None:
        return rows
    hashes = [
        [address_hash(vault, Address(kind, text, None)) for kind, text in _addresses(row)] for row in rows
    ]
    wanted = [each for of_row in hashes for each in of_row]
    found = connection.scalars(
        sa.select(erased_address.c.address_hash).where(since, erased_address.c.address_hash.in_(wanted))
    )
    erased = {bytes(each) for each in found}
    refused: dict[str, str] = {"code": "erased"}
    return [
        Row(number=row.number, reason=refused, cells=[]) if erased.intersection(of_row) else row
        for row, of_row in zip(rows, hashes, strict=True)
    ]


def _addresses(row: Row) -> Iterator[tuple[AddressKind, str]]:
    yield from (("email", text) for text, _ in row.emails)
    yield from (("phone", text) for text in row.phones)


class Files:
    """The sweep of files."""

    name = "contact_import_part"
    kind = "imports"

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    async def portion(self, search: Search, place: Any) -> Portion:
        """The next file."""
        row = await self._next(place or 0)
        if row is None:
            return Portion(None)
        if row.state in _AT_WORK:
            return Portion(place, waits=True)
        reading = msgspec.convert(row.reading, Reading) if row.reading else Reading()
        async with storing.opened(self._database, row.id, self._folder) as file:
            found = await asyncio.to_thread(_names, search, file, reading)
        if not found:
            return Portion(row.id)
        await storing.drop(self._database, row.id)
        return Portion(row.id, change=lambda connection: _say_why(connection, row.id))

    async def findings(self, excerpts: Excerpts) -> AsyncIterator[Sequence[bytes]]:
        """The lines that name the person, of every file, some at a time."""
        after = 0
        while (row := await self._next(after)) is not None:
            after = row.id
            reading = msgspec.convert(row.reading, Reading) if row.reading else Reading()
            async with storing.opened(self._database, row.id, self._folder) as file:
                portions = _lines(excerpts, file, reading)
                while (lines := await asyncio.to_thread(next, portions, None)) is not None:
                    found = {"data": "\n".join(lines)}
                    yield [finding({"import_id": row.id}, row.created_at, found)] if lines else []

    async def _next(self, after: int) -> sa.Row[int, str, Any, datetime] | None:
        kept = sa.exists().where(contact_import_part.c.import_id == contact_import.c.id)
        statement = (
            sa.select(
                contact_import.c.id,
                contact_import.c.state,
                contact_import.c.reading,
                contact_import.c.created_at,
            )
            .where(contact_import.c.id > after, kept)
            .order_by(contact_import.c.id)
            .limit(1)
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).one_or_none()


def _say_why(connection: sa.Connection, import_id: int) -> int:
    return connection.execute(
        sa.update(contact_import)
        .where(contact_import.c.id == import_id)
        .values(
            state=sa.case((contact_import.c.state == "uploaded", "failed"), else_=contact_import.c.state),
            reason={"code": "erased"},
            finished_at=sa.func.coalesce(contact_import.c.finished_at, sa.literal(now(), Instant)),
        )
    ).rowcount


def _names(search: Search, file: BinaryIO, reading: Reading) -> bool:
    """Whether a file names the person."""
    kept = b""
    for piece in _unpacked(file) if reading.format == "xlsx" else _decoded(file, reading.encoding):
        text = kept + piece
        if search.data(text) is not text:
            return True
        kept = text[-_OVERLAP_BYTES:]
    return False


def _lines(excerpts: Excerpts, file: BinaryIO, reading: Reading) -> Iterator[list[str]]:
    """The lines of a file that name the person: those of each piece together."""
    packed = reading.format == "xlsx"
    ends = _ENDS_OF_CELLS if packed else _ENDS
    for text, taken in _pieces_by_line(_unpacked(file) if packed else _decoded(file, reading.encoding), ends):
        spans = excerpts.search.spans(text, beside=False) if excerpts.search.may_hold(text) else []
        lines = excerpts.lines(text, [span for span in spans if span[0] < taken], ends)
        yield [" ".join(_TAGS.sub(" ", line).split()) for line in lines] if packed else lines


def _pieces_by_line(pieces: Iterator[bytes], ends: re.Pattern[bytes]) -> Iterator[tuple[bytes, int]]:
    """Pieces, and how much of each is done with it: the rest, with the end of a line first, comes again."""
    kept = b""
    for piece in pieces:
        text = kept + piece
        within = text[:-_OVERLAP_BYTES]
        taken = max((match.end() for match in ends.finditer(within)), default=len(within))
        yield text, taken
        kept = text[taken:]
    yield kept, len(kept)


def _decoded(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """The texts of a table; of a file that is none there is nothing to read."""
    file.seek(0)
    left = XLSX_BYTES
    try:
        with zipfile.ZipFile(file) as packed:
            for part in packed.infolist():
                with packed.open(part) as stream:
                    while left > 0 and (piece := stream.read(_PIECE_BYTES)):
                        left -= len(piece)
                        yield piece
    except zipfile.BadZipFile:
        return

"""The file of an import, in parts: whatever process goes on with it finds the file in the database."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread
import sqlalchemy as sa

from vestnik.contacts.imports.errors import FileTooLarge
from vestnik.contacts.imports.tables import contact_import, contact_import_part, contact_import_run
from vestnik.db import Database

FILE_BYTES = 200 << 20
PART_BYTES = 1 << 20
_DELETED_AT_ONCE = 16


class Parts:
    """Keeps a file as it comes in: `add` each piece, then `end`."""

    def __init__(self, database: Database, import_id: int) -> None:
        self._database, self._import_id = database, import_id
        self._part, self._number = bytearray(), 0
        self.size = 0
        self._digest = sha256()

    @property
    def digest(self) -> str:
        """What stands for the content of all pieces so far."""
        return self._digest.hexdigest()

    async def add(self, piece: bytes) -> None:
        """Take the next piece. `FileTooLarge` as soon as the file is."""
        self.size += len(piece)
        if self.size > FILE_BYTES:
            raise FileTooLarge(limit_mb=FILE_BYTES >> 20)
        self._digest.update(piece)
        self._part += piece
        while len(self._part) >= PART_BYTES:
            await self._keep(bytes(self._part[:PART_BYTES]))
            del self._part[:PART_BYTES]

    async def end(self) -> None:
        """Keep what is left."""
        if self._part:
            await self._keep(bytes(self._part))

    async def _keep(self, data: bytes) -> None:
        row = {"import_id": self._import_id, "number": self._number, "data": data}
        await self._database.submit(lambda connection: _insert(connection, row), bulk=True)
        self._number += 1


async def store(database: Database, import_id: int, pieces: AsyncIterator[bytes]) -> int:
    """Keep a file as it comes in; its size. `FileTooLarge` as soon as it is."""
    parts = Parts(database, import_id)
    async for piece in pieces:
        await parts.add(piece)
    await parts.end()
    return parts.size


def _insert(connection: sa.Connection, row: dict[str, object]) -> None:
    connection.execute(sa.insert(contact_import_part).values(row))


@asynccontextmanager
async def opened(
    database: Database, import_id: int, folder: Path, *, parts: int | None = None
) -> AsyncIterator[BinaryIO]:
    """The file, or its first parts, as an open file without a name: it is gone when it is closed."""
    await anyio.to_thread.run_sync(lambda: folder.mkdir(mode=0o700, parents=True, exist_ok=True))
    file = await anyio.to_thread.run_sync(lambda: tempfile.TemporaryFile(dir=folder))
    try:
        number = 0
        while parts is None or number < parts:
            async with database.read() as connection:
                data = await connection.scalar(
                    sa.select(contact_import_part.c.data).where(
                        contact_import_part.c.import_id == import_id, contact_import_part.c.number == number
                    )
                )
            if data is None:
                break
            await anyio.to_thread.run_sync(file.write, data)
            number += 1
        await anyio.to_thread.run_sync(file.flush)
        yield file
    finally:
        file.close()


async def drop(database: Database, import_id: int) -> None:
    """Delete the file, some parts at a time."""

    def delete(connection: sa.Connection) -> int:
        numbers = (
            sa.select(contact_import_part.c.number)
            .where(contact_import_part.c.import_id == import_id)
            .order_by(contact_import_part.c.number.desc())
            .limit(_DELETED_AT_ONCE)
        )
        found = connection.execute(
            sa.delete(contact_import_part).where(
                contact_import_part.c.import_id == import_id,
                contact_import_part.c.number.in_(list(connection.scalars(numbers))),
            )
        )
        return found.rowcount

    while await database.submit(delete, bulk=True):
        continue


def forget(connection: sa.Connection, import_id: int) -> None:
    """Delete an import of which nothing but its file came."""
    connection.execute(sa.delete(contact_import_part).where(contact_import_part.c.import_id == import_id))
    ran = contact_import_run.c.import_id == import_id
    connection.execute(sa.update(contact_import_run).where(ran).values(import_id=None))
    connection.execute(sa.delete(contact_import).where(contact_import.c.id == import_id))

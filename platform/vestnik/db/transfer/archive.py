"""The file of a backup: a tar of compressed rows, a manifest with their digests, and a seal over all of it.

    contact/000001.jsonl.gz   rows, one JSON array a line; bytes as base64, JSON documents as text
    secret.key                only when it was asked for
    manifest.json             version, schema, tables with counts and digests, parts with their SHA-256
    seal                      the SHA-256 of everything before it

Whatever tool reads tar, gzip and JSON reads it, too. It is written under another name and renamed once
it is on the disk: a file of the right name is whole.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from vestnik.db.transfer.rows import Columns, Row, Tally, TransferFailed

_FORMAT = 1
#: Rows of one part, before they are compressed.
PART_BYTES = 4_194_304
MANIFEST, SEAL, KEY = "manifest.json", "seal", "secret.key"
_BLOCK = 512
_SEAL_BYTES = 4 * _BLOCK  # its head, its text, and the two empty blocks that end a tar
_READ_BYTES = 1_048_576
_LARGEST_MANIFEST = 268_435_456


class Part(msgspec.Struct, frozen=True):
    """A member of the file, as it has to be."""

    name: str
    bytes: int
    sha256: str


class Table(msgspec.Struct, frozen=True):
    """What a table held."""

    columns: Columns
    rows: int
    digest: str
    parts: int
    first: Mapping[str, int]
    next_key: int | None = None


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds."""

    format: int
    version: str
    revision: str
    database: str
    made_at: str
    tables: Mapping[str, Table]
    parts: tuple[Part, ...]


class ArchiveDamaged(TransferFailed):
    """A backup that is not as it was written; the message names the part."""


class ArchiveWriter:
    """Writes a backup to a name of its own, beside the one that it gets when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun = path.with_name(f".{path.name}.begun")
        self._begun.unlink(missing_ok=True)  # of a backup that was cut off
        descriptor = os.open(self._begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._sha256 = hashlib.sha256()
        self._parts: list[Part] = []
        self._tables: dict[str, Table] = {}

    def table(
        self, name: str, columns: Columns, rows: Iterator[Row], first: Mapping[str, int], next_key: int | None
    ) -> Tally:
        """Write a table's rows; what they were."""
        tally, before = Tally(columns), len(self._parts)
        lines = bytearray()
        for row in tally.through(rows):
            lines += msgspec.json.encode(row) + b"\n"
            if len(lines) >= PART_BYTES:
                self._rows(name, len(self._parts) - before, lines)
                lines.clear()
        if lines:
            self._rows(name, len(self._parts) - before, lines)
        parts = len(self._parts) - before
        self._tables[name] = Table(columns, tally.rows, tally.digest, parts, first, next_key)
        return tally

    def _rows(self, table: str, before: int, lines: bytearray) -> None:
        self.part(_part_name(table, before), gzip.compress(lines, 3, mtime=0))

    def part(self, name: str, content: bytes) -> None:
        """Write one member."""
        self._parts.append(Part(name, len(content), hashlib.sha256(content).hexdigest()))
        self._write(_member(name, content))

    def seal(self, version: str, revision: str, database: str, made_at: str) -> int:
        """End the file, and give it its name; its size in bytes."""
        manifest = Manifest(_FORMAT, version, revision, database, made_at, self._tables, tuple(self._parts))
        self._write(_member(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1)))
        self._file.write(_seal(self._sha256.hexdigest()))
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        self._begun.rename(self._path)
        _settle(self._path.parent)
        return size

    def _write(self, content: bytes) -> None:
        self._sha256.update(content)
        self._file.write(content)

    def give_up(self) -> None:
        """Leave nothing behind; does nothing once the file has its name."""
        self._file.close()
        self._begun.unlink(missing_ok=True)


class ArchiveSource:
    """A backup whose every byte was checked, as a source of rows."""

    def __init__(self, path: Path, progress: Callable[[int, int], None] = lambda done, all: None) -> None:
        """Check the file; raises `ArchiveDamaged` or, for what is no backup at all, `TransferFailed`."""
        self._path = path
        self._check(progress)
        self.manifest = self._manifest()
        self.tables: Mapping[str, Columns] = {
            name: table.columns for name, table in self.manifest.tables.items()
        }
        self.next_keys: Mapping[str, int] = {
            name: table.next_key for name, table in self.manifest.tables.items() if table.next_key is not None
        }

    @property
    def revision(self) -> str:
        """The version of the schema that its rows are of."""
        return self.manifest.revision

    def close(self) -> None:
        """Nothing stays open."""

    def first(self, table: str, column: str) -> int | None:
        """The smallest value of a column, where the backup tells it."""
        return self.manifest.tables[table].first.get(column)

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table."""
        told = self.manifest.tables[table]
        blobs = [number for number, column in enumerate(told.columns) if column.kind == "bytes"]
        for number in range(told.parts):
            for line in gzip.decompress(self.content(_part_name(table, number))).splitlines():
                row = cast(list[Any], msgspec.json.decode(line))
                for place in blobs:
                    if row[place] is not None:
                        row[place] = base64.b64decode(row[place])
                yield tuple(row)

    @property
    def has_key(self) -> bool:
        """Whether it holds the installation's key."""
        return KEY in self._places

    def content(self, name: str) -> bytes:
        """One member, checked once more: the disk may have changed its mind."""
        place, size, sha256 = self._places[name]
        with self._path.open("rb") as file:
            file.seek(place)
            content = file.read(size)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ArchiveDamaged(f"{self._path}: {name} is damaged. Nothing was changed.")
        return content

    @cached_property
    def _places(self) -> Mapping[str, tuple[int, int, str]]:
        """Where each member lies: one after another, each with its head, filled up to whole blocks."""
        at, places = 0, dict[str, tuple[int, int, str]]()
        for part in self.manifest.parts:
            places[part.name] = (at + len(_head(part.name, part.bytes)), part.bytes, part.sha256)
            at += len(_head(part.name, part.bytes)) + _filled(part.bytes)
        return places

    def _check(self, progress: Callable[[int, int], None]) -> None:
        with self._path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size < _SEAL_BYTES or not _looks_right(file):
                raise TransferFailed(f"{self._path} is no backup of Vestnik, or its beginning is damaged.")
            file.seek(0)
            digest, left = hashlib.sha256(), size - _SEAL_BYTES
            while left and (block := file.read(min(left, _READ_BYTES))):
                digest.update(block)
                left -= len(block)
                progress(size - _SEAL_BYTES - left, size)
            if file.read() != _seal(digest.hexdigest()):
                raise ArchiveDamaged(
                    f"{self._path}: {self._damage()}. Nothing was changed; take another backup."
                )

    def _damage(self) -> str:
        """What is wrong with a file whose seal is broken: the first member that is not what it was."""
        try:
            with tarfile.open(self._path) as tar:
                members = {member.name: member for member in tar}
                if MANIFEST not in members or SEAL not in members:
                    return "the file is cut off"
                try:
                    manifest = msgspec.json.decode(_read(tar, members[MANIFEST]), type=Manifest)
                except msgspec.MsgspecError:
                    return f"{MANIFEST} is damaged"
                for part in manifest.parts:
                    if part.name not in members:
                        return f"{part.name} is damaged"
                    if hashlib.sha256(_read(tar, members[part.name])).hexdigest() != part.sha256:
                        return f"{part.name} is damaged"
        except (tarfile.TarError, OSError, EOFError):
            return "the file is cut off, or the frame of one of its parts is damaged"
        if self._path.stat().st_size < members[SEAL].offset + _SEAL_BYTES:
            return "the file is cut off"
        return f"{MANIFEST}, the {SEAL} or the frame of a part is damaged"

    def _manifest(self) -> Manifest:
        with tarfile.open(self._path) as tar:
            member = tar.getmember(MANIFEST)
            if member.size > _LARGEST_MANIFEST:
                raise ArchiveDamaged(f"{self._path}: {MANIFEST} is too large.")
            content = _read(tar, member)
        found = msgspec.json.decode(content, type=_Format).format
        if found > _FORMAT:
            raise TransferFailed(
                f"{self._path} was made by a newer version of Vestnik: restore it with that one, or newer."
            )
        return msgspec.json.decode(content, type=Manifest)


class _Format(msgspec.Struct):
    format: int


def _part_name(table: str, before: int) -> str:
    return f"{table}/{before + 1:06}.jsonl.gz"


def _looks_right(file: BinaryIO) -> bool:
    file.seek(0)
    try:
        tarfile.TarInfo.frombuf(file.read(_BLOCK), "utf-8", "strict")
    except tarfile.TarError:
        return False
    return True


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return b"" if file is None else file.read()


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.USTAR_FORMAT)


def _filled(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _member(name: str, content: bytes) -> bytes:
    return _head(name, len(content)) + content + bytes(_filled(len(content)) - len(content))


def _seal(sha256: str) -> bytes:
    return _member(SEAL, f"{sha256}\n".encode()) + bytes(2 * _BLOCK)


def _settle(folder: Path) -> None:
    """Have the disk know the new name."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

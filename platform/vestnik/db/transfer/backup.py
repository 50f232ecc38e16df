"""A backup: everything that a database holds, read while servers go on writing, as one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vestnik import __version__
from vestnik.db.statements import PARTITIONED_BY, metadata
from vestnik.db.transfer.archive import KEY, ArchiveWriter
from vestnik.db.transfer.moving import Moved, Place, Say, reading, telling
from vestnik.db.transfer.rows import RECORDINGS, Row
from vestnik.db.types import now


def back_up(
    place: Place, to: Path, say: Say, *, key: bytes | None = None, recordings: bool = True
) -> tuple[list[Moved], int]:
    """Write a backup of the database at `place`; what it holds, and the size of its file.

    `key` is the content of `secret.key`, when the backup is to hold it, too.
    """
    writer = ArchiveWriter(to)
    try:
        with reading(place) as source:
            moved = []
            for name, columns in source.tables.items():
                by = metadata.tables[name].info.get(PARTITIONED_BY) if name in metadata.tables else None
                wanted = recordings or name != RECORDINGS
                first = source.first(name, by) if by is not None and wanted else None
                rows: Iterator[Row] = source.rows(name) if wanted else iter(())
                tally = writer.table(
                    name,
                    columns,
                    telling(name, rows, say),
                    {by: first} if by is not None and first is not None else {},
                    source.next_keys.get(name),
                )
                moved.append(Moved(name, tally.rows, tally.digest))
            if key is not None:
                writer.part(KEY, key)
            kind = "sqlite" if place.on_sqlite else "postgresql"
            size = writer.seal(__version__, source.revision, kind, now().isoformat(timespec="seconds"))
    finally:
        writer.give_up()
    return moved, size

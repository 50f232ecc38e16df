"""Reading an installation's rows from SQLite, and making a whole database of them there."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path

from vestnik.db.transfer.rows import NOT_TAKEN, RECORDINGS, Column, Columns, Kind, Row, TransferFailed
from vestnik.db.types import instant_of_key, new_key

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_AT_ONCE = 500
_DAY_PRAGMAS = ("auto_vacuum=INCREMENTAL", "secure_delete=FAST")
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("JSON", "json"),
    ("BOOL", "flag"),
    ("INT", "int"),
    ("CHAR", "text"),
    ("TEXT", "text"),
    ("DATE", "text"),
    ("BLOB", "bytes"),
    ("FLOAT", "float"),
)


class SqliteSource:
    """One state of an SQLite database, read while others write; with the recordings of the days beside it."""

    def __init__(self, path: Path, recordings: Path | None) -> None:
        self._recordings = recordings
        self._connection = opened(path, "ro")
        self._connection.execute("BEGIN")  # the first look fixes the state that all later ones see
        self.tables: Mapping[str, Columns] = tables_of(self._connection)
        self.next_keys: Mapping[str, int] = {}

    def close(self) -> None:
        """Let go of the state."""
        self._connection.close()

    @cached_property
    def revision(self) -> str:
        """The version of its schema."""
        (found,) = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found)

    def first(self, table: str, column: str) -> int | None:
        """The smallest value of a column of whole numbers."""
        ask = f'SELECT min("{column}") FROM "{table}"'  # noqa: S608  # names of our own schema
        found: list[int] = []
        for connection in self._places(table):
            (value,) = connection.execute(ask).fetchone()
            found += [] if value is None else [value]
        return min(found, default=None)

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table."""
        for connection in self._places(table):
            yield from read(connection, table, self.tables[table])

    def _places(self, table: str) -> Iterator[sqlite3.Connection]:
        yield self._connection
        if table != RECORDINGS or self._recordings is None:
            return
        for path in sorted(self._recordings.glob("*.db")):
            if not _DAY.fullmatch(path.stem):
                continue
            with contextlib.suppress(FileNotFoundError), contextlib.closing(opened(path, "ro")) as day:
                day.execute("BEGIN")
                yield day


class SqliteTarget:
    """A new database file with its schema and no row, for this process alone until it is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = opened(path, "rw")
        # Nobody else knows the file, and it is thrown away unless it becomes whole.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")
        self.tables: Mapping[str, Columns] = tables_of(self._connection)

    def load(self, table: str, columns: Columns, rows: Iterator[Row]) -> None:
        """Store rows."""
        names = ", ".join(f'"{column.name}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        self._connection.execute("BEGIN")
        into = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608  # names of our own schema
        while batch := list(islice(rows, _AT_ONCE)):
            self._connection.executemany(into, batch)
        self._connection.execute("COMMIT")

    def reread(self, table: str, columns: Sequence[Column]) -> Iterator[Row]:
        """What is stored now."""
        return read(self._connection, table, columns)

    def complete(self) -> None:
        """Fill the indexes of searched text, and have every reference lead somewhere."""
        virtual = "SELECT name FROM pragma_table_list WHERE type = 'virtual'"
        for (name,) in self._connection.execute(virtual).fetchall():
            self._connection.execute(f'INSERT INTO "{name}"("{name}") VALUES (\'rebuild\')')  # noqa: S608
        lost = self._connection.execute("PRAGMA foreign_key_check").fetchone()
        if lost is not None:
            raise TransferFailed(f"row {lost[1]} of {lost[0]} refers to a row of {lost[2]} that is not there")
        self._connection.execute("ANALYZE")

    def spill(self, folder: Path) -> None:
        """Move the recordings into files of days in `folder`, which is new, and give their room back."""
        folder.mkdir(mode=0o700)
        # A table's index comes after it: in the order in which they were made.
        made = self._connection.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY rowid",
            [RECORDINGS],
        ).fetchall()
        last = -1
        while key := self._next_recording(last):
            day = instant_of_key(key).date()
            last = _end_of(day.isoformat())
            file = folder / f"{day.isoformat()}.db"
            with contextlib.closing(opened(file, "rwc")) as other:
                for pragma in _DAY_PRAGMAS:
                    other.execute(f"PRAGMA {pragma}")
                for (statement,) in made:
                    other.execute(statement)
            self._connection.execute("ATTACH ? AS day", [str(file)])
            bounds = (key, last)
            self._connection.execute(
                f"INSERT INTO day.{RECORDINGS} SELECT * FROM main.{RECORDINGS} WHERE id BETWEEN ? AND ?",  # noqa: S608
                bounds,
            )
            self._connection.execute("DETACH day")
        self._connection.execute(f"DELETE FROM {RECORDINGS}")  # noqa: S608  # our own name
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()

    def _next_recording(self, after: int) -> int | None:
        ask = f"SELECT min(id) FROM {RECORDINGS} WHERE id > ?"  # noqa: S608  # our own name
        found: int | None = self._connection.execute(ask, [after]).fetchone()[0]
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def opened(path: Path, mode: str) -> sqlite3.Connection:
    """A connection to a file: `ro`, `rw`, or `rwc`, which makes it. FileNotFoundError where there is none."""
    if mode != "rwc" and not path.is_file():
        raise FileNotFoundError(path)
    # A file in WAL mode is read through its log, for which SQLite has to open it for writing.
    place = f"{path.absolute().as_uri()}?mode={'rw' if mode == 'ro' else mode}"
    connection = sqlite3.connect(place, uri=True, isolation_level=None, timeout=30)
    if mode == "ro":
        connection.execute("PRAGMA query_only=ON")
    return connection


def _end_of(day: str) -> int:
    """The largest key that can be made on a day."""
    start = datetime.combine(datetime.fromisoformat(day), time(), UTC)
    return new_key.before(start + timedelta(days=1))


def tables_of(connection: sqlite3.Connection) -> dict[str, Columns]:
    """The tables with their columns, without indexes of text and what describes the database itself."""
    names = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    return {name: _columns(connection, name) for (name,) in names if name not in NOT_TAKEN}


def _columns(connection: sqlite3.Connection, table: str) -> Columns:
    found = connection.execute("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", [table])
    return tuple(Column(name, _kind(table, name, declared)) for name, declared in found)


def _kind(table: str, column: str, declared: str) -> Kind:
    for part, kind in _KINDS:
        if part in declared.upper():
            return kind
    raise TransferFailed(f"{table}.{column} is of a type that is not known: {declared!r}")


def read(connection: sqlite3.Connection, table: str, columns: Sequence[Column]) -> Iterator[Row]:
    """All rows of a table, with JSON as text: SQLite makes a number of a text that is one."""
    # A day's file keeps the columns that it was made with. (An unknown name in quotes is a text to SQLite.)
    known = {column.name for column in _columns(connection, table)}
    names = ", ".join(f'"{column.name}"' if column.name in known else "NULL" for column in columns)
    rows = connection.execute(f'SELECT {names} FROM "{table}"')  # noqa: S608  # names of our own schema
    documents = [number for number, column in enumerate(columns) if column.kind == "json"]
    if not documents:
        yield from rows
        return
    for row in rows:
        values = list(row)
        for number in documents:
            if isinstance(values[number], int | float):
                values[number] = json.dumps(values[number])
        yield tuple(values)

"""A whole installation from one place to another: all of it, checked, or nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Generic, TypeVar, cast

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql

from vestnik.db.database import write_engine
from vestnik.db.migrate import configuration, schema_of
from vestnik.db.partitions import MONTHS_AHEAD, ensure_partitions
from vestnik.db.statements import PARTITIONED_BY, metadata
from vestnik.db.transfer import postgresql, sqlite
from vestnik.db.transfer.postgresql import PostgresqlSource, PostgresqlTarget
from vestnik.db.transfer.rows import NOT_TAKEN, Row, Source, Tally, Target, TransferFailed
from vestnik.db.transfer.sqlite import SqliteSource, SqliteTarget
from vestnik.db.types import from_microseconds, now

T = TypeVar("T")

#: A line about progress for each so many rows of a table.
_SAID_EVERY_ROWS = 100_000
#: Months that get a partition of their own; what is older lies in the table's default one.
_MONTHS_BACK = 36
_ENGINE_SCHEMA = "dbos"
#: Functions that keep rows as they are: the schema makes them anew with its tables.
_OF_TRIGGERS = """
    SELECT DISTINCT t.tgfoid::regprocedure::text
    FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""

Say = Callable[[str], None]
#: Done in the new database before it counts, with the newest schema.
After = Callable[[sa.Connection], T]


class NotEmpty(TransferFailed):
    """There is an installation already where another was to go."""


class InUse(TransferFailed):
    """Other processes work on the database."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that arrived: read back, its digest is that of what was sent."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Arrived(Generic[T]):
    """What arrived, and what was done with it there."""

    tables: list[Moved]
    after: T


@dataclass(frozen=True, slots=True)
class Place:
    """A database, and the folder of recordings of an SQLite one."""

    url: sa.URL
    recordings: Path | None

    @property
    def on_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path:
        """The file of an SQLite database."""
        return Path(str(self.url.database))

    @property
    def text(self) -> str:
        """The URL, for what takes text."""
        return self.url.render_as_string(hide_password=False)

    @property
    def name(self) -> str:
        """For a person; never with the password."""
        return self.url.render_as_string(hide_password=True)


@contextmanager
def reading(place: Place) -> Iterator[SqliteSource | PostgresqlSource]:
    """One state of a database; writers go on meanwhile. `TransferFailed` when there is no installation."""
    if schema_of(place.text) == "missing":
        raise TransferFailed(f"there is no installation in {place.name}.")
    source = SqliteSource(place.file, place.recordings) if place.on_sqlite else PostgresqlSource(place.url)
    try:
        yield source
    finally:
        source.close()


def is_known(revision: str) -> bool:
    """Whether this program knows a version of the schema; what it does not know is newer."""
    script = ScriptDirectory.from_config(configuration("sqlite://"))
    return revision in {each.revision for each in script.walk_revisions()}


def nobody_works_on(place: Place) -> None:
    """Raise `InUse` when a PostgreSQL database has other connections; servers of SQLite hold a lock."""
    if place.on_sqlite:
        return
    with postgresql.connect(place.url) as connection:
        _alone(connection, place)


def _alone(connection: postgresql.Connection, place: Place) -> None:
    number = postgresql.others(connection)
    if number:
        raise InUse(
            f"{place.name} has other connections ({number}): stop every server and worker that uses it."
        )


def move(source: Source, to: Place, after: After[T], say: Say, *, replace: bool = False) -> Arrived[T]:
    """Bring everything that `source` has to a place without an installation, or in place of the one there.

    `after` runs in it once its schema is the newest. Whatever ends this early leaves the place as it was.
    """
    if not is_known(source.revision):
        raise TransferFailed(
            f"its schema ({source.revision}) is newer than this version of Vestnik: use that one, or newer."
        )
    go = _into_sqlite if to.on_sqlite else _into_postgresql
    return go(source, to, after, say, replace)


def holds_something(place: Place) -> bool:
    """Whether a place holds an installation, or anything else that would be lost."""
    if not place.on_sqlite:
        with postgresql.connect(place.url) as connection:
            return _first_filled(connection) is not None
    if not place.file.exists():
        return False
    file = sqlite.opened(place.file, "ro")
    try:
        return any(
            file.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()  # noqa: S608  # its own names
            for name in sqlite.tables_of(file)
        )
    except sqlite3.DatabaseError:  # damaged, or something else
        return True
    finally:
        file.close()


def _first_filled(connection: postgresql.Connection) -> str | None:
    for name in _tables_of_postgresql(connection) - NOT_TAKEN:
        query = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))
        if connection.execute(query).fetchone():
            return name
    return None


def _tables_of_postgresql(connection: postgresql.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition"
    )
    return {str(name) for (name,) in rows.fetchall()}


def _into_postgresql(source: Source, to: Place, after: After[T], say: Say, replace: bool) -> Arrived[T]:
    engine = write_engine(to.url)
    try:
        with engine.begin() as connection:  # all of it, or nothing
            driver = cast(postgresql.Connection, connection.connection.driver_connection)
            _alone(driver, to)
            _clear_postgresql(driver, to, replace)
            _upgrade(connection, to, source.revision)
            _make_partitions(connection, source)
            target = PostgresqlTarget(driver)
            moved = _load(source, target, say)
            say("Making indexes …")
            target.complete(source.next_keys)
            _compare(moved, source, target, say)
            _upgrade(connection, to, "head")
            done = after(connection)
    except psycopg.OperationalError as error:
        raise TransferFailed(
            f"the connection to {to.name} was lost ({error}). Nothing was changed."
        ) from None
    finally:
        engine.dispose()
    return Arrived(moved, done)


def _clear_postgresql(driver: postgresql.Connection, to: Place, replace: bool) -> None:
    """Have a database without our tables; refuse to lose anything unless it is to be replaced."""
    names = _tables_of_postgresql(driver)
    strangers = sorted(names - set(metadata.tables) - {"alembic_version"})
    if strangers:
        raise NotEmpty(f"{to.name} holds tables that are not Vestnik's: {', '.join(strangers[:5])}.")
    if names and not replace:
        if schema_of(to.text) != "current":
            raise NotEmpty(f"the schema of {to.name} is not up to date, or not Vestnik's.")
        filled = _first_filled(driver)
        if filled is not None:
            raise NotEmpty(f"{to.name} is not empty: it has rows in {filled}.")
    identifiers = sql.SQL(", ").join(map(sql.Identifier, sorted(names)))
    functions = driver.execute(_OF_TRIGGERS).fetchall()
    if names:
        driver.execute(sql.SQL("DROP TABLE {} CASCADE").format(identifiers))
    for (function,) in functions:
        driver.execute(sql.SQL("DROP FUNCTION {} CASCADE").format(sql.SQL(function)))
    # What the engine remembers there is of other rows; ours are what it begins from.
    driver.execute(f"DROP SCHEMA IF EXISTS {_ENGINE_SCHEMA} CASCADE")


def _upgrade(connection: sa.Connection, to: Place, revision: str) -> None:
    config = configuration(to.text)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _make_partitions(connection: sa.Connection, source: Source) -> None:
    """Have a partition for each month that has rows, and for those to come."""
    firsts = [
        first
        for name, table in metadata.tables.items()
        if PARTITIONED_BY in table.info
        and name in source.tables
        and (first := source.first(name, table.info[PARTITIONED_BY])) is not None
    ]
    at = now()
    start = max(from_microseconds(min(firsts)), at - timedelta(days=31 * _MONTHS_BACK)) if firsts else at
    while start < at:
        ensure_partitions(connection, start)
        start += timedelta(days=28 * MONTHS_AHEAD)
    ensure_partitions(connection, at)


def _into_sqlite(source: Source, to: Place, after: After[T], say: Say, replace: bool) -> Arrived[T]:
    if not replace and holds_something(to):
        raise NotEmpty(f"{to.file} is not empty.")
    to.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = to.file.with_name(f".{to.file.name}.begun")
    days = None if to.recordings is None else to.recordings.with_name(f".{to.recordings.name}.begun")
    throw_away(begun, days)  # what an earlier try left that was killed
    try:
        url = sa.URL.create("sqlite", database=str(begun)).render_as_string()
        command.upgrade(configuration(url), source.revision)
        target = SqliteTarget(begun)
        try:
            moved = _load(source, target, say)
            say("Making indexes …")
            target.complete()
            _compare(moved, source, target, say)
        finally:
            target.close()
        command.upgrade(configuration(url), "head")
        engine = write_engine(sa.make_url(url))
        try:
            with engine.begin() as connection:
                done = after(connection)
        finally:
            engine.dispose()
        if days is not None:
            target = SqliteTarget(begun)
            try:
                target.spill(days)
            finally:
                target.close()
        _put_in_place(begun, to.file)
        if days is not None and to.recordings is not None:
            if to.recordings.exists():
                shutil.rmtree(to.recordings)
            days.rename(to.recordings)
    finally:
        throw_away(begun, days)
    return Arrived(moved, done)


def _put_in_place(begun: Path, file: Path) -> None:
    """Give the new file its name; a log of the old one would be taken for its own."""
    with begun.open("rb") as written:
        os.fsync(written.fileno())
    if file.exists():
        connection = sqlite.opened(file, "rw")
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.DatabaseError:  # damaged: it is to be replaced
            pass
        finally:
            connection.close()
    for path in _parts(file)[1:]:
        path.unlink(missing_ok=True)
    begun.rename(file)


def throw_away(file: Path, folder: Path | None) -> None:
    """Remove an SQLite file with what SQLite keeps beside it, and a folder of recordings."""
    for path in _parts(file):
        path.unlink(missing_ok=True)
    if folder is not None and folder.exists():
        shutil.rmtree(folder)


def _parts(file: Path) -> list[Path]:
    return [file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm", "-journal"))]


def _load(source: Source, target: Target, say: Say) -> list[Moved]:
    _same_tables(source.tables, target.tables)
    moved: list[Moved] = []
    for name, columns in source.tables.items():
        if set(columns) != set(target.tables[name]):
            raise TransferFailed(f"the table {name} has other columns in the schema {source.revision}.")
        tally = Tally(columns)
        target.load(name, columns, telling(name, tally.through(source.rows(name)), say))
        moved.append(Moved(name, tally.rows, tally.digest))
    return moved


def _same_tables(sent: Collection[str], known: Collection[str]) -> None:
    if different := set(sent) ^ set(known):
        raise TransferFailed(f"these tables are not on both sides: {', '.join(sorted(different))}.")


def telling(name: str, rows: Iterator[Row], say: Say) -> Iterator[Row]:
    """Say from time to time how many rows of a table passed."""
    for number, row in enumerate(rows, 1):
        if number % _SAID_EVERY_ROWS == 0:
            say(f"  {name}: {number:,} …")
        yield row


def _compare(moved: list[Moved], source: Source, target: Target, say: Say) -> None:
    """Read everything back; raise when a table is not what was sent."""
    say("Comparing …")
    for sent in moved:
        found = Tally(source.tables[sent.table])
        for row in target.reread(sent.table, source.tables[sent.table]):
            found.add(row)
        if (found.rows, found.digest) != (sent.rows, sent.digest):
            raise TransferFailed(
                f"{sent.table} did not arrive as it was: {sent.rows} rows with the digest {sent.digest}, "
                f"there {found.rows} with {found.digest}. Nothing was changed."
            )


def table_of(moved: list[Moved]) -> str:
    """Tables with counts and digests, for a person."""
    width = max((len(each.table) for each in moved), default=5)
    lines = [f"{each.table:<{width}}  {each.rows:>12,}  {each.digest[:16]}  equal" for each in moved]
    total = sum(each.rows for each in moved)
    return "\n".join([*lines, f"{'all':<{width}}  {total:>12,}"])

"""Where recordings lie: one file a day on SQLite, dropped whole; one table by month on PostgreSQL.

Neither is the main database's writer: recordings may be slow, late or lost without anybody waiting.
Everything here is synchronous, for threads; the table has the same columns in both places.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from vestnik.db import attentive, clear_file, instant_of_key, now
from vestnik.modules.tables import call
from vestnik.retention import Term

KEPT_S = 1_209_600.0
TERM = Term("recordings", days=round(KEPT_S / 86_400), most=90)
KEPT_PER_MODULE = 1_000
BYTES_PER_MODULE = 134_217_728
FOLDER_BYTES = 1_073_741_824


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls are wanted; None is any. `kind` "ok" means those that succeeded."""

    module_id: int
    function: str | None = None
    kind: str | None = None
    account_id: int | None = None
    version_id: int | None = None
    replayable: bool | None = None
    trace_id: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As SQL."""
        found = [call.c.module_id == self.module_id]
        if self.kind is not None:
            found.append(call.c.kind.is_(None) if self.kind == "ok" else call.c.kind == self.kind)
        for name in ("function", "account_id", "version_id", "replayable", "trace_id"):
            if getattr(self, name) is not None:
                found.append(call.c[name] == getattr(self, name))
        return found


class Places(Protocol):
    """The databases that hold recordings."""

    def newest_first(self) -> Iterator[sa.Engine]:
        """Each of them."""

    def of(self, at: datetime) -> sa.Engine:
        """The one for calls of this moment, made where there is none."""

    def holding(self, at: datetime) -> sa.Engine | None:
        """The one that has calls of this moment, if there is one."""

    def is_gone(self, place: sa.Engine) -> bool:
        """Whether one of them was dropped meanwhile."""

    def compact(self, place: sa.Engine) -> None:
        """Have what was deleted or replaced in one of them gone from the disk, too."""

    def drop(self, before: datetime) -> None:
        """Forget what is older, whole; and the oldest where all are too large."""

    def until(self, before: datetime) -> datetime:
        """What `drop` forgets is older than this."""

    def close(self) -> None:
        """Let go of every connection."""


class RecordingStore:
    """Writes recordings, drops the old ones, finds them. A place that is dropped meanwhile holds nothing."""

    def __init__(self, places: Places) -> None:
        self.places = places
        #: As it was last heard (`Recorder.hear`).
        self.kept_for = timedelta(seconds=KEPT_S)

    @contextmanager
    def _unless_gone(self, place: sa.Engine) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError:
            if not self.places.is_gone(place):
                raise

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store rows of the table, of one day; raises SQLAlchemyError or OSError, and then stores none."""
        with self.places.of(instant_of_key(rows[0]["id"])).begin() as connection:
            connection.execute(call.insert(), rows)

    def prune(self, module_id: int) -> None:
        """Keep of a module only so many calls, of so many bytes together."""
        left, bytes_left = KEPT_PER_MODULE, BYTES_PER_MODULE
        of_module = call.c.module_id == module_id
        for place in self.places.newest_first():
            with self._unless_gone(place), place.begin() as connection:
                sizes = sa.select(call.c.id, call.c.bytes).where(of_module).order_by(call.c.id.desc())
                for row in connection.execute(sizes).all():
                    left, bytes_left = left - 1, bytes_left - row.bytes
                    if left < 0 or bytes_left < 0:
                        connection.execute(call.delete().where(of_module, call.c.id <= row.id))
                        break

    def forget(self, module_id: int) -> None:
        """Delete every recording of a module."""
        for place in self.places.newest_first():
            with self._unless_gone(place), place.begin() as connection:
                connection.execute(call.delete().where(call.c.module_id == module_id))

    def drop_old(self) -> None:
        """Drop what is past its days."""
        self.places.drop(now() - self.kept_for)

    def count_old(self, before: datetime) -> int:
        """How many recordings are dropped of those that were made before."""
        old = (
            sa.select(sa.func.count()).select_from(call).where(call.c.started_at < self.places.until(before))
        )
        total = 0
        for place in self.places.newest_first():
            with self._unless_gone(place), place.connect() as connection:
                total += connection.scalar(old) or 0
        return total

    def page(self, wanted: CallFilter, offset: int, limit: int) -> tuple[list[sa.Row[Any]], int]:
        """Rows without their documents, the newest first, and how many match."""
        columns = [column for column in call.c if column.name != "document"]
        rows: list[sa.Row[Any]] = []
        total = 0
        for place in self.places.newest_first():
            with self._unless_gone(place), place.connect() as connection:
                matching = sa.select(sa.func.count()).select_from(call).where(*wanted.conditions())
                count = connection.scalar(matching) or 0
                if count and len(rows) < limit and total + count > offset:
                    statement = sa.select(*columns).where(*wanted.conditions()).order_by(call.c.id.desc())
                    skipped = max(0, offset - total)
                    rows += connection.execute(statement.offset(skipped).limit(limit - len(rows))).all()
                total += count
        return rows, total

    def origins(self, module_id: int) -> list[sa.Row[str, datetime, str]]:
        """Function, time and requested origins of the calls of a module that asked for any."""
        statement = sa.select(call.c.function, call.c.started_at, call.c.hosts).where(
            call.c.module_id == module_id, call.c.hosts != ""
        )
        rows: list[sa.Row[str, datetime, str]] = []
        for place in self.places.newest_first():
            with self._unless_gone(place), place.connect() as connection:
                rows += connection.execute(statement).all()
        return rows

    def latest(self, wanted: CallFilter, count: int) -> list[sa.Row[Any]]:
        """The newest matching rows, with their documents."""
        rows: list[sa.Row[Any]] = []
        for place in self.places.newest_first():
            with self._unless_gone(place), place.connect() as connection:
                statement = sa.select(call).where(*wanted.conditions()).order_by(call.c.id.desc())
                rows += connection.execute(statement.limit(count - len(rows))).all()
            if len(rows) >= count:
                break
        return rows

    def get(self, call_id: int) -> sa.Row[Any] | None:
        """One row with its document; None where there is none."""
        place = self.places.holding(instant_of_key(call_id))
        if place is None:
            return None
        with self._unless_gone(place), place.connect() as connection:
            return connection.execute(sa.select(call).where(call.c.id == call_id)).one_or_none()
        return None

    def following(self, after: int, count: int) -> Sequence[sa.Row[int, bytes]]:
        """Recordings with larger keys than `after`, the oldest first: those of one place at a time."""
        statement = sa.select(call.c.id, call.c.document).where(call.c.id > after).order_by(call.c.id)
        for place in reversed(list(self.places.newest_first())):
            with self._unless_gone(place), place.connect() as connection:
                if found := [*connection.execute(statement.limit(count))]:
                    return found
        return []

    def replace(self, call_id: int, document: bytes) -> None:
        """Put another document in a recording's place, where it is still kept."""
        place = self.places.holding(instant_of_key(call_id))
        if place is None:
            return
        with self._unless_gone(place), place.begin() as connection:
            changed = {"document": document, "bytes": len(document)}
            connection.execute(call.update().where(call.c.id == call_id).values(**changed))

    def compact(self) -> None:
        """Leave nothing of what was replaced in the files."""
        for place in self.places.newest_first():
            with self._unless_gone(place):
                self.places.compact(place)

    def close(self) -> None:
        """Let go of every connection."""
        self.places.close()


def by_day(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Rows of the table, those of each day together."""
    days: dict[date, list[Mapping[str, Any]]] = {}
    for row in rows:
        days.setdefault(instant_of_key(row["id"]).date(), []).append(row)
    return list(days.values())


class DayFiles:
    """One SQLite file a day in a folder: `2026-11-22.db`. A connection is open for one use only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest_first(self) -> Iterator[sa.Engine]:
        """A database for each file."""
        for day in sorted(self._days(), reverse=True):
            yield _day_engine(self._file(day))

    def of(self, at: datetime) -> sa.Engine:
        """The day's database."""
        file = self._file(at.date())
        if not file.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._make(file)
        return _day_engine(file)

    def _make(self, file: Path) -> None:
        """A file is there with its table or not at all: a kill in between leaves no half of one."""
        begun = file.with_suffix(".begun")
        begun.unlink(missing_ok=True)
        call.create(_day_engine(begun, "rwc"))
        begun.rename(file)

    def holding(self, at: datetime) -> sa.Engine | None:
        """The day's database, if there is one."""
        file = self._file(at.date())
        return _day_engine(file) if file.is_file() else None

    def is_gone(self, place: sa.Engine) -> bool:
        """Whether the day's file was removed, by us or by hand."""
        return not Path(str(place.url.database)).is_file()

    def compact(self, place: sa.Engine) -> None:
        """Give free pages back, and empty the log: both still hold what was there before."""
        with place.connect() as connection:
            clear_file(connection)

    def drop(self, before: datetime) -> None:
        """Remove the files of days before; of the rest the oldest, while all are too large. Today's stays."""
        days = sorted(self._days())
        sizes = {day: sum(map(_size, self._parts(day))) for day in days}
        for day in days[:-1]:
            if day < before.date() or sum(sizes.values()) > FOLDER_BYTES:
                del sizes[day]
                for part in self._parts(day):
                    part.unlink(missing_ok=True)

    def until(self, before: datetime) -> datetime:
        """The day's begin: its file goes whole, when all of it is old."""
        return before.replace(hour=0, minute=0, second=0, microsecond=0)

    def close(self) -> None:
        """Nothing stays open."""

    def _file(self, day: date) -> Path:
        return self._folder / f"{day.isoformat()}.db"

    def _parts(self, day: date) -> list[Path]:
        """The file, then what SQLite keeps beside it: without the file that is nothing."""
        return sorted(path for path in self._folder.glob(f"{day.isoformat()}.db*") if path.is_file())

    def _days(self) -> Iterator[date]:
        for path in self._folder.glob("*.db"):
            if _DAY.fullmatch(path.stem):
                yield date.fromisoformat(path.stem)


class Partitions:
    """The table of the main database on PostgreSQL, over connections of its own, none of which stays open."""

    def __init__(self, url: sa.URL) -> None:
        driven = attentive(url).set(drivername="postgresql+psycopg")
        self._engine = sa.create_engine(driven, poolclass=sa.pool.NullPool, hide_parameters=True)

    def newest_first(self) -> Iterator[sa.Engine]:
        """The one database."""
        yield self._engine

    def of(self, at: datetime) -> sa.Engine:
        """The one database."""
        return self._engine

    def holding(self, at: datetime) -> sa.Engine | None:
        """The one database."""
        return self._engine

    def is_gone(self, place: sa.Engine) -> bool:
        """A table is never gone."""
        return False

    def compact(self, place: sa.Engine) -> None:
        """PostgreSQL's own vacuum does it."""

    def drop(self, before: datetime) -> None:
        """Drop months that are over, whole; delete what is too old of the month that `before` is in."""
        month = f"{call.name}_{before:%Y_%m}"
        children = sa.text(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:parent)"
        )
        with self._engine.begin() as connection:
            names = list(connection.scalars(children, {"parent": call.name}))
            for name in sorted(names):
                if _MONTH.fullmatch(name) and name < month:
                    connection.execute(sa.text(f'DROP TABLE "{name}"'))
            connection.execute(call.delete().where(call.c.started_at < before))

    def until(self, before: datetime) -> datetime:
        """Exactly that."""
        return before

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


#: The column that files of releases before the first are without.
_ADDED = call.c.trace_id.name
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(rf"{call.name}_\d{{4}}_\d{{2}}")


def _day_engine(file: Path, mode: str = "rw") -> sa.Engine:
    """A file's database. Only "rwc" makes a file: one that is gone must not come back without its table."""
    place = f"{file.absolute().as_uri()}?mode={mode}"
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file)),
        creator=lambda: sqlite3.connect(place, uri=True),
        poolclass=sa.pool.NullPool,
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _size(file: Path) -> int:
    """Of a file that may go while it is looked at: SQLite takes its own away."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _prepare(connection: Any, _record: Any) -> None:
    """A power cut may cost the last recordings, never the file."""
    for pragma in (
        "auto_vacuum=INCREMENTAL",
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "secure_delete=FAST",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _complete(connection)


def _complete(connection: sqlite3.Connection) -> None:
    """Give the file of an earlier release the columns that it lacks; that release can go on writing it."""
    present = {row[1] for row in connection.execute(f"PRAGMA table_info({call.name})")}
    if not present or _ADDED in present:
        return
    try:
        connection.execute(f"ALTER TABLE {call.name} ADD COLUMN {_ADDED} TEXT")
    except sqlite3.OperationalError:  # another thread was faster
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({call.name})")}
        if _ADDED not in present:
            raise

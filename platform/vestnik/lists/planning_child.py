"""The child that plans a run: a job comes by stdin, frames go by stdout.

A million people pass through here, never through the server: their verdicts are read from the database in
slices by key, each a short transaction of its own, and the difference is made by SQL in the scratch file.
The child ends with its parent: when the pipe of its job closes, or nobody reads what it says.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import msgspec

from vestnik.lists.difference import differ, forget_people, keep_people
from vestnik.lists.planning_job import Broken, Frame, Job, Planned, Progress, Statement
from vestnik.lists.scratch_file import CACHE_KIB, DiskFull, ScratchLost, open_file

#: A child takes no more memory than this, whatever a database answers.
MEMORY_BYTES: Final = 1 << 30

_NICENESS = 5
_BUSY_MS = 30_000
_encode = msgspec.msgpack.Encoder().encode
# The price that the server's own connections have, see db/database.py.
_PRICE = (
    "SELECT set_config(name, '1.1', false) FROM pg_settings"
    " WHERE name = 'random_page_cost' AND source = 'default'"
)
# A slice is read by look-ups along keys. Where it may merge two indexes, PostgreSQL reads one of them from
# its beginning for every slice: 30 s in place of 10 for a million people.
_SESSION: Final = {
    "default_transaction_read_only": "on",
    "enable_mergejoin": "off",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}

Rows = list[Sequence[Any]]
Read = Callable[[Mapping[str, Any]], Rows]


class DatabaseFailed(Exception):
    """The database did not answer as it should."""


def main() -> None:
    """Do one job."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    (length,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(length), type=Job)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    out = sys.stdout.buffer
    try:
        _send(out, _planned(job, lambda people: _send(out, Progress(people))))
    except BrokenPipeError:
        os._exit(1)  # nobody is there to be told, and Python would complain of the pipe once more


def _planned(job: Job, tell: Callable[[int], None]) -> Planned | Broken:
    try:
        return plan(job, tell)
    except ScratchLost as gone:
        return Broken("scratch_lost", str(gone))
    except DatabaseFailed as failed:
        return Broken("database", str(failed))
    except DiskFull as full:
        return Broken("disk_full", str(full))


def plan(job: Job, tell: Callable[[int], None]) -> Planned:
    """Read the people of a job, if it names any, and write down what the list differs by from them."""
    with contextlib.closing(open_file(Path(job.path), job.token)) as connection:
        if job.people is not None:
            forget_people(connection)
            done = 0
            for rows in _people(job.url, job.people, job.slice):
                keep_people(connection, rows)
                done += len(rows)
                tell(done)
        return differ(connection, job)


def _people(url: str, statement: Statement, slice_: int) -> Iterator[Rows]:
    """The people that a statement selects, slice by slice; a contact's rows are never in two of them."""
    with _reading(url, statement.sql) as read:
        after = 0
        while rows := read({**statement.parameters, "after": after, "slice": slice_}):
            yield rows
            after = rows[-1][0]


@contextlib.contextmanager
def _reading(url: str, sql: str) -> Iterator[Read]:
    if url.startswith("sqlite"):
        with _reading_sqlite(url.partition("///")[2], sql) as read:
            yield read
    else:
        with _reading_postgresql(url, sql) as read:
            yield read


@contextlib.contextmanager
def _reading_sqlite(path: str, sql: str) -> Iterator[Read]:
    connection = None
    try:
        connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, isolation_level=None)
        for pragma in ("query_only=ON", f"busy_timeout={_BUSY_MS}", f"cache_size=-{CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        raise DatabaseFailed(str(error)) from None

    def read(parameters: Mapping[str, Any]) -> Rows:
        try:
            return connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise DatabaseFailed(str(error)) from None

    with contextlib.closing(connection):
        yield read


@contextlib.contextmanager
def _reading_postgresql(url: str, sql: str) -> Iterator[Read]:
    import psycopg  # an installation on SQLite need not load it

    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    try:
        # A statement that is prepared is planned for any slice; each is worth a plan of its own.
        connection = psycopg.connect(url, autocommit=True, options=options, prepare_threshold=None)
        connection.execute(_PRICE)
    except psycopg.Error as error:
        raise DatabaseFailed(_told(error)) from None

    def read(parameters: Mapping[str, Any]) -> Rows:
        try:
            return list(connection.execute(sql.encode(), parameters, binary=True).fetchall())
        except psycopg.Error as error:
            raise DatabaseFailed(_told(error)) from None

    with connection:
        yield read


def _told(error: Any) -> str:
    """A database's own words; its details may hold people's values."""
    return str(error.diag.message_primary or type(error).__name__)


def _send(out: BinaryIO, frame: Frame) -> None:
    data = _encode(frame)
    out.write(struct.pack(">I", len(data)) + data)
    out.flush()


def _end_with_parent() -> None:
    """End the child at once when whoever gave it the job is gone."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main()

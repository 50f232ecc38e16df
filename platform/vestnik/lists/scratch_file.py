"""The file below a scratch: how it is opened, what is in it, and when it counts as lost.

The server and the child that plans both come through here; it imports nothing that a child need not load.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: What a process keeps of the file in memory, and sorts at once; the rest is on the disk.
CACHE_KIB: Final = 16_384

_LAYOUT = 2
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SCHEMA = """
CREATE TABLE about (token TEXT NOT NULL, boot TEXT NOT NULL);
CREATE TABLE staged (address TEXT NOT NULL, strength INTEGER NOT NULL, spelling TEXT);
CREATE TABLE people (
  contact_id INTEGER NOT NULL, address TEXT, verdict TEXT NOT NULL, rank INTEGER
);
CREATE TABLE differing (address TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE only (address TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE refused (address TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE outcome (address TEXT PRIMARY KEY, what TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE held (
  n INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL, address TEXT, verdict TEXT NOT NULL
);
CREATE TABLE op (
  n INTEGER PRIMARY KEY, kind TEXT NOT NULL, address TEXT NOT NULL, spelling TEXT, contact_id INTEGER
);
"""
_LOST = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN})
# Deleted under our hands, or cut short.
_CUT = frozenset({sqlite3.SQLITE_READONLY_DBMOVED, sqlite3.SQLITE_IOERR_SHORT_READ})
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


class ScratchLost(Exception):
    """The file is not there, is damaged, or belongs to another plan: plan anew."""


class DiskFull(Exception):
    """There is no room for the file."""


def create(path: Path, token: str) -> sqlite3.Connection:
    """Make an empty file in place of any, readable by nobody else."""
    with lost():
        remove(path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = _connect(path)
        try:
            connection.executescript(_SCHEMA)
            connection.execute("INSERT INTO about VALUES (?, ?)", (token, _boot()))
            connection.execute(f"PRAGMA user_version={_LAYOUT}")
        except BaseException:
            connection.close()
            raise
        return connection


def open_file(path: Path, token: str) -> sqlite3.Connection:
    """A connection to the file of a plan; `ScratchLost` unless it is there, is ours, and has this token."""
    with lost():
        connection = _connect(path)
        try:
            if connection.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
                raise ScratchLost(f"{path.name} has another layout")
            if connection.execute("SELECT token, boot FROM about").fetchall() != [(token, _boot())]:
                raise ScratchLost(f"{path.name} belongs to another plan")
        except BaseException:
            connection.close()
            raise
        return connection


def remove(path: Path) -> None:
    """Delete a scratch file and its journal, if they are there."""
    for each in (path, path.with_name(path.name + "-journal")):
        each.unlink(missing_ok=True)


@contextlib.contextmanager
def unit(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A transaction on a scratch file."""
    with lost():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def lost() -> Iterator[None]:
    """Say `ScratchLost` for a file that is not there or is damaged, `DiskFull` where there is no room."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF in _LOST or code in _CUT:
            raise ScratchLost(str(error)) from error
        if code & 0xFF in _FULL:
            raise DiskFull(str(error)) from error
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(str(error)) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    # A killed process leaves a journal, and the next one rolls it back: it needs one, but no flushing.
    for pragma in ("journal_mode=TRUNCATE", "synchronous=OFF", f"cache_size=-{CACHE_KIB}"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _boot() -> str:
    """What differs after each start of the machine."""
    return _BOOT.read_text().strip() if _BOOT.exists() else ""

"""The lock of a data folder: one server at a time, found by commands that want to talk to it.

The lock is a POSIX record lock on `server.lock`: the kernel releases it when the process ends in
whatever way, and no child inherits it. The file (mode 600) says where the server listens and holds
the key by which commands of this machine act through its API; whoever can read it could read the
database itself.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from vestnik.commands.failures import CommandFailed
from vestnik.settings import Settings

_FILE = "server.lock"
_PATIENCE_S = 2.0
_NOTE_BYTES = 4096


class Running(msgspec.Struct):
    """The server that holds the lock."""

    pid: int
    address: str
    key: str


class AlreadyRunning(CommandFailed):
    """Another server works on this data."""

    def __init__(self, folder: Path, note: Running | None) -> None:
        where = f" (process {note.pid}, {note.address})" if note else ""
        super().__init__(
            f"a server is running on {folder}{where}. Stop it first, or give this one a folder of its "
            "own with VESTNIK_DATA_DIR."
        )


@contextmanager
def held(settings: Settings, note: Running) -> Iterator[None]:
    """Hold the lock of the data folder; `AlreadyRunning` when another process has it."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(settings.data_dir / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(descriptor, time.monotonic() + _PATIENCE_S):
            raise AlreadyRunning(settings.data_dir, _read(descriptor))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(note), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def running(settings: Settings) -> Running | None:
    """The server that works on the data folder now, if any. Not for the server's own process."""
    try:
        descriptor = os.open(settings.data_dir / _FILE, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if _locked(descriptor, time.monotonic()):
            return None
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, deadline: float) -> bool:
    """Take the lock; a command that only looks holds it for an instant, so a server tries for a while."""
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def _read(descriptor: int) -> Running | None:
    try:
        return msgspec.json.decode(os.pread(descriptor, _NOTE_BYTES, 0), type=Running)
    except msgspec.DecodeError:  # it has the lock and has not written its note yet
        return None

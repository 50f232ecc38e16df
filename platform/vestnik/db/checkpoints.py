"""Checkpoints of SQLite's log beside the writer, so that no commit waits while thousands of pages are copied.

Once enough rows have changed, a thread copies the log into the database, then what came meanwhile; the
writer copies the short rest between two groups, and so its next group begins the log anew.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading

import structlog

ROWS_BETWEEN_CHECKPOINTS = 5_000
_PASSES = 2
_PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)"

log = structlog.get_logger("vestnik.db")


class Checkpointer:
    """Works from `__init__` until `stop`; `after_group` is called in the writer's thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._changes = 0
        self._wake = threading.Event()
        self._short = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, name="vestnik-checkpoints", daemon=True)
        self._thread.start()

    def after_group(self, connection: sqlite3.Connection) -> None:
        """Note what the writer has changed, and copy the rest of the log when it is short."""
        if self._short.is_set():
            self._short.clear()
            _copy(connection)
        if connection.total_changes - self._changes >= ROWS_BETWEEN_CHECKPOINTS:
            self._changes = connection.total_changes
            self._wake.set()

    def stop(self) -> None:
        """End the thread; the log is whole without it."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            while self._wake.wait() and not self._stopping:
                self._wake.clear()
                for _ in range(_PASSES):
                    _copy(connection)
                self._short.set()


def _copy(connection: sqlite3.Connection) -> None:
    """Copy as much of the log as readers allow; nothing is lost when that fails, it only grows."""
    try:
        connection.execute(_PASSIVE).close()
    except sqlite3.Error as error:
        log.warning("database.checkpoint_failed", reason=str(error))

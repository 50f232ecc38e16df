"""The simulator's memory: one SQLite database, used from one thread, one transaction at a time."""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vestnik_simulator.campaign_monitor import tables

SCHEMA = """
CREATE TABLE account (
  id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, api_key TEXT NOT NULL UNIQUE, email TEXT NOT NULL,
  emails_paid INTEGER NOT NULL, created REAL NOT NULL);
CREATE TABLE sender (
  account_id INTEGER NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, is_checked INTEGER NOT NULL,
  PRIMARY KEY (account_id, email)) WITHOUT ROWID;
CREATE TABLE template (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
  description TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, colour TEXT NOT NULL,
  created REAL NOT NULL, updated REAL NOT NULL);
CREATE TABLE list (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL, title TEXT NOT NULL,
  created REAL NOT NULL);
CREATE INDEX list_account ON list (account_id, title);
CREATE TABLE contact (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, email TEXT, phone TEXT, name TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'active', availability TEXT NOT NULL DEFAULT 'available',
  tags TEXT NOT NULL DEFAULT '', fields TEXT NOT NULL DEFAULT '{}', added REAL NOT NULL,
  sent REAL, delivered REAL, opened REAL, clicked REAL);
CREATE UNIQUE INDEX contact_email ON contact (account_id, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX contact_phone ON contact (account_id, phone) WHERE phone IS NOT NULL;
CREATE TABLE membership (
  list_id INTEGER NOT NULL, contact_id INTEGER NOT NULL, status TEXT NOT NULL DEFAULT 'active',
  added REAL NOT NULL, PRIMARY KEY (list_id, contact_id)) WITHOUT ROWID;
CREATE INDEX membership_contact ON membership (contact_id);
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL, kind TEXT NOT NULL,
  sender_name TEXT NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
  list_id INTEGER NOT NULL, tag TEXT NOT NULL, created REAL NOT NULL, used REAL);
CREATE TABLE letter (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, list_title TEXT NOT NULL, subject TEXT NOT NULL,
  digest TEXT NOT NULL, UNIQUE (account_id, list_title, subject, digest));
CREATE TABLE campaign (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL, message_id INTEGER NOT NULL,
  letter_id INTEGER NOT NULL, list_id INTEGER NOT NULL, list_title TEXT NOT NULL, kind TEXT NOT NULL,
  subject TEXT NOT NULL, sender_name TEXT NOT NULL, sender TEXT NOT NULL, only_contacts TEXT,
  status TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', verdict TEXT NOT NULL DEFAULT '', decide_at REAL,
  created REAL NOT NULL, start_at REAL NOT NULL, finished REAL,
  track_read INTEGER NOT NULL, track_links INTEGER NOT NULL,
  gathered_to INTEGER NOT NULL DEFAULT 0, step INTEGER NOT NULL DEFAULT 0, chunk INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0, read_unique INTEGER NOT NULL DEFAULT 0,
  read_all INTEGER NOT NULL DEFAULT 0, clicked_unique INTEGER NOT NULL DEFAULT 0,
  clicked_all INTEGER NOT NULL DEFAULT 0, unsubscribed INTEGER NOT NULL DEFAULT 0,
  spam INTEGER NOT NULL DEFAULT 0);
CREATE INDEX campaign_account ON campaign (account_id, start_at);
CREATE TABLE recipient (
  campaign_id INTEGER NOT NULL, n INTEGER NOT NULL, contact_id INTEGER NOT NULL, address TEXT NOT NULL,
  result TEXT NOT NULL DEFAULT 'not_sent', sent REAL, updated REAL,
  PRIMARY KEY (campaign_id, n)) WITHOUT ROWID;
CREATE TABLE written (
  address TEXT NOT NULL, letter_id INTEGER NOT NULL, times INTEGER NOT NULL, last REAL NOT NULL,
  PRIMARY KEY (letter_id, address)) WITHOUT ROWID;
CREATE INDEX written_address ON written (address);
CREATE TABLE visit (
  campaign_id INTEGER NOT NULL, address TEXT NOT NULL, url TEXT NOT NULL, at REAL NOT NULL,
  ip TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (campaign_id, address, url)) WITHOUT ROWID;
CREATE TABLE single (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, kind TEXT NOT NULL, address TEXT NOT NULL,
  subject TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE hook (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL,
  format TEXT NOT NULL, max_parallel INTEGER NOT NULL, single_event INTEGER NOT NULL, status TEXT NOT NULL,
  delivered INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, failing_since REAL,
  last_answer TEXT NOT NULL DEFAULT '', UNIQUE (account_id, url));
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT, hook_id INTEGER NOT NULL, events TEXT NOT NULL, size INTEGER NOT NULL,
  retry_count INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL);
CREATE INDEX delivery_fresh ON delivery (hook_id, id) WHERE retry_count=0;
CREATE INDEX delivery_again ON delivery (hook_id, due) WHERE retry_count>0;
CREATE TABLE task (
  uuid TEXT PRIMARY KEY, account_id INTEGER NOT NULL, kind TEXT NOT NULL, parameters TEXT NOT NULL,
  created REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE total (
  account_id INTEGER PRIMARY KEY, letters INTEGER NOT NULL DEFAULT 0, twice INTEGER NOT NULL DEFAULT 0);
"""

TABLES = (
    "account sender template list contact membership message letter campaign recipient written visit single "
    "hook delivery task total"
).split()

Row = sqlite3.Row


class Storage:
    """A connection with the few calls that the simulator needs.

    Synchronous on purpose: every statement here takes well under a few milliseconds, and a single thread
    needs no locks. The file survives a killed process; it is not meant to survive a power cut.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if folder is None else str(folder / "simulator.sqlite3")
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-32000", "temp_store=FILE"):
            self._connection.execute(f"PRAGMA {pragma}")
        self.fresh = not self.value("SELECT count(*) FROM sqlite_master WHERE name='account'")
        if self.fresh:
            self._connection.executescript(SCHEMA)
        self._connection.executescript(tables.SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in (*TABLES, *tables.TABLES):
                self.run(f"DELETE FROM {table}")
            self.run("DELETE FROM sqlite_sequence")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside happen, or none; an inner transaction is part of the outer one."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, statement: str, *values: Any) -> int:
        """Execute; answers how many rows were touched."""
        return self._connection.execute(statement, values).rowcount

    def insert(self, statement: str, *values: Any) -> int:
        """Execute an INSERT; answers the new row's id."""
        return int(self._connection.execute(statement, values).lastrowid or 0)

    def many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """Execute once for every row."""
        self._connection.executemany(statement, rows)

    def rows(self, statement: str, *values: Any) -> list[Row]:
        """All rows of a query."""
        return self._connection.execute(statement, values).fetchall()

    def each(self, statement: str, *values: Any) -> Iterator[Row]:
        """The rows of a query, one after the other, none kept."""
        yield from self._connection.execute(statement, values)

    def row(self, statement: str, *values: Any) -> Row | None:
        """The first row of a query, or None."""
        row: Row | None = self._connection.execute(statement, values).fetchone()
        return row

    def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.row(statement, *values)
        return None if row is None else row[0]

"""The scratch file of a run: the list as the service has it, the people of the source, and their difference.

One SQLite file for a run, so that a list of a million is never in the server's memory, nor in the database.
It may be lost at any moment (another host, a cleared disk): then the run plans anew. So nothing is flushed to
the disk, and a file of before the machine's last start is not believed. The difference itself is made by a
child (planner.py).

Rows come in the order in which they are told; the child sorts them once, at the end. That is several times
as fast as looking up the place of each.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vestnik.contacts.addresses import normalise
from vestnik.contacts.errors import InvalidAddress
from vestnik.lists import scratch_file
from vestnik.lists.scratch_file import DiskFull, ScratchLost, lost, remove, unit
from vestnik.lists.semantics import STRENGTH, HeldVerdict, Side, Status

__all__ = ["DiskFull", "Held", "Op", "Scratch", "ScratchLost", "listed_form", "remove"]


@dataclass(frozen=True, slots=True)
class Op:
    """One address to add or to take out; `called` is how the service is told it, `address` our form."""

    number: int
    kind: Side
    address: str
    called: str
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody of the source who is not transferred; `address` is None where there is none."""

    number: int
    contact_id: int
    address: str | None
    verdict: HeldVerdict


class Scratch:
    """An open scratch file. One thread at a time; any."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection

    @classmethod
    def create(cls, path: Path, token: str) -> Scratch:
        """Make an empty file in place of any; who opens it has to know `token`."""
        return cls(path, scratch_file.create(path, token))

    @classmethod
    def open(cls, path: Path, token: str) -> Scratch:
        """Open the file of this run; `ScratchLost` unless it is whole and has this token."""
        return cls(path, scratch_file.open_file(path, token))

    def close(self) -> None:
        """Close the file, which stays."""
        self._connection.close()

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The list at the service

    def stage(self, rows: Iterable[tuple[str, Status]]) -> None:
        """Note addresses of the list with their states, in any order; the same page twice changes nothing.

        Of several states of one address the one that keeps us further from the person counts.
        """
        told = [(listed_form(raw), STRENGTH[status], raw) for raw, status in rows]
        rest = [(address, strength, None if raw == address else raw) for address, strength, raw in told]
        with unit(self._connection) as connection:
            connection.executemany("INSERT INTO staged VALUES (?, ?, ?)", rest)

    def clear_staged(self) -> None:
        """Forget the list, before it is staged anew."""
        with unit(self._connection) as connection:
            connection.execute("DROP INDEX IF EXISTS staged_by_address")
            connection.execute("DELETE FROM staged")

    def staged_rows(self) -> int:
        """How many rows were staged, repeated ones among them."""
        with lost():
            number: int = self._connection.execute("SELECT coalesce(max(rowid), 0) FROM staged").fetchone()[0]
        return number

    # What is planned

    def restrict(self, addresses: Iterable[str]) -> None:
        """Let the next plans take only these addresses: a retry of refused rows. Adds to those of before.

        Of none it takes nobody: the empty address, which nobody has, stands for the restriction itself.
        """
        with unit(self._connection) as connection:
            rows = ((each,) for each in itertools.chain([""], addresses))
            connection.executemany("INSERT OR IGNORE INTO only VALUES (?)", rows)

    def ops(self, after: int, limit: int) -> list[Op]:
        """The next operations after a number, removals before additions."""
        with lost():
            rows = self._connection.execute(
                "SELECT n, kind, address, coalesce(spelling, address), contact_id"
                " FROM op WHERE n > ? ORDER BY n LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Op(*row) for row in rows]

    def op_counts(self) -> Mapping[Side, int]:
        """How many operations of each side there are."""
        with lost():
            found = dict(self._connection.execute("SELECT kind, count(*) FROM op GROUP BY kind").fetchall())
        return {"add": found.get("add", 0), "remove": found.get("remove", 0)}

    def held(self, *, verdict: HeldVerdict | None = None, after: int = 0, limit: int) -> list[Held]:
        """The next people who are not transferred, after a number; those with one verdict, if it is named."""
        with lost():
            rows = self._connection.execute(
                "SELECT n, contact_id, address, verdict FROM held"
                " WHERE n > ?1 AND (?2 IS NULL OR verdict = ?2) ORDER BY n LIMIT ?3",
                (after, verdict, limit),
            ).fetchall()
        return [Held(*row) for row in rows]

    def leave_out(self, addresses: Iterable[str]) -> None:
        """Let the next plans add none of these addresses, which the service refused for good before."""
        with unit(self._connection) as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO refused VALUES (?)", ((each,) for each in addresses)
            )

    # What became of it

    def note(self, what: Literal["rejected", "late"], addresses: Collection[str]) -> None:
        """Note addresses that were refused, or left at the last look: the next plan leaves them alone."""
        with unit(self._connection) as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO outcome VALUES (?, ?)", ((each, what) for each in addresses)
            )


def listed_form(raw: str) -> str:
    """The form in which an address of a service is compared with ours.

    For an address that can be one this is what `normalise` gives, much faster.
    """
    plain = raw.strip().lower()
    if plain.isascii() and "xn--" not in plain:
        return plain
    try:
        return normalise("email", raw).normalised
    except InvalidAddress:
        return plain

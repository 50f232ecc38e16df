"""What an administrator decides of how long things are kept, and what a decision would take away.

Rooms say as data what they keep (`Kept`); their own periodic work takes it away, by the same `Term`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import Database, now, upsert
from vestnik.http.errors import InvalidRequest
from vestnik.people.access import Actor
from vestnik.retention import Term, retention

#: How many of a kind are older than an instant, and would be taken away.
Count = Callable[[datetime], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A kind that is kept for a term, and how what is past it is counted."""

    term: Term
    count: Count


@dataclass(frozen=True, slots=True)
class Chosen:
    """A term, and how many days were chosen for it; None: for ever."""

    term: Term
    days: int | None


class Retention:
    """Reads and changes the terms."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, Kept] = {}

    def add(self, *kinds: Kept) -> None:
        """Have the terms of these kinds be set by administrators."""
        for kind in kinds:
            if kind.term.name in self._kept:
                raise ValueError(f"the term {kind.term.name!r} is registered twice")
            self._kept[kind.term.name] = kind

    async def terms(self, actor: Actor) -> Sequence[Chosen]:
        """Every term as it holds now, in the order of registration."""
        actor.require("privacy.manage")
        async with self._database.read() as connection:
            return [
                Chosen(each.term, await connection.run_sync(each.term.chosen)) for each in self._kept.values()
            ]

    async def goes(self, actor: Actor, wanted: Mapping[str, int | None]) -> Mapping[str, int]:
        """How many of each kind would be taken away if these were the terms."""
        actor.require("privacy.manage")
        return {
            kind.term.name: 0 if days is None else await kind.count(now() - timedelta(days=days))
            for kind, days in self._checked(wanted)
        }

    async def change(self, actor: Actor, wanted: Mapping[str, int | None]) -> Sequence[Chosen]:
        """Set these terms; the others stay. What is past them goes within about an hour."""
        actor.require("privacy.manage")
        checked = self._checked(wanted)
        await self._database.write(_change, actor, checked)
        return await self.terms(actor)

    def _checked(self, wanted: Mapping[str, int | None]) -> list[tuple[Kept, int | None]]:
        found = []
        for name, days in wanted.items():
            kind, path = self._kept.get(name), f"$.days.{name}"
            if kind is None:
                reason = {"ru": "такого срока нет", "en": "there is no such term"}
                raise InvalidRequest(path=path, reason=reason)
            if not kind.term.allows(days):
                least, most = kind.term.least, kind.term.most
                raise InvalidRequest(
                    path=path,
                    reason={"ru": f"дней от {least} до {most}", "en": f"from {least} to {most} days"},
                )
            found.append((kind, days))
        return found


def _change(connection: sa.Connection, actor: Actor, wanted: Sequence[tuple[Kept, int | None]]) -> None:
    changed = {kind.term.name: days for kind, days in wanted if kind.term.chosen(connection) != days}
    if changed:
        rows = [{"name": name, "days": days} for name, days in sorted(changed.items())]
        connection.execute(upsert(connection, retention, ["name"], ["days"]), rows)
        record(connection, actor, "retention.changed", "retention", None, changed)


def rows_of(database: Database, query: Callable[[datetime], sa.Select[int]]) -> Count:
    """Counts by a query for one number."""

    async def count(before: datetime) -> int:
        async with database.read() as connection:
            return await connection.scalar(query(before)) or 0

    return count

"""Writing and reading the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.audit.chain import Chain, Verdict
from vestnik.audit.tables import audit_row
from vestnik.db import Database, new_key, now
from vestnik.vault import Vault

#: Rows of an export that are read at a time.
EXPORT_ROWS = 1_000
_DATED = "vestnik.audit.dated"


class Doer(Protocol):
    """Who acts: a user, a machine's key, or neither for the system itself (`people.access.Actor`)."""

    @property
    def user_id(self) -> int | None: ...

    @property
    def key_id(self) -> int | None: ...

    def require(self, right: str) -> None: ...


def record(
    connection: sa.Connection,
    actor: Doer,
    action: str,
    kind: str,
    object_id: int | None,
    fields: Iterable[str] = (),
) -> None:
    """Store that `actor` did `action` ("user.disabled") to a record, in the unit of work that does it.

    `fields` are names of what changed, never values.
    """
    dated: Callable[[str], datetime] | None = connection.info.get(_DATED)
    connection.execute(
        audit_row.insert().values(
            id=new_key(),
            at=now() if dated is None else dated(action),
            user_id=actor.user_id,
            key_id=actor.key_id,
            action=action,
            kind=kind,
            object_id=object_id,
            fields=sorted(fields),
        )
    )


@contextmanager
def dated(connection: sa.Connection, when: Callable[[str], datetime]) -> Iterator[None]:
    """Have what is recorded of this connection be told as done at `when(action)`: the demo has a past."""
    connection.info[_DATED] = when
    try:
        yield
    finally:
        del connection.info[_DATED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows: every filter that is given must match. `until` is the first instant that is too late."""

    user_id: int | None = None
    key_id: int | None = None
    by_key: bool = False
    by_system: bool = False
    kind: str | None = None
    object_id: int | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> list[sa.ColumnElement[bool]]:
        """The conditions of a query."""
        equal = {name: getattr(self, name) for name in ("user_id", "key_id", "kind", "object_id", "action")}
        conditions = [audit_row.c[name] == value for name, value in equal.items() if value is not None]
        if self.by_key:
            conditions.append(audit_row.c.key_id.is_not(None))
        if self.by_system:
            conditions.append(audit_row.c.key_id.is_(None) & audit_row.c.user_id.is_(None))
        if self.since is not None:
            conditions.append(audit_row.c.at >= self.since)
        if self.until is not None:
            conditions.append(audit_row.c.at < self.until)
        return conditions


class Audit:
    """Reads the audit, newest first, and says whether it is whole."""

    def __init__(self, database: Database, vault: Vault, folder: Path) -> None:
        self._database = database
        self.chain = Chain(database, vault, folder)

    async def page(
        self, actor: Doer, wanted: Wanted, *, offset: int = 0, limit: int = 50
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """The rows that are wanted, and how many there are in all."""
        actor.require("audit.read")
        where = wanted.where()
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(audit_row).where(*where))
            rows = (await connection.execute(_NEWEST.where(*where).offset(offset).limit(limit))).all()
        return rows, total or 0

    async def actions(self, actor: Doer) -> Sequence[tuple[str, str]]:
        """Every action that was ever recorded, with the kind of what it was done to."""
        actor.require("audit.read")
        query = sa.select(audit_row.c.action, audit_row.c.kind).distinct().order_by(audit_row.c.action)
        async with self._database.read() as connection:
            return [(row.action, row.kind) for row in await connection.execute(query)]

    async def export(self, actor: Doer, wanted: Wanted) -> AsyncIterator[Sequence[sa.Row[Any]]]:
        """The rows that are wanted, newest first, part by part; that they were taken is recorded."""
        actor.require("audit.read")
        await self._database.write(record, actor, "audit.exported", "audit", None)
        return self._parts(wanted.where())

    async def _parts(self, where: Sequence[sa.ColumnElement[bool]]) -> AsyncIterator[Sequence[sa.Row[Any]]]:
        query = _NEWEST.where(*where).limit(EXPORT_ROWS)
        place = sa.tuple_(audit_row.c.at, audit_row.c.id)
        following = query
        while True:
            async with self._database.read() as connection:
                rows = (await connection.execute(following)).all()
            if rows:
                yield rows
            if len(rows) < EXPORT_ROWS:
                return
            at = sa.literal(rows[-1].at, audit_row.c.at.type)
            following = query.where(place < sa.tuple_(at, sa.literal(rows[-1].id)))

    async def verify(self, actor: Doer) -> Verdict:
        """Seal what is not sealed yet, then check the whole chain; that it was checked is recorded."""
        actor.require("audit.read")
        await self._database.write(record, actor, "audit.verified", "audit", None)
        await self.chain.seal()
        return await self.chain.verify()


_NEWEST = sa.select(audit_row).order_by(audit_row.c.at.desc(), audit_row.c.id.desc())


async def actions_on(
    connection: AsyncConnection,
    kind: str,
    object_id: int,
    actions: Iterable[str],
    before: datetime | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """What was done to one record, newest first, not after `before`: for the record's own timeline."""
    query = _NEWEST.where(
        audit_row.c.kind == kind, audit_row.c.object_id == object_id, audit_row.c.action.in_(actions)
    ).limit(limit)
    if before is not None:
        query = query.where(audit_row.c.at <= before)
    return (await connection.execute(query)).all()

"""Writing and reading the audit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.audit.tables import audit_row
from vestnik.db import Database, new_key, now


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
    connection.execute(
        audit_row.insert().values(
            id=new_key(),
            at=now(),
            user_id=actor.user_id,
            key_id=actor.key_id,
            action=action,
            kind=kind,
            object_id=object_id,
            fields=sorted(fields),
        )
    )


class Audit:
    """Reads the audit, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        actor: Doer,
        *,
        user_id: int | None = None,
        kind: str | None = None,
        object_id: int | None = None,
        action: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """The rows that match every given filter, and how many there are in all."""
        actor.require("audit.read")
        wanted = {"user_id": user_id, "kind": kind, "object_id": object_id, "action": action}
        where = [audit_row.c[name] == value for name, value in wanted.items() if value is not None]
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(audit_row).where(*where))
            newest = sa.select(audit_row).where(*where).order_by(audit_row.c.id.desc())
            rows = (await connection.execute(newest.offset(offset).limit(limit))).all()
        return rows, total or 0


async def actions_on(
    connection: AsyncConnection,
    kind: str,
    object_id: int,
    actions: Iterable[str],
    before: datetime | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """What was done to one record, newest first, not after `before`: for the record's own timeline."""
    query = (
        sa.select(audit_row)
        .where(audit_row.c.kind == kind, audit_row.c.object_id == object_id, audit_row.c.action.in_(actions))
        .order_by(audit_row.c.at.desc(), audit_row.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(audit_row.c.at <= before)
    return (await connection.execute(query)).all()

"""What happened to a deal, an order or a job ticket: the audit's rows of it, with the names of who did it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from vestnik.audit.tables import audit_row
from vestnik.db import Database
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.people.tables import user
from vestnik.sales.tables import deal, order, ticket

Kind = Literal["deal", "order", "job_ticket"]
_TABLES = {"deal": deal, "order": order, "job_ticket": ticket}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that was done; `fields` are names of what changed. `user` is None for the platform."""

    id: int
    at: datetime
    action: str
    fields: Sequence[str]
    user: str | None
    by_key: bool


class History:
    """Reads the histories of what is sold: whoever reads the card may read them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, actor: Actor, kind: Kind, id: int, *, offset: int = 0, limit: int = 50
    ) -> tuple[list[Happened], int]:
        """What was done to it, the newest first, and how many things there are; `NotFound` without it."""
        actor.require("sales.read")
        table = _TABLES[kind]
        own = (audit_row.c.kind == kind) & (audit_row.c.object_id == id)
        newest = (
            sa.select(audit_row, user.c.name.label("user_name"))
            .outerjoin(user, user.c.id == audit_row.c.user_id)
            .where(own)
            .order_by(audit_row.c.id.desc())
        )
        async with self._database.read() as connection:
            if await connection.scalar(sa.select(table.c.id).where(table.c.id == id)) is None:
                raise NotFound()
            total = await connection.scalar(sa.select(sa.func.count()).select_from(audit_row).where(own))
            rows = await connection.execute(newest.offset(offset).limit(limit))
            found = [
                Happened(row.id, row.at, row.action, row.fields, row.user_name, row.key_id is not None)
                for row in rows
            ]
        return found, total or 0

"""Whose accounts are: who may choose one, and who may change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, cast

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.http.errors import Forbidden, NotFound
from vestnik.modules.tables import account
from vestnik.people.access import Actor


class Shared(Protocol):
    """What decides about an account: a row of it."""

    @property
    def created_by(self) -> int | None:
        """Who connected it."""

    @property
    def open_to(self) -> Sequence[int] | None:
        """Who may choose it; None: everybody."""

    @property
    def connected_at(self) -> datetime | None:
        """When its service first accepted it; None: not yet."""


def manages(actor: Actor, row: Shared) -> bool:
    """Whether the actor may change the account: any of them, or one that the actor connected."""
    if actor.may("accounts.manage"):
        return True
    if actor.user_id is None:
        return False
    return actor.may("accounts.connect") and row.created_by == actor.user_id


def may_use(actor: Actor, row: Shared) -> bool:
    """Whether the actor may choose the account for a campaign, an import of templates or a sync."""
    if row.open_to is None:
        return True
    if manages(actor, row):
        return True
    return actor.user_id in row.open_to


async def require_use(database: Database, actor: Actor, account_id: int) -> None:
    """`NotFound` for an account that the actor may not use, as for one that is not there or not connected."""
    if (await require_sight(database, actor, account_id)).connected_at is None:
        raise NotFound()


async def require_sight(database: Database, actor: Actor, account_id: int) -> Shared:
    """The account, connected or not; `NotFound` for one that the actor may not use."""
    async with database.read() as connection:
        statement = sa.select(account.c.id, account.c.created_by, account.c.open_to, account.c.connected_at)
        found = await connection.execute(
            statement.where(account.c.id == account_id, account.c.archived_at.is_(None))
        )
        row = found.one_or_none()
    if row is None:
        raise NotFound()
    if not may_use(actor, row):
        raise NotFound()
    return cast(Shared, row)


async def require_manages(database: Database, actor: Actor, account_id: int) -> None:
    """Refuse who may not change the account."""
    if not actor.may("accounts.manage") and not actor.may("accounts.connect"):
        raise Forbidden(right="accounts.manage")
    row = await require_sight(database, actor, account_id)
    if not manages(actor, row):
        raise Forbidden(right="accounts.manage")

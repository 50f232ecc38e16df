"""Which list of a service stands for which preference category, account by account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vestnik.db import now, upsert
from vestnik.modules.tables import account_list


@dataclass(frozen=True, slots=True)
class ListAtService:
    """One list of an account at its service."""

    id: int
    external_id: str
    title: str
    category_id: int | None


def map_list(
    connection: sa.Connection, account_id: int, external_id: str, title: str, category_id: int | None
) -> None:
    """Remember a list that was created or imported; called in the unit of work that did it."""
    values = {
        "account_id": account_id,
        "external_id": external_id,
        "title": title,
        "category_id": category_id,
    }
    update = ["title"] if category_id is None else ["title", "category_id"]
    statement = upsert(connection, account_list, ["account_id", "external_id"], update)
    connection.execute(statement.values(**values, created_at=now()))


def lists_of(account_id: int) -> sa.Select[Any]:
    """The lists of an account by title."""
    return (
        sa.select(
            account_list.c.id, account_list.c.external_id, account_list.c.title, account_list.c.category_id
        )
        .where(account_list.c.account_id == account_id)
        .order_by(account_list.c.title, account_list.c.id)
    )


def as_lists(rows: Sequence[sa.Row[Any]]) -> list[ListAtService]:
    """Rows of `lists_of` as values."""
    return [ListAtService(row.id, row.external_id, row.title, row.category_id) for row in rows]

"""What this room tells others: of a client for its card, of a contact for its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.companies.relations import Related, Relation
from vestnik.contacts.timeline import TimelineEntry
from vestnik.http.errors import Text
from vestnik.sales.tables import deal, deal_stage, order, ticket

#: A deal, an order or a ticket, as one line names it.
_NAMED: Mapping[str, Text] = {
    "deal": {"ru": "Сделка № {number}", "en": "Deal No. {number}"},
    "order": {"ru": "Заказ № {number}", "en": "Order No. {number}"},
    "job_ticket": {"ru": "Техкарта № {number}", "en": "Job ticket No. {number}"},
}
_PATHS: Mapping[str, str] = {"deal": "deals", "order": "orders", "job_ticket": "tickets"}
STATES: Mapping[str, Text] = {
    "new": {"ru": "Новый", "en": "New"},
    "in_work": {"ru": "В работе", "en": "In work"},
    "done": {"ru": "Готов", "en": "Done"},
    "cancelled": {"ru": "Отменён", "en": "Cancelled"},
}
TICKET_STATES: Mapping[str, Text] = {
    "new": {"ru": "Новая", "en": "New"},
    "in_work": {"ru": "В работе", "en": "In work"},
    "done": {"ru": "Готова", "en": "Done"},
    "cancelled": {"ru": "Отменена", "en": "Cancelled"},
}


async def deals_of_client(
    connection: AsyncConnection, client_id: int, most: int
) -> tuple[Sequence[Related], int]:
    """The newest deals of a client, each with its stage."""
    query = sa.select(deal, deal_stage.c.name.label("stage")).join(
        deal_stage, deal_stage.c.id == deal.c.stage_id
    )
    found, total = await _newest(connection, query.where(deal.c.client_id == client_id), deal, most)
    return [_related("deal", row, row.title, row.stage) for row in found], total


async def orders_of_client(
    connection: AsyncConnection, client_id: int, most: int
) -> tuple[Sequence[Related], int]:
    """The newest orders of a client, each with its state."""
    query = sa.select(order).where(order.c.client_id == client_id)
    found, total = await _newest(connection, query, order, most)
    return [_related("order", row, row.title, STATES[row.state]) for row in found], total


async def tickets_of_client(
    connection: AsyncConnection, client_id: int, most: int
) -> tuple[Sequence[Related], int]:
    """The newest job tickets of a client's orders, each with its state."""
    query = (
        sa.select(ticket).join(order, order.c.id == ticket.c.order_id).where(order.c.client_id == client_id)
    )
    found, total = await _newest(connection, query, ticket, most)
    return [_related("job_ticket", row, row.item, TICKET_STATES[row.state]) for row in found], total


RELATIONS = (
    Relation("deals", "sales.read", deals_of_client),
    Relation("orders", "sales.read", orders_of_client),
    Relation("tickets", "sales.read", tickets_of_client),
)


async def deals_of_contact(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> list[TimelineEntry]:
    """When deals with the contact began: a source of the contact's timeline."""
    query = sa.select(deal.c.id, deal.c.number, deal.c.title, deal.c.created_at)
    return await _entries(
        connection, "deal", query.where(deal.c.contact_id == contact_id), deal, before, limit
    )


async def orders_of_contact(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> list[TimelineEntry]:
    """When the contact ordered something."""
    query = sa.select(order.c.id, order.c.number, order.c.title, order.c.created_at)
    return await _entries(
        connection, "order", query.where(order.c.contact_id == contact_id), order, before, limit
    )


async def tickets_of_contact(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> list[TimelineEntry]:
    """When job tickets were made of the contact's orders."""
    query = (
        sa.select(ticket.c.id, ticket.c.number, ticket.c.item.label("title"), ticket.c.created_at)
        .join(order, order.c.id == ticket.c.order_id)
        .where(order.c.contact_id == contact_id)
    )
    return await _entries(connection, "job_ticket", query, ticket, before, limit)


TIMELINE = (deals_of_contact, orders_of_contact, tickets_of_contact)


async def _newest(
    connection: AsyncConnection, query: sa.Select[Any], table: sa.Table, most: int
) -> tuple[Sequence[sa.Row[Any]], int]:
    counted = query.with_only_columns(sa.func.count(), maintain_column_froms=True)
    total = await connection.scalar(counted)
    rows = await connection.execute(query.order_by(table.c.number.desc()).limit(most))
    return rows.all(), total or 0


def _related(kind: str, row: sa.Row[Any], title: str, state: str | Text) -> Related:
    return Related(row.id, f"№ {row.number} {title}", f"/{_PATHS[kind]}/{row.id}", row.created_at, state)


async def _entries(
    connection: AsyncConnection,
    kind: str,
    query: sa.Select[Any],
    table: sa.Table,
    before: datetime | None,
    limit: int,
) -> list[TimelineEntry]:
    if before is not None:
        query = query.where(table.c.created_at <= before)
    newest = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
    sentence = _NAMED[kind]
    return [
        TimelineEntry(
            at=row.created_at,
            kind=f"{kind}_created",
            title={
                "ru": sentence["ru"].format(number=row.number),
                "en": sentence["en"].format(number=row.number),
            },
            link=f"/{_PATHS[kind]}/{row.id}",
            detail=row.title or None,
        )
        for row in await connection.execute(newest)
    ]

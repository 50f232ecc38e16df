"""What deals and orders know of a person: those that name the contact, and texts that may name anybody.

A deal and an order stay, for the organisation's accounts, without the contact; so do their job tickets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.privacy.holdings import Holding, Page, Subject, Sweep, page
from vestnik.privacy.texts import Texts
from vestnik.sales.decimals import plain
from vestnik.sales.tables import deal, deal_stage, line, order, order_reading, ticket


def follow_merge(connection: sa.Connection, kept_id: int, others: Sequence[int]) -> None:
    """Have the others' deals and orders be the staying contact's."""
    for table in (deal, order):
        connection.execute(sa.update(table).where(table.c.contact_id.in_(others)).values(contact_id=kept_id))


def _deals(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(deal, deal_stage.c.name.label("stage"))
        .join(deal_stage, deal_stage.c.id == deal.c.stage_id)
        .where(deal.c.contact_id.in_(person.contact_ids)),
        (deal.c.number,),
        after,
        lambda row: {
            "number": row.number,
            "title": row.title,
            "stage": row.stage,
            "sum": None if row.sum is None else plain(row.sum),
            "createdAt": row.created_at,
            "closedAt": row.closed_at,
        },
    )


def _orders(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(order).where(order.c.contact_id.in_(person.contact_ids)),
        (order.c.number,),
        after,
        lambda row: {
            "number": row.number,
            "title": row.title,
            "state": row.state,
            "sum": None if row.sum is None else plain(row.sum),
            "description": row.description,
            "layouts": row.layouts,
            "createdAt": row.created_at,
            "closedAt": row.closed_at,
        },
    )


def _leave_deals(connection: sa.Connection, person: Subject) -> int:
    return _leave(connection, deal, person)


def _leave_orders(connection: sa.Connection, person: Subject) -> int:
    return _leave(connection, order, person)


def _leave(connection: sa.Connection, table: sa.Table, person: Subject) -> int:
    """Whose they were is forgotten; words about the person are searched for afterwards."""
    own = table.c.contact_id.in_(person.contact_ids)
    return connection.execute(sa.update(table).where(own).values(contact_id=None)).rowcount


HOLDINGS = (Holding("deals", _deals, _leave_deals), Holding("orders", _orders, _leave_orders))

_MADE_OF = ("machine_code", "resolution", "material", "material_code", "works")


def sweeps(database: Database) -> Sequence[Sweep]:
    """What was ordered, in words that a web site or a colleague wrote."""
    return (
        Texts(database, "sales", deal, ("title", "title_folded")),
        Texts(database, "sales", order, ("title", "title_folded", "description", "layouts")),
        Texts(database, "sales", line, ("item", *_MADE_OF, "extra")),
        Texts(database, "sales", order_reading, ("lines",)),
        Texts(database, "sales", ticket, ("item", "item_folded", *_MADE_OF, "layouts", "note")),
    )

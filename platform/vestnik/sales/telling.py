"""What other systems hear of new orders and job tickets (outgoing webhooks)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from vestnik.outgoing.service import announce, wanted
from vestnik.sales.decimals import CURRENCY, plain
from vestnik.sales.keeping import NUMBERS, SIZES, TEXTS, line_of
from vestnik.sales.tables import line, order, ticket


def tell_order(connection: sa.Connection, order_id: int) -> None:
    """Tell of a new order with its lines."""
    if not wanted(connection, "order.created"):
        return
    row = connection.execute(sa.select(order).where(order.c.id == order_id)).one()
    lines = connection.execute(
        sa.select(line).where(line.c.order_id == order_id).order_by(line.c.position, line.c.id)
    )
    about = {
        **_common(row),
        "title": row.title,
        "clientId": _key(row.client_id),
        "contactId": _key(row.contact_id),
        "dealId": _key(row.deal_id),
        "description": row.description,
        "layouts": row.layouts,
        "sum": _number(row.sum),
        "currency": CURRENCY,
        "lines": [
            {
                "id": str(each.id),
                **_fields(each, (*TEXTS, *NUMBERS)),
                "computed": _number(line_of(each).computed),
                "isService": each.is_service,
                "works": each.works,
            }
            for each in lines
        ],
    }
    announce(connection, "order.created", about)


def tell_ticket(connection: sa.Connection, ticket_id: int) -> None:
    """Tell of a new job ticket."""
    if not wanted(connection, "job_ticket.created"):
        return
    row = connection.execute(
        sa.select(ticket, order.c.number.label("order_number"))
        .join(order, order.c.id == ticket.c.order_id)
        .where(ticket.c.id == ticket_id)
    ).one()
    about = {
        **_common(row),
        "orderId": str(row.order_id),
        "orderNumber": row.order_number,
        "lineId": str(row.line_id),
        **_fields(row, (*TEXTS, *SIZES)),
        "works": row.works,
        "layouts": row.layouts,
        "note": row.note,
    }
    announce(connection, "job_ticket.created", about)


def _common(row: sa.Row[Any]) -> Mapping[str, Any]:
    return {
        "id": str(row.id),
        "number": row.number,
        "state": row.state,
        "responsibleId": _key(row.responsible_id),
        "createdAt": row.created_at,
    }


def _fields(row: sa.Row[Any], names: tuple[str, ...]) -> Mapping[str, Any]:
    """Columns under their names on the wire; decimals as text, so that nobody reads them as floats."""
    return {
        _camel(name): getattr(row, name) if name in TEXTS else _number(getattr(row, name)) for name in names
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def _number(value: Any) -> str | None:
    return None if value is None else plain(value)


def _key(id: int | None) -> str | None:
    return None if id is None else str(id)

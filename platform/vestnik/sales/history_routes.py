"""Histories of deals, orders and job tickets over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from vestnik.http.api import Context, Id, Router, Shape
from vestnik.sales.history import Kind

router = Router("sales")


class HistoryQuery(Shape):
    """A slice of a history."""

    offset: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 20


class SalesHappened(Shape):
    """One thing that was done: `fields` are names of what changed; `user` is null for the platform itself."""

    id: Id
    at: datetime
    action: str
    fields: list[str]
    user: str | None
    by_key: bool


class SalesHistory(Shape):
    """What was done, the newest first, and how many things there are in all."""

    items: list[SalesHappened]
    total: int


@router.get("/deals/{id:key}/history", query=HistoryQuery, returns=SalesHistory, right="sales.read")
async def get_deal_history(context: Context, query: HistoryQuery, id: int) -> SalesHistory:
    """Who changed what of a deal, and when."""
    return await _history(context, query, "deal", id)


@router.get("/orders/{id:key}/history", query=HistoryQuery, returns=SalesHistory, right="sales.read")
async def get_order_history(context: Context, query: HistoryQuery, id: int) -> SalesHistory:
    """Who changed what of an order, and when."""
    return await _history(context, query, "order", id)


@router.get("/tickets/{id:key}/history", query=HistoryQuery, returns=SalesHistory, right="sales.read")
async def get_job_ticket_history(context: Context, query: HistoryQuery, id: int) -> SalesHistory:
    """Who changed what of a job ticket, and when."""
    return await _history(context, query, "job_ticket", id)


async def _history(context: Context, query: HistoryQuery, kind: Kind, id: int) -> SalesHistory:
    found, total = await context.services.sales.history.page(
        context.actor, kind, id, offset=query.offset, limit=query.limit
    )
    items = [
        SalesHappened(
            id=str(each.id),
            at=each.at,
            action=each.action,
            fields=list(each.fields),
            user=each.user,
            by_key=each.by_key,
        )
        for each in found
    ]
    return SalesHistory(items=items, total=total)

"""What the letter of an order says since it was read again, over HTTP."""

from __future__ import annotations

from vestnik.http.api import Context, Router
from vestnik.sales import wire
from vestnik.sales.shapes import OrderCardShape, OrderReadingShape, TakeBody

router = Router("sales")


@router.get("/orders/{id:key}/reading", returns=OrderReadingShape, right="sales.read")
async def get_order_reading(context: Context, id: int) -> OrderReadingShape:
    """How the lines would change that the order's letter says by now; nothing of it is in the order."""
    return wire.reading(await context.services.sales.rereading.of_order(context.actor, id))


@router.post("/orders/{id:key}/reading/take", body=TakeBody, returns=OrderCardShape, right="sales.write")
async def take_order_reading(context: Context, id: int, body: TakeBody) -> OrderCardShape:
    """Have the letter's lines be the order's; job tickets stay, and so do the lines that have one."""
    sales = context.services.sales
    await sales.rereading.take(context.actor, id, body.read_at, body.unchanged_since)
    return wire.order_card(await sales.orders.card(context.actor, id))


@router.delete("/orders/{id:key}/reading", status=204, right="sales.write")
async def leave_order_reading(context: Context, id: int) -> None:
    """Have the order's lines stay as they are, and the letter's be forgotten."""
    await context.services.sales.rereading.leave(context.actor, id)

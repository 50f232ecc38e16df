"""Orders, and the job tickets that are made of their lines, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from starlette.responses import StreamingResponse

from vestnik.http.api import Context, Router, key_of
from vestnik.http.csv_files import csv_file, day, safe
from vestnik.http.errors import Text
from vestnik.sales import wire
from vestnik.sales.errors import UnknownLine
from vestnik.sales.orders import NewOrder, Order, OrderFilter
from vestnik.sales.relations import STATES
from vestnik.sales.shapes import (
    LinesBody,
    MadeTickets,
    OrderCardShape,
    OrderChange,
    OrderPage,
    OrderQuery,
    OrderWanted,
    PrintedTickets,
    SalesOrderBody,
    TicketOffer,
    TicketsBody,
)

router = Router("sales")


@router.get("/orders", query=OrderQuery, returns=OrderPage, right="sales.read")
async def list_orders(context: Context, query: OrderQuery) -> OrderPage:
    """Orders by number, words or client, and by filters, page by page."""
    orders, wanted = context.services.sales.orders, _wanted(query)
    found, total = await orders.page(
        context.actor, wanted, sort=query.sort, offset=query.offset, limit=query.limit
    )
    return wire.order_page(found, total, await orders.sum(context.actor, wanted))


@router.get("/orders/export", query=OrderWanted, media_type="text/csv", right="sales.read")
async def export_orders(context: Context, query: OrderWanted) -> StreamingResponse:
    """The orders that the filters leave as a CSV file, the newest first."""
    parts = await context.services.sales.orders.export(context.actor, _wanted(query))
    return csv_file(_rows(context, parts), "orders.csv")


@router.post("/orders", body=SalesOrderBody, returns=OrderCardShape, status=201, right="sales.write")
async def create_order(context: Context, body: SalesOrderBody) -> OrderCardShape:
    """Store a new order with its lines; none of them can have a key yet."""
    for line_id in (each.id for each in body.lines if each.id is not None):
        raise UnknownLine(id=line_id)
    new = NewOrder(
        body.title,
        client_id=wire.key(body.client_id),
        contact_id=wire.key(body.contact_id),
        deal_id=wire.key(body.deal_id),
        responsible_id=wire.key(body.responsible_id),
        description=body.description,
        layouts=body.layouts,
        due_on=body.due_on,
        lines=[wire.line_given(each) for each in body.lines],
    )
    id = await context.services.sales.orders.create(context.actor, new)
    return await get_order(context, id)


@router.get("/orders/{id:key}", returns=OrderCardShape, right="sales.read")
async def get_order(context: Context, id: int) -> OrderCardShape:
    """One order whole; each sum as it was given beside what price and quantity make."""
    return wire.order_card(await context.services.sales.orders.card(context.actor, id))


@router.patch("/orders/{id:key}", body=OrderChange, returns=OrderCardShape, right="sales.write")
async def change_order(context: Context, id: int, body: OrderChange) -> OrderCardShape:
    """Change parts of an order: its state, for example."""
    await context.services.sales.orders.change(context.actor, id, wire.changes(body))
    return await get_order(context, id)


@router.put("/orders/{id:key}/lines", body=LinesBody, returns=OrderCardShape, right="sales.write")
async def change_order_lines(context: Context, id: int, body: LinesBody) -> OrderCardShape:
    """Give an order these lines; one that has a job ticket can't be left out."""
    lines = [(wire.key(each.id), wire.line_given(each)) for each in body.lines]
    await context.services.sales.orders.set_lines(context.actor, id, lines, body.unchanged_since)
    return await get_order(context, id)


@router.get("/orders/{id:key}/tickets/offer", returns=list[TicketOffer], right="sales.read")
async def offer_job_tickets(context: Context, id: int) -> list[TicketOffer]:
    """The lines of an order, and which of them are ticked for job tickets at once."""
    return [wire.offer(each) for each in await context.services.sales.tickets.offer(context.actor, id)]


@router.post("/orders/{id:key}/tickets", body=TicketsBody, returns=MadeTickets, right="sales.write")
async def make_job_tickets(context: Context, id: int, body: TicketsBody) -> MadeTickets:
    """Make one job ticket of each of these lines; a line that has one keeps it."""
    tickets = context.services.sales.tickets
    made = await tickets.make(context.actor, id, [key_of(each) for each in body.line_ids])
    _, found = await tickets.of_order(context.actor, id)
    by_id = {each.id: wire.ticket(each) for each in found}
    return MadeTickets(new=[by_id[each] for each in made.new], known=[by_id[each] for each in made.known])


@router.get("/orders/{id:key}/tickets", returns=PrintedTickets, right="sales.read")
async def get_order_tickets(context: Context, id: int) -> PrintedTickets:
    """An order with all its job tickets, as they are printed."""
    card, tickets = await context.services.sales.tickets.of_order(context.actor, id)
    return PrintedTickets(order=wire.order_card(card), tickets=[wire.ticket(each) for each in tickets])


def _wanted(query: OrderQuery | OrderWanted) -> OrderFilter:
    return OrderFilter(
        search=query.search,
        state=query.state or None,
        responsible_id=wire.key(query.responsible_id),
        client_id=wire.key(query.client_id),
        contact_id=wire.key(query.contact_id),
        deal_id=wire.key(query.deal_id),
    )


_COLUMNS: Sequence[Text] = (
    {"ru": "Номер", "en": "Number"},
    {"ru": "Название", "en": "Title"},
    {"ru": "Состояние", "en": "State"},
    {"ru": "Сумма", "en": "Sum"},
    {"ru": "Валюта", "en": "Currency"},
    {"ru": "Клиент", "en": "Client"},
    {"ru": "Контакт", "en": "Contact"},
    {"ru": "Ответственный", "en": "Responsible"},
    {"ru": "Сделка", "en": "Deal"},
    {"ru": "Создан", "en": "Created"},
    {"ru": "Закрыт", "en": "Closed"},
)


async def _rows(context: Context, parts: AsyncIterator[list[Order]]) -> AsyncIterator[list[str]]:
    zone = await context.services.people.organisation.zone()
    language = context.language
    yield [title[language] for title in _COLUMNS]
    async for orders in parts:
        for each in orders:
            yield [
                str(each.number),
                safe(each.title),
                STATES[each.state][language],
                wire.cell(each.sum, language),
                wire.order(each).currency,
                *map(wire.name_cell, (each.client, each.contact, each.responsible)),
                str(each.deal.number) if each.deal else "",
                day(each.created_at, zone),
                day(each.closed_at, zone),
            ]

"""Job tickets over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from starlette.responses import StreamingResponse

from vestnik.http.api import Context, Router
from vestnik.http.csv_files import csv_file, day, safe
from vestnik.http.errors import Text
from vestnik.sales import wire
from vestnik.sales.relations import TICKET_STATES
from vestnik.sales.shapes import TicketChange, TicketPage, TicketQuery, TicketShape, TicketWanted
from vestnik.sales.tickets import Ticket, TicketFilter

router = Router("sales")


@router.get("/tickets", query=TicketQuery, returns=TicketPage, right="sales.read")
async def list_job_tickets(context: Context, query: TicketQuery) -> TicketPage:
    """Job tickets by number, item or client, and by filters, page by page."""
    found, total = await context.services.sales.tickets.page(
        context.actor, _wanted(query), sort=query.sort, offset=query.offset, limit=query.limit
    )
    return TicketPage(items=[wire.ticket(each) for each in found], total=total)


@router.get("/tickets/export", query=TicketWanted, media_type="text/csv", right="sales.read")
async def export_job_tickets(context: Context, query: TicketWanted) -> StreamingResponse:
    """The tickets that the filters leave as a CSV file, the newest first."""
    parts = await context.services.sales.tickets.export(context.actor, _wanted(query))
    return csv_file(_rows(context, parts), "job-tickets.csv")


@router.get("/tickets/{id:key}", returns=TicketShape, right="sales.read")
async def get_job_ticket(context: Context, id: int) -> TicketShape:
    """One job ticket, whole: what a machine of the workshop reads."""
    return wire.ticket(await context.services.sales.tickets.card(context.actor, id))


@router.patch("/tickets/{id:key}", body=TicketChange, returns=TicketShape, right="sales.write")
async def change_job_ticket(context: Context, id: int, body: TicketChange) -> TicketShape:
    """Give a job ticket another state, note, responsible or due date."""
    await context.services.sales.tickets.change(context.actor, id, wire.changes(body))
    return await get_job_ticket(context, id)


def _wanted(query: TicketQuery | TicketWanted) -> TicketFilter:
    return TicketFilter(
        search=query.search,
        state=query.state or None,
        responsible_id=wire.key(query.responsible_id),
        client_id=wire.key(query.client_id),
        order_id=wire.key(query.order_id),
        overdue=query.overdue,
    )


_COLUMNS: Sequence[Text] = (
    {"ru": "Номер", "en": "Number"},
    {"ru": "Заказ", "en": "Order"},
    {"ru": "Состояние", "en": "State"},
    {"ru": "Срок", "en": "Due"},
    {"ru": "Просрочена", "en": "Overdue"},
    {"ru": "Номенклатура", "en": "Item"},
    {"ru": "Станок", "en": "Machine"},
    {"ru": "Материал", "en": "Material"},
    {"ru": "Код материала", "en": "Code of the material"},
    {"ru": "Разрешение", "en": "Resolution"},
    {"ru": "Ширина, м", "en": "Width, m"},
    {"ru": "Высота, м", "en": "Height, m"},
    {"ru": "Количество", "en": "Quantity"},
    {"ru": "Дополнительные работы", "en": "Finishing works"},
    {"ru": "Макеты", "en": "Layouts"},
    {"ru": "Клиент", "en": "Client"},
    {"ru": "Ответственный", "en": "Responsible"},
    {"ru": "Примечание", "en": "Note"},
    {"ru": "Создана", "en": "Created"},
    {"ru": "Закрыта", "en": "Closed"},
)


_YES: Text = {"ru": "да", "en": "yes"}


async def _rows(context: Context, parts: AsyncIterator[list[Ticket]]) -> AsyncIterator[list[str]]:
    zone = await context.services.people.organisation.zone()
    language = context.language
    yield [title[language] for title in _COLUMNS]
    async for tickets in parts:
        for each in tickets:
            works = (
                " ".join(filter(None, (work.kind, wire.cell(work.quantity, language), work.description)))
                for work in each.works
            )
            yield [
                str(each.number),
                str(each.order.number),
                TICKET_STATES[each.state][language],
                each.due_on.isoformat() if each.due_on else "",
                _YES[language] if each.overdue else "",
                *map(
                    safe, (each.item, each.machine_code, each.material, each.material_code, each.resolution)
                ),
                *(wire.cell(size, language) for size in (each.width, each.height, each.quantity)),
                safe("; ".join(works)),
                safe(" ".join(each.layouts)),
                *map(wire.name_cell, (each.client, each.responsible)),
                safe(each.note),
                day(each.created_at, zone),
                day(each.closed_at, zone),
            ]

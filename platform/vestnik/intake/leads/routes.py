"""Leads over HTTP: the inbox, the card, what people do to leads, and leads that machines add."""

from __future__ import annotations

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import StreamingResponse

from vestnik.db import now
from vestnik.http.api import Context, Router, key_of
from vestnik.http.csv_files import csv_file, moment, safe
from vestnik.http.errors import InvalidRequest, Language
from vestnik.http.events import EventStream, still_may
from vestnik.intake.fields import Given
from vestnik.intake.inputs.store import NewInput
from vestnik.intake.leads import wire
from vestnik.intake.leads.reading import Line
from vestnik.intake.leads.service import TOPIC, Leads
from vestnik.intake.leads.shapes import (
    AssignBody,
    CloseBody,
    ConvertBody,
    InboxShape,
    InnBody,
    LeadBody,
    LeadBulkBody,
    LeadBulkShape,
    LeadCard,
    LeadChange,
    LeadCounts,
    LeadPage,
    LeadQuery,
    LeadSelection,
    LeadStatistics,
    LeadStored,
    NoteBody,
    PeriodQuery,
)

router = Router("leads")

#: What a body of a lead may have: a thousand lines with their works.
LEAD_BODY_BYTES = 5_000_000

_NEEDED = {"ru": "для этого действия обязательно", "en": "this action needs it"}
_COLUMNS = {
    "ru": [
        *("Номер", "Поступила", "Статус", "Результат", "Имя", "Контактное лицо", "Компания", "Почта"),
        *("Телефон", "Источник клиента", "Партнёр", "Город", "Ответственный", "Клиент", "Контакт"),
        *("Взята в работу", "Завершена", "Описание"),
    ],
    "en": [
        *("Number", "Arrived", "Status", "Result", "Name", "Contact person", "Company", "E-mail"),
        *("Phone", "Client source", "Partner", "City", "Responsible", "Client", "Contact"),
        *("Taken", "Finished", "Description"),
    ],
}
_STATUSES = {
    "open": {"ru": "Открыт", "en": "Open"},
    "in_work": {"ru": "В работе", "en": "In work"},
    "processed": {"ru": "Обработан", "en": "Processed"},
    "closed": {"ru": "Закрыт", "en": "Closed"},
}
_RESULTS = {
    "spam": {"ru": "Спам", "en": "Spam"},
    "duplicate": {"ru": "Дубль", "en": "Duplicate"},
    "other": {"ru": "Другое", "en": "Other"},
    "not_target": {"ru": "Не целевой", "en": "Not a target"},
}


def _leads(context: Context) -> Leads:
    return context.services.intake.leads


async def _card(context: Context, id: int) -> LeadCard:
    return wire.card(await _leads(context).card(context.actor, id), context.language)


@router.get("/leads", query=LeadQuery, returns=LeadPage, right="leads.read")
async def list_leads(context: Context, query: LeadQuery) -> LeadPage:
    """Leads, the newest first, and how many of each status match the rest of the filter.

    `sort` is one of created, number, updated, status, with a minus for the other way round.
    """
    lines, total, counts = await _leads(context).page(
        context.actor, wire.wanted(query), sort=query.sort, offset=query.offset, limit=query.limit
    )
    return LeadPage(items=[wire.lead(each) for each in lines], total=total, counts=LeadCounts(**counts))


@router.post(
    "/leads",
    body=LeadBody,
    returns=LeadStored,
    status=201,
    body_bytes=LEAD_BODY_BYTES,
    right="leads.write",
)
async def add_lead(context: Context, body: LeadBody) -> LeadStored:
    """Store a lead, and all that becomes of it: who is responsible, an event, an order of its lines.

    With a header `Idempotency-Key` the same request again answers with the lead of the first one.
    """
    actor, at = context.actor, now()
    by_key = actor.key_id is not None
    new = NewInput(
        door="api" if by_key else "hand",
        source_id=actor.key_id if by_key else actor.user_id,
        key=context.request.headers.get("idempotency-key") or None,
        about={"subject": body.title},
        media_type="application/json",
        raw=msgspec.json.encode(body),
        received_at=at,
    )
    given = Given(
        fields=wire.fields(body),
        door="api" if by_key else "hand",
        input_id=0,
        received_at=at,
        calendar_id=None if body.calendar_id is None else key_of(body.calendar_id),
        responsible_id=None if body.responsible_id is None else key_of(body.responsible_id),
        channel_id=None if body.channel_id is None else key_of(body.channel_id),
    )
    return wire.stored(await context.services.intake.inputs.take(new, given, actor))


@router.get("/leads/events", right="leads.read", media_type="text/event-stream")
async def watch_leads(context: Context) -> EventStream:
    """Live updates of the inbox: an event `inbox` at once, and whenever a lead comes in or is changed."""

    async def look() -> InboxShape:
        found = await _leads(context).newest()
        return InboxShape(changed_at=found.changed_at, newest=found.number)

    return EventStream(
        context.services.events,
        TOPIC,
        event="inbox",
        look=look,
        may_go_on=lambda: still_may(context.request, "leads.read"),
    )


@router.get("/leads/statistics", query=PeriodQuery, returns=LeadStatistics, right="leads.read")
async def count_leads(context: Context, query: PeriodQuery) -> LeadStatistics:
    """Leads that arrived in a period, by source and by person, and how fast they were answered."""
    channels, people = await _leads(context).statistics(context.actor, query.since, query.until)
    return LeadStatistics(
        channels=[wire.figures(each) for each in channels],
        people=[wire.figures(each) for each in people],
    )


@router.post("/leads/bulk", body=LeadBulkBody, returns=LeadBulkShape, right="leads.write")
async def change_leads(context: Context, body: LeadBulkBody) -> LeadBulkShape:
    """Do one thing to several leads; those that can't take it stay as they are and are counted."""
    if body.action == "assign" and body.user_id is None:
        raise InvalidRequest(path="$.userId", reason=_NEEDED)
    if body.action == "close" and body.result is None:
        raise InvalidRequest(path="$.result", reason=_NEEDED)
    done = await _leads(context).act(
        context.actor,
        [key_of(id) for id in body.ids],
        body.action,
        user_id=None if body.user_id is None else key_of(body.user_id),
        result=body.result,
    )
    return wire.acted(done)


@router.post("/leads/export", body=LeadSelection, media_type="text/csv", right="contacts.export")
async def export_leads(context: Context, body: LeadSelection) -> StreamingResponse:
    """The leads of a selection as a CSV file (UTF-8), which holds addresses of people."""
    lines = await _leads(context).export(context.actor, wire.wanted(body))
    zone = await context.services.people.organisation.zone()
    return csv_file(_rows(lines, context.language, zone), "leads.csv")


@router.get("/leads/{id:key}", returns=LeadCard, right="leads.read")
async def get_lead(context: Context, id: int) -> LeadCard:
    """One lead whole, with what it may be of and its history."""
    return await _card(context, id)


@router.patch("/leads/{id:key}", body=LeadChange, returns=LeadCard, right="leads.write")
async def change_lead(context: Context, id: int, body: LeadChange) -> LeadCard:
    """Correct fields and links of a lead; reading its input again leaves them from then on."""
    given = {
        name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET
    }
    for name in ("channel_id", "partner_id", "client_id", "contact_id"):
        if given.get(name) is not None:
            given[name] = key_of(given[name])
    await _leads(context).edit(context.actor, id, given)
    return await _card(context, id)


@router.post("/leads/{id:key}/seen", right="leads.write")
async def see_lead(context: Context, id: int) -> None:
    """Note that somebody opened a lead: it is unread no more."""
    await _leads(context).see(context.actor, id)


@router.post("/leads/{id:key}/take", returns=LeadCard, right="leads.write")
async def take_lead(context: Context, id: int) -> LeadCard:
    """Take a lead into work; one that waits for the Coordinator becomes one's own."""
    await _leads(context).take(context.actor, id)
    return await _card(context, id)


@router.post("/leads/{id:key}/assign", body=AssignBody, returns=LeadCard, right="leads.write")
async def assign_lead(context: Context, id: int, body: AssignBody) -> LeadCard:
    """Make somebody responsible for a lead, who is told by letter."""
    await _leads(context).assign(context.actor, id, key_of(body.user_id))
    return await _card(context, id)


@router.post("/leads/{id:key}/process", returns=LeadCard, right="leads.write")
async def process_lead(context: Context, id: int) -> LeadCard:
    """Mark a lead as processed."""
    await _leads(context).process(context.actor, id)
    return await _card(context, id)


@router.post("/leads/{id:key}/close", body=CloseBody, returns=LeadCard, right="leads.write")
async def close_lead(context: Context, id: int, body: CloseBody) -> LeadCard:
    """Close a lead with its result."""
    await _leads(context).close(context.actor, id, body.result)
    return await _card(context, id)


@router.post("/leads/{id:key}/reopen", returns=LeadCard, right="leads.write")
async def reopen_lead(context: Context, id: int) -> LeadCard:
    """Take up a lead again that was processed or closed."""
    await _leads(context).reopen(context.actor, id)
    return await _card(context, id)


@router.post("/leads/{id:key}/notes", body=NoteBody, returns=LeadCard, right="leads.write")
async def add_lead_note(context: Context, id: int, body: NoteBody) -> LeadCard:
    """Write something down beside a lead."""
    await _leads(context).note(context.actor, id, body.text)
    return await _card(context, id)


@router.post("/leads/{id:key}/inn", body=InnBody, returns=LeadCard, right="leads.write")
async def correct_lead_inn(context: Context, id: int, body: InnBody) -> LeadCard:
    """Enter the right INN of a lead: its client is found by it, or made."""
    await _leads(context).correct_inn(context.actor, id, body.inn)
    return await _card(context, id)


@router.post("/leads/{id:key}/convert", body=ConvertBody, returns=LeadCard, right="leads.write")
async def convert_lead(context: Context, id: int, body: ConvertBody) -> LeadCard:
    """Make client, contact, deal and order of a lead in one step, and mark it processed; once.

    Takes `contacts.write` and `sales.write`, too. A lead that was converted before stays as it is.
    """
    await _leads(context).convert(context.actor, id, wire.wish(body))
    return await _card(context, id)


async def _rows(lines: AsyncIterator[Line], language: Language, zone: ZoneInfo) -> AsyncIterator[list[str]]:
    yield _COLUMNS[language]
    async for line in lines:
        row = line.row
        texts = [row.title, row.person, row.company, row.email, row.phone, line.channel or ""]
        texts += [line.partner or row.partner, row.city, line.responsible or "", line.client or ""]
        yield [
            str(row.number),
            moment(row.created_at, zone),
            _STATUSES[row.status][language],
            _RESULTS[row.result][language] if row.result is not None else "",
            *(safe(text) for text in (*texts, line.contact or "")),
            moment(row.taken_at, zone),
            moment(row.finished_at, zone),
            safe(row.description),
        ]

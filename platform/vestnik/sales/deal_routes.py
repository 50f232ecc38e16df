"""Deals and their stages over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from starlette.responses import StreamingResponse

from vestnik.http.api import Context, Router, key_of
from vestnik.http.csv_files import csv_file, day, safe
from vestnik.http.errors import Text
from vestnik.sales import wire
from vestnik.sales.deals import Deal, DealFilter, NewDeal
from vestnik.sales.shapes import (
    DealBody,
    DealChange,
    DealPage,
    DealQuery,
    DealShape,
    DealWanted,
    StageBody,
    StageChange,
    StageOrder,
    StageShape,
    StageSumShape,
)

router = Router("sales")


@router.get("/deals", query=DealQuery, returns=DealPage, right="sales.read")
async def list_deals(context: Context, query: DealQuery) -> DealPage:
    """Deals by number, words or client, and by filters, page by page."""
    found, total = await context.services.sales.deals.page(
        context.actor, _wanted(query), sort=query.sort, offset=query.offset, limit=query.limit
    )
    return DealPage(items=[wire.deal(each) for each in found], total=total)


@router.get("/deals/sums", query=DealWanted, returns=list[StageSumShape], right="sales.read")
async def sum_deals(context: Context, query: DealWanted) -> list[StageSumShape]:
    """How many of the deals that match are in each stage, and their sum; `stageId` counts for nothing."""
    return [
        wire.stage_sum(each)
        for each in await context.services.sales.deals.by_stage(context.actor, _wanted(query))
    ]


@router.get("/deals/export", query=DealWanted, media_type="text/csv", right="sales.read")
async def export_deals(context: Context, query: DealWanted) -> StreamingResponse:
    """The deals that the filters leave as a CSV file, the newest first."""
    parts = await context.services.sales.deals.export(context.actor, _wanted(query))
    return csv_file(_rows(context, parts), "deals.csv")


@router.post("/deals", body=DealBody, returns=DealShape, status=201, right="sales.write")
async def create_deal(context: Context, body: DealBody) -> DealShape:
    """Store a new deal."""
    new = NewDeal(
        body.title,
        client_id=wire.key(body.client_id),
        contact_id=wire.key(body.contact_id),
        sum=wire.number(body.sum),
        responsible_id=wire.key(body.responsible_id),
        stage_id=wire.key(body.stage_id),
    )
    id = await context.services.sales.deals.create(context.actor, new)
    return await get_deal(context, id)


@router.get("/deals/{id:key}", returns=DealShape, right="sales.read")
async def get_deal(context: Context, id: int) -> DealShape:
    """One deal."""
    return wire.deal(await context.services.sales.deals.card(context.actor, id))


@router.patch("/deals/{id:key}", body=DealChange, returns=DealShape, right="sales.write")
async def change_deal(context: Context, id: int, body: DealChange) -> DealShape:
    """Change parts of a deal: its stage, for example."""
    await context.services.sales.deals.change(context.actor, id, wire.changes(body))
    return await get_deal(context, id)


@router.get("/deals/stages", returns=list[StageShape], right="sales.read")
async def list_deal_stages(context: Context) -> list[StageShape]:
    """The stages of deals in their order, archived ones too."""
    return [
        StageShape(id=str(each.id), name=each.name, kind=each.kind, archived=each.archived, deals=each.deals)
        for each in await context.services.sales.stages.all(context.actor)
    ]


@router.post("/deals/stages", body=StageBody, returns=list[StageShape], status=201, right="sales.write")
async def create_deal_stage(context: Context, body: StageBody) -> list[StageShape]:
    """Add a stage behind the others; all of them."""
    await context.services.sales.stages.create(context.actor, body.name.strip(), body.kind)
    return await list_deal_stages(context)


@router.patch("/deals/stages/{id:key}", body=StageChange, returns=list[StageShape], right="sales.write")
async def change_deal_stage(context: Context, id: int, body: StageChange) -> list[StageShape]:
    """Rename a stage, archive it or bring it back; all stages."""
    name = None if body.name is None else body.name.strip()
    await context.services.sales.stages.change(context.actor, id, name=name, archived=body.archived)
    return await list_deal_stages(context)


@router.put("/deals/stages/order", body=StageOrder, returns=list[StageShape], right="sales.write")
async def arrange_deal_stages(context: Context, body: StageOrder) -> list[StageShape]:
    """Put the stages into another order; all of them."""
    await context.services.sales.stages.arrange(context.actor, [key_of(id) for id in body.ids])
    return await list_deal_stages(context)


def _wanted(query: DealQuery | DealWanted) -> DealFilter:
    return DealFilter(
        search=query.search,
        stage_id=wire.key(query.stage_id),
        kind=query.kind or None,
        responsible_id=wire.key(query.responsible_id),
        client_id=wire.key(query.client_id),
        contact_id=wire.key(query.contact_id),
    )


_COLUMNS: Sequence[Text] = (
    {"ru": "Номер", "en": "Number"},
    {"ru": "Название", "en": "Title"},
    {"ru": "Этап", "en": "Stage"},
    {"ru": "Сумма", "en": "Sum"},
    {"ru": "Валюта", "en": "Currency"},
    {"ru": "Клиент", "en": "Client"},
    {"ru": "Контакт", "en": "Contact"},
    {"ru": "Ответственный", "en": "Responsible"},
    {"ru": "Создана", "en": "Created"},
    {"ru": "Закрыта", "en": "Closed"},
)


async def _rows(context: Context, parts: AsyncIterator[list[Deal]]) -> AsyncIterator[list[str]]:
    zone = await context.services.people.organisation.zone()
    language = context.language
    yield [title[language] for title in _COLUMNS]
    async for deals in parts:
        for each in deals:
            shape = wire.deal(each)
            yield [
                str(each.number),
                safe(each.title),
                safe(each.stage.name),
                wire.cell(each.sum, language),
                shape.currency,
                *map(wire.name_cell, (each.client, each.contact, each.responsible)),
                day(each.created_at, zone),
                day(each.closed_at, zone),
            ]

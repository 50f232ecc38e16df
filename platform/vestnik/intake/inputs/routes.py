"""Inputs over HTTP: what came in, why there is no lead of it, reading it again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from starlette.responses import Response, StreamingResponse

from vestnik.http.api import Context, Router, key_of
from vestnik.http.errors import NotFound, Problem
from vestnik.intake.inputs.service import Filter
from vestnik.intake.inputs.shapes import (
    InputAgain,
    InputCard,
    InputIds,
    InputName,
    InputPage,
    InputQuery,
    ReadAgain,
    ReadAgainMany,
    ReadAgainOutcome,
    ReadAgainQuery,
    input_again,
    input_card,
    input_row,
)
from vestnik.intake.parsing.reasons import sentence

router = Router("inputs")

_ENDINGS = {"letter": "eml", "http": "txt"}


@router.get("/inputs", query=InputQuery, returns=InputPage, right="leads.read")
async def list_inputs(context: Context, query: InputQuery) -> InputPage:
    """What came in, newest first, whether a lead became of it or not."""
    source_id = None if query.source_id is None else key_of(query.source_id)
    wanted = Filter(query.state, query.door, source_id)
    inputs = context.services.intake.inputs
    lines, total, counts = await inputs.page(context.actor, wanted, query.offset, query.limit)
    items = [input_row(each, context.language) for each in lines]
    return InputPage(items=items, total=total, counts=dict(counts))


@router.get("/inputs/{id:key}", returns=InputCard, right="leads.read")
async def get_input(context: Context, id: int) -> InputCard:
    """One input: what came, as texts, and what was read of it, side by side."""
    return input_card(await context.services.intake.inputs.card(context.actor, id), context.language)


@router.get("/inputs/{id:key}/raw", right="leads.read", media_type="application/octet-stream")
async def download_input(context: Context, id: int) -> Response:
    """The bytes of an input exactly as they came, as a file."""
    row, pieces = await context.services.intake.inputs.raw(context.actor, id)
    headers = {
        "content-disposition": f'attachment; filename="{_file_name(row)}"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "no-store",
    }
    return StreamingResponse(pieces, 200, headers, media_type="application/octet-stream")


@router.post(
    "/inputs/{id:key}/parse", query=ReadAgainQuery, body=ReadAgain, returns=InputAgain, right="leads.read"
)
async def read_input_again(context: Context, id: int, query: ReadAgainQuery, body: ReadAgain) -> InputAgain:
    """Read an input again, after the mapping or the document was mended; `dry` only tells what changes.

    Takes leads.write or intake.manage. What a person changed in the lead since stays.
    """
    inputs = context.services.intake.inputs
    again = await inputs.read_again(context.actor, id, dry=query.dry, text=body.text)
    return input_again(again, context.language)


@router.post("/inputs/parse", body=InputIds, returns=ReadAgainMany, right="leads.read")
async def read_inputs_again(context: Context, body: InputIds) -> ReadAgainMany:
    """Read several inputs again, each by itself. Takes leads.write or intake.manage."""
    return ReadAgainMany(items=[await _outcome(context, id) for id in dict.fromkeys(body.ids)])


@router.post("/inputs/{id:key}/set-aside", right="leads.read")
async def set_input_aside(context: Context, id: int) -> None:
    """Say that an unreadable input is no lead. Takes leads.write or intake.manage."""
    await context.services.intake.inputs.set_aside(context.actor, id)


@router.post("/inputs/{id:key}/name", body=InputName, right="intake.manage")
async def map_input_name(context: Context, id: int, body: InputName) -> None:
    """Have a name taken for a field of ours, at the collector or door that this input came by."""
    await context.services.intake.inputs.add_name(context.actor, id, body.target, body.name)


async def _outcome(context: Context, id: str) -> ReadAgainOutcome:
    lead_id: str | None = None
    problem: str | None = None
    try:
        again = await context.services.intake.inputs.read_again(context.actor, key_of(id), dry=False)
    except Problem as refused:
        if isinstance(refused, NotFound) or refused.status == 409:
            return ReadAgainOutcome(id=id, lead_id=None, problem=refused.detail(context.language))
        raise
    if again.lead is not None:
        lead_id = str(again.lead.lead_id)
    if again.reading.reason is not None:
        problem = sentence(again.reading.reason, context.language)
    return ReadAgainOutcome(id=id, lead_id=lead_id, problem=problem)


def _file_name(row: sa.Row[Any]) -> str:
    ending = "json" if "json" in row.media_type else _ENDINGS.get(row.door, "json")
    return f"input-{row.id}.{ending}"

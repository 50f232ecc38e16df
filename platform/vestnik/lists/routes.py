"""Syncs over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from starlette.responses import StreamingResponse

from vestnik.http.api import Context, Router, key_of
from vestnik.http.csv_files import csv_file, safe
from vestnik.http.events import EventStream, still_may
from vestnik.lists import shapes
from vestnik.lists.rejects import REFUSALS
from vestnik.lists.semantics import VERDICT_WORDS
from vestnik.lists.service import Draft, Syncs, topic
from vestnik.lists.shapes import (
    RecomputedShape,
    SyncBody,
    SyncChange,
    SyncConfirmBody,
    SyncHeldPage,
    SyncHeldQuery,
    SyncPage,
    SyncQuery,
    SyncRejectPage,
    SyncRunPage,
    SyncRunShape,
    SyncServicePage,
    SyncShape,
    SyncSliceQuery,
    SyncTargetPage,
    SyncTargetQuery,
)

router = Router("syncs")

_REJECT_COLUMNS = {
    "ru": ["Адрес", "Действие", "Причина", "Ответ сервиса"],
    "en": ["Address", "Action", "Cause", "The service's words"],
}
_HELD_COLUMNS = {"ru": ["Адрес", "Контакт", "Причина"], "en": ["Address", "Contact", "Cause"]}
_SIDES = {
    "add": {"ru": "добавление", "en": "add"},
    "remove": {"ru": "исключение", "en": "remove"},
}


def _syncs(context: Context) -> Syncs:
    return context.services.syncs


async def _card(context: Context, id: int) -> SyncShape:
    return shapes.sync(await _syncs(context).card(context.actor, id), context.language)


@router.get("/syncs", query=SyncQuery, returns=SyncPage, right="syncs.read")
async def list_syncs(context: Context, query: SyncQuery) -> SyncPage:
    """Syncs, the newest first, each with its newest run."""
    cards, total = await _syncs(context).page(
        context.actor,
        search=query.search,
        segment_id=None if query.segment_id is None else key_of(query.segment_id),
        account_id=None if query.account_id is None else key_of(query.account_id),
        offset=query.offset,
        limit=query.limit,
    )
    return SyncPage(items=[shapes.sync(each, context.language) for each in cards], total=total)


@router.post("/syncs", body=SyncBody, returns=SyncShape, status=201, right="syncs.write")
async def create_sync(context: Context, body: SyncBody) -> SyncShape:
    """Store a sync as a draft and make its plan; nothing is transferred before it is confirmed."""
    draft = Draft(
        account_id=key_of(body.account_id),
        source=body.source,
        segment_id=None if body.segment_id is None else key_of(body.segment_id),
        list_external_id=body.list_external_id,
        list_title=body.list_title,
        mode=body.mode,
        category_id=None if body.category_id is None else key_of(body.category_id),
        every_minutes=body.every_minutes,
        guard_percent=body.guard_percent,
        over_limit=body.over_limit,
        first_by=body.first_by,
    )
    return await _card(context, await _syncs(context).create(context.actor, draft))


@router.get("/syncs/services", returns=SyncServicePage, right="syncs.read")
async def list_sync_services(context: Context) -> SyncServicePage:
    """The accounts that syncs may name; those that can't be chosen too, with the reason."""
    found = await _syncs(context).offers.accounts(context.actor)
    return SyncServicePage(items=[shapes.service(each, context.language) for each in found])


@router.get("/syncs/targets", query=SyncTargetQuery, returns=SyncTargetPage, right="syncs.write")
async def list_sync_targets(context: Context, query: SyncTargetQuery) -> SyncTargetPage:
    """The lists of an account as its service tells them now."""
    offers = _syncs(context).offers
    return shapes.targets(await offers.targets(context.actor, key_of(query.account_id), query.name))


@router.get("/syncs/{id:key}", returns=SyncShape, right="syncs.read")
async def get_sync(context: Context, id: int) -> SyncShape:
    """One sync with its newest run, and what can be done with it now."""
    return await _card(context, id)


@router.patch("/syncs/{id:key}", body=SyncChange, returns=SyncShape, right="syncs.write")
async def change_sync(context: Context, id: int, body: SyncChange) -> SyncShape:
    """Change parts of a sync, keep it, or let it rest; a draft's plan is made anew."""
    given = {
        name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET
    }
    if given.get("category_id") is not None:
        given["category_id"] = key_of(given["category_id"])
    await _syncs(context).change(context.actor, id, given)
    return await _card(context, id)


@router.delete("/syncs/{id:key}", right="syncs.write")
async def delete_sync(context: Context, id: int) -> None:
    """Take a sync away; the list at the service stays as it is."""
    await _syncs(context).delete(context.actor, id)


@router.post("/syncs/{id:key}/run", returns=SyncShape, right="syncs.write")
async def run_sync(context: Context, id: int) -> SyncShape:
    """Run a sync now."""
    await _syncs(context).run(context.actor, id)
    return await _card(context, id)


@router.post("/syncs/{id:key}/confirm", body=SyncConfirmBody, returns=SyncShape, right="syncs.write")
async def confirm_sync(context: Context, id: int, body: SyncConfirmBody) -> SyncShape:
    """Have the plan that waits carried out; a draft is kept from then on."""
    await _syncs(context).confirm(context.actor, id, body.removals)
    return await _card(context, id)


@router.post("/syncs/{id:key}/stop", returns=SyncShape, right="syncs.write")
async def stop_sync(context: Context, id: int) -> SyncShape:
    """Stop the run under way; what it has done at the service stays."""
    await _syncs(context).stop(context.actor, id)
    return await _card(context, id)


@router.post("/syncs/{id:key}/recompute", returns=RecomputedShape, right="syncs.write")
async def recompute_sync(context: Context, id: int) -> RecomputedShape:
    """Run a sync now, or directly after the run that is under way."""
    return RecomputedShape(runs=await _syncs(context).recompute(context.actor, id))


@router.post("/segments/{id:key}/recompute", returns=RecomputedShape, right="syncs.write")
async def recompute_segment(context: Context, id: int) -> RecomputedShape:
    """Run every sync of a segment now, or directly after its run under way."""
    return RecomputedShape(runs=await _syncs(context).recompute_segment(context.actor, id))


@router.get("/syncs/{id:key}/runs", query=SyncSliceQuery, returns=SyncRunPage, right="syncs.read")
async def list_sync_runs(context: Context, id: int, query: SyncSliceQuery) -> SyncRunPage:
    """The runs of a sync, the newest first."""
    found, total = await _syncs(context).runs(context.actor, id, offset=query.offset, limit=query.limit)
    return SyncRunPage(items=[shapes.run(each, context.language) for each in found], total=total)


@router.get("/sync-runs/{id:key}", returns=SyncRunShape, right="syncs.read")
async def get_sync_run(context: Context, id: int) -> SyncRunShape:
    """One run: its plan, how far it is, what came of it."""
    return shapes.run(await _syncs(context).register.run(id), context.language)


@router.get("/sync-runs/{id:key}/events", right="syncs.read", media_type="text/event-stream")
async def watch_sync_run(context: Context, id: int) -> EventStream:
    """Live progress of a run: an event `progress` at once and at every change."""
    await _syncs(context).register.run(id)  # `NotFound` before the stream begins

    async def look() -> SyncRunShape:
        return shapes.run(await _syncs(context).register.run(id), context.language)

    return EventStream(
        context.services.events,
        topic(id),
        event="progress",
        look=look,
        may_go_on=lambda: still_may(context.request, "syncs.read"),
    )


@router.post("/sync-runs/{id:key}/retry", returns=SyncRunShape, right="syncs.write")
async def retry_sync_run(context: Context, id: int) -> SyncRunShape:
    """Try just the refused rows of a run again, in a new run."""
    begun = await _syncs(context).retry(context.actor, id)
    return shapes.run(await _syncs(context).register.run(begun), context.language)


@router.get("/sync-runs/{id:key}/rejects", query=SyncSliceQuery, returns=SyncRejectPage, right="syncs.read")
async def list_sync_rejects(context: Context, id: int, query: SyncSliceQuery) -> SyncRejectPage:
    """The rows that the service refused in a run, and the causes."""
    context.actor.require("contacts.read")
    syncs = _syncs(context)
    await syncs.register.run(id)
    rows, total, causes = await syncs.rejects.page(id, offset=query.offset, limit=query.limit)
    return SyncRejectPage(
        items=[shapes.reject(each, context.language) for each in rows],
        total=total,
        causes=[shapes.cause(each, context.language) for each in causes],
    )


@router.get("/sync-runs/{id:key}/rejects.csv", media_type="text/csv", right="syncs.read")
async def export_sync_rejects(context: Context, id: int) -> StreamingResponse:
    """The refused rows as a CSV file, streamed as it is made."""
    context.actor.require("contacts.export")
    await _syncs(context).register.run(id)
    return csv_file(_rejects(context, id), f"rejects-{id}.csv")


async def _rejects(context: Context, id: int) -> AsyncIterator[list[str]]:
    language = context.language
    yield _REJECT_COLUMNS[language]
    async for each in _syncs(context).rejects.all(id):
        cause = REFUSALS[each.code][language]
        yield [safe(each.address), _SIDES[each.side][language], cause, safe(each.reason)]


@router.get("/sync-runs/{id:key}/held", query=SyncHeldQuery, returns=SyncHeldPage, right="syncs.read")
async def list_sync_held(context: Context, id: int, query: SyncHeldQuery) -> SyncHeldPage:
    """Who is not transferred by a run and why, page by page, while the run is there to look at."""
    found = await _syncs(context).held(
        context.actor, id, verdict=query.verdict, after=query.after, limit=query.limit
    )
    if found is None:
        return SyncHeldPage(items=[], next=None, kept=False)
    return SyncHeldPage(
        items=[shapes.held(each, context.language) for each in found],
        next=found[-1].number if len(found) == query.limit else None,
        kept=True,
    )


@router.get("/sync-runs/{id:key}/held.csv", media_type="text/csv", right="syncs.read")
async def export_sync_held(context: Context, id: int) -> StreamingResponse:
    """Who is not transferred by a run as a CSV file; empty once the run has ended."""
    context.actor.require("contacts.export")
    await _syncs(context).register.run(id)
    return csv_file(_held(context, id), f"held-back-{id}.csv")


async def _held(context: Context, id: int) -> AsyncIterator[list[str]]:
    language, after = context.language, 0
    yield _HELD_COLUMNS[language]
    while True:
        found = await _syncs(context).held(context.actor, id, verdict=None, after=after, limit=_AT_ONCE)
        if not found:
            return
        for each in found:
            yield [safe(each.address or ""), str(each.contact_id), VERDICT_WORDS[each.verdict][language]]
        after = found[-1].number


#: Rows of the file of those who are held back that are read at once.
_AT_ONCE = 1_000

"""Campaigns over HTTP."""

from __future__ import annotations

from zoneinfo import available_timezones

from vestnik.campaigns import shapes
from vestnik.campaigns.draft_shapes import CampaignBody, CampaignChange
from vestnik.campaigns.service import Campaigns, topic
from vestnik.campaigns.shapes import (
    CampaignCard,
    CampaignPage,
    CampaignQuery,
    CopyBody,
    DeliveryPage,
    DeliveryQuery,
    PreflightShape,
    ProgressShape,
    SendBody,
    StatsShape,
)
from vestnik.campaigns.states import State
from vestnik.http.api import Context, Router, key_of
from vestnik.http.errors import InvalidRequest
from vestnik.http.events import EventStream, still_may

router = Router("campaigns")


def _campaigns(context: Context) -> Campaigns:
    return context.services.campaigns


async def _card(context: Context, id: int) -> CampaignCard:
    return shapes.card(await _campaigns(context).card(context.actor, id), context.language)


@router.get("/campaigns", query=CampaignQuery, returns=CampaignPage, right="campaigns.read")
async def list_campaigns(context: Context, query: CampaignQuery) -> CampaignPage:
    """Campaigns and drafts, the newest first unless `sort` says otherwise."""
    lines, total = await _campaigns(context).page(
        context.actor,
        search=query.search,
        states=_states(query.state),
        sort=query.sort,
        offset=query.offset,
        limit=query.limit,
    )
    return CampaignPage(items=[shapes.line(line, context.language) for line in lines], total=total)


@router.post("/campaigns", body=CampaignBody, returns=CampaignCard, status=201, right="campaigns.write")
async def create_campaign(context: Context, body: CampaignBody) -> CampaignCard:
    """Store a new draft."""
    return await _card(context, await _campaigns(context).create(context.actor, body.draft()))


@router.get("/campaigns/{id:key}", returns=CampaignCard, right="campaigns.read")
async def get_campaign(context: Context, id: int) -> CampaignCard:
    """One campaign whole, with what can be done with it now."""
    return await _card(context, id)


@router.patch("/campaigns/{id:key}", body=CampaignChange, returns=CampaignCard, right="campaigns.write")
async def change_campaign(context: Context, id: int, body: CampaignChange) -> CampaignCard:
    """Change some parts of a draft."""
    await _campaigns(context).change(context.actor, id, body.draft())
    return await _card(context, id)


@router.delete("/campaigns/{id:key}", right="campaigns.write")
async def delete_campaign(context: Context, id: int) -> None:
    """Delete a draft."""
    await _campaigns(context).delete(context.actor, id)


@router.post(
    "/campaigns/{id:key}/copy", body=CopyBody, returns=CampaignCard, status=201, right="campaigns.write"
)
async def copy_campaign(context: Context, id: int, body: CopyBody) -> CampaignCard:
    """A new draft with the same content."""
    return await _card(context, await _campaigns(context).copy(context.actor, id, body.name))


@router.post("/campaigns/{id:key}/preflight", returns=PreflightShape, right="campaigns.read")
async def preflight_campaign(context: Context, id: int) -> PreflightShape:
    """Who would get the campaign, who not and why, and whether the service will take it."""
    return shapes.preflight(await _campaigns(context).preflight(context.actor, id), context.language)


@router.post("/campaigns/{id:key}/send", body=SendBody, returns=CampaignCard, right="campaigns.send")
async def send_campaign(context: Context, id: int, body: SendBody) -> CampaignCard:
    """Launch a draft now, or at a time."""
    if body.zone is not None:
        known_zone(body.zone)
    await _campaigns(context).send(context.actor, id, body.at, zone=body.zone, held=body.hold)
    return await _card(context, id)


@router.post("/campaigns/{id:key}/undo", returns=CampaignCard, right="campaigns.send")
async def undo_campaign(context: Context, id: int) -> CampaignCard:
    """Take a campaign that is scheduled, or held after it was sent, back into the drafts."""
    await _campaigns(context).undo(context.actor, id)
    return await _card(context, id)


@router.post("/campaigns/{id:key}/pause", returns=CampaignCard, right="campaigns.send")
async def pause_campaign(context: Context, id: int) -> CampaignCard:
    """Stop a launch before the service has the campaign."""
    await _campaigns(context).pause(context.actor, id)
    return await _card(context, id)


@router.post("/campaigns/{id:key}/resume", returns=CampaignCard, right="campaigns.send")
async def resume_campaign(context: Context, id: int) -> CampaignCard:
    """Go on after a pause."""
    await _campaigns(context).resume(context.actor, id)
    return await _card(context, id)


@router.post("/campaigns/{id:key}/cancel", returns=CampaignCard, right="campaigns.send")
async def cancel_campaign(context: Context, id: int) -> CampaignCard:
    """Give up a campaign that the service does not have."""
    await _campaigns(context).cancel(context.actor, id)
    return await _card(context, id)


@router.post("/campaigns/{id:key}/cancel-at-service", returns=CampaignCard, right="campaigns.send")
async def cancel_campaign_at_service(context: Context, id: int) -> CampaignCard:
    """Have the service stop a campaign that it has."""
    await _campaigns(context).cancel_at_service(context.actor, id)
    return await _card(context, id)


@router.post("/campaigns/{id:key}/retry", returns=CampaignCard, right="campaigns.send")
async def retry_campaign(context: Context, id: int) -> CampaignCard:
    """Begin a new run of a campaign that failed or was declined."""
    await _campaigns(context).retry(context.actor, id)
    return await _card(context, id)


@router.post("/campaigns/{id:key}/check-at-service", returns=CampaignCard, right="campaigns.send")
async def check_campaign_at_service(context: Context, id: int) -> CampaignCard:
    """Ask the service now whether it has the campaign, or how it goes."""
    await _campaigns(context).check_at_service(context.actor, id)
    return await _card(context, id)


@router.post("/campaigns/{id:key}/send-again", returns=CampaignCard, right="campaigns.send")
async def send_campaign_again(context: Context, id: int) -> CampaignCard:
    """Create the campaign at the service once more, after it was in doubt."""
    await _campaigns(context).send_again(context.actor, id)
    return await _card(context, id)


@router.get("/campaigns/{id:key}/stats", returns=StatsShape, right="campaigns.read")
async def get_campaign_stats(context: Context, id: int) -> StatsShape:
    """The campaign's numbers from our own record, and the service's own as last told."""
    return shapes.statistics(await _campaigns(context).statistics(context.actor, id))


@router.get(
    "/campaigns/{id:key}/deliveries", query=DeliveryQuery, returns=DeliveryPage, right="campaigns.read"
)
async def list_campaign_deliveries(context: Context, id: int, query: DeliveryQuery) -> DeliveryPage:
    """Recipients and what became of each letter, page by page."""
    after = 0 if query.after is None else key_of(query.after)
    found = await _campaigns(context).register.deliveries(
        id, status=query.status or None, after=after, limit=query.limit
    )
    last = str(found[-1].address_id) if len(found) == query.limit else None
    return DeliveryPage(items=[shapes.delivery(delivery) for delivery in found], next=last)


@router.get("/campaigns/{id:key}/events", right="campaigns.read", media_type="text/event-stream")
async def watch_campaign(context: Context, id: int) -> EventStream:
    """Live progress: an event `progress` at once and at every change."""
    await _campaigns(context).register.progress(id)  # `NotFound` before the stream begins
    return _watch(context, id)


def _watch(context: Context, id: int) -> EventStream:
    async def look() -> ProgressShape:
        return shapes.progress(await _campaigns(context).register.progress(id), context.language)

    return EventStream(
        context.services.events,
        topic(id),
        event="progress",
        look=look,
        may_go_on=lambda: still_may(context.request, "campaigns.read"),
    )


def known_zone(name: str) -> str:
    """The name of a time zone; `InvalidRequest` when there is no such zone."""
    if name not in available_timezones():
        reason = {"ru": f"нет часового пояса {name!r}", "en": f"there is no time zone {name!r}"}
        raise InvalidRequest(path="$.zone", reason=reason)
    return name


def _states(text: str) -> list[State]:
    try:
        return [State(part) for part in text.split(",") if part]
    except ValueError:
        reason = {"ru": "такого состояния нет", "en": "there is no such state"}
        raise InvalidRequest(path="$.state", reason=reason) from None

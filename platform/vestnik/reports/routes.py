"""Reports over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from vestnik.http.api import Context, Router
from vestnik.reports import shapes, sheets
from vestnik.reports.service import Reports
from vestnik.reports.shapes import (
    DomainsShape,
    EngagementQuery,
    EngagementShape,
    GroupQuery,
    HappeningsShape,
    LinksShape,
    LogFilter,
    LogPage,
    LogQuery,
    MadeSegment,
    ResultsShape,
    SegmentBody,
)

router = Router("reports")


def _reports(context: Context) -> Reports:
    return context.services.reports


@router.get("/campaigns/{id:key}/results", returns=ResultsShape, right="campaigns.read")
async def get_campaign_results(context: Context, id: int) -> ResultsShape:
    """A campaign's figures, each with its source and time: the service's own lead, ours stand beside them."""
    return shapes.results(await _reports(context).results(context.actor, id), context.language)


@router.post("/campaigns/{id:key}/results/ask", returns=ResultsShape, right="campaigns.read")
async def ask_campaign_results(context: Context, id: int) -> ResultsShape:
    """Ask the service now for its figures, links and what became of each letter; then the same."""
    return shapes.results(await _reports(context).ask(context.actor, id), context.language)


@router.get("/campaigns/{id:key}/links", returns=LinksShape, right="campaigns.read")
async def get_campaign_links(context: Context, id: int) -> LinksShape:
    """How often each link of a campaign's letter was followed, as the service counts it and by our events."""
    return shapes.links(await _reports(context).links(context.actor, id), context.language)


@router.get("/campaigns/{id:key}/domains", returns=DomainsShape, right="campaigns.read")
async def get_campaign_domains(context: Context, id: int) -> DomainsShape:
    """What became of a campaign's letters by the domain of the address."""
    found = await _reports(context).domains(context.actor, id)
    return DomainsShape(items=[shapes.domain(line) for line in found])


@router.get("/campaigns/{id:key}/log", query=LogQuery, returns=LogPage, right="campaigns.read")
async def list_campaign_log(context: Context, id: int, query: LogQuery) -> LogPage:
    """Recipients by filters, page by page."""
    after = int(query.after or 0)
    found = await _reports(context).log(context.actor, id, query.chosen(), after=after, limit=query.limit)
    last = str(found[-1].address_id) if len(found) == query.limit else None
    return LogPage(items=[shapes.recipient(each) for each in found], next=last)


@router.get(
    "/campaigns/{id:key}/log/export",
    query=LogFilter,
    right="contacts.export",
    media_type="text/csv",
)
async def export_campaign_log(context: Context, id: int, query: LogFilter) -> Response:
    """The recipients that the filters leave, as CSV."""
    rows = await _reports(context).export_log(context.actor, id, query.chosen())
    return _csv(rows, f"campaign-{id}.csv")


@router.get("/campaigns/{id:key}/log/{address_id:key}", returns=HappeningsShape, right="campaigns.read")
async def get_campaign_recipient(context: Context, id: int, address_id: int) -> HappeningsShape:
    """Everything that happened to one recipient's letter."""
    found = await _reports(context).happenings(context.actor, id, address_id)
    return HappeningsShape(items=[shapes.happening(each) for each in found])


@router.get("/reports/engagement", query=EngagementQuery, returns=EngagementShape, right="reports.read")
async def get_engagement(context: Context, query: EngagementQuery) -> EngagementShape:
    """Who is active, who sleeps, who never opened a letter, who got none: of a segment, over a period."""
    return shapes.engagement(await _reports(context).engagement(context.actor, query.wanted()))


@router.get("/reports/engagement/export", query=GroupQuery, right="contacts.export", media_type="text/csv")
async def export_engagement(context: Context, query: GroupQuery) -> Response:
    """One group of the report as CSV."""
    rows = await _reports(context).export_group(context.actor, query.wanted(), query.group)
    return _csv(rows, f"{query.group}.csv")


@router.post(
    "/reports/engagement/segment", body=SegmentBody, returns=MadeSegment, status=201, right="segments.write"
)
async def make_engagement_segment(context: Context, body: SegmentBody) -> MadeSegment:
    """Keep one group of the report as a static segment, which a bulk run fills in the background."""
    made = await _reports(context).make_segment(context.actor, body.wanted(), body.group, body.name.strip())
    return MadeSegment(id=str(made.segment_id), run_id=str(made.run_id), members=made.members)


def _csv(rows: AsyncIterator[bytes], name: str) -> Response:
    return StreamingResponse(
        rows,
        headers={
            "content-type": sheets.MEDIA_TYPE,
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
        },
    )

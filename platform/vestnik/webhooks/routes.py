"""The webhook inspector over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from vestnik.http.api import Context, Id, Router, Shape, key_of
from vestnik.webhooks.inbox import State
from vestnik.webhooks.replays import AT_MOST, Filter
from vestnik.webhooks.service import Card, Line

router = Router("webhooks")

OptionalKey = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,18})?$")]


#: An instant with its zone: nobody else knows which noon is meant.
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class WebhookQuery(Shape):
    """Which requests to list: of one account, in one state, of a time, older than a cursor."""

    account_id: OptionalKey = ""
    state: State | None = None
    since: Instant | None = msgspec.field(default=None, name="from")
    until: Instant | None = msgspec.field(default=None, name="to")
    before: OptionalKey = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class WaitingQuery(Shape):
    """Which actions to list: of one account."""

    account_id: OptionalKey = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ReplayFilter(Shape):
    """Which requests to replay: of one account, in one state, arrived in a time; `to` is exclusive."""

    account_id: Id | None = None
    state: State | None = None
    since: Instant | None = msgspec.field(default=None, name="from")
    until: Instant | None = msgspec.field(default=None, name="to")


class ReplayCount(Shape):
    """How many requests a filter would replay, and how many may be replayed at a time."""

    found: int
    at_most: int


class ReplayQueued(Shape):
    """How many requests were marked to be replayed."""

    queued: int


class ReplayProgress(Shape):
    """How many requests wait to be replayed."""

    left: int


class ReplayStopped(Shape):
    """How many requests are not replayed after all."""

    stopped: int


class WebhookRow(Shape):
    """One request of a provider."""

    id: str
    received_at: datetime
    account_id: str
    method: str
    state: State
    attempts: int
    answered: int | None
    action_count: int
    body_bytes: int
    to_be_replayed: bool


class WebhookPage(Shape):
    """A slice of the inbox; `next` is the cursor of the following one, empty at the end."""

    items: list[WebhookRow]
    next: str


class WebhookFailure(Shape):
    """An attempt that failed: its kind, the error in full, the module's log."""

    at: datetime
    version_id: str | None
    kind: str
    error: dict[str, Any]
    log: list[Any]
    wall_ms: float | None


class WebhookCard(WebhookRow):
    """A request as it came, the actions parsed from it, and what became of each."""

    path: str
    query: str
    headers: list[tuple[str, str]]
    body: str | None
    body_base64: str | None
    version_id: str | None
    next_attempt_at: datetime | None
    actions: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    response: dict[str, Any] | None
    response_sent: bool | None
    failures: list[WebhookFailure]


class WaitingAction(Shape):
    """An action whose campaign or recipient has not come yet."""

    id: str
    account_id: str
    external_id: str | None
    address: str | None
    action: dict[str, Any]
    inbox_id: str
    created_at: datetime


class ArrivalsShape(Shape):
    """When an account's last webhook came, and how many of the last 24 hours failed and are not mended."""

    account_id: str
    last_at: datetime | None
    failures: int


class ChartPoint(Shape):
    """How many events fell into one step of a chart."""

    at: datetime
    sent: int
    delivered: int
    opened: int
    clicked: int
    unsubscribed: int
    bounced: int
    spam: int


class ChartShape(Shape):
    """A campaign's events over time; steps without events are left out."""

    width_s: int
    points: list[ChartPoint]


@router.get("/webhooks", query=WebhookQuery, returns=WebhookPage, right="webhooks.read")
async def list_webhooks(context: Context, query: WebhookQuery) -> WebhookPage:
    """The newest requests of providers."""
    lines = await context.services.webhooks.listed(
        context.actor,
        Filter(_key(query.account_id), query.state, query.since, query.until),
        before=_key(query.before),
        limit=query.limit,
    )
    full = len(lines) == query.limit
    return WebhookPage(
        items=[WebhookRow(**_row(line)) for line in lines], next=str(lines[-1].id) if full else ""
    )


@router.get("/webhooks/arrivals", returns=list[ArrivalsShape], right="accounts.read")
async def list_arrivals(context: Context) -> list[ArrivalsShape]:
    """How the webhooks are of each account that one may use."""
    rows = await context.services.modules.accounts.usable(context.actor)
    found = await context.services.webhooks.arrivals([row.id for row in rows])
    return [
        ArrivalsShape(account_id=str(each.account_id), last_at=each.last_at, failures=each.failures)
        for each in found
    ]


@router.get("/webhooks/waiting", query=WaitingQuery, returns=list[WaitingAction], right="webhooks.read")
async def list_waiting_actions(context: Context, query: WaitingQuery) -> list[WaitingAction]:
    """Actions that wait for their campaign or recipient."""
    found = await context.services.webhooks.waiting(context.actor, _key(query.account_id), query.limit)
    return [
        WaitingAction(
            id=str(one.id),
            account_id=str(one.account_id),
            external_id=one.external_id,
            address=one.address,
            action=one.action,
            inbox_id=str(one.inbox_id),
            created_at=one.created_at,
        )
        for one in found
    ]


@router.post("/webhooks/replay/count", body=ReplayFilter, returns=ReplayCount, right="webhooks.replay")
async def count_replay(context: Context, body: ReplayFilter) -> ReplayCount:
    """How many requests a filter would replay; nothing is done."""
    found = await context.services.webhooks.replays.count(context.actor, _filter(body))
    return ReplayCount(found=found, at_most=AT_MOST)


@router.post("/webhooks/replay", body=ReplayFilter, returns=ReplayQueued, status=202, right="webhooks.replay")
async def replay_webhooks(context: Context, body: ReplayFilter) -> ReplayQueued:
    """Parse a filtered set anew in the background, at low priority; nothing is applied twice."""
    return ReplayQueued(queued=await context.services.webhooks.replays.begin(context.actor, _filter(body)))


@router.get("/webhooks/replay", returns=ReplayProgress, right="webhooks.read")
async def get_replay(context: Context) -> ReplayProgress:
    """How many requests wait to be replayed."""
    return ReplayProgress(left=await context.services.webhooks.replays.left(context.actor))


@router.delete("/webhooks/replay", returns=ReplayStopped, right="webhooks.replay")
async def stop_replay(context: Context) -> ReplayStopped:
    """Replay no more of what waits to be replayed."""
    return ReplayStopped(stopped=await context.services.webhooks.replays.cancel(context.actor))


@router.get("/webhooks/{id:key}", returns=WebhookCard, right="webhooks.read")
async def get_webhook(context: Context, id: int) -> WebhookCard:
    """One request with its actions, effects and failures."""
    return _shape(await context.services.webhooks.card(context.actor, id))


@router.post("/webhooks/{id:key}/replay", returns=WebhookCard, right="webhooks.replay")
async def replay_webhook(context: Context, id: int) -> WebhookCard:
    """Parse a stored request anew; nothing is applied twice."""
    return _shape(await context.services.webhooks.replay(context.actor, id))


@router.get("/campaigns/{id:key}/chart", returns=ChartShape, right="campaigns.read")
async def get_campaign_chart(context: Context, id: int) -> ChartShape:
    """When a campaign's letters were sent, delivered, opened and clicked."""
    chart = await context.services.webhooks.chart(context.actor, id)
    return ChartShape(
        width_s=chart.width_s, points=[ChartPoint(at=at, **counts) for at, counts in chart.points]
    )


def _filter(body: ReplayFilter) -> Filter:
    account_id = None if body.account_id is None else key_of(body.account_id)
    return Filter(account_id, body.state, body.since, body.until)


def _key(text: str) -> int | None:
    return int(text) if text else None


def _row(line: Line) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "received_at": line.received_at,
        "account_id": str(line.account_id),
        "method": line.method,
        "state": line.state,
        "attempts": line.attempts,
        "answered": line.answered,
        "action_count": line.action_count,
        "body_bytes": line.body_bytes,
        "to_be_replayed": line.to_be_replayed,
    }


def _shape(card: Card) -> WebhookCard:
    return WebhookCard(
        **_row(card.line),
        path=card.path,
        query=card.query,
        headers=list(card.headers),
        body=card.body,
        body_base64=card.body_base64,
        version_id=None if card.version_id is None else str(card.version_id),
        next_attempt_at=card.next_attempt_at,
        actions=list(card.actions),
        effects=list(card.effects),
        response=card.response,
        response_sent=card.response_sent,
        failures=[
            WebhookFailure(
                at=failure.at,
                version_id=None if failure.version_id is None else str(failure.version_id),
                kind=failure.kind,
                error=failure.error,
                log=failure.log,
                wall_ms=failure.wall_ms,
            )
            for failure in card.failures
        ],
    )

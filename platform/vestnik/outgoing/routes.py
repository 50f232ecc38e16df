"""Outgoing webhooks over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from vestnik.http.api import Context, Id, Page, Router, Shape
from vestnik.http.errors import Language
from vestnik.outgoing.endpoints import NewEndpoint, Outgoing
from vestnik.outgoing.kinds import documented
from vestnik.outgoing.reasons import OFF, explained
from vestnik.outgoing.service import KINDS, Kind

router = Router("outgoing-webhooks")

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
Url = Annotated[str, msgspec.Meta(min_length=8, max_length=2_000)]
Kinds = Annotated[list[Kind], msgspec.Meta(min_length=1, max_length=len(KINDS))]
State = Literal["waiting", "delivered", "failed", "given_up"]


class OutgoingShape(Shape):
    """An endpoint.

    `offReason` says why Vestnik itself turned it off; `formerSecretUntil`: the secret before this one signs,
    too, until then.
    """

    id: Id
    title: str
    url: str
    kinds: list[Kind]
    private: bool
    enabled: bool
    off_reason: str | None
    failing_since: datetime | None
    delivered_at: datetime | None
    former_secret_until: datetime | None
    created_at: datetime


class OutgoingPage(Shape):
    items: list[OutgoingShape]


class OutgoingBody(Shape):
    """A new endpoint: https, on the internet; another one is `private`, which takes the right to approve."""

    title: Title
    url: Url
    kinds: Kinds
    private: bool = False


class OutgoingChange(Shape):
    """What is to change; `enabled` turns an endpoint on or off."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    url: Url | msgspec.UnsetType = msgspec.UNSET
    kinds: Kinds | msgspec.UnsetType = msgspec.UNSET
    private: bool | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class OutgoingSecret(Shape):
    """The secret that messages are signed with."""

    secret: str


class OutgoingMade(Shape):
    """A new endpoint and its secret."""

    webhook: OutgoingShape
    secret: str


class OutgoingKind(Shape):
    """A kind of messages: the JSON Schema of its bodies, and one as an example."""

    kind: Kind
    title: str
    description: str
    schema: dict[str, Any]
    example: dict[str, Any]


class OutgoingKindPage(Shape):
    items: list[OutgoingKind]


class OutgoingTestBody(Shape):
    """Of which kind an example is sent."""

    kind: Kind = "lead.created"


class OutgoingAttempt(Shape):
    """One attempt: the status of the answer, or why there was none."""

    at: datetime
    ms: int
    status: int | None
    problem: str | None


class OutgoingDelivery(Shape):
    """A message on its way; `messageId` is what the receiver gets as `webhook-id`."""

    id: Id
    message_id: str
    kind: Kind
    state: State
    at: datetime
    next_at: datetime | None
    delivered_at: datetime | None
    last_status: int | None
    problem: str | None


class OutgoingDeliveryCard(OutgoingDelivery):
    """A delivery whole: the body as it is sent, and the latest attempts."""

    webhook_id: Id
    body: str
    attempts: list[OutgoingAttempt]


class OutgoingDeliveryPage(Shape):
    items: list[OutgoingDelivery]
    total: int


class OutgoingDeliveryQuery(Page):
    """Which deliveries of an endpoint; search and sort are not used."""

    state: State | None = None
    kind: Kind | None = None


class OutgoingAgainBody(Shape):
    """Since when what failed is to be sent again."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]


class OutgoingAgain(Shape):
    """How many messages are sent again."""

    count: int


def _outgoing(context: Context) -> Outgoing:
    return context.services.outgoing


async def _card(context: Context, id: int) -> OutgoingShape:
    return _shape(await _outgoing(context).card(context.actor, id), context.language)


@router.get("/outgoing-webhooks", returns=OutgoingPage, right="outgoing.manage")
async def list_outgoing_webhooks(context: Context) -> OutgoingPage:
    """Endpoints, the oldest first."""
    rows = await _outgoing(context).all(context.actor)
    return OutgoingPage(items=[_shape(row, context.language) for row in rows])


@router.post(
    "/outgoing-webhooks", body=OutgoingBody, returns=OutgoingMade, status=201, right="outgoing.manage"
)
async def create_outgoing_webhook(context: Context, body: OutgoingBody) -> OutgoingMade:
    """Enter an endpoint; it hears of what happens from now on. Messages are signed by Standard Webhooks."""
    new = NewEndpoint(body.title, body.url, body.kinds, body.private)
    endpoint_id, secret = await _outgoing(context).create(context.actor, new)
    return OutgoingMade(webhook=await _card(context, endpoint_id), secret=secret)


@router.get("/outgoing-webhooks/kinds", returns=OutgoingKindPage, right="outgoing.manage")
async def list_outgoing_kinds(context: Context) -> OutgoingKindPage:
    """What can be told, with the JSON Schema and an example of each body."""
    return OutgoingKindPage(
        items=[
            OutgoingKind(
                kind=_kind(each.kind),
                title=each.title[context.language],
                description=each.description[context.language],
                schema=dict(each.schema),
                example=dict(each.example),
            )
            for each in documented()
        ]
    )


@router.get("/outgoing-webhooks/{id:key}", returns=OutgoingShape, right="outgoing.manage")
async def get_outgoing_webhook(context: Context, id: int) -> OutgoingShape:
    """One endpoint."""
    return await _card(context, id)


@router.patch(
    "/outgoing-webhooks/{id:key}", body=OutgoingChange, returns=OutgoingShape, right="outgoing.manage"
)
async def change_outgoing_webhook(context: Context, id: int, body: OutgoingChange) -> OutgoingShape:
    """Change an endpoint, or turn it on or off; on again, it is sent what still waits for it."""
    given = {
        name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET
    }
    await _outgoing(context).change(context.actor, id, given)
    return await _card(context, id)


@router.delete("/outgoing-webhooks/{id:key}", right="outgoing.manage")
async def delete_outgoing_webhook(context: Context, id: int) -> None:
    """Delete an endpoint with all that was, or was to be, sent to it."""
    await _outgoing(context).delete(context.actor, id)


@router.post("/outgoing-webhooks/{id:key}/secret/show", returns=OutgoingSecret, right="outgoing.manage")
async def show_outgoing_secret(context: Context, id: int) -> OutgoingSecret:
    """The secret of an endpoint; that it was shown stands in the audit."""
    return OutgoingSecret(secret=await _outgoing(context).secret(context.actor, id))


@router.post("/outgoing-webhooks/{id:key}/secret", returns=OutgoingSecret, right="outgoing.manage")
async def change_outgoing_secret(context: Context, id: int) -> OutgoingSecret:
    """A new secret; for a day the one before it signs, too, so that receivers change it without a gap."""
    return OutgoingSecret(secret=await _outgoing(context).rotate(context.actor, id))


@router.post(
    "/outgoing-webhooks/{id:key}/test",
    body=OutgoingTestBody,
    returns=OutgoingDeliveryCard,
    right="outgoing.manage",
)
async def test_outgoing_webhook(context: Context, id: int, body: OutgoingTestBody) -> OutgoingDeliveryCard:
    """Send an example now, once; the answer says what came of it."""
    key = await _outgoing(context).test(context.actor, id, body.kind)
    return _delivery_card(await _outgoing(context).delivery(context.actor, key), context.language)


@router.get(
    "/outgoing-webhooks/{id:key}/deliveries",
    query=OutgoingDeliveryQuery,
    returns=OutgoingDeliveryPage,
    right="outgoing.manage",
)
async def list_outgoing_deliveries(
    context: Context, id: int, query: OutgoingDeliveryQuery
) -> OutgoingDeliveryPage:
    """What was, or is to be, sent to an endpoint, the newest first; kept for thirty days."""
    rows, total = await _outgoing(context).deliveries(
        context.actor,
        id,
        state=query.state,
        kind=query.kind,
        offset=query.offset,
        limit=query.limit,
    )
    items = [OutgoingDelivery(**_delivery(row, context.language)) for row in rows]
    return OutgoingDeliveryPage(items=items, total=total)


@router.post(
    "/outgoing-webhooks/{id:key}/redeliver",
    body=OutgoingAgainBody,
    returns=OutgoingAgain,
    right="outgoing.manage",
)
async def redeliver_failed(context: Context, id: int, body: OutgoingAgainBody) -> OutgoingAgain:
    """Send what failed or was given up since a time again."""
    return OutgoingAgain(count=await _outgoing(context).redeliver_failed(context.actor, id, body.since))


@router.get("/outgoing-deliveries/{id:key}", returns=OutgoingDeliveryCard, right="outgoing.manage")
async def get_outgoing_delivery(context: Context, id: int) -> OutgoingDeliveryCard:
    """One delivery with its body and its attempts."""
    return _delivery_card(await _outgoing(context).delivery(context.actor, id), context.language)


@router.post("/outgoing-deliveries/{id:key}/redeliver", returns=OutgoingDeliveryCard, right="outgoing.manage")
async def redeliver(context: Context, id: int) -> OutgoingDeliveryCard:
    """Send one message again, delivered or not."""
    await _outgoing(context).redeliver(context.actor, id)
    return _delivery_card(await _outgoing(context).delivery(context.actor, id), context.language)


def _kind(kind: str) -> Kind:
    return next(each for each in KINDS if each == kind)


def _shape(row: sa.Row[Any], language: Language) -> OutgoingShape:
    return OutgoingShape(
        id=str(row.id),
        title=row.title,
        url=row.url,
        kinds=row.kinds,
        private=row.private,
        enabled=row.enabled,
        off_reason=None if row.off_reason is None else OFF[row.off_reason][language],
        failing_since=row.failing_since,
        delivered_at=row.delivered_at,
        former_secret_until=row.former_until,
        created_at=row.created_at,
    )


def _delivery(row: sa.Row[Any], language: Language) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "message_id": row.message_id,
        "kind": row.kind,
        "state": row.state,
        "at": row.at,
        "next_at": row.next_at,
        "delivered_at": row.delivered_at,
        "last_status": row.last_status,
        "problem": explained(row.last_error, language),
    }


def _delivery_card(row: sa.Row[Any], language: Language) -> OutgoingDeliveryCard:
    attempts = [
        OutgoingAttempt(
            at=datetime.fromisoformat(each["at"]),
            ms=each["ms"],
            status=each["status"],
            problem=explained(each["error"], language),
        )
        for each in row.attempts
    ]
    return OutgoingDeliveryCard(
        **_delivery(row, language), webhook_id=str(row.endpoint_id), body=row.body, attempts=attempts
    )

"""Campaigns over HTTP: shapes, problems, the live stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.campaigns.conftest import Room, until
from tests.campaigns.service_double import ACCOUNT_ID, TEMPLATE_ID

from vestnik.campaigns import effects
from vestnik.campaigns.effects import Status
from vestnik.campaigns.routes import _watch, router
from vestnik.campaigns.states import State
from vestnik.db import now
from vestnik.http.api import Context, routes
from vestnik.http.events import Events
from vestnik.http.faults import HANDLERS
from vestnik.people.access import SYSTEM
from vestnik.segments.errors import InvalidRule


class SignedIn:
    """Every request comes from the system's own actor."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sign in, go on."""
        scope.setdefault("state", {})["actor"] = SYSTEM
        await self.app(scope, receive, send)


@pytest.fixture
async def client(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with this room alone."""
    services = cast(Any, SimpleNamespace(campaigns=room.campaigns, events=Events()))
    app = Starlette(
        routes=routes([router], services),
        middleware=[Middleware(SignedIn)],
        exception_handlers=HANDLERS,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        yield client


def _draft(room: Room, **changes: Any) -> dict[str, Any]:
    return {
        "name": " Осенние скидки ",
        "subject": "Скидки до 30 %",
        "senderName": "Вестник",
        "senderEmail": "news@example.com",
        "accountId": str(ACCOUNT_ID),
        "templateId": str(TEMPLATE_ID),
        "categoryId": str(room.category_id),
        **changes,
    }


async def test_draft_is_created_changed_copied_checked_sent_and_shown(
    room: Room, client: httpx.AsyncClient
) -> None:
    created = await client.post("/campaigns", json=_draft(room))
    assert created.status_code == 201
    id = created.json()["id"]
    assert created.json()["actions"] == ["edit", "preflight", "send", "test", "delete"]

    changed = await client.patch(f"/campaigns/{id}", json={"segmentId": "1", "categoryId": None})
    assert (changed.json()["segment"], changed.json()["category"]) == ({"id": "1", "name": "Все"}, None)
    copied = await client.post(f"/campaigns/{id}/copy", json={"name": "Копия"})
    assert (copied.status_code, copied.json()["segmentId"], copied.json()["state"]) == (201, "1", "draft")
    assert (await client.delete(f"/campaigns/{copied.json()['id']}")).status_code == 204

    preflight = (await client.post(f"/campaigns/{id}/preflight")).json()
    assert (preflight["ready"], preflight["recipients"]) == (True, 12)
    assert [check["code"] for check in preflight["checks"]] == [
        "no_category",
        "account_ready",
        "sender_known",
        "plan_enough",
    ]

    sent = await client.post(f"/campaigns/{id}/send", json={})
    assert sent.json()["state"] in ("preparing", "sending")
    row = await room.until(int(id), State.SENDING)
    listed = (await client.get("/campaigns", params={"state": "sending,sent", "search": "ОСЕНН"})).json()
    assert (listed["total"], listed["items"][0]["name"]) == (1, "Осенние скидки")
    assert listed["items"][0]["figures"]["handedOver"] == row.handed_over == 12


async def test_statistics_and_recipients_follow_the_events(room: Room, client: httpx.AsyncClient) -> None:
    campaign_id = await room.send()
    await room.until(campaign_id, State.SENDING)
    recipients = (await client.get(f"/campaigns/{campaign_id}/deliveries", params={"limit": 5})).json()
    first, second, third, *_ = [int(item["addressId"]) for item in recipients["items"]]
    rows = [
        Status(campaign_id, first, "clicked", now()),
        Status(campaign_id, second, "softBounce", now(), "mailbox full"),
        Status(campaign_id, third, "hardBounce", now(), "no such user"),
    ]
    await room.database.write(effects.set_delivery_status, rows)

    stats = (await client.get(f"/campaigns/{campaign_id}/stats")).json()
    figures = stats["figures"]
    assert [figures[name] for name in ("delivered", "opened", "clicked", "bounced", "hardBounced")] == [
        1, 1, 1, 2, 1,
    ]  # fmt: skip
    bounced = await client.get(f"/campaigns/{campaign_id}/deliveries", params={"status": "hard_bounced"})
    assert [(item["addressId"], item["reason"]) for item in bounced.json()["items"]] == [
        (str(third), "no such user")
    ]
    rest = await client.get(
        f"/campaigns/{campaign_id}/deliveries", params={"after": recipients["next"], "limit": 10}
    )
    assert (len(rest.json()["items"]), rest.json()["next"]) == (7, None)
    await until(
        lambda: room.campaigns.card(SYSTEM, campaign_id), lambda card: card.service_figures == {"sent": 7}
    )


async def test_refusals_are_problems_that_say_what_to_do(room: Room, client: httpx.AsyncClient) -> None:
    unready = (await client.post("/campaigns", json=_draft(room, subject=""))).json()["id"]
    scheduled = (now() - timedelta(minutes=1)).isoformat()

    answers = [
        await client.post(f"/campaigns/{unready}/send", json={}),
        await client.post(f"/campaigns/{unready}/send", json={"at": scheduled}),
        await client.post(f"/campaigns/{unready}/send", json={"at": "2150-01-01T00:00:00Z"}),
        await client.post(f"/campaigns/{unready}/send", json={"at": "9999-12-31T23:59:59-23:00"}),
        await client.post(f"/campaigns/{unready}/pause"),
        await client.post(f"/campaigns/{unready}/check-at-service"),
        await client.post(f"/campaigns/{unready}/cancel-at-service"),
        await client.post("/campaigns", json=_draft(room, templateId="404")),
        await client.post("/campaigns", json=_draft(room, unknown=1)),
        await client.get("/campaigns/404"),
        await client.get("/campaigns", params={"state": "flying"}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (409, "campaign_not_ready"),
        (422, "schedule_in_the_past"),
        (422, "invalid_request"),
        (422, "invalid_request"),
        (409, "campaign_state_forbids"),
        (409, "campaign_not_at_service"),
        (409, "campaign_not_at_service"),
        (422, "unknown_reference"),
        (422, "invalid_request"),
        (404, "not_found"),
        (422, "invalid_request"),
    ]
    assert [answers[place].json()["path"] for place in (2, 3)] == ["$.at", "$.at"]
    assert (await client.get("/campaigns")).status_code == 200
    assert answers[0].json()["checks"] == ["subject_missing"]
    assert answers[0].json()["detail"] == "Рассылку пока нельзя отправить: Укажите тему письма."


async def test_a_segment_whose_rule_broke_is_a_check_with_a_way_out(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = await room.draft(segment_id=1)

    def broken(*_: object) -> sa.Select[Any]:
        raise InvalidRule.at("$.rules[0].value", "value", {"ru": "Город", "en": "City"})

    monkeypatch.setattr(room.around, "members", broken)
    [check] = (await room.campaigns.preflight(SYSTEM, campaign_id)).errors

    assert (check.code, check.facts["segment"]) == ("segment_broken", "Все")
    assert check.sentence("ru") == (
        "Правило сегмента «Все» больше не читается. Условие «Город»: значение не подходит условию. "
        "Измените правило."
    )
    assert [(fix.code, fix.path) for fix in check.fixes] == [("edit_segment", "/segments/1")]


async def test_live_stream_tells_the_present_state_and_every_change(room: Room) -> None:
    events = Events()
    services = cast(Any, SimpleNamespace(campaigns=room.campaigns, events=events))
    campaign_id = await room.draft()
    context = Context(cast(Any, None), services, "ru")
    states: list[str] = []

    async def watch() -> None:
        async for chunk in _watch(context, campaign_id).body_iterator:
            name, _, data = cast(bytes, chunk).decode().partition("\n")
            if name == "event: progress":
                states.append(json.loads(data.removeprefix("data: "))["state"])

    watching = asyncio.create_task(watch())
    await until(_value(states), lambda told: told == ["draft"])
    await room.campaigns.send(SYSTEM, campaign_id, None)
    await until(_value(states), lambda told: told[-1] == "sending")
    events.close()
    await asyncio.wait_for(watching, 30)


def _value(states: list[str]):  # type: ignore[no-untyped-def]
    async def value() -> list[str]:
        return states

    return value


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("subject", "Скидки\r\nBcc: all@example.com"),
        ("subject", "Скидки\n"),
        ("previewText", "до\u2028пятницы"),
        ("senderName", "Вестник\tX"),
        ("name", "\x01"),
        ("name", "Осень\r\nX-Header: 1"),
        ("senderEmail", "not an address"),
        ("senderEmail", "a@example.com\r\nBcc: all@example.com"),
        ("replyTo", "news@"),
    ],
)
async def test_a_letter_takes_no_second_line_and_no_sender_that_can_not_be_one(
    room: Room, client: httpx.AsyncClient, part: str, text: str
) -> None:
    refused = await client.post("/campaigns", json=_draft(room, **{part: text}))
    assert (refused.status_code, refused.json()["path"]) == (422, f"$.{part}")
    id = (await client.post("/campaigns", json=_draft(room, senderEmail=""))).json()["id"]
    refused = await client.patch(f"/campaigns/{id}", json={part: text})
    assert (refused.status_code, refused.json()["path"]) == (422, f"$.{part}")

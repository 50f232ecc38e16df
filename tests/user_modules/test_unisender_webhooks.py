"""Webhooks: from the simulator through the module to actions, and bodies of any form."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import socket
from collections import Counter
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from tests.user_modules.conftest import PREFIX, ModuleAccount, Service, account_key, eventually, launch

from vestnik import contract

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Receiving:
    """A server that hands every webhook to the module and keeps its actions."""

    def __init__(self, account: ModuleAccount) -> None:
        self._account = account
        self.actions: list[dict[str, Any]] = []

    async def __aenter__(self) -> tuple[str, list[dict[str, Any]]]:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(self, log_level="warning", access_log=False, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/hooks/unisender/token", self.actions

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._serving

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        incoming = Request(scope, receive)
        result = await self._account.call(
            f"{PREFIX}ParseWebhookRequest",
            request=contract.incoming_request(
                incoming.method,
                incoming.url.path,
                dict(incoming.query_params),
                dict(incoming.headers),
                await incoming.body(),
            ),
        )
        self.actions.extend(result.get("actions", []))
        await Response("", result.get("response", {}).get("status", 200))(scope, receive, send)


async def test_webhooks_become_actions(account: ModuleAccount, service: Service) -> None:
    async with Receiving(account) as (url, actions):
        await account.call(f"{PREFIX}EnsureWebhook", url=url)
        before = (await service.seen("requests"))["methods"]["setHook"]["calls"]
        assert (await account.call(f"{PREFIX}EnsureWebhook", url=url))["active"] is True
        assert (await service.seen("requests"))["methods"]["setHook"]["calls"] == before
        made = await launch(account, "54", "a+click@mail.example", "b+unsubscribe@mail.example")
        await service.ended(made["externalId"])

        async def quiet() -> bool:
            return bool((await service.seen("webhooks"))["waiting"]["events"] == 0)

        await eventually(quiet)
    key = made["externalId"]
    assert {action.get("externalId") for action in actions if action["type"] == "updateDeliveryStatus"} == {
        key
    }
    statuses = Counter(
        (action["email"][0], action["status"])
        for action in actions
        if action["type"] == "updateDeliveryStatus"
    )
    assert statuses == {
        ("a", "sent"): 1,
        ("a", "delivered"): 1,
        ("a", "opened"): 1,
        ("a", "clicked"): 1,
        ("b", "sent"): 1,
        ("b", "delivered"): 1,
        ("b", "opened"): 1,
        ("b", "unsubscribed"): 1,
    }
    leaving = [action for action in actions if action["type"] == "unsubscribe"]
    assert {(each["email"], each["campaignExternalId"]) for each in leaving} == {
        ("b+unsubscribe@mail.example", key)
    }
    states = [action["status"] for action in actions if action["type"] == "updateCampaign"]
    assert sorted(states) == ["scheduled", "sending", "sent", "sent"]


async def test_five_hundred_strange_bodies_break_nothing(account: ModuleAccount) -> None:
    answers = Counter[int]()
    for seed in range(500):
        body = strange_body(random.Random(seed), account_key(account))  # noqa: S311 - repeats
        result = await account.call(
            f"{PREFIX}ParseWebhookRequest",
            request=contract.incoming_request("POST", "/hooks/unisender", {}, {}, body),
        )
        answers[result.get("response", {}).get("status", 200)] += 1
    assert set(answers) <= {200, 400, 403}
    assert answers[200] > 400


def strange_body(chance: random.Random, api_key: str) -> bytes:
    """A rightly signed body in which anything may stand anywhere."""

    def anything(depth: int = 0) -> Any:
        plain = [
            None,
            True,
            -1,
            10**30,
            1e300,
            "",
            "ok_read",
            "\ud800",
            "\x00",
            "err_" + "x" * 5000,
            "a@b.example",
        ]
        if depth > 2 or chance.random() < 0.6:
            return chance.choice(plain)
        if chance.random() < 0.5:
            return [anything(depth + 1) for _ in range(chance.randrange(3))]
        return {str(anything(3)): anything(depth + 1) for _ in range(chance.randrange(3))}

    def perhaps(usual: Any) -> Any:
        return usual if chance.random() < 0.7 else anything()

    data = {
        name: perhaps("5")
        for name in ("email", "status", "campaign_id", "list_id", "list_ids", "url", "email_id")
    }
    if chance.random() < 0.5:
        data["status"] = chance.choice(["ok_read", "ok_unsubscribed", "err_user_unknown", "declined"])
    event = {
        "event_name": chance.choice(["email_status", "unsubscribe", "campaign_status", "subscribe"]),
        "event_time": perhaps("2026-11-21 10:00:00"),
        "event_data": perhaps(data),
    }
    events = [perhaps(event) for _ in range(chance.randrange(4))]
    rest = json.dumps(perhaps([perhaps({"login": "x", "events": perhaps(events)})]))
    digest = hashlib.md5(f'{{"auth":"{api_key}","events_by_user":{rest}}}'.encode(), usedforsecurity=False)
    tail = "" if chance.random() < 0.95 else "]"
    return f'{{"auth":"{digest.hexdigest()}","events_by_user":{rest}}}{tail}'.encode()

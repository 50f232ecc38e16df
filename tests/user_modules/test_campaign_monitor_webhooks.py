"""Webhooks of lists: from the simulator through the module to actions, and bodies of any form."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from tests.user_modules.conftest import PREFIX, ModuleAccount, Service, eventually

from vestnik.egress import Broker
from vestnik.sandbox import Sandbox
from vestnik_simulator import RunningSimulator
from vestnik_simulator.options import DEFAULT_CLIENTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLIENT = DEFAULT_CLIENTS[0]


class Receiving:
    """A server that hands every webhook to the module and keeps its actions."""

    def __init__(self, account: ModuleAccount) -> None:
        self._account = account
        self.requests = 0
        self.actions: list[dict[str, Any]] = []
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await Request(scope, receive).body()).decode()
        result = await self._account.call(f"{PREFIX}ParseWebhookRequest", request=incoming(body))
        self.requests += 1
        self.actions.extend(result.get("actions", ()))
        await Response("", result.get("response", {}).get("status", 200))(scope, receive, send)


def incoming(body: str) -> dict[str, Any]:
    """The contract's request."""
    return {"method": "POST", "path": "/hooks/campaign_monitor", "query": {}, "headers": {}, "body": body}


@pytest_asyncio.fixture(loop_scope="module")
async def account(
    process: RunningSimulator, service: Service, sandbox: Sandbox, broker: Broker
) -> ModuleAccount:
    """An account of the module at the emptied simulator."""
    settings = {"base_url": f"{process.url}/api/v3.3", "client_id": CLIENT.client_id}
    return ModuleAccount(sandbox, broker, "campaign_monitor", settings, CLIENT.api_key)


@pytest_asyncio.fixture(loop_scope="module")
async def receiving(account: ModuleAccount) -> AsyncIterator[Receiving]:
    """The receiver of webhooks."""
    app = Receiving(account)
    listener = socket.create_server(("127.0.0.1", 0))
    app.url = f"http://127.0.0.1:{listener.getsockname()[1]}/hooks/campaign_monitor/token"
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield app
    server.should_exit = True
    await serving


async def list_with(account: ModuleAccount, name: str, *emails: str) -> str:
    """A list with these people on it."""
    key = str((await account.call(f"{PREFIX}CreateList", name=name))["externalId"])
    people = [{"email": email} for email in emails]
    await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people)
    return key


async def leave(service: Service, key: str, email: str) -> None:
    """The person unsubscribes at the service."""
    answer = await service.http.post(
        f"/api/v3.3/subscribers/{key}/unsubscribe.json",
        auth=(CLIENT.api_key, "x"),
        json={"EmailAddress": email},
    )
    assert answer.status_code == 200, answer.text


async def test_an_unsubscription_at_the_service_names_its_list(
    account: ModuleAccount, service: Service, receiving: Receiving
) -> None:
    key = await list_with(account, "Новости", "anna@mail.example", "boris@mail.example")
    for _ in range(2):
        hook = await account.call(f"{PREFIX}EnsureWebhook", url=receiving.url)
        assert hook == {"url": receiving.url, "active": True, "events": ["Deactivate"]}
    assert len((await service.seen("campaign-monitor/webhooks"))["items"]) == 1
    await account.call(f"{PREFIX}RemoveSubscribers", listExternalId=key, contacts=["boris@mail.example"])
    await leave(service, key, "anna@mail.example")

    async def heard() -> bool:
        return bool(receiving.actions)

    await eventually(heard)
    told = [
        {name: value for name, value in each.items() if name != "occurredAt"} for each in receiving.actions
    ]
    assert told == [
        {"type": "unsubscribe", "email": "anna@mail.example", "externalId": {"listExternalId": key}}
    ]


async def test_a_list_that_the_module_makes_later_reports_as_well(
    account: ModuleAccount, service: Service, receiving: Receiving
) -> None:
    await list_with(account, "Новости", "anna@mail.example")
    await account.call(f"{PREFIX}EnsureWebhook", url=receiving.url)
    assert receiving.url not in json.dumps(await account.stored())
    await account.call(
        f"{PREFIX}PrepareCampaign", campaignId="80", type="email", contacts=["boris@mail.example"]
    )
    hooks = (await service.seen("campaign-monitor/webhooks"))["items"]
    assert [(each["title"], each["url"]) for each in hooks] == [
        ("Новости", receiving.url),
        ("Vestnik campaign 80", receiving.url),
    ]


async def test_many_who_left_are_confirmed_together(account: ModuleAccount, service: Service) -> None:
    emails = [f"p{index}@mail.example" for index in range(40)]
    key = await list_with(account, "Новости", *emails)
    for email in emails[:30]:
        await leave(service, key, email)
    events = [{"Type": "Deactivate", "State": "Unsubscribed", "EmailAddress": email} for email in emails]
    body = json.dumps({"ListID": key, "Events": events})
    result = await account.call(f"{PREFIX}ParseWebhookRequest", request=incoming(body))
    assert [action["email"] for action in result["actions"]] == emails[:30]
    assert len(account.exchanges) == 1


async def test_a_forged_request_unsubscribes_nobody(account: ModuleAccount) -> None:
    key = await list_with(account, "Новости", "anna@mail.example")
    for list_id in (key, "00000000000000000000000000000000", "../clients", f"{key}/active"):
        events = [{"Type": "Deactivate", "State": "Unsubscribed", "EmailAddress": "anna@mail.example"}]
        body = json.dumps({"ListID": list_id, "Events": events})
        result = await account.call(f"{PREFIX}ParseWebhookRequest", request=incoming(body))
        assert result == {"actions": []}


async def test_three_hundred_strange_bodies_break_nothing(account: ModuleAccount) -> None:
    rng = random.Random(7)  # noqa: S311  # the same bodies each time
    scraps: list[Any] = [
        None,
        5,
        "",
        "x" * 70,
        [],
        {},
        True,
        "Deactivate",
        "Unsubscribed",
        "a@b.example",
        1e99,
    ]
    for _ in range(300):
        event = {name: rng.choice(scraps) for name in ("Type", "State", "EmailAddress", "Date")}
        events = rng.choice([*scraps, [rng.choice(scraps)], [event]])
        body = rng.choice([{"ListID": rng.choice(scraps), "Events": events}, *scraps])
        text = json.dumps(body)[: rng.choice([3, 10_000])]
        result = await account.call(f"{PREFIX}ParseWebhookRequest", request=incoming(text))
        assert result.get("actions", []) == []

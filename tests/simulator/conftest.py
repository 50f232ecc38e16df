"""One simulator process for all tests of this room, emptied before each; receivers of webhooks."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from vestnik_simulator import RunningSimulator, simulator_process

PATIENCE_S = 20.0
# Loading the list of certificate authorities takes longer than most tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def eventually(condition: Callable[[], Awaitable[Any]]) -> Any:
    """The condition's value as soon as it is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not (value := await condition()):
            await asyncio.sleep(0.01)
        return value


class Client:
    """Speaks to the simulator as a program would, and asks it what it saw."""

    def __init__(self, http: httpx.AsyncClient, api_key: str) -> None:
        self.http = http
        self.api_key = api_key

    async def post(self, method: str, body: str, language: str = "ru") -> httpx.Response:
        """One call with a form as it is."""
        return await self.http.post(
            f"/{language}/api/{method}?format=json",
            content=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

    async def call(self, method: str, **arguments: object) -> dict[str, Any]:
        """The envelope of a call with the account's key."""
        answer = await self.post(method, form(api_key=self.api_key, **arguments))
        assert answer.status_code == 200
        envelope: dict[str, Any] = answer.json()
        return envelope

    async def result(self, method: str, **arguments: object) -> Any:
        """The result of a call that must succeed."""
        envelope = await self.call(method, **arguments)
        assert "error" not in envelope, envelope
        return envelope["result"]

    async def seen(self, path: str) -> Any:
        """What the admin API answers."""
        answer = await self.http.get(f"/_simulator/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def set(self, **options: object) -> None:
        """Change options of the running simulator."""
        answer = await self.http.patch("/_simulator/options", json=options)
        assert answer.status_code == 200, answer.text

    async def fault(self, method: str, kind: str, **more: object) -> None:
        """Break the next call of a method."""
        answer = await self.http.post("/_simulator/faults", json={"method": method, "kind": kind, **more})
        assert answer.status_code == 200, answer.text

    async def list_with(self, title: str, *emails: str) -> int:
        """A list with these addresses in it."""
        key = (await self.result("createList", title=title))["id"]
        for start in range(0, len(emails), 500):
            await self.result("importContacts", **import_form(key, emails[start : start + 500]))
        return int(key)

    async def file(self, task: dict[str, str]) -> str:
        """What an asynchronous task has written, as soon as it is done."""

        async def written() -> str | None:
            state = await self.result("async/getTaskResult", task_uuid=task["task_uuid"])
            assert state["status"] in ("new", "processing", "completed"), state
            found: str | None = state.get("file_to_download")
            return found

        answer = await self.http.get(await eventually(written))
        assert answer.status_code == 200
        return answer.text

    async def campaign(self, list_id: int, subject: str = "Новости", **more: object) -> int:
        """Send a letter to a list."""
        message = await self.result(
            "createEmailMessage",
            sender_name="Маяк",
            sender_email="news@mayak-books.example",
            subject=subject,
            body="<p>Здравствуйте! <a href='https://mayak-books.example/new'>Новинки</a></p>",
            list_id=list_id,
        )
        made = await self.result("createCampaign", message_id=message["message_id"], **more)
        return int(made["campaign_id"])

    async def ended(self, campaign_id: int, status: str = "completed") -> dict[str, Any]:
        """The campaign as soon as it has this status."""

        async def reached() -> dict[str, Any] | None:
            card: dict[str, Any] = await self.seen(f"campaigns/{campaign_id}")
            return card if card["status"] == status else None

        found: dict[str, Any] = await eventually(reached)
        return found


def form(**arguments: object) -> str:
    """A form as PHP reads it: lists and dicts become brackets."""
    pairs: list[tuple[str, str]] = []

    def add(name: str, value: object) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                add(f"{name}[{key}]", item)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                add(f"{name}[{index}]", item)
        else:
            pairs.append((name, str(value)))

    for name, value in arguments.items():
        add(name, value)
    return urlencode(pairs)


def import_form(list_id: int, emails: tuple[str, ...]) -> dict[str, object]:
    """Arguments of importContacts that put addresses into a list."""
    return {"field_names": ["email", "email_list_ids"], "data": [[email, list_id] for email in emails]}


class Receiver:
    """A web server that takes webhooks and answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.connections: set[object] = set()
        self.status = 200
        self.delay_s = 0.0
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        body = await request.body()
        status, delay_s = self.status, self.delay_s
        if delay_s:
            await asyncio.sleep(delay_s)
        self.bodies.append(body)
        self.connections.add(scope["client"])
        await Response("", status)(scope, receive, send)


@pytest.fixture(scope="session")
def process() -> Iterator[RunningSimulator]:
    """One simulator for all tests."""
    with simulator_process(None, "--start-delay-s", "0") as running:
        yield running


@pytest.fixture
async def simulator(process: RunningSimulator) -> AsyncIterator[Client]:
    """The simulator, empty and with its first options, through the first account's key."""
    async with httpx.AsyncClient(base_url=process.url, timeout=30, verify=NO_TLS) as http:
        await http.post("/_simulator/reset")
        options = (await http.get("/_simulator/options")).json()
        yield Client(http, process.api_keys["mayak"])
        await http.patch("/_simulator/options", json=options)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of webhooks on a free port."""
    app = Receiver()
    listener = socket.create_server(("127.0.0.1", 0))
    app.url = f"http://127.0.0.1:{listener.getsockname()[1]}/hooks/unisender/token"
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield app
    server.should_exit = True
    await serving

"""Runs bundled modules as the product does: real sandbox, real broker, real contract, no database.

A module's tests are files (`user_modules/<name>/tests/*.json`):

    {"function": …, "arguments": {…}, "settings": {…}, "storage": {…}, "contacts": [{…}],
     "exchanges": [{"request": {"method", "path", "query", "form", "json"},
                    "response": {"status", "json" | "text"}}],
     "expected": …, "storageAfter": {…}}        or        "error": "part of the message"

The exchanges are answered by a real HTTP server in the order in which they were captured. In a form the value
`<secret>` stands for the account's API key; a signed webhook is signed with it (`"secrets"`).
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vestnik import contract
from vestnik.db import Database
from vestnik.egress import Approval, Broker, ExchangeTrace, HostPolicy, SealedSecret
from vestnik.modules.accounts.storage import ScratchStorage
from vestnik.modules.calls.caller import Caller
from vestnik.modules.recordings.recorder import Recorder
from vestnik.modules.sources.registry import Ready, Version
from vestnik.sandbox import Program, Sandbox
from vestnik_simulator import RunningSimulator, simulator_process

USER_MODULES = Path(__file__).parents[2] / "user_modules"
PREFIX = "CRM_Marketing_"
ARGUMENTS = ("--start-delay-s", "0", "--export-s", "0.05", "--retry-interval-s", "0.05")
# Loading the list of certificate authorities takes longer than most tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
API_KEY = "6test5key4of3the2unisender1module0tests"


class People:
    """The contacts that a module may ask for."""

    def __init__(self) -> None:
        self.by_id: dict[str, dict[str, Any]] = {}

    async def contacts_by_id(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Those that exist."""
        return [self.by_id[key] for key in ids if key in self.by_id]

    async def contacts_by_address(self, addresses: Sequence[str]) -> list[dict[str, Any]]:
        """Those that have one of the addresses."""
        wanted = set(addresses)
        return [person for person in self.by_id.values() if wanted & {*person["emails"], *person["phones"]}]


class ModuleAccount:
    """One account of a bundled module; its calls go the whole way that the product's calls go."""

    def __init__(
        self, sandbox: Sandbox, broker: Broker, name: str, settings: Mapping[str, Any], key: str = API_KEY
    ) -> None:
        target = urlsplit(settings["base_url"])
        approval = Approval(target.scheme, target.hostname or "", target.port or 443, private=True)
        self._ready = Ready(
            module_id=1,
            module_name=name,
            module_title={"ru": name, "en": name},
            enabled=True,
            version=_version(name),
            account_id=1,
            settings=dict(settings),
            secrets={"api_key": SealedSecret(key, [approval])},
            policy=HostPolicy([approval]),
        )
        self.people = People()
        self.storage = ScratchStorage(None)
        self.exchanges: Sequence[ExchangeTrace] = ()
        # Recordings are left in the queue: no database is started for them.
        self._caller = Caller(sandbox, broker, Recorder(Database("sqlite://")), self.people)

    async def call(self, function: str, **arguments: Any) -> Any:
        """The function's result, checked by the contract. Raises ModuleCallFailed."""
        report = await self._caller.call(
            self._ready, function, arguments, lane="interactive", storage=self.storage
        )
        self.exchanges = report.exchanges
        return report.value

    @property
    def owner(self) -> str:
        """Under which the host keeps what the account fetched."""
        return self._ready.owner

    async def stored(self) -> dict[str, Any]:
        """Everything that the module keeps."""
        return {key: await self.storage.get(key) for key in await self.storage.keys("")}


def _version(name: str) -> Version:
    folder = USER_MODULES / name
    manifest = contract.parse_manifest(json.loads((folder / "module.json").read_text("utf-8")))
    source = (folder / "module.py").read_text("utf-8")
    functions = frozenset(each for each in contract.functions() if f"def {each}(" in source)
    program = Program(f"{name}@test", source, contract.facade())
    return Version(id=1, module_id=1, number=1, manifest=manifest, functions=functions, program=program)


class Recorded:
    """Answers requests with captured exchanges, in their order."""

    def __init__(self) -> None:
        self.expected: list[dict[str, Any]] = []
        self.surprises: list[str] = []
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        body = (await request.body()).decode()
        await self._answer(request, body)(scope, receive, send)

    def _answer(self, request: Request, body: str) -> Response:
        if not self.expected:
            self.surprises.append(f"{request.method} {request.url.path}: nothing more was expected")
            return PlainTextResponse("", 500)
        exchange = self.expected.pop(0)
        pairs = parse_qsl(body, keep_blank_values=True)
        seen = {
            "method": request.method,
            "path": request.url.path,
            "query": dict(request.query_params),
            "json": _decoded(body),
            "form": {name: "<secret>" if value == API_KEY else value for name, value in pairs},
        }
        wanted = {**seen, **exchange["request"]}
        if seen != wanted:
            self.surprises.append(f"expected {wanted}, got {seen}")
        answer = exchange["response"]
        if "text" in answer:
            return PlainTextResponse(answer["text"], answer.get("status", 200))
        return JSONResponse(answer["json"], answer.get("status", 200))


def _decoded(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A started sandbox."""
    async with Sandbox() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def broker() -> AsyncIterator[Broker]:
    """A broker with a spool folder of its own."""
    broker = Broker()
    yield broker
    await broker.close()


@pytest_asyncio.fixture(loop_scope="module")
async def recorded() -> AsyncIterator[Recorded]:
    """The server that answers with captured exchanges."""
    app = Recorded()
    listener = socket.create_server(("127.0.0.1", 0))
    app.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield app
    server.should_exit = True
    await serving


class Service:
    """The simulator, asked what it saw and told what to do."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def seen(self, path: str) -> Any:
        """What the admin API answers."""
        answer = await self.http.get(f"/_simulator/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tell(self, path: str, **body: object) -> None:
        """Post to the admin API."""
        answer = await self.http.post(f"/_simulator/{path}", json=body)
        assert answer.status_code == 200, answer.text

    async def ended(self, key: str, status: str = "completed") -> None:
        """Wait until a campaign has this status."""

        async def reached() -> bool:
            return bool((await self.seen(f"campaigns/{key}"))["status"] == status)

        await eventually(reached)


async def eventually(condition: Callable[[], Awaitable[Any]]) -> Any:
    """The condition's value as soon as it is true."""
    async with asyncio.timeout(20):
        while not (value := await condition()):
            await asyncio.sleep(0.02)
        return value


@pytest.fixture(scope="module")
def process() -> Iterator[RunningSimulator]:
    """One simulator for this file."""
    with simulator_process(None, *ARGUMENTS) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def service(process: RunningSimulator) -> AsyncIterator[Service]:
    """The simulator, empty."""
    async with httpx.AsyncClient(base_url=process.url, timeout=30, verify=NO_TLS) as http:
        await http.post("/_simulator/reset")
        yield Service(http)


@pytest_asyncio.fixture(loop_scope="module")
async def account(
    process: RunningSimulator, service: Service, sandbox: Sandbox, broker: Broker
) -> ModuleAccount:
    """An account of the module at the simulator."""
    settings = {"base_url": process.url, "sms_sender": "Mayak"}
    return ModuleAccount(sandbox, broker, "unisender", settings, process.api_keys["mayak"])


def request(campaign_id: str, count: int, **more: object) -> dict[str, Any]:
    """What CreateCampaign is given."""
    return {
        "campaignId": campaign_id,
        "type": "email",
        "name": "Новости",
        "recipientCount": count,
        "subject": "Новости месяца",
        "senderName": "Маяк",
        "senderEmail": "news@mayak-books.example",
        "templateExternalId": "1",
        "language": "ru",
        "trackOpens": True,
        "trackClicks": True,
        **more,
    }


async def launch(account: ModuleAccount, campaign_id: str, *addresses: str, **more: object) -> dict[str, Any]:
    """Prepare and create."""
    await account.call(
        f"{PREFIX}PrepareCampaign", campaignId=campaign_id, type="email", contacts=list(addresses)
    )
    made: dict[str, Any] = await account.call(
        f"{PREFIX}CreateCampaign", request=request(campaign_id, len(addresses), **more)
    )
    return made


async def job(account: ModuleAccount, ticket: dict[str, Any]) -> str:
    """The cursor of a finished job."""

    async def done() -> str | None:
        state = await account.call(f"{PREFIX}GetJob", jobId=ticket["jobId"])
        cursor: str | None = state.get("cursor")
        return cursor

    cursor: str = await eventually(done)
    return cursor


async def rows(account: ModuleAccount, function: str, **arguments: Any) -> list[dict[str, Any]]:
    """All pages of an export."""
    cursor = await job(account, await account.call(function, cursor=None, **arguments))
    found: list[dict[str, Any]] = []
    while cursor:
        page = await account.call(function, cursor=cursor, **arguments)
        found.extend(page["items"])
        cursor = page.get("nextCursor")
    return found


def account_key(account: ModuleAccount) -> str:
    """The key that the account was made with."""
    return account._ready.secrets["api_key"].value

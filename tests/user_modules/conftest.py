"""Runs bundled modules as the product does: real sandbox, real broker, real contract, no database.

A module's tests are files (`user_modules/<name>/tests/*.json`):

    {"function": …, "arguments": {…}, "settings": {…}, "storage": {…}, "contacts": [{…}],
     "exchanges": [{"request": {"method", "path", "form"}, "response": {"status", "json" | "text"}}],
     "expected": …, "storageAfter": {…}}        or        "error": "part of the message"

The exchanges are answered by a real HTTP server in the order in which they were captured. In a form the value
`<secret>` stands for the account's API key, and in a webhook's body `<signature>` for the md5 of the body.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest_asyncio
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vestnik import contract
from vestnik.db import Database
from vestnik.egress import Approval, Broker, ExchangeTrace, HostPolicy, SealedSecret
from vestnik.modules.calls import Caller
from vestnik.modules.recorder import Recorder
from vestnik.modules.registry import Ready, Version
from vestnik.modules.storage import ScratchStorage
from vestnik.sandbox import Program, Sandbox

USER_MODULES = Path(__file__).parents[2] / "user_modules"
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
            "form": {name: "<secret>" if value == API_KEY else value for name, value in pairs},
        }
        wanted = {**seen, **exchange["request"]}
        if seen != wanted:
            self.surprises.append(f"expected {wanted}, got {seen}")
        answer = exchange["response"]
        if "text" in answer:
            return PlainTextResponse(answer["text"], answer.get("status", 200))
        return JSONResponse(answer["json"], answer.get("status", 200))


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

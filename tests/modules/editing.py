"""An editor in a browser: its socket, the server that it talks to, and the language servers there."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests import procfs
from tests.application import PASSWORD, Installation, install
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from vestnik.app import Services
from vestnik.commands.listening import listen
from vestnik.people.access import SYSTEM, Role
from vestnik.server import Server
from vestnik.settings import Settings

_NUMBERS = itertools.count(1)
URI = "file:///module/module.py"
SDK_URI = "file:///module/vestnik_sdk.pyi"
TEXT = '''"""A module."""

from vestnik_sdk import CRM_Marketing_AccountCheck, settings


def sentence(word: str) -> str:
    """Makes a *sentence* of a word."""
    return word + "."


async def CRM_Marketing_CheckAccount() -> CRM_Marketing_AccountCheck:
    answer: CRM_Marketing_AccountCheck = {"ok": True, "": None}
    sentence(5)
    return answrr
'''


@dataclass
class Editor:
    """One editor on its WebSocket."""

    socket: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    async def request(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a request; what else comes meanwhile is kept in `heard`."""
        self.asked += 1
        identity = self.asked
        await self.say({"jsonrpc": "2.0", "id": identity, "method": method, "params": parameters})
        return await self.until(lambda message: message.get("id") == identity)

    async def notify(self, method: str, **parameters: Any) -> None:
        await self.say({"jsonrpc": "2.0", "method": method, "params": parameters})

    async def say(self, message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def until(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if wanted(message):
                    return message
                self.heard.append(message)

    async def open(self, text: str = TEXT, *, answered: bool = True) -> list[dict[str, Any]]:
        """Begin with a text; the diagnostics of it, unless nothing answers."""
        await self.request("initialize", rootUri="file:///etc", processId=1, capabilities={})
        await self.notify("initialized")
        document = {"uri": URI, "languageId": "python", "version": 0, "text": text}
        await self.notify("textDocument/didOpen", textDocument=document)
        if not answered:
            return []
        said = await self.until(lambda message: message.get("method") == "textDocument/publishDiagnostics")
        assert (said["params"]["uri"], said["params"]["version"]) == (URI, 0)
        return list(said["params"]["diagnostics"])

    async def at(self, method: str, needle: str, shift: int = 0, **parameters: Any) -> Any:
        """The result of a request about a place of `TEXT`."""
        before = TEXT[: TEXT.index(needle) + shift]
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        document = {"uri": URI}
        answer = await self.request(method, textDocument=document, position=position, **parameters)
        return answer["result"]

    async def closed(self) -> int | None:
        """Why the server closes the socket."""
        async with asyncio.timeout(20):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed as closed:
                return None if closed.rcvd is None else closed.rcvd.code


@dataclass
class Served:
    """A served installation with one module."""

    installation: Installation
    server: Server
    origin: str
    module_id: int


@dataclass
class Place:
    """What an integrator sees of it in their browser."""

    served: Served
    module_id: int
    client: httpx.AsyncClient
    user_id: int = 0

    @property
    def services(self) -> Services:
        return self.served.installation.services

    @property
    def url(self) -> str:
        return f"{self.served.origin.replace('http', 'ws')}/api/v1/modules/{self.module_id}/lsp"

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    async def sign_in(self, role: Role) -> None:
        """Sign the browser in as a new user, who reads English."""
        email = f"{role}{next(_NUMBERS)}@vestnik.test"
        self.user_id = await self.served.installation.add_user(role, email)
        await self.services.people.users.change(SYSTEM, self.user_id, {"language": "en"})
        answer = await self.client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        self.client.headers["x-csrf-token"] = answer.json()["csrf"]

    @asynccontextmanager
    async def editor(self, url: str = "", **headers: str) -> AsyncIterator[Editor]:
        sent = {"cookie": self.cookie, "origin": self.served.origin} | headers
        given = {name: value for name, value in sent.items() if value}
        address = httpx.URL(self.served.origin)
        connecting = connect(
            url or self.url,
            additional_headers=given,
            proxy=None,
            host=address.host,
            port=address.port,
        )
        async with connecting as socket:
            yield Editor(socket)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/api/v1/modules/{self.module_id}/{path}", json=body)


@asynccontextmanager
async def serving(folder: Path, template: Path, module: bytes) -> AsyncIterator[Served]:
    """The application on a port of its own with a module, and a database made from the template."""
    shutil.copy(template, folder / "vestnik.db")
    settings = Settings(database_url=f"sqlite:///{folder}/vestnik.db", data_dir=folder)
    async with install(settings, at_work=True) as installation:
        await installation.found()
        await installation.add_user("administrator")
        module_id, _ = await installation.services.modules.library.upload(SYSTEM, "courier.zip", module)
        ready = asyncio.Event()

        async def announce(_services: Services) -> None:
            ready.set()

        listener = listen(settings.at_port(0))
        server = Server(installation.app, announce)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await ready.wait()
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Served(installation, server, origin, module_id)
        server.should_exit = True
        async with asyncio.timeout(20):
            await running


@asynccontextmanager
async def visited(served: Served) -> AsyncIterator[Place]:
    """The browser of a new integrator."""
    headers = {"origin": served.origin, "accept-language": "en"}
    async with httpx.AsyncClient(
        base_url=served.origin, headers=headers, trust_env=False, timeout=30
    ) as client:
        place = Place(served, served.module_id, client)
        await place.sign_in("integrator")
        yield place
        await until_children(0)


def children() -> list[int]:
    """The language servers that are children of this process."""
    return [
        child
        for child in procfs.children(os.getpid())
        if b"lsp" in (words := procfs.command(child)) and any(b"pyrefly" in word for word in words)
    ]


async def until_children(count: int) -> None:
    async with asyncio.timeout(10):
        while len(children()) > count:
            await asyncio.sleep(0.02)


def of_child(child: int, name: str) -> str:
    """What the kernel says of a child."""
    return procfs.told(child, name).decode()

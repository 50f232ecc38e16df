"""The room with a real sandbox, a real broker, both databases, and a service of the test's own to talk to."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.egress.conftest import Server
from tests.modules.editing import TEXT, Place, Served, serving, visited

import vestnik.tables  # noqa: F401
from vestnik.db import Database, metadata
from vestnik.db.database import write_engine
from vestnik.egress import Broker, BrokerOptions
from vestnik.http import faults
from vestnik.http.api import routes
from vestnik.modules import Modules, ModulesOptions
from vestnik.modules.accounts.values import HostChoice
from vestnik.modules.api import accounts as account_routes
from vestnik.modules.api import calls as call_routes
from vestnik.modules.api import catalogue as catalogue_routes
from vestnik.modules.api import contract as contract_routes
from vestnik.modules.api import language as language_routes
from vestnik.modules.api import modules as module_routes
from vestnik.modules.api import rehearsals as rehearsal_routes
from vestnik.modules.api import versions as version_routes
from vestnik.modules.sources.catalogue import Catalogue
from vestnik.modules.sources.packages import read_manifest
from vestnik.modules.sources.registry import Registry
from vestnik.people.access import SYSTEM, Actor, rights_of
from vestnik.sandbox import Sandbox
from vestnik.settings import Settings
from vestnik.vault import Vault

BASE_URL = "https://vestnik.example.com"
KEY = "6h3f9ksd8f7jh2k3j4h5g6f7d8s9a0q1"
LISTENER = ("127.0.0.1", 1)

MANIFEST: dict[str, Any] = {
    "name": "courier",
    "title": {"ru": "Курьер", "en": "Courier"},
    "version": "1.0.0",
    "settings": {
        "type": "object",
        "required": ["base_url", "api_key"],
        "properties": {
            "base_url": {"type": "string", "format": "uri", "title": {"ru": "Адрес", "en": "Address"}},
            "api_key": {"type": "string", "secret": True, "title": {"ru": "Ключ", "en": "Key"}},
            "size": {"type": "integer", "default": 5, "title": {"ru": "Размер", "en": "Size"}},
        },
    },
    "hosts": [{"pattern": "{settings.base_url}", "private": True, "secrets": ["api_key"]}],
}


class People:
    """Two contacts."""

    known: Mapping[str, dict[str, Any]] = {
        "1": {"id": "1", "name": "Анна", "emails": ["anna@example.com"], "categories": []},
        "2": {
            "id": "2",
            "name": "Борис",
            "emails": ["boris@example.com"],
            "categories": [
                {"id": "7", "name": "Новости", "subscribed": True},
                {"id": "8", "name": "Акции", "subscribed": False},
            ],
        },
    }

    async def contacts_by_id(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        return [self.known[each] for each in ids if each in self.known]

    async def contacts_by_address(self, addresses: Sequence[str]) -> list[dict[str, Any]]:
        return [each for each in self.known.values() if set(each["emails"]) & set(addresses)]


async def category_names(ids: Sequence[int]) -> Mapping[int, str]:
    return {7: "Новости"}


class _ActorOfHeader:
    """Signs a request in as the role that it names, in place of a session."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        role, language = headers.get(b"x-role", b"").decode(), headers.get(b"x-language", b"en").decode()
        lacks = headers.get(b"x-lacks", b"").decode()
        user_id = int(headers.get(b"x-user", b"1"))
        if role:
            rights = rights_of(role.split()) - set(lacks.split())
            actor = Actor(user_id, f"Имя {role}", rights, "ru" if language == "ru" else "en")
            scope.setdefault("state", {})["actor"] = actor
        await self._app(scope, receive, send)


@dataclass
class Site:
    """One installation: the service, and its API as a person of some role sees it."""

    modules: Modules
    database: Database
    vault: Vault
    client: httpx.AsyncClient
    bundled: Path
    #: The role, or several with spaces between.
    role: str = "administrator"
    user_id: int = 1
    language: str = "en"
    #: Rights of the role that the person lacks, as somebody with an API key may.
    lacks: str = ""

    async def request(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        headers = {
            "x-role": self.role,
            "x-user": str(self.user_id),
            "x-language": self.language,
            "x-lacks": self.lacks,
        }
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=headers, **options)

    async def get(self, path: str) -> Any:
        return self.ok(await self.request("GET", path))

    async def post(self, path: str, body: Any = None) -> Any:
        return self.ok(await self.request("POST", path, body))

    async def upload(self, name: str, data: bytes) -> httpx.Response:
        headers = {
            "x-role": self.role,
            "x-user": str(self.user_id),
            "x-language": self.language,
            "x-lacks": self.lacks,
        }
        return await self.client.post("/api/v1/modules/upload", files={"file": (name, data)}, headers=headers)

    @staticmethod
    def ok(answer: httpx.Response) -> Any:
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
        """Status, code and sentence of an answer that says no."""
        answer = await self.request(method, path, body)
        problem = answer.json()
        return answer.status_code, problem.get("code"), problem.get("detail")

    async def module(self, source: str, manifest: Mapping[str, Any] = MANIFEST) -> int:
        """An enabled module with this text."""
        answer = await self.upload(f"{manifest['name']}.zip", packed(source, manifest))
        module_id = int(self.ok(answer)["id"])
        await self.modules.library.enable(SYSTEM, module_id, True)
        return module_id

    async def account(self, module_id: int, base_url: str, *, approved: bool = True, **settings: Any) -> int:
        """An account of a module, with its requested addresses approved."""
        values = {"base_url": base_url, "api_key": KEY, **settings}
        account_id = await self.modules.accounts.create(SYSTEM, module_id, "Основной", values)
        if approved:
            await self.approve(account_id)
        return account_id

    async def approve(self, account_id: int) -> None:
        """Approve every address that the account's module asks for."""
        lines = await self.modules.accounts.hosts(SYSTEM, account_id)
        choices = [HostChoice(line.scheme, line.pattern, line.port, line.private, True) for line in lines]
        await self.modules.accounts.approve(SYSTEM, account_id, choices)

    async def save(self, module_id: int, source: str, manifest: Mapping[str, Any] | None = None) -> int:
        """Save the module's next version and publish it; return its id."""
        version_id = await self.draft(module_id, source, manifest)
        await self.modules.library.publish(SYSTEM, module_id, version_id, confirmed=True)
        return version_id

    async def draft(self, module_id: int, source: str, manifest: Mapping[str, Any] | None = None) -> int:
        """Save the module's next version; return its id."""
        parsed = None if manifest is None else read_manifest(manifest)
        return (await self.modules.library.save(SYSTEM, module_id, source, "", parsed)).row.id

    @asynccontextmanager
    async def another_process(self) -> AsyncIterator[Registry]:
        """What another server on the same database keeps in memory."""
        registry = Registry(self.database, self.vault, [])
        await registry.start()
        yield registry
        await registry.stop()

    async def everything_stored(self) -> str:
        """Every value of every table, as one text."""
        await self.modules.recorder.flush()
        texts: list[str] = []
        async with self.database.read() as connection:
            for table in metadata.sorted_tables:
                for row in await connection.execute(sa.select(table)):
                    texts.append(json.dumps([str(value) for value in row], ensure_ascii=False))
        return "\n".join(texts)


def packed(source: str, manifest: Mapping[str, Any] = MANIFEST, folder: str = "") -> bytes:
    """A .zip archive of a module."""
    return archive({f"{folder}module.json": json.dumps(manifest), f"{folder}module.py": source})


def archive(files: Mapping[str, str]) -> bytes:
    """A .zip archive with these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, content in files.items():
            packing.writestr(name, content)
    return buffer.getvalue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A started sandbox."""
    async with Sandbox() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[Server]:
    """A sending service on 127.0.0.1."""
    running = Server()
    running.answers(b"{}")
    listener = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = listener.sockets[0].getsockname()[1]
    yield running
    listener.close()


@pytest.fixture
def address(server: Server) -> str:
    """The base address of the service."""
    return f"http://127.0.0.1:{server.port}"


@pytest_asyncio.fixture(loop_scope="module")
async def site(sandbox: Sandbox, database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """An installation on an empty database, once of each kind."""
    await asyncio.to_thread(_create_tables, database_url)
    async with AsyncExitStack() as stack:
        database = Database(database_url)
        await database.start()
        stack.push_async_callback(database.stop)
        broker = Broker(BrokerOptions(budget_wait_s=1))
        stack.push_async_callback(broker.close)
        vault = Vault(Settings(database_url=database_url, data_dir=tmp_path / "data"))
        bundled = await asyncio.to_thread(shutil.copytree, Catalogue.bundled().folder, tmp_path / "catalogue")
        options = ModulesOptions(
            contacts=People(),
            category_names=category_names,
            own_listeners=[LISTENER],
            catalogue=Catalogue(bundled),
        )
        modules = Modules(database, vault, sandbox, broker, _base_url, options)
        await stack.enter_async_context(modules.running())
        services = cast(Any, SimpleNamespace(modules=modules))
        own = (
            *(module_routes, version_routes, call_routes, catalogue_routes, account_routes, contract_routes),
            *(language_routes, rehearsal_routes),
        )
        routers = [each.router for each in own]
        app = Starlette(
            routes=routes(routers, services),
            exception_handlers=faults.HANDLERS,
            middleware=[Middleware(_ActorOfHeader)],
        )
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vestnik.test")
        await stack.enter_async_context(client)
        yield Site(modules, database, vault, client, bundled)


async def _base_url() -> str:
    return BASE_URL


def _create_tables(url: str) -> None:
    engine = write_engine(sa.make_url(url))
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()


def editable() -> bytes:
    """An archive with the editor's text, in which all is right."""
    return packed(TEXT.replace("answrr", "answer").replace(', "": None', ""), MANIFEST)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path_factory.mktemp("served"), sqlite_template, editable()) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def place(served: Served) -> AsyncIterator[Place]:
    async with visited(served) as place:
        yield place

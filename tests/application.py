"""The whole application in process, and browsers and machines that talk to it over HTTP.

A room's `conftest.py` imports the fixtures that its tests use: `from tests.application import installation`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from vestnik.app import Services, answering, create_app, working
from vestnik.db import Database
from vestnik.people.access import SYSTEM, Role
from vestnik.people.organisation import Profile
from vestnik.people.users import NewUser
from vestnik.settings import Settings

ORIGIN = "http://vestnik.test"
PASSWORD = "a long pass phrase"
ZONE = ZoneInfo("Europe/Moscow")
#: What every problem document says of its own request, in place of what each test compares.
OF_REQUEST = ("instance", "traceId")


class Browser:
    """Keeps a session's cookie and sends the CSRF token, as the web application does."""

    def __init__(self, app: Starlette, ip: str = "203.0.113.7", *, origin: str = ORIGIN) -> None:
        transport = httpx.ASGITransport(app, client=(ip, 50000))
        self.client = httpx.AsyncClient(transport=transport, base_url=origin)
        self.headers = {"origin": origin, "sec-fetch-site": "same-origin", "user-agent": "a test"}

    async def request(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """One request to the API (or to any path that begins with http)."""
        url = path if path.startswith("http") else f"/api/v1{path}"
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.client.request(method, url, json=body, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.request("POST", path, body, **options)

    async def put(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.request("PUT", path, body, **options)

    async def patch(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.request("PATCH", path, body, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", path, **options)

    async def sign_in(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """Sign in and keep the session; the answer's card."""
        answer = await self.post("/session", {"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return self.keep_session(answer)

    def keep_session(self, answer: httpx.Response) -> dict[str, Any]:
        """Send the CSRF token of an answer that began a session from now on."""
        card: dict[str, Any] = answer.json()
        self.headers["x-csrf-token"] = card["csrf"]
        return card


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """A problem document without the id of its request, which no other has; the header names it too."""
    document: dict[str, Any] = answer.json()
    trace_id = answer.headers["x-trace-id"]
    assert [document.pop(name) for name in OF_REQUEST] == [f"urn:vestnik:trace:{trace_id}", trace_id]
    return document


def day_of(moment: str) -> str:
    """The day of a moment of the API, as the organisation counts days."""
    return datetime.fromisoformat(moment).astimezone(ZONE).date().isoformat()


class Installation:
    """A running application with an organisation, and people to sign in as."""

    def __init__(self, app: Starlette, stack: AsyncExitStack) -> None:
        self.app, self._stack = app, stack
        self.services: Services = app.state.services

    async def found(self, *, demo: bool = False) -> None:
        """Create the organisation, as the first start does."""
        profile = Profile(name="Ромашка", language="ru", timezone=ZONE.key, base_url=ORIGIN, demo=demo)
        await self.services.database.write(self.services.people.organisation.create, profile)

    async def add_user(self, role: Role, email: str | None = None) -> int:
        """A user of that role whose password is `PASSWORD`."""
        new = NewUser(
            email=email or f"{role}@vestnik.test", name=f"Имя {role}", password=PASSWORD, roles=[role]
        )
        return await self.services.people.users.add(SYSTEM, new)

    async def browser(self, ip: str = "203.0.113.7", *, origin: str = ORIGIN) -> Browser:
        """A browser that is not signed in."""
        browser = Browser(self.app, ip, origin=origin)
        await self._stack.enter_async_context(browser.client)
        return browser

    async def signed_in(self, role: Role) -> Browser:
        """The browser of a new user of that role, signed in."""
        await self.add_user(role)
        browser = await self.browser()
        await browser.sign_in(f"{role}@vestnik.test")
        return browser


@asynccontextmanager
async def install(settings: Settings, *, at_work: bool = False) -> AsyncIterator[Installation]:
    """The application on a database that has its tables; `at_work` with sandbox, engine and webhooks too."""
    async with AsyncExitStack() as stack:
        app = create_app(settings)
        await stack.enter_async_context(answering(app.state.services))
        if at_work:
            await stack.enter_async_context(working(app.state.services))
        yield Installation(app, stack)


@pytest.fixture
def settings(database: Database, database_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation of this test's own."""
    return Settings(database_url=database_url, data_dir=tmp_path / "data", base_url=ORIGIN)


@pytest.fixture
async def empty_installation(settings: Settings) -> AsyncIterator[Installation]:
    """The application before its first start."""
    async with install(settings) as installation:
        yield installation


@pytest.fixture
async def installation(settings: Settings) -> AsyncIterator[Installation]:
    """The application of an organisation."""
    async with install(settings) as installation:
        await installation.found()
        yield installation


@pytest.fixture
async def demo_installation(settings: Settings) -> AsyncIterator[Installation]:
    """The application as `vestnik up --demo` starts it, without data but for the organisation."""
    async with install(replace(settings, demo=True)) as installation:
        await installation.found(demo=True)
        yield installation

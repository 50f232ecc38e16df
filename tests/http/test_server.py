"""The server process: whom it believes, and that it ends its event streams before it waits for anybody."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.application import Installation

from vestnik.app import Services
from vestnik.commands.listening import listen
from vestnik.http.events import EventStream
from vestnik.server import Server
from vestnik.settings import Settings, SettingsError


async def test_a_stopping_server_does_not_wait_for_open_pages(
    installation: Installation, settings: Settings
) -> None:
    async def stream(_request: Request) -> EventStream:
        return EventStream(
            installation.services.events, "topic", event="progress", look=look, may_go_on=always
        )

    async def look() -> dict[str, int]:
        return {"sent": 1}

    async def always() -> bool:
        return True

    async def announce(_services: Services) -> None:
        ready.set()

    installation.app.router.routes.insert(0, Route("/stream", stream))
    listener = listen(settings.at_port(0))
    port = listener.getsockname()[1]
    ready = asyncio.Event()
    server = Server(installation.app, announce)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await ready.wait()
    lines: list[str] = []
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("GET", f"http://127.0.0.1:{port}/stream") as answer,
    ):
        async for line in answer.aiter_lines():
            lines.append(line)
            if line == 'data: {"sent":1}':
                server.should_exit = True
    assert lines == ["event: progress", 'data: {"sent":1}', ""]
    async with asyncio.timeout(30):
        await serving


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        ("", ["http", "127.0.0.1"]),
        ("10.0.0.0/8, 192.168.1.1", ["http", "127.0.0.1"]),
        ("127.0.0.1", ["https", "203.0.113.9"]),
        ("127.0.0.0/8", ["https", "203.0.113.9"]),
    ],
)
async def test_what_a_visitor_writes_of_themselves_is_believed_from_a_trusted_proxy_only(
    installation: Installation, settings: Settings, proxies: str, seen: list[str]
) -> None:
    async def who(request: Request) -> JSONResponse:
        return JSONResponse([request.url.scheme, request.client.host if request.client else None])

    async def announce(_services: Services) -> None:
        ready.set()

    trusted = Settings.from_environment({"VESTNIK_TRUSTED_PROXIES": proxies}).trusted_proxies
    installation.app.router.routes.insert(0, Route("/who", who))
    services = installation.app.state.services
    services.settings = replace(services.settings, trusted_proxies=trusted)
    listener = listen(settings.at_port(0))
    ready = asyncio.Event()
    server = Server(installation.app, announce)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await ready.wait()
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        answer = await client.get(f"http://127.0.0.1:{listener.getsockname()[1]}/who", headers=headers)
    server.should_exit = True
    await serving
    assert answer.json() == seen


@pytest.mark.parametrize(
    "text", ["*", "0.0.0.0/0", "::/0", "proxy.example.com", "127.0.0.1 10.0.0.1", "10.0.0.1/8"]
)
def test_a_proxy_is_an_address_or_a_network_and_never_everybody(text: str) -> None:
    with pytest.raises(SettingsError, match="addresses or networks of proxies"):
        Settings.from_environment({"VESTNIK_TRUSTED_PROXIES": text})

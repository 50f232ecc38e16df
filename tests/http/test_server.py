"""The server process: it ends its event streams before it waits for anybody."""

from __future__ import annotations

import asyncio

import httpx
from starlette.requests import Request
from starlette.routing import Route
from tests.application import Installation

from vestnik.app import Services
from vestnik.commands.listening import listen
from vestnik.http.events import EventStream
from vestnik.server import Server
from vestnik.settings import Settings


async def test_a_stopping_server_does_not_wait_for_open_pages(
    installation: Installation, settings: Settings
) -> None:
    async def stream(_request: Request) -> EventStream:
        return EventStream(installation.services.events, "topic", event="progress", first={"sent": 1})

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
    async with asyncio.timeout(5):
        await serving

"""What this room does is the same on every database: its tests run on one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.application import (
    Installation,
    demo_installation,
    empty_installation,
    installation,
    settings,
)

from vestnik.app import Services
from vestnik.commands.listening import listen
from vestnik.server import Server
from vestnik.settings import Settings

__all__ = ["demo_installation", "empty_installation", "installation", "settings"]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
async def port(installation: Installation, settings: Settings) -> AsyncIterator[int]:
    """A real server's."""

    async def announce(_services: Services) -> None:
        ready.set()

    listener = listen(settings.at_port(0))
    ready = asyncio.Event()
    server = Server(installation.app, announce)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await ready.wait()
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving

"""The API as a command uses it: of the running server, or of an application in this process.

Either way the same handlers do the work, so a command can do nothing that the API would refuse.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from vestnik.app import answering, create_app
from vestnik.commands import lock
from vestnik.commands.failures import CommandFailed
from vestnik.commands.starting import require_ready
from vestnik.people.tokens import new_token
from vestnik.settings import Settings

TIMEOUT_S = 30.0


class Api:
    """Requests as the operator of this machine; a refusal is a `CommandFailed` with its sentence."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON, or None."""
        try:
            answer = await self._client.request(method, f"/api/v1{path}", json=body)
            document: Any = answer.json() if answer.content else None
        except (httpx.HTTPError, ValueError) as error:
            raise CommandFailed(f"the running server does not answer: {error}") from None
        if answer.is_error:
            raise CommandFailed(document["detail"])
        return document


@asynccontextmanager
async def api(settings: Settings) -> AsyncIterator[Api]:
    """The API of the server that runs on this data folder, else of one in this process under its lock."""
    server = lock.running(settings)
    if server is not None:
        async with _client(server.key, base_url=server.address) as client:
            yield Api(client)
        return
    key = new_token()
    note = lock.Running(pid=os.getpid(), address="a command", key=key)
    with lock.held(settings, note):
        require_ready(settings)
        app = create_app(settings, key)
        async with answering(app.state.services):
            transport = httpx.ASGITransport(app)
            async with _client(key, base_url="http://command", transport=transport) as client:
                yield Api(client)


def _client(key: str, **options: Any) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {key}", "accept-language": "en"}
    return httpx.AsyncClient(headers=headers, timeout=TIMEOUT_S, trust_env=False, **options)

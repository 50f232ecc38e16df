"""Addresses for machines that watch an installation: health, readiness, metrics, the API's description."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vestnik.http.errors import NotSignedIn
from vestnik.http.metrics import Metrics

CHECK_S = 3.0

Check = Callable[[], Awaitable[bool]]


def machine_routes(
    metrics: Metrics, document: Callable[[], Mapping[str, Any]], ready: Mapping[str, Check]
) -> list[Route]:
    """`/healthz`, `/readyz` (every check of `ready` by its name), `/metrics` and `/api/openapi.json`.

    `document` is made when it is first asked for: a start has no tenth of a second for it.
    """

    @functools.cache
    def description() -> bytes:
        return msgspec.json.encode(document())

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        answers = {name: await _answer(check) for name, check in ready.items()}
        well = all(answers.values())
        return JSONResponse(
            {"status": "ready" if well else "not ready", "checks": answers}, 200 if well else 503
        )

    async def openapi(_request: Request) -> Response:
        return Response(await asyncio.to_thread(description), media_type="application/json")

    async def show_metrics(request: Request) -> Response:
        if not _asked_from_this_machine(request):
            if request.state.actor is None:
                raise NotSignedIn()
            request.state.actor.require("metrics.read")
        return Response(await metrics.text(), media_type=metrics.content_type)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", show_metrics),
        Route("/api/openapi.json", openapi),
    ]


async def _answer(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_S):
            return await check()
    except Exception:  # whatever a check raises, the answer is the same: not ready
        return False


def _asked_from_this_machine(request: Request) -> bool:
    """True for a direct request over loopback: what a proxy passes on comes from elsewhere."""
    if request.client is None:
        return False
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")):
        return False
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

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
        said = await asyncio.gather(*map(_answer, ready.values()))
        answers = dict(zip(ready, said, strict=True))
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
    """What a check says within its time; one that can't be stopped at once ends when it can.

    A question to a database beyond a cut cable is given up only when the kernel gives the connection up.
    """
    task = asyncio.ensure_future(check())
    await asyncio.wait([task], timeout=CHECK_S)
    if not task.done():
        _unfinished.add(task)
        task.add_done_callback(_forget)
        task.cancel()
        return False
    try:
        return task.result()
    except Exception:  # whatever a check raises, the answer is the same: not ready
        return False


#: Held until they end: the loop itself would let them be collected half-way.
_unfinished: set[asyncio.Future[bool]] = set()


def _forget(task: asyncio.Future[bool]) -> None:
    _unfinished.discard(task)
    if not task.cancelled():
        task.exception()  # asked for, so that nobody warns of it


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

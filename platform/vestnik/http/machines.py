"""Addresses for machines that watch an installation: health, readiness, metrics, the API's description."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vestnik.http.api import accepted_language
from vestnik.http.errors import NotSignedIn, Text
from vestnik.http.limits import address_of
from vestnik.http.metrics import Metrics

CHECK_S = 3.0

log = structlog.get_logger("vestnik.http")


class Verdict(NamedTuple):
    """What a check says: a code, and for people why and what to do. `stops`: nothing can be answered so."""

    code: str
    reason: Text
    stops: bool = True

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return self.code == "ok"


WELL = Verdict("ok", {"ru": "В порядке.", "en": "In order."}, stops=False)

Check = Callable[[], Awaitable[Verdict]]


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

    async def readyz(request: Request) -> Response:
        found = await verdicts(ready)
        well = not any(verdict.stops for verdict in found.values())
        header = request.headers.get("accept-language", "")
        language = accepted_language(header) if header else "en"
        checks = {
            name: {"ok": each.ok, "stops": each.stops, "code": each.code, "reason": each.reason[language]}
            for name, each in found.items()
        }
        status = "ready" if well else "not ready"
        return JSONResponse({"status": status, "checks": checks}, 200 if well else 503)

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


async def verdicts(checks: Mapping[str, Check]) -> dict[str, Verdict]:
    """What each check says; all are asked at once, and one that gives no answer in time is told so."""
    return dict(zip(checks, await asyncio.gather(*map(_answer, checks.values())), strict=True))


async def _answer(check: Check) -> Verdict:
    """What a check says within its time; one that can't be stopped at once ends when it can.

    A question to a database beyond a cut cable is given up only when the kernel gives the connection up.
    """
    task = asyncio.ensure_future(check())
    await asyncio.wait([task], timeout=CHECK_S)
    if not task.done():
        _unfinished.add(task)
        task.add_done_callback(_forget)
        task.cancel()
        return _SILENT
    try:
        return task.result()
    except Exception as error:  # whatever a check raises, the answer is the same: not ready
        log.warning("machines.check_broke", error=type(error).__name__)
        return _BROKEN


#: Held until they end: the loop itself would let them be collected half-way.
_unfinished: set[asyncio.Future[Verdict]] = set()


def _forget(task: asyncio.Future[Verdict]) -> None:
    _unfinished.discard(task)
    if not task.cancelled():
        task.exception()  # asked for, so that nobody warns of it


_SILENT = Verdict(
    "no_answer",
    {"ru": "Нет ответа за 3 с.", "en": "No answer within 3 s."},
)
_BROKEN = Verdict(
    "failed",
    {
        "ru": "Проверка не удалась: подробности в журнале сервера.",
        "en": "The check failed: the server's log says how.",
    },
)


def _asked_from_this_machine(request: Request) -> bool:
    """True for a direct request over loopback: what a proxy passes on comes from elsewhere."""
    if request.client is None:
        return False
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")):
        return False
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    address = address_of(host)
    return host == "localhost" if address is None else address.is_loopback

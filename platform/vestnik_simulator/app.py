"""The simulator as one ASGI application: the simulated API, the admin API for tests, pages for people."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from vestnik_simulator import accounting, admin, editor, pages, seed, shop
from vestnik_simulator.campaign_monitor import admin as list_admin
from vestnik_simulator.campaign_monitor import pages as list_pages
from vestnik_simulator.core import simulator_of, working_simulator
from vestnik_simulator.mailbox import admin as mail_admin
from vestnik_simulator.mailbox import pages as mail_pages
from vestnik_simulator.options import Options
from vestnik_simulator.traffic import cut


def create_app(options: Options | None = None) -> Starlette:
    """An application with a database of its own; its background work runs within the ASGI lifespan."""
    settings = options or Options()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with working_simulator(settings) as simulator:
            app.state.simulator = simulator
            yield

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/{language:str}/api/{method:path}", _Api(), methods=["GET", "POST"]),
            Route("/api/v3.3/{path:path}", _ListApi(), methods=["GET", "POST", "PUT", "DELETE"]),
            Route("/files/{key:str}.csv", _export),
            Route("/screenshots/{template_id:int}.png", _screenshot),
            Route(shop.PATH, shop.customers_file),
            Route(accounting.PATH, accounting.take_message, methods=["POST"]),
            Mount("/_simulator", routes=[*admin.routes, *list_admin.routes, *mail_admin.routes]),
            *pages.routes,
            *editor.routes,
            *list_pages.routes,
            *mail_pages.routes,
        ],
    )


class _Api:
    """Hands a request to the API that the lifespan has built."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await simulator_of(Request(scope)).api(scope, receive, send)


class _ListApi:
    """The same for the other service's API."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await simulator_of(Request(scope)).list_api(scope, receive, send)


async def _export(request: Request) -> Response:
    simulator = simulator_of(request)
    path = simulator.files.path(request.path_params["key"])
    fault = simulator.traffic.take_fault("files")
    if fault is not None and fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    elif fault is not None and fault.kind in ("status", "error"):
        return PlainTextResponse(fault.message, fault.status)
    elif fault is not None:
        await cut(fault, request.receive)
    simulator.traffic.record("files", 0.0, "" if path else "not_found")
    if path is None:
        return PlainTextResponse("not found", 404)
    return FileResponse(path, media_type="text/csv; charset=utf-8")


async def _screenshot(request: Request) -> Response:
    picture = seed.picture(
        simulator_of(request).storage, request.path_params["template_id"], "full" in request.query_params
    )
    if picture is None:
        return PlainTextResponse("not found", 404)
    return Response(picture, media_type="image/png", headers={"Cache-Control": "max-age=60"})

"""The simulator as one ASGI application: the simulated API, the admin API for tests, pages for people."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from vestnik_simulator import admin, editor, pages, seed, shop
from vestnik_simulator.core import simulator_of, working_simulator
from vestnik_simulator.options import Options
from vestnik_simulator.unisender.exports import export_file


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
            Route("/files/{key:str}.csv", _export),
            Route("/screenshots/{template_id:int}.png", _screenshot),
            Route(shop.PATH, shop.customers_file),
            Mount("/_simulator", routes=admin.routes),
            *pages.routes,
            *editor.routes,
        ],
    )


class _Api:
    """Hands a request to the API that the lifespan has built."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await simulator_of(Request(scope)).api(scope, receive, send)


async def _export(request: Request) -> Response:
    pieces = export_file(simulator_of(request).storage, request.path_params["key"])
    if pieces is None:
        return PlainTextResponse("not found", 404)
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8")


async def _screenshot(request: Request) -> Response:
    picture = seed.picture(
        simulator_of(request).storage, request.path_params["template_id"], "full" in request.query_params
    )
    if picture is None:
        return PlainTextResponse("not found", 404)
    return Response(picture, media_type="image/png", headers={"Cache-Control": "max-age=60"})

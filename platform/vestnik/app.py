"""The application: every room plugged together, started and stopped in order, and mounted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vestnik.audit import Audit
from vestnik.db import Database
from vestnik.http import faults, openapi
from vestnik.http.api import Router, routes
from vestnik.http.events import Events
from vestnik.http.metrics import Metrics
from vestnik.settings import Settings
from vestnik.vault import Vault


@dataclass(slots=True, kw_only=True)
class Services:
    """What handlers, workflows and commands may use: one object of each room."""

    settings: Settings
    database: Database
    vault: Vault
    events: Events
    metrics: Metrics
    audit: Audit


def build_services(settings: Settings) -> Services:
    """Make every room's service; nothing is opened or started yet."""
    database = Database(settings.database_url)
    return Services(
        settings=settings,
        database=database,
        vault=Vault(settings),
        events=Events(),
        metrics=Metrics(),
        audit=Audit(database),
    )


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[Services]:
    """Start everything from the foundations up; stop it in the opposite order."""
    async with AsyncExitStack() as stack:
        await services.database.start()
        stack.push_async_callback(services.database.stop)
        stack.callback(services.events.close)
        yield services


def routers() -> Sequence[Router]:
    """Every room's operations under /api/v1."""
    return []


def create_app(settings: Settings) -> Starlette:
    """The ASGI application; `app.state.services` holds its services."""
    services = build_services(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with running(services):
            yield

    app = Starlette(
        routes=[*routes(routers(), services), *_machine_routes()],
        middleware=[Middleware(faults.Faults, metrics=services.metrics)],
        exception_handlers=faults.HANDLERS,
        lifespan=lifespan,
    )
    app.state.services = services
    return app


def _machine_routes() -> list[BaseRoute]:
    document = msgspec.json.encode(openapi.document(routers()))

    async def describe(_request: Request) -> Response:
        return Response(document, media_type="application/json")

    return [Route("/api/openapi.json", describe)]

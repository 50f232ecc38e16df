"""HTTP of the demo."""

from __future__ import annotations

import os
import signal

from starlette.background import BackgroundTask
from starlette.responses import Response

from vestnik.demo import service
from vestnik.http.api import SIGNED_IN, Context, Router, Shape
from vestnik.people.access import Role
from vestnik.people.demo import PEOPLE
from vestnik.people.errors import NotADemo

router = Router("demo")


class DemoPerson(Shape):
    name: str
    email: str
    role: Role


class DemoCard(Shape):
    """What can be played with."""

    people: list[DemoPerson]
    simulator_url: str | None
    can_kill: bool


class DemoRemoved(Shape):
    """Where the real first start begins."""

    setup_path: str


@router.get("/demo", returns=DemoCard, right=SIGNED_IN)
async def get_demo(context: Context) -> DemoCard:
    """The demo's people, and where the provider simulator shows what it received."""
    if not await context.services.people.sessions.is_demo():
        raise NotADemo()
    people = [DemoPerson(name=person.name, email=person.email, role=person.roles[0]) for person in PEOPLE]
    settings = context.services.settings
    return DemoCard(people=people, simulator_url=settings.simulator_url, can_kill=settings.demo)


@router.delete("/demo", returns=DemoRemoved, right="settings.manage")
async def remove_demo(context: Context) -> DemoRemoved:
    """Take the demo's data and people away; the answer leads to the first start of a real organisation."""
    token = await service.remove(context.services, context.actor)
    return DemoRemoved(setup_path=f"/setup?token={token}")


@router.post("/demo/kill", status=202, right="demo.play")
async def kill(context: Context) -> Response:
    """Kill this server as `kill -9` does, once the answer is sent; the supervisor starts it again."""
    if not context.services.settings.demo:
        raise NotADemo()
    return Response(status_code=202, background=BackgroundTask(_kill))


async def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)

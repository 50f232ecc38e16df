"""HTTP of the demo."""

from __future__ import annotations

import os
import signal
from typing import Literal

from starlette.background import BackgroundTask
from starlette.responses import Response

from vestnik.demo import letters, service
from vestnik.http.api import SIGNED_IN, Context, Id, Router, Shape
from vestnik.intake.classic.keys import PATH
from vestnik.intake.parsing.reasons import sentence
from vestnik.people.access import Role
from vestnik.people.demo import PEOPLE
from vestnik.people.errors import NotADemo

router = Router("demo")


class DemoPerson(Shape):
    name: str
    email: str
    role: Role


class DemoLeadsApi(Shape):
    """How a visitor calls the compatible leads API."""

    address: str
    login: str
    key: str


class DemoCard(Shape):
    """What can be played with."""

    people: list[DemoPerson]
    simulator_url: str | None
    can_kill: bool
    # Whether the site's letters can be sent and followed.
    has_letters: bool
    # Null once somebody has changed the key.
    leads_api: DemoLeadsApi | None


class DemoLetterBody(Shape):
    """The order as it should be, or a letter that nobody can read."""

    kind: letters.Kind


class DemoLetterSent(Shape):
    """A letter in the site's mailbox: the folder's validity, and the letter's number there."""

    validity: int
    number: int


class DemoLetter(Shape):
    """What has become of a letter so far; null for what is not there yet, or never will be.

    `told` is who is told of the lead, `notificationUrl` where that letter can be read.
    """

    state: Literal["waiting", "read", "unreadable"]
    reason: str | None
    input_id: Id | None
    lead_id: Id | None
    lead_number: int | None
    order_id: Id | None
    tickets: int
    event_id: Id | None
    told: str | None
    notification_url: str | None


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
    return DemoCard(
        people=people,
        simulator_url=settings.simulator_url,
        can_kill=settings.demo,
        leads_api=await _leads_api(context),
        has_letters=settings.simulator_url is not None and await letters.is_there(context.services),
    )


@router.post("/demo/letters", body=DemoLetterBody, returns=DemoLetterSent, right="demo.play")
async def send_demo_letter(context: Context, body: DemoLetterBody) -> DemoLetterSent:
    """Have the site send a letter, and the mail collector take it at once."""
    await _require_simulator(context)
    sent = await letters.send(context.services, body.kind)
    return DemoLetterSent(validity=sent.validity, number=sent.number)


@router.get("/demo/letters/{validity:key}/{number:key}", returns=DemoLetter, right="demo.play")
async def follow_demo_letter(context: Context, validity: int, number: int) -> DemoLetter:
    """What has become of a letter by now."""
    await _require_simulator(context)
    found = await letters.follow(context.services, letters.Sent(validity, number))
    return DemoLetter(
        state=found.state,
        reason=None if found.reason is None else sentence(found.reason, context.language),
        input_id=_id(found.input_id),
        lead_id=_id(found.lead_id),
        lead_number=found.lead_number,
        order_id=_id(found.order_id),
        tickets=found.tickets,
        event_id=_id(found.event_id),
        told=found.told,
        notification_url=found.notification_url,
    )


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


async def _leads_api(context: Context) -> DemoLeadsApi | None:
    key = await letters.classic_key(context.services)
    if key is None:
        return None
    base_url = await context.services.people.organisation.base_url()
    login = next(person.email for person in PEOPLE if "sales_manager" in person.roles)
    return DemoLeadsApi(address=base_url + PATH, login=login, key=key)


async def _require_simulator(context: Context) -> None:
    if (
        context.services.settings.simulator_url is None
        or not await context.services.people.sessions.is_demo()
    ):
        raise NotADemo()


def _id(key: int | None) -> str | None:
    return None if key is None else str(key)

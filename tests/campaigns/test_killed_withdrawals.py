"""Launches killed while somebody who left is taken back: they are not written to, everybody else is once."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from tests.campaigns.conftest import Room
from tests.campaigns.service_double import ACCOUNT_ID
from tests.campaigns.test_kills import Launcher, Provider
from tests.campaigns.test_said_no import left_out

from vestnik.campaigns.ports import CREATE, PREPARE, WITHDRAW
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

pytestmark = pytest.mark.slow

FIRST, SECOND = "person-3@example.com", "person-7@example.com"
EVERYBODY = {f"person-{index}@example.com" for index in range(12)}
WATCHED = frozenset({PREPARE, WITHDRAW, CREATE})


@dataclass
class Call:
    """A call that the service has received, and neither carried out nor answered yet."""

    function: str
    contacts: list[str]
    carry_out: asyncio.Event = field(default_factory=asyncio.Event)
    carried_out: asyncio.Event = field(default_factory=asyncio.Event)
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False

    def go_on(self) -> None:
        """Carry it out and answer."""
        self.carry_out.set()
        self.answer.set()

    def lose(self) -> None:
        """Whoever called is gone, and the service never saw it."""
        self.lost = True
        self.go_on()


class Watched(Provider):
    """A service whose decisive calls are carried out and answered when the test says so."""

    def __init__(self) -> None:
        super().__init__(random.Random(1))  # noqa: S311
        self.received: asyncio.Queue[Call] = asyncio.Queue()

    async def answer(self, request: Request) -> Response:
        function, arguments = request.path_params["function"], await request.json()
        call = Call(function, arguments.get("contacts", []))
        if function in WATCHED:
            self.received.put_nowait(call)
            await call.carry_out.wait()
        if call.lost:
            return PlainTextResponse("crashed", 500)
        value: Any = await self.service.call(ACCOUNT_ID, function, arguments, lane="bulk")
        call.carried_out.set()
        if function in WATCHED:
            await call.answer.wait()
        return JSONResponse(value)

    async def next(self, function: str, *contacts: str) -> Call:
        """The next call, which must be this one."""
        async with asyncio.timeout(60):
            call = await self.received.get()
        assert (call.function, set(call.contacts)) == (function, set(contacts))
        return call


@asynccontextmanager
async def nobody_else_writes(room: Room, campaign_id: int) -> AsyncIterator[None]:
    """Hold the campaign, and on SQLite the whole database: the process that launches it waits."""
    loop, held, over = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def hold(connection: sa.Connection) -> None:
        same = {"name": campaign.c.name}
        connection.execute(sa.update(campaign).where(campaign.c.id == campaign_id).values(same))
        loop.call_soon_threadsafe(held.set)
        over.wait()

    holding = asyncio.ensure_future(room.database.write(hold))
    await held.wait()
    try:
        yield
    finally:
        over.set()
        await holding


async def stop(room: Room, address: str) -> None:
    """Have a person put an address on the stop-list."""
    await room.contacts.stop(SYSTEM, "email", address, None, "test")


async def test_a_launch_killed_around_each_step_of_a_withdrawal_writes_to_nobody_who_left(
    room: Room, settings: Settings
) -> None:
    await room.engine.stop()
    provider, campaign_id = Watched(), await room.draft()
    async with provider.listening() as address, Launcher(settings, address) as launcher:

        async def kill() -> None:
            assert await launcher.end(signal.SIGKILL) == -signal.SIGKILL

        await launcher.start()
        await launcher.order("send", campaign_id)
        await _prepared(room, provider)

        call = await provider.next(WITHDRAW, FIRST)  # killed before the service has seen it
        await kill()
        call.lose()
        assert FIRST in provider.service.prepared[str(campaign_id)]

        await launcher.start()
        call = await provider.next(WITHDRAW, FIRST)  # killed between the answer and the drop
        call.carry_out.set()
        await call.carried_out.wait()
        async with nobody_else_writes(room, campaign_id):
            call.answer.set()
            await launcher.said("withdrawn")
            await kill()
        assert FIRST not in provider.service.prepared[str(campaign_id)]
        assert (await room.row(campaign_id)).recipients == 12

        await launcher.start()
        call = await provider.next(WITHDRAW, FIRST)
        await stop(room, SECOND)
        call.go_on()
        call = await provider.next(WITHDRAW, SECOND)  # killed after the drop of the first
        await kill()
        call.lose()
        assert (await room.row(campaign_id)).recipients == 11

        await launcher.start()
        (await provider.next(WITHDRAW, SECOND)).go_on()
        call = await provider.next(CREATE)  # killed before the service has seen it
        await kill()
        call.lose()
        await launcher.start()
        await room.until(campaign_id, State.UNCLEAR)
        await launcher.order("again", campaign_id)
        (await provider.next(CREATE)).go_on()
        row = await room.until(campaign_id, State.SENDING)
        await launcher.end(signal.SIGTERM)

    assert provider.service.sent() == Counter(EVERYBODY - {FIRST, SECOND})
    assert [created["recipientCount"] for created in provider.service.created] == [10]
    assert (row.recipients, row.handed_over) == (10, 10)
    assert await left_out(room, campaign_id) == {"blocked": 2}


async def _prepared(room: Room, provider: Watched) -> None:
    """The service gets everybody; the first one leaves as soon as it has her."""
    taken: set[str] = set()
    while taken != EVERYBODY:
        async with asyncio.timeout(60):
            call = await provider.received.get()
        assert call.function == PREPARE
        taken |= set(call.contacts)
        if taken == EVERYBODY:
            await stop(room, FIRST)
        call.go_on()

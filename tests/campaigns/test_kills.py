"""Launches whose process is killed: nobody is written to twice, nobody is lost."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from tests.campaigns.conftest import Room, add_people, until
from tests.campaigns.launch_child import CHUNK
from tests.campaigns.service_double import ACCOUNT_ID, Failure, Service

from vestnik.campaigns.ledger import Row
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign
from vestnik.db import Database
from vestnik.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PEOPLE = 120
KILLS = 24
STOPS = 8
LONGEST_LIFE_S = 3.0
#: A provider's answer takes up to twice this; its effect comes in the middle.
LATENCY_S = 0.02


class Provider:
    """The service behind a loopback address. It carries on when its caller dies."""

    def __init__(self, chance: random.Random) -> None:
        self.service = Service(chunk=CHUNK)
        self.creating = asyncio.Event()
        self._chance = chance

    async def answer(self, request: Request) -> Response:
        """One call."""
        function = request.path_params["function"]
        try:
            arguments = await request.json()
        except ClientDisconnect:  # killed before the request was whole
            return PlainTextResponse("fetch", 500)
        if function.endswith("CreateCampaign"):
            self.creating.set()
        await asyncio.sleep(self._chance.uniform(0, LATENCY_S))
        try:
            value = await self.service.call(ACCOUNT_ID, function, arguments, lane="bulk")
        except Failure as failure:
            return PlainTextResponse(failure.kind, 500)
        await asyncio.sleep(self._chance.uniform(0, LATENCY_S))
        return JSONResponse(value)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Serve; the address."""
        app = Starlette(routes=[Route("/{function}", self.answer, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await task


class Launcher:
    """The child process, again and again."""

    def __init__(self, settings: Settings, provider: str) -> None:
        self._arguments = [settings.database_url, str(settings.data_dir), provider]
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Launcher:
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._process is not None:
            await self.end(signal.SIGKILL)

    async def start(self) -> None:
        """Begin a life; returns when it runs."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.campaigns.launch_child",
            *self._arguments,
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "PATH": "/usr/bin"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        await self.said("ready")

    async def said(self, line: str) -> None:
        """Wait until it says that."""
        assert self._process is not None and self._process.stdout is not None
        while (said := await self._process.stdout.readline()) != f"{line}\n".encode():
            assert said, f"the process ended before it said {line!r}"

    async def order(self, order: str, campaign_id: int) -> None:
        """Tell it what a person would."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(f"{order} {campaign_id}\n".encode())
        await self._process.stdin.drain()

    async def end(self, by: signal.Signals) -> int:
        """End this life; the exit status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(by)
        return await self._process.wait()


async def test_launches_killed_at_random_instants_write_to_everybody_exactly_once(
    database: Database, settings: Settings, room: Room
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    outcome = await _play(room, settings, random.Random(seed), KILLS, signal.SIGKILL)  # noqa: S311

    assert outcome["twice"] == []
    assert outcome["lost"] == []
    assert outcome["created"] == {1}
    assert outcome["repeated"] <= KILLS
    print(outcome)


async def test_launches_stopped_in_order_repeat_no_call_at_all(
    database: Database, settings: Settings, room: Room
) -> None:
    outcome = await _play(room, settings, random.Random(1), STOPS, signal.SIGTERM)  # noqa: S311

    assert outcome["twice"] == []
    assert outcome["lost"] == []
    assert outcome["created"] == {1}
    assert outcome["repeated"] == 0
    assert outcome["sent again"] == 0


async def _play(
    room: Room, settings: Settings, chance: random.Random, ends: int, by: signal.Signals
) -> dict[str, Any]:
    """Launch campaigns one after another while the process is ended `ends` times; what the provider saw."""
    await room.engine.stop()
    await add_people(room.database, room.contacts, range(12, PEOPLE))
    provider, ids, again, ended = Provider(chance), [await room.draft()], 0, 0
    async with provider.listening() as address, AsyncExitStack() as stack:
        launcher = await stack.enter_async_context(Launcher(settings, address))
        await launcher.start()
        await launcher.order("send", ids[-1])
        while ended < ends:
            await _live(provider, room, ids[-1], chance, aimed=ended % 4 == 3)
            row = await room.row(ids[-1])
            if row.state in (State.SENDING, State.SENT):
                ids.append(await room.draft(name=f"Рассылка {len(ids)}"))
                await launcher.order("send", ids[-1])
                continue
            if row.state == State.DRAFT:  # killed before the order was taken
                await launcher.order("send", ids[-1])
                continue
            if row.state == State.UNCLEAR:
                again += 1
                await launcher.order("again", ids[-1])
                await until(lambda: room.row(ids[-1]), lambda row: row.state != State.UNCLEAR)
                continue
            status = await launcher.end(by)
            assert status == (-signal.SIGKILL if by == signal.SIGKILL else 0)
            ended += 1
            await launcher.start()
        for campaign_id in ids:
            again += await _finish(room, launcher, campaign_id)
        await launcher.end(signal.SIGTERM)
    return {**_seen(provider.service, ids, await _rows(room)), "sent again": again, "campaigns": len(ids)}


async def _live(
    provider: Provider, room: Room, campaign_id: int, chance: random.Random, *, aimed: bool
) -> None:
    """Let the process live for a random while; `aimed`: until CreateCampaign is being called."""
    if not aimed:
        await asyncio.sleep(chance.uniform(0, LONGEST_LIFE_S))
        return
    provider.creating.clear()
    waiting = asyncio.create_task(provider.creating.wait())
    await asyncio.wait([waiting], timeout=2 * LONGEST_LIFE_S)
    waiting.cancel()
    await asyncio.sleep(chance.uniform(0, 2 * LATENCY_S))


async def _finish(room: Room, launcher: Launcher, campaign_id: int) -> int:
    """Bring a campaign to its end as a person would; how often it had to be sent again."""
    row = await until(
        lambda: room.row(campaign_id),
        lambda row: row.state in (State.DRAFT, State.SENDING, State.SENT, State.UNCLEAR),
    )
    if row.state in (State.SENDING, State.SENT):
        return 0
    await launcher.order("send" if row.state == State.DRAFT else "again", campaign_id)
    await room.until(campaign_id, State.SENDING, State.SENT)
    return int(row.state == State.UNCLEAR)


def _seen(service: Service, ids: list[int], rows: list[Row]) -> dict[str, Any]:
    """What the provider's own record proves."""
    everybody = {f"person-{index}@example.com" for index in range(PEOPLE)}
    sent = {id: Counter[str]() for id in ids}
    created = Counter[int]()
    for one in service.created:
        sent[int(one["campaignId"])].update(one["recipients"])
        created[int(one["campaignId"])] += 1
    calls = service.called("ExportContacts") + service.called("PrepareCampaign")
    planned = 2 * len(ids) * -(-PEOPLE // CHUNK)
    assert {row.handed_over for row in rows} == {PEOPLE}
    return {
        "twice": [(id, address) for id in ids for address, times in sent[id].items() if times > 1],
        "lost": [(id, address) for id in ids for address in everybody - sent[id].keys()],
        "created": set(created.values()),
        "repeated": calls - planned,
    }


async def _rows(room: Room) -> list[Row]:
    async with room.database.read() as connection:
        return list((await connection.execute(sa.select(campaign))).all())

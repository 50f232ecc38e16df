"""Work for whoever waits for its answer ends with the answer, or when they leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vestnik.http.leaving import LOOK_EVERY_S, while_connected

WITHIN_S = 10.0


@dataclass
class Work:
    """A piece of work that goes on until it is told to end; how it ended, and how the request did."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False
    left: list[BaseException] = field(default_factory=list)

    async def count(self) -> int:
        self.begun.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return 7

    async def answer(self, request: Request) -> Response:
        try:
            return PlainTextResponse(str(await while_connected(request, self.count())))
        except BaseException as error:
            self.left.append(error)
            raise
        finally:
            self.ended.set()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def port(work: Work) -> AsyncIterator[int]:
    """A real server's, which answers every request by the work."""
    config = uvicorn.Config(Starlette(routes=[Route("/", work.answer)]), port=0, log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(WITHIN_S):
        while not server.started:
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def ask(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the request went out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    await writer.drain()
    return reader, writer


async def test_who_waits_gets_the_value_however_long_it_takes(work: Work, port: int) -> None:
    reader, writer = await ask(port)
    async with asyncio.timeout(WITHIN_S):
        await work.begun.wait()
        asyncio.get_running_loop().call_later(3 * LOOK_EVERY_S, work.may_end.set)
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n7")
    assert (work.cancelled, work.left) == (False, [])


async def test_work_for_who_left_is_cancelled(work: Work, port: int) -> None:
    _, writer = await ask(port)
    async with asyncio.timeout(WITHIN_S):
        await work.begun.wait()
        writer.close()
        await work.ended.wait()
    assert work.cancelled
    assert [type(error) for error in work.left] == [ClientDisconnect]


async def test_work_ends_before_a_cancelled_request_does(work: Work) -> None:
    async def still_there() -> dict[str, str]:
        await asyncio.Event().wait()
        raise AssertionError

    asked = asyncio.create_task(work.answer(Request({"type": "http"}, still_there)))
    await work.begun.wait()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert work.cancelled


async def test_what_goes_wrong_in_the_work_reaches_the_request() -> None:
    async def fail() -> None:
        raise LookupError("no such segment")

    async def still_there() -> dict[str, str]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(LookupError, match="no such segment"):
        await while_connected(Request({"type": "http"}, still_there), fail())

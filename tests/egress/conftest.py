"""A real HTTP server on the loopback whose answers a test writes byte by byte, and brokers that reach it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from vestnik.egress import Approval, Broker, BrokerOptions, HostPolicy

Writer = asyncio.StreamWriter


@dataclass
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Handler = Callable[[Received, Writer], Awaitable[None]]


@dataclass
class Server:
    """A server whose `handler` answers; it keeps what it received and how often it was connected to."""

    port: int = 0
    handler: Handler | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/", host: str = "api.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def policy(self, *hosts: str, private: bool = True) -> HostPolicy:
        names = hosts or ("api.test",)
        return HostPolicy([Approval("http", name, self.port, private) for name in names])

    def answers(self, body: bytes = b"ok", *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> None:
        """Answers every request the same way."""

        async def answer(_: Received, writer: Writer) -> None:
            writer.write(http_answer(body, status=status, headers=headers))

        self.handler = answer

    def routes(self, answers: dict[str, bytes]) -> None:
        """Answers each path with whole bytes of an answer."""

        async def answer(request: Received, writer: Writer) -> None:
            writer.write(answers[request.target.partition("?")[0]])

        self.handler = answer

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        self.connections += 1
        try:
            while request := await _read_request(reader):
                self.received.append(request)
                assert self.handler is not None
                await self.handler(request, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def http_answer(body: bytes = b"ok", *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _read_request(reader: asyncio.StreamReader) -> Received | None:
    head = b""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, target, _ = first.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on 127.0.0.1."""
    running = Server()
    running.answers()
    listener = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = listener.sockets[0].getsockname()[1]
    yield running
    listener.close()


class Names:
    """A resolver of the test's own; `api.test` and every name not written down lead to the loopback."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def leads(self, name: str, *answers: list[str]) -> None:
        """Writes down one answer after the other; the last one stays."""
        self.answers[name] = list(answers)

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answers = self.answers.get(host, [["127.0.0.1"]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if not answer:
            raise OSError("no such name")
        return answer


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
async def make_broker(names: Names) -> AsyncIterator[Callable[..., Broker]]:
    """Makes brokers with the options given, and closes them."""
    made: list[Broker] = []

    def make(**options: object) -> Broker:
        made.append(Broker(BrokerOptions(**options), resolver=names))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for broker in made:
        await broker.close()


@pytest.fixture
def broker(make_broker: Callable[..., Broker]) -> Broker:
    return make_broker()

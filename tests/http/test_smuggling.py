"""No request hides in another: what two parties on the way could read in two ways ends its connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.application import Installation

from vestnik.http.errors import NotHttp

HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /heard?first HTTP/1.1\r\n" + HOST
POST = b"POST /heard?first HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"
#: Follows each broken request on its connection: nobody may hear of it.
HIDDEN = b"GET /heard?hidden HTTP/1.1\r\n" + HOST + b"\r\n"

BROKEN = {
    "a length beside chunks": POST + b"Content-Length: 6\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "chunks beside a length": POST + CHUNKED + b"Content-Length: 60\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 80\r\n\r\n",
    "one length twice": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 0\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +1\r\n\r\na",
    "a length below zero": POST + b"Content-Length: -1\r\n\r\n",
    "a length in hexadecimals": POST + b"Content-Length: 0x1\r\n\r\na",
    "an endless length": POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
    "a coding before chunks": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunks in two headers": POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "a coding that is none": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "a coding like chunks": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an empty coding": POST + b"Transfer-Encoding:\r\n\r\n",
    "a coding after a tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks of HTTP/1.0": b"POST /heard HTTP/1.0\r\n" + HOST + CHUNKED + b"\r\n0\r\n\r\n",
    "a chunk without a size": POST + CHUNKED + b"\r\n\r\n",
    "a size with a sign": POST + CHUNKED + b"\r\n+1\r\na\r\n0\r\n\r\n",
    "a size with a prefix": POST + CHUNKED + b"\r\n0x1\r\na\r\n0\r\n\r\n",
    "a size with a blank": POST + CHUNKED + b"\r\n1 \r\na\r\n0\r\n\r\n",
    "a size of more than 64 bits": POST + CHUNKED + b"\r\n10000000000000001\r\na\r\n0\r\n\r\n",
    "a size that ends with LF": POST + CHUNKED + b"\r\n1\na\r\n0\r\n\r\n",
    "an extension that ends with LF": POST + CHUNKED + b"\r\n1;a\na\r\n0\r\n\r\n",
    "an extension with CR": POST + CHUNKED + b"\r\n1;a\ra\r\n0\r\n\r\n",
    "a chunk longer than its size": POST + CHUNKED + b"\r\n1\r\nab\r\n0\r\n\r\n",
    "no Host": b"GET /heard HTTP/1.1\r\n\r\n",
    "two Hosts": GET + b"Host: evil.example\r\n\r\n",
    "one Host twice": GET + HOST + b"\r\n",
    "an empty Host": b"GET /heard HTTP/1.1\r\nHost:\r\n\r\n",
    "a list of Hosts": b"GET /heard HTTP/1.1\r\nHost: 127.0.0.1, evil.example\r\n\r\n",
    "a Host with a user": b"GET /heard HTTP/1.1\r\nHost: a@127.0.0.1\r\n\r\n",
    "a Host with a path": b"GET /heard HTTP/1.1\r\nHost: 127.0.0.1/a\r\n\r\n",
    "an address of another host": b"GET http://evil.example/heard HTTP/1.1\r\n" + HOST + b"\r\n",
    "an address with a user": b"GET http://a@127.0.0.1/heard HTTP/1.1\r\n" + HOST + b"\r\n",
    "an address of another scheme": b"GET ftp://127.0.0.1/heard HTTP/1.1\r\n" + HOST + b"\r\n",
    "no address at all": b"GET heard HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header on two lines": GET + b"X-A: a\r\n b: c\r\n\r\n",
    "a header before its name": b"GET /heard HTTP/1.1\r\n X-A: a\r\n" + HOST + b"\r\n",
    "a blank before the colon": GET + b"Content-Length : 0\r\n\r\n",
    "a line that ends with LF": GET + b"X-A: a\nX-B: b\r\n\r\n",
    "a head that ends with LF": GET + b"\n",
    "a line that ends with CR": GET + b"X-A: a\rX-B: b\r\n\r\n",
    "a NUL in a header": GET + b"X-A: a\0b\r\n\r\n",
    "a NUL in a name": GET + b"X\0: a\r\n\r\n",
    "a header without a colon": GET + b"X-A\r\n\r\n",
    "a header without a name": GET + b": a\r\n\r\n",
    "an unknown method": b"BREW /heard HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method in small letters": b"get /heard HTTP/1.1\r\n" + HOST + b"\r\n",
    "another's way out": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "HTTP/0.9": b"GET /heard\r\n\r\n",
    "HTTP/1.2": b"GET /heard HTTP/1.2\r\n" + HOST + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a blank in the address": b"GET /heard /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "a letter beyond ASCII": "GET /heard/ё HTTP/1.1\r\n".encode() + HOST + b"\r\n",
}


class Heard:
    """The application's view: every request whose body was whole. A request for `/slow` waits for `go_on`."""

    def __init__(self, app: Any) -> None:
        self.requests: list[tuple[str, str, bytes]] = []
        self.headers: list[tuple[str, str]] = []
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        app.router.routes[:0] = [
            Route("/heard", self._hear, methods=["GET", "POST"]),
            Route("/slow", self._slow),
        ]

    async def _hear(self, request: Request) -> Response:
        body = await request.body()
        self.requests.append((request.method, request.url.query, body))
        self.headers = request.headers.items()
        return PlainTextResponse("heard")

    async def _slow(self, _request: Request) -> Response:
        self.begun.set()
        await self.go_on.wait()
        return PlainTextResponse("slow")


@pytest.fixture
def heard(installation: Installation) -> Heard:
    return Heard(installation.app)


async def told(port: int, *pieces: bytes) -> bytes:
    """All that the server says until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(30):
            while part := await reader.read(65_536):
                said += part
    except ConnectionError:
        pass
    writer.close()
    return said


def answers(said: bytes) -> Sequence[tuple[int, bytes]]:
    """Status and body of each answer, one after another, with nothing between them."""
    found = []
    while said:
        head, _, rest = said.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b": ")[1]) for line in lines if line.startswith(b"content-length: "))
        found.append((int(lines[0].split(b" ")[1]), rest[:length]))
        said = rest[length:]
    return found


async def test_a_request_of_two_meanings_is_refused_and_what_follows_it_is_never_heard(
    port: int, heard: Heard
) -> None:
    for name, request in BROKEN.items():
        (answer,) = answers(await told(port, request + HIDDEN))
        assert (answer[0], json.loads(answer[1])) == (400, NotHttp().as_json("ru")), name
        assert heard.requests == [], name


async def test_a_broken_request_comes_in_pieces_of_any_size(port: int, heard: Heard) -> None:
    for name in ("a length beside chunks", "two Hosts", "a chunk longer than its size"):
        request = BROKEN[name] + HIDDEN
        for at in range(1, len(request), 7):
            said = answers(await told(port, request[:at], request[at:]))
            assert [status for status, _ in said] in ([400], []), name  # a reset may overtake the answer
    assert heard.requests == []


async def test_requests_that_have_one_meaning_are_heard(port: int, heard: Heard) -> None:
    last = b"GET /heard?last HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    for request, body in (
        (GET + b"\r\n", b""),
        (GET + b"Content-Length: 5\r\n\r\nGET /", b"GET /"),
        (b"GET http://127.0.0.1/heard?first HTTP/1.1\r\n" + HOST + b"\r\n", b""),
        (GET.replace(b"Host", b"hOST") + b"\r\n\r\n", b""),
        (POST + b"Content-Length: 1\r\n\r\na", b"a"),
        (POST + b"transfer-encoding: Chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc"),
        (POST + CHUNKED + b'\r\n1;name="value"\r\na\r\n0;name\r\n\r\n', b"a"),
    ):
        heard.requests.clear()
        assert answers(await told(port, request + last)) == [(200, b"heard")] * 2
        assert heard.requests == [(request[:4].decode().strip(), "first", body), ("GET", "last", b"")]


async def test_a_client_of_http_1_0_is_answered_once(port: int, heard: Heard) -> None:
    old = b"GET /heard?first HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert answers(await told(port, old + HIDDEN)) == [(200, b"heard")]
    assert heard.requests == [("GET", "first", b"")]


async def test_what_follows_the_last_request_is_never_heard(port: int, heard: Heard) -> None:
    assert answers(await told(port, GET + b"Connection: close\r\n\r\n" + HIDDEN)) == [(200, b"heard")]
    assert heard.requests == [("GET", "first", b"")]


async def test_trailers_are_no_headers(port: int, heard: Heard) -> None:
    trailers = b"X-Forwarded-For: 203.0.113.9\r\nCookie: vestnik_session=a\r\nHost: evil.example\r\n\r\n"
    request = POST + b"Connection: close\r\n" + CHUNKED + b"\r\n1\r\na\r\n0\r\n" + trailers
    assert answers(await told(port, request)) == [(200, b"heard")]
    assert sorted(heard.headers) == [
        ("connection", "close"),
        ("host", "127.0.0.1"),
        ("transfer-encoding", "chunked"),
    ]


@pytest.mark.parametrize(
    "after",
    [
        b"no HTTP\r\n\r\n",
        b"GET /heard HTTP/1.1\r\n\r\n",
        POST + CHUNKED + b"\r\nno chunk\r\n",
        GET + b"X: " + b"a" * 70_000,
        GET + b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
    ],
    ids=["no HTTP", "no Host", "no chunk", "a large head", "a socket"],
)
async def test_a_refusal_never_lands_inside_another_answer(port: int, heard: Heard, after: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n" + after + HIDDEN)
    await heard.begun.wait()
    for _ in range(20):
        await asyncio.sleep(0)  # the server has its turns, in which it reads the rest
    heard.go_on.set()
    async with asyncio.timeout(30):
        said = await reader.read(-1)
    writer.close()
    assert answers(said) == [(200, b"slow")]
    assert heard.requests == []


async def test_a_change_to_another_protocol_is_not_made_and_ends_the_connection(
    port: int, heard: Heard
) -> None:
    asked = GET + b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    assert answers(await told(port, asked + HIDDEN)) == [(200, b"heard")]
    assert heard.requests == [("GET", "first", b"")]


async def test_a_request_is_not_told_to_whoever_traces_it(port: int, installation: Installation) -> None:
    for path in ("/", "/api/v1/session", "/healthz", "/hooks/a/b", "/intake/a"):
        asked = f"TRACE {path} HTTP/1.1\r\n".encode() + HOST + b"X-A: a secret\r\nConnection: close\r\n\r\n"
        ((status, body),) = answers(await told(port, asked))
        assert status in (404, 405) and b"a secret" not in body, path

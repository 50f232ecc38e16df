"""What strangers may send costs the server little, however much of it there is, however slowly it comes."""

from __future__ import annotations

import asyncio
import json

import pytest

from vestnik.http import connections
from vestnik.http.connections import HEAD_BYTES
from vestnik.http.errors import HeadTooLarge, Language, NotHttp, Problem

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large"
ENGLISH = b"Accept-Language: en\r\nX: 1\r\n"
POST = b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def sent(port: int, *pieces: bytes) -> Line:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    return reader, writer


async def answer(line: Line) -> bytes:
    """The status line; nothing where the server just hung up."""
    reader, writer = line
    async with asyncio.timeout(30):
        try:
            found = await reader.readline()
        except ConnectionError:
            found = b""
    writer.close()
    return found.strip()


async def test_a_head_has_an_end(port: int) -> None:
    async def refused(*pieces: bytes) -> bool:
        try:
            return await answer(await sent(port, *pieces)) in (TOO_LARGE, b"")
        except ConnectionError:
            return True

    many = [b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(2000)]
    assert await refused(HEAD, b"X: ", *[b"a" * 100_000] * 20)
    assert await refused(HEAD, *many)
    assert await refused(b"\r\n" * 1_000_000)
    assert await refused(POST, b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", *many)
    assert await answer(await sent(port, HEAD, b"X: ", b"a" * 30_000, b"\r\n\r\n")) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    ("begins", "goes_on", "language", "problem"),
    [
        (HEAD, b"no header\r\n\r\n", "ru", NotHttp()),
        (HEAD, ENGLISH + b"no header\r\n\r\n", "en", NotHttp()),
        (HEAD + ENGLISH, b"Y: " + b"a" * HEAD_BYTES, "en", HeadTooLarge(limit_bytes=HEAD_BYTES)),
    ],
    ids=["no HTTP", "no HTTP in English", "too large"],
)
async def test_what_is_no_request_is_refused_by_a_problem_in_the_language_named_so_far(
    port: int, begins: bytes, goes_on: bytes, language: Language, problem: Problem
) -> None:
    reader, writer = await sent(port, begins)
    for _ in range(20):
        await asyncio.sleep(0)  # the server has its turns: what one read brings is not counted
    writer.write(goes_on)
    async with asyncio.timeout(30):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    lines = head.decode().lower().split("\r\n")
    assert lines[0].startswith(f"http/1.1 {problem.status} ")
    assert "content-type: application/problem+json" in lines
    assert f"content-length: {len(body)}" in lines
    assert json.loads(body) == problem.as_json(language)


@pytest.mark.parametrize(
    "begun",
    [b"", b"\r\n", HEAD, POST + b"Content-Length: 100\r\n\r\n{"],
    ids=["silence", "line", "head", "body"],
)
async def test_a_request_that_does_not_arrive_is_given_up(
    port: int, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ARRIVES_WITHIN_S", 0.2)

    assert await answer(await sent(port, begun)) == b""


async def test_a_request_that_has_arrived_keeps_its_connection(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ARRIVES_WITHIN_S", 0.4)
    reader, writer = await sent(port, HEAD + b"\r\n")
    found = []
    for _ in range(3):
        async with asyncio.timeout(30):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(b'{"status":"ok"}'))
        found.append(head.split(b"\r\n")[0])
        await asyncio.sleep(0.6)  # longer than a request may take: there is none on its way
        writer.write(HEAD + b"\r\n")
    writer.close()
    assert found == [b"HTTP/1.1 200 OK"] * 3

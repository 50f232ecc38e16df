"""One connection of a client: what it may send that is no body, and how long a request may take to arrive.

uvicorn keeps a head of any size, and waits for the end of one for ever: a stranger could fill the memory with
a single header, or hold every descriptor with connections that say nothing. Its parser also lets pass what
two parties may read in two ways (RFC 9112): that is no request here, and the connection ends with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from vestnik.http.api import accepted_language
from vestnik.http.errors import HeadTooLarge, NotHttp, Problem
from vestnik.http.headers import security_headers
from vestnik.http.hosts import is_host
from vestnik.http.problems import problem_response

#: Of a head, or of trailers; what one read brings at once comes on top.
HEAD_BYTES = 65_536
#: From the first byte of a request, or from the connection itself, to the last byte of its body.
ARRIVES_WITHIN_S = 120.0

_VERSIONS = ("1.0", "1.1")


class _NotOne(Exception):
    """A request that is none here; the parser gives up with it."""


class BoundedConnection(HttpToolsProtocol):
    """HTTP/1.1 with bounds on what arrives before, between and after bodies."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._without_body = 0
        self._is_whole = False
        self._arriving: RequestResponseCycle | None = None
        self._whole: RequestResponseCycle | None = None
        self._is_refused = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:  # earlier requests are still answered; nothing is read any more
            return
        self._without_body += len(data)
        self._is_whole = False
        super().data_received(data)
        if self._is_whole or self.transport.get_protocol() is not self:  # another one: it is a web socket now
            self._arrived()
        elif self._without_body > HEAD_BYTES:
            self._refuse(HeadTooLarge(limit_bytes=HEAD_BYTES))
        else:
            self._expect()

    def on_message_begin(self) -> None:
        self._without_body, self._is_whole = 0, False
        if self.cycle is not None and not self.cycle.keep_alive:
            raise _NotOne("the last request said that it is the last")
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._arriving is None:  # else it is a trailer: no proxy has looked at it (RFC 9110, 6.5.1)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        version, method = self.parser.get_http_version(), self.parser.get_method()
        _check(version, method, self.url, self.headers)
        is_upgrade = self.parser.should_upgrade()
        if is_upgrade and self._should_upgrade():
            if self._is_answering():
                raise _NotOne("a socket can't open while a request before it is answered")
            super().on_headers_complete()
            return
        super().on_headers_complete()
        self._arriving = self.cycle
        if is_upgrade:  # the parser reads nothing after it
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._without_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_whole = True
        if self._arriving is not None:
            self._whole, self._arriving = self._arriving, None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What uvicorn says of no HTTP, as a problem document of ours."""
        self._refuse(NotHttp())

    def _refuse(self, problem: Problem) -> None:
        """Read no more, and hang up: with an answer, unless it could land inside that of another request."""
        if self._is_refused:
            return
        self._is_refused = True
        self._arrived()
        broken, self._arriving = self._arriving, None
        if broken is not None and any(broken is cycle for cycle, _ in self.pipeline):
            self.pipeline.popleft()  # it waits behind others, and will never be whole
            self._end_after_others()
        elif broken is not None and (broken.response_started or broken.response_complete):
            self.transport.close()
        elif broken is None and self._is_answering():
            self._end_after_others()
        else:
            self._answer(problem)
            self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _end_after_others(self) -> None:
        """Close the connection when every whole request that came before is answered."""
        if self._whole is not None:
            self.cycle = self._whole
            self.cycle.keep_alive = False

    def _answer(self, problem: Problem) -> None:
        """The problem in the language that the request has named so far."""
        named = dict(self.headers or ()).get(b"accept-language", b"")
        answer = problem_response(problem, accepted_language(named.decode("latin-1")))
        lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()]
        lines += [name + b": " + value for name, value in answer.raw_headers]
        lines += [f"{name}: {value}".encode() for name, value in security_headers().items()]
        lines += [b"connection: close", b"", bytes(answer.body)]
        self.transport.write(b"\r\n".join(lines))

    def _expect(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(ARRIVES_WITHIN_S, self._hang_up)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self._deadline = None
        self.transport.close()


class SocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket whose refusal is an answer: uvicorn would log each as a fault of the application."""

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True


def _check(version: str, method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Raise `_NotOne` for a head that another party on the way may understand differently."""
    if version not in _VERSIONS:
        raise _NotOne("neither HTTP/1.0 nor HTTP/1.1")
    if method == b"CONNECT":
        raise _NotOne("this is no proxy")
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    if codings and (version == "1.0" or [each.lower() for each in codings] != [b"chunked"]):
        raise _NotOne("a coding of the body that is not read here")
    named = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(named) > 1 or (not named and version == "1.1"):
        raise _NotOne("not exactly one Host")
    if named and not is_host(named[0]):
        raise _NotOne("a Host that is none")
    if not target.startswith(b"/") and (method, target) != (b"OPTIONS", b"*"):
        absolute = urlsplit(target.decode("ascii"))
        if absolute.scheme not in ("http", "https") or [absolute.netloc.lower()] != [
            each.lower() for each in named
        ]:
            raise _NotOne("a target that Host does not name")

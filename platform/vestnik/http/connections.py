"""One connection of a client: what it may send that is no body, and how long a request may take to arrive.

uvicorn keeps a head of any size, and waits for the end of one for ever: a stranger could fill the memory with
a single header, or hold every descriptor with connections that say nothing.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from vestnik.http.api import accepted_language
from vestnik.http.errors import HeadTooLarge, NotHttp, Problem
from vestnik.http.problems import problem_response

#: Of a head, or of trailers; what one read brings at once comes on top.
HEAD_BYTES = 65_536
#: From the first byte of a request, or from the connection itself, to the last byte of its body.
ARRIVES_WITHIN_S = 120.0


class BoundedConnection(HttpToolsProtocol):
    """HTTP/1.1 with bounds on what arrives before, between and after bodies."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._without_body = 0
        self._is_whole = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._without_body += len(data)
        self._is_whole = False
        super().data_received(data)
        if self._is_whole or self.transport.get_protocol() is not self:  # another one: it is a web socket now
            self._arrived()
        elif self._without_body > HEAD_BYTES:
            self._arrived()
            self._refuse(HeadTooLarge(limit_bytes=HEAD_BYTES))
        else:
            self._expect()

    def on_message_begin(self) -> None:
        self._without_body, self._is_whole = 0, False
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._without_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_whole = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What uvicorn says of no HTTP, as a problem document of ours."""
        self._refuse(NotHttp())

    def _refuse(self, problem: Problem) -> None:
        """Answer in the language that the request has named so far, and hang up."""
        named = dict(self.headers or ()).get(b"accept-language", b"")
        answer = problem_response(problem, accepted_language(named.decode("latin-1")))
        lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()]
        lines += [name + b": " + value for name, value in answer.raw_headers]
        lines += [b"connection: close", b"", bytes(answer.body)]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()

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

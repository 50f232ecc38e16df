"""POSTs a webhook over a connection that stays open: a few thousand a second on one core.

A general HTTP client spends ten times as long on a request; a simulator must not be what a benchmark of the
receiver measures.
"""

import asyncio
import ssl
from typing import Any
from urllib.parse import urlsplit

import httptools

MAX_ANSWER_BYTES = 1_000_000


class PostFailed(Exception):
    """No answer came: refused, cut, or too late."""


class Poster:
    """One connection to one hook; one request at a time."""

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._timeout_s = timeout_s
        self._protocol: _Protocol | None = None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._head = (
            f"POST {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
            "User-Agent: UniSender-WebHook-Simulator\r\nContent-Type: application/json\r\n"
            "Accept: */*\r\nContent-Length: "
        ).encode()

    async def post(self, body: bytes) -> int:
        """Send the body; answers the HTTP status. Raises PostFailed."""
        try:
            async with asyncio.timeout(self._timeout_s):
                protocol = await self._connected()
                return await protocol.exchange(self._head + b"%d\r\n\r\n" % len(body) + body)
        except TimeoutError:
            self.close()
            raise PostFailed(f"no answer within {self._timeout_s:g} s") from None
        except (OSError, httptools.HttpParserError) as error:
            self.close()
            raise PostFailed(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Close the connection."""
        if self._protocol is not None:
            self._protocol.close()
            self._protocol = None

    async def _connected(self) -> "_Protocol":
        if self._protocol is not None and self._protocol.usable:
            return self._protocol
        context = ssl.create_default_context() if self._secure else None
        loop = asyncio.get_running_loop()
        _, self._protocol = await loop.create_connection(_Protocol, self._host, self._port, ssl=context)
        return self._protocol


class _Protocol(asyncio.Protocol):
    """Reads one answer after the other; only its status matters."""

    def __init__(self) -> None:
        self.usable = False
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._answer: asyncio.Future[int] | None = None
        self._bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP and TLS give no other
        self._transport = transport
        self.usable = True

    def exchange(self, request: bytes) -> "asyncio.Future[int]":
        """The status of the answer to this request."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._bytes = 0
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes > MAX_ANSWER_BYTES:
            self._fail(ConnectionError("the answer is too long"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(error)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        self._fail(exc or ConnectionError("the connection was closed"))

    def close(self) -> None:
        """Close; an unfinished exchange fails when the loop says so."""
        self.usable = False
        if self._transport is not None:
            self._transport.close()

    def _fail(self, error: Exception) -> None:
        self.usable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        if self._transport is not None:
            self._transport.close()

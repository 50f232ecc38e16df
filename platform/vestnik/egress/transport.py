"""Connections to checked addresses.

One pool of connections for each (scheme, name, address, port): a connection is used again only for the very
address that was checked, and only under the name whose certificate it showed. The name stays in SNI and Host.
Below httpx's client, so that nothing keeps cookies, reads proxies from the environment or follows redirects.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore

from vestnik.egress.addresses import Address
from vestnik.egress.errors import FetchFailed, HeldBack
from vestnik.egress.exchange import Timings
from vestnik.egress.policy import Target
from vestnik.egress.requests import FetchRequest

# Shorter than the five seconds after which many servers hang up, so that we seldom meet a closing connection.
KEEP_ALIVE_S = 3.0
POOLS = 256
#: Who is held back tries again after so long.
HELD_BACK_S = 1.0

#: Whether this process still does the work of which a request is part.
MaySend = Callable[[], bool]


def default_tls() -> ssl.SSLContext:
    """A context that trusts the authorities of the system and of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _OneAddress(httpcore.AsyncNetworkBackend):
    """Connects to one address, whatever name it is asked for."""

    def __init__(self, address: Address) -> None:
        self._address = str(address)
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return await self._network.connect_tcp(self._address, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("requests never go to a file socket")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


@dataclass
class _Pool:
    connections: httpcore.AsyncConnectionPool
    users: int = 0


@dataclass
class Connections:
    """All pools; the least recently used one that is idle makes room for a new one."""

    tls: ssl.SSLContext | None = None
    connect_timeout_s: float = 10.0
    may_send: MaySend | None = None
    _pools: dict[tuple[Target, Address], _Pool] = field(default_factory=dict, init=False)

    @asynccontextmanager
    async def send(
        self,
        request: FetchRequest,
        target: Target,
        address: Address,
        timings: Timings,
        *,
        fenced: bool = False,
    ) -> AsyncIterator[httpcore.Response]:
        """Sends a request to a checked address; the answer's body is still to be read. Raises FetchFailed.

        One that is `fenced` is work that may be another process's by now: `may_send` is asked last of all.
        """
        pool = await self._pool(target, address)
        pool.users += 1
        try:
            with _Mapped(target.host):
                stopwatch = _Stopwatch(timings, self.may_send if fenced else None)
                response = await pool.connections.handle_async_request(self._wire(request, target, stopwatch))
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            pool.users -= 1

    async def close(self) -> None:
        """Closes every connection."""
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.connections.aclose()

    async def _pool(self, target: Target, address: Address) -> _Pool:
        key = (target, address)
        pool = self._pools.pop(key, None)
        if pool is None:
            if target.scheme == "https" and self.tls is None:
                self.tls = default_tls()
            connections = httpcore.AsyncConnectionPool(
                ssl_context=self.tls,
                max_connections=None,
                max_keepalive_connections=8,
                keepalive_expiry=KEEP_ALIVE_S,
                retries=0,
                network_backend=_OneAddress(address),
            )
            pool = _Pool(connections)
        self._pools[key] = pool
        if len(self._pools) > POOLS:
            idle = next(
                (kept for kept, other in self._pools.items() if other.users == 0 and kept != key), None
            )
            if idle is not None:
                await self._pools.pop(idle).connections.aclose()
        return pool

    def _wire(self, request: FetchRequest, target: Target, stopwatch: _Stopwatch) -> httpcore.Request:
        parts = urlsplit(request.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = [(b"Host", target.host_header.encode("ascii")), (b"Accept-Encoding", b"gzip, deflate")]
        given = {name.lower() for name, _ in request.headers}
        if "accept" not in given:
            headers.append((b"Accept", b"*/*"))
        if "user-agent" not in given:
            headers.append((b"User-Agent", b"Vestnik"))
        headers += ((name.encode("ascii"), value.encode()) for name, value in request.headers)
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            headers.append((b"Content-Length", b"%d" % len(request.body)))
        timeout_s = request.timeout_s
        return httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=target.scheme.encode(),
                host=target.host.encode("ascii"),
                port=target.port,
                target=path.encode("ascii"),
            ),
            headers=headers,
            content=request.body,
            extensions={
                "timeout": {
                    "connect": self.connect_timeout_s,
                    "read": timeout_s,
                    "write": timeout_s,
                    "pool": self.connect_timeout_s,
                },
                "trace": stopwatch,
            },
        )


class _Stopwatch:
    """Fills in the timings from what httpcore reports; raises HeldBack where nothing may be sent."""

    def __init__(self, timings: Timings, may_send: MaySend | None) -> None:
        self._timings, self._may_send = timings, may_send
        self._sent_at = self._step_at = time.perf_counter()

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        now = time.perf_counter()
        step = event.partition(".")[2]
        if step in ("connect_tcp.started", "start_tls.started"):
            self._step_at = now
        elif step == "connect_tcp.complete":
            self._timings.connect = (now - self._step_at) * 1000
        elif step == "start_tls.complete":
            self._timings.tls = (now - self._step_at) * 1000
        elif step == "send_request_headers.started":
            if self._may_send is not None and not self._may_send():
                raise HeldBack(HELD_BACK_S)
            self._sent_at = now
        elif step == "receive_response_headers.complete":
            self._timings.ttfb = (now - self._sent_at) * 1000


class _Mapped:
    """Turns every error of httpcore into a FetchFailed; a test enumerates them."""

    def __init__(self, host: str) -> None:
        self._host = host

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, Exception):
            failure = failure_of(error, self._host)
            if failure is not None:
                raise failure from error


def failure_of(error: Exception, host: str) -> FetchFailed | None:
    """The FetchFailed that stands for an error of httpcore or of TLS, or None for any other error."""
    if isinstance(error, httpcore.TimeoutException):
        return FetchFailed("timeout", host)
    tls = _tls_error(error)
    if tls is not None:
        return FetchFailed("tls", host, getattr(tls, "verify_message", "") or tls.reason or "")
    if isinstance(error, httpcore.ConnectError):
        return FetchFailed("connect", host)
    if isinstance(error, httpcore.ReadError | httpcore.WriteError | httpcore.NetworkError):
        return FetchFailed("protocol", host, "the connection broke")
    if isinstance(error, httpcore.ProtocolError | httpcore.UnsupportedProtocol | httpcore.ProxyError):
        return FetchFailed("protocol", host)
    if isinstance(error, httpcore.ConnectionNotAvailable):
        return FetchFailed("connect", host)
    return None


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None

"""The server process: uvicorn on a socket that is bound first, drained on SIGTERM and SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
import uvloop
from starlette.applications import Starlette

from vestnik.app import Services, running
from vestnik.http.connections import BoundedConnection, SocketConnection
from vestnik.http.proxies import BehindProxies
from vestnik.http.sockets import MESSAGE_BYTES

DRAIN_S = 15
KEEP_ALIVE_S = 75

Announce = Callable[[Services], Awaitable[None]]


class Server(uvicorn.Server):
    """Ends event streams before it waits for open connections; a second signal stops without waiting."""

    def __init__(self, app: Starlette, announce: Announce) -> None:
        self._services: Services = app.state.services
        self._announce = announce
        proxies = list(self._services.settings.trusted_proxies)
        super().__init__(
            uvicorn.Config(
                BehindProxies(app, proxies) if proxies else app,
                proxy_headers=False,  # uvicorn's own default believes every process of this machine
                http=BoundedConnection,
                lifespan="off",  # `serve` starts the rooms itself, so that their errors reach the caller
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                ws=SocketConnection,
                ws_max_size=MESSAGE_BYTES,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=DRAIN_S,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell the person who started the server."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # a full collection of all that a server consists of stops every answer for 50 ms
        if self.started:
            await self._announce(self._services)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new, end the event streams, answer what is under way."""
        self._services.events.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals on the loop and end with status 0; uvicorn's own would raise them again."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def serve(app: Starlette, listener: socket.socket, announce: Announce) -> None:
    """Start every room, serve until SIGTERM or SIGINT, stop every room."""
    server = Server(app, announce)

    async def work() -> None:
        async with running(app.state.services):
            await server.serve(sockets=[listener])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())

"""WebSocket routes: who may open one is known before it is accepted, and asked again while it stays open.

A request is answered once, but a socket may outlive what its person may do: the session has ended, the user
was disabled or lost the right. Such a socket is closed within seconds.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from vestnik.http.api import PREFIX, Router, language_of
from vestnik.http.errors import Language, NotSignedIn, Problem
from vestnik.http.problems import problem_response

if TYPE_CHECKING:
    from vestnik.app import Services
    from vestnik.people.access import Actor

#: An open socket's session is looked at this often.
ASK_AGAIN_EVERY_S = 3.0

#: One message of a client; a larger one closes the socket.
MESSAGE_BYTES = 1 << 20

#: Codes of a socket that we close, beyond those of RFC 6455.
SESSION_ENDED = 4401
FAULT = 1011

log = structlog.get_logger("vestnik.http")


@dataclass(frozen=True, slots=True)
class SocketContext:
    """Who opened a socket, in which language they read, and what the application offers."""

    socket: WebSocket
    services: Services
    actor: Actor
    language: Language


@dataclass(frozen=True, slots=True)
class Opening:
    """A socket's handler, which refuses by a Problem before it accepts, and the right that opens it."""

    path: str
    right: str
    handler: Callable[..., Awaitable[None]]


def socket_routes(routers: Sequence[Router], services: Services) -> list[WebSocketRoute]:
    """Starlette routes for every socket of `routers`."""
    return [
        WebSocketRoute(
            PREFIX + path,
            _endpoint(Opening(path, right, handler), services),
            name=f"{router.tag}.{handler.__name__}",
        )
        for router in routers
        for path, right, handler in router.sockets
    ]


def _endpoint(opening: Opening, services: Services) -> Callable[[WebSocket], Awaitable[None]]:
    async def endpoint(socket: WebSocket) -> None:
        started, outcome = time.perf_counter(), "closed"
        try:
            await _serve(opening, services, socket)
        except Problem as problem:
            outcome = problem.code
            await _refuse(socket, problem)
        except WebSocketDisconnect:
            outcome = "left"
        except Exception as error:
            outcome = "fault"
            log.error(
                "http.socket_fault",
                route=opening.path,
                error=type(error).__qualname__,
                message=str(error),
                stack="".join(traceback.format_tb(error.__traceback__)),
            )
            await close(socket, FAULT)
        finally:
            ms = round((time.perf_counter() - started) * 1000, 1)
            log.info("http.socket", route=opening.path, outcome=outcome, ms=ms)

    return endpoint


async def _serve(opening: Opening, services: Services, socket: WebSocket) -> None:
    actor, token = socket.state.actor, socket.state.session_token
    if actor is None or token is None:  # a key opens no socket: nothing would tell when it is taken back
        raise NotSignedIn()
    actor.require(opening.right)
    context = SocketContext(socket, services, actor, actor.language)
    work = asyncio.ensure_future(opening.handler(context, **socket.path_params))
    watch = asyncio.create_task(_session_ends(services, token, opening.right))
    try:
        await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = watch.done()
        work.cancel()
        watch.cancel()
        await asyncio.gather(work, watch, return_exceptions=True)
    if ended:
        watch.result()
        await close(socket, SESSION_ENDED)
    elif not work.cancelled():
        work.result()


async def _session_ends(services: Services, token: str, right: str) -> None:
    """Return when the session is none any more, or its person has lost the right."""
    while True:
        await asyncio.sleep(ASK_AGAIN_EVERY_S)
        actor = await services.people.by_cookie(token)
        if actor is None or not actor.may(right):
            return


async def close(socket: WebSocket, code: int) -> None:
    """Close a socket unless it is closed already."""
    if WebSocketState.DISCONNECTED in (socket.application_state, socket.client_state):
        return
    with suppress(WebSocketDisconnect, RuntimeError):  # it was closed from the other side meanwhile
        await socket.close(code)


async def _refuse(socket: WebSocket, problem: Problem) -> None:
    """Answer with the problem instead of opening; a socket that is open already is closed."""
    if socket.application_state is not WebSocketState.CONNECTING:
        await close(socket, FAULT)
        return
    await socket.send_denial_response(problem_response(problem, language_of(socket)))

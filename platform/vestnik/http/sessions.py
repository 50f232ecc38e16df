"""Who makes a request: a browser by its session cookie, a machine by its bearer key.

The middleware puts the actor into `request.state.actor`, and how to ask for it anew into
`request.state.ask_again`. It also refuses forged requests: an unsafe
method must come from our own pages (Origin, Sec-Fetch-Site) and, with a session, repeat the token
that only our pages know; every request must be made under a name of ours (Host). A bearer key is never
sent by a browser on its own, so it needs none of this.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vestnik.http import hosts
from vestnik.http.api import accepted_language, language_of
from vestnik.http.errors import CsrfFailed, Language, NotSignedIn, Problem, UnknownHost
from vestnik.http.headers import OVER_HTTPS
from vestnik.http.problems import problem_response

COOKIE = "vestnik_session"
CSRF_HEADER = "x-csrf-token"
COOKIE_LASTS_S = 90 * 24 * 3600
#: Of a sign-in that waits for a code.
STEP_COOKIE = "vestnik_step"
STEP_COOKIE_LASTS_S = 300
STEP_PATH = "/api/v1/session"

_HOST_LENGTH = 255

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PATHS = ("/api/", "/metrics")
_TRUSTED_SITES = frozenset({"same-origin", "none"})

ByCookie = Callable[[str], Awaitable[Any]]
#: (key, language, address of whoever uses it)
ByKey = Callable[[str, Language, str], Awaitable[Any]]


class Sessions:
    """Recognises actors and refuses forged requests, on the paths where people and keys act."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        by_cookie: ByCookie,
        by_key: ByKey,
        csrf_token: Callable[[str], str],
        base_url: Callable[[], Awaitable[str]],
        own_names: Callable[[], Awaitable[Iterable[str]]],
    ) -> None:
        self._app = app
        self._by_cookie, self._by_key = by_cookie, by_key
        self._csrf_token, self._base_url, self._own_names = csrf_token, base_url, own_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        scope["state"] = {**scope.get("state", {}), "actor": None, "session_token": None}
        try:
            await self._recognise(scope)
        except Problem as problem:
            await _refuse(problem, scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _recognise(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            language = accepted_language(headers.get("accept-language", ""))
            client = scope.get("client")
            ask_again = partial(self._by_key, key.strip(), language, client[0] if client else "")
            actor = await ask_again()
            if actor is None:
                raise NotSignedIn()
            scope["state"] |= {"actor": actor, "ask_again": ask_again}
            return
        await self._refuse_unknown_names(headers.get("host", ""))
        unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if unsafe:
            await self._refuse_foreign_pages(headers, is_socket=scope["type"] == "websocket")
        token = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        if token is None:
            return
        actor = await self._by_cookie(token)
        if actor is None:
            return
        if unsafe and scope["type"] == "http":
            given = headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(given.encode(), self._csrf_token(token).encode()):
                raise CsrfFailed()
        ask_again = partial(self._by_cookie, token)
        scope["state"] |= {"actor": actor, "session_token": token, "ask_again": ask_again}

    async def _refuse_unknown_names(self, host: str) -> None:
        name = hosts.name_of(host)
        if not hosts.is_known(name, ()) and not hosts.is_known(name, await self._own_names()):
            raise UnknownHost(host=host[:_HOST_LENGTH])

    async def _refuse_foreign_pages(self, headers: Headers, *, is_socket: bool) -> None:
        site = headers.get("sec-fetch-site")
        if site is not None and site not in _TRUSTED_SITES:
            raise CsrfFailed()
        origin = headers.get("origin")
        if origin is None:
            if is_socket:  # a browser always names it, and a socket has no token of ours beside the cookie
                raise CsrfFailed()
            return
        if urlsplit(origin).netloc == headers.get("host"):
            return
        if origin == _origin(await self._base_url()):
            return
        raise CsrfFailed()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the problem: a socket is not opened then, its handshake is answered like a request."""
    response = problem_response(problem, language_of(HTTPConnection(scope)))
    await response(scope, receive, send)


def set_session(request: Request, response: Response, token: str) -> None:
    """Give the browser the session's cookie: unreadable by scripts, never sent from other sites' forms."""
    response.set_cookie(
        COOKIE, token, max_age=COOKIE_LASTS_S, httponly=True, samesite="lax", secure=is_https(request)
    )


def clear_session(request: Request, response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=is_https(request))


def set_step(request: Request, response: Response, token: str) -> None:
    """Give the browser the cookie of a sign-in that is not finished, for the addresses that finish it."""
    response.set_cookie(
        STEP_COOKIE,
        token,
        max_age=STEP_COOKIE_LASTS_S,
        path=STEP_PATH,
        httponly=True,
        samesite="strict",
        secure=is_https(request),
    )


def clear_step(request: Request, response: Response) -> None:
    """Take it back."""
    response.delete_cookie(
        STEP_COOKIE, path=STEP_PATH, httponly=True, samesite="strict", secure=is_https(request)
    )


def is_https(request: Request) -> bool:
    """True when the browser speaks https to us or to the proxy before us."""
    return bool(request.scope.get(OVER_HTTPS))

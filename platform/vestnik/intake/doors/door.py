"""`/intake/{token}`: the door that web sites knock at.

A plain ASGI application, apart from sessions, CSRF and their middleware. A request is stored durably, then
acknowledged; reading it comes afterwards. Nothing of a token or a body is ever logged, and a stranger is
told nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vestnik.db import is_outage
from vestnik.http.api import accepted_language
from vestnik.http.bodies import ClientGone, read_body
from vestnik.http.errors import (
    DatabaseUnavailable,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    Text,
)
from vestnik.http.limits import RateLimit, network_of
from vestnik.intake.doors import answering
from vestnik.intake.doors.errors import RequestTooSlow, SignatureWrong, SiteInvalid, SiteNotAllowed
from vestnik.intake.doors.service import Door, Doors, site_of
from vestnik.intake.inputs.service import Inputs
from vestnik.intake.inputs.store import NewInput
from vestnik.intake.parsing.forms import control_of
from vestnik.logs import fault

BODY_BYTES = 5_000_000
BODY_WITHIN_S = 30.0
#: Requests to addresses that are none, or with wrong signatures, of one network: so many at once, then one
#: every so many seconds.
STRANGERS = (60, 1.0)
#: What a site's program may call its request.
KEY_CHARACTERS = 200
#: What is kept of a request's headers.
HEADER_CHARACTERS = 500
REDIRECT_CHARACTERS = 2_000

PREFIX = "/intake/"
_KEPT_HEADERS: Mapping[str, str] = {
    "origin": "origin",
    "referer": "referer",
    "user-agent": "userAgent",
    "content-type": "contentType",
}
_KEY_INVALID: Text = {
    "ru": f"нужны от 1 до {KEY_CHARACTERS} печатных знаков",
    "en": f"it must have 1 to {KEY_CHARACTERS} printable characters",
}

log = structlog.get_logger("vestnik.intake")


class IntakeDoor:
    """Takes requests of web sites, stores them, says so."""

    def __init__(self, doors: Doors, inputs: Inputs) -> None:
        self._doors, self._inputs = doors, inputs
        self._strangers = RateLimit(*STRANGERS)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"door strangers": self._strangers, **self._doors.limits()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application; `scope["path"]` is /intake/{token}, with or without a final slash."""
        headers = Headers(scope=scope)
        language = accepted_language(headers.get("accept-language", ""))
        origin = None
        try:
            door = await self._door(scope)
            origin = _allowed_origin(door, headers)
            response = await self._answer(scope, receive, headers, door)
        except ClientGone:
            return
        except Problem as problem:
            response = answering.refusal(problem, language)
        except Exception as error:
            reference = fault(log, "intake.fault", error)
            kind = DatabaseUnavailable if is_outage(error) else InternalError
            response = answering.refusal(kind(reference=reference), language)
        await answering.finished(response, origin)(scope, receive, send)

    async def _door(self, scope: Scope) -> Door:
        token = scope["path"][len(PREFIX) :].removesuffix("/")
        door = await self._doors.by_token(token) if token and "/" not in token else None
        if door is None or not door.enabled:
            self._slow_down(scope)
            raise NotFound()
        return door

    async def _answer(self, scope: Scope, receive: Receive, headers: Headers, door: Door) -> Response:
        if scope["method"] == "OPTIONS":
            return answering.preflight()
        if scope["method"] != "POST":
            raise MethodNotAllowed(method=scope["method"], allowed="POST, OPTIONS")
        key = _key(headers)
        if door.secret is None:
            door.limit.take("")
        body = await self._body(receive, headers)
        if not door.signed(body, headers.get("x-signature", "")):
            self._slow_down(scope)
            raise SignatureWrong()
        if door.secret is not None:
            door.limit.take("")
        media_type = headers.get("content-type", "")
        stored = await self._inputs.store(
            NewInput(
                door="http",
                source_id=door.id,
                key=key,
                about=_about(scope, headers),
                media_type=media_type,
                raw=body,
            )
        )
        if door.sites:  # else there is nowhere to lead anybody; a long form is read beside other requests
            wanted = await asyncio.to_thread(control_of, body, media_type)
            if (back := _way_back(wanted, door)) is not None:
                return answering.redirected(back)
        return answering.told(200 if stored.known else 202, {"id": str(stored.input_id)})

    async def _body(self, receive: Receive, headers: Headers) -> bytes:
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                return await read_body(receive, headers, BODY_BYTES)
        except TimeoutError:
            raise RequestTooSlow(limit_s=round(BODY_WITHIN_S)) from None

    def _slow_down(self, scope: Scope) -> None:
        """Count an attempt that came to nothing; `TooManyRequests` for who makes many."""
        self._strangers.take(network_of(_address(scope)))


class IntakeDoors:
    """Sends web sites' requests to the door, past everything that is meant for people."""

    def __init__(self, app: ASGIApp, door: IntakeDoor) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/intake/…` to the door, everything else onwards."""
        ours = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (self._door if ours else self._app)(scope, receive, send)


def _allowed_origin(door: Door, headers: Headers) -> str | None:
    """The Origin that may read the answer; raises `SiteNotAllowed` where the door has sites, and not this.

    A door without sites is for programs: what comes from a browser is taken, and its page is told nothing.
    """
    origin = headers.get("origin")
    if origin is None or not door.sites:
        return None
    if origin.lower() not in door.sites:
        raise SiteNotAllowed()
    return origin


def _key(headers: Headers) -> str | None:
    key = headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key.strip()) <= KEY_CHARACTERS or not key.isprintable():
        raise InvalidRequest(path="Idempotency-Key", reason=_KEY_INVALID)
    return key.strip()


def _about(scope: Scope, headers: Headers) -> dict[str, str]:
    kept = {name: headers.get(header, "")[:HEADER_CHARACTERS] for header, name in _KEPT_HEADERS.items()}
    return {name: value for name, value in {**kept, "ip": _address(scope)}.items() if value}


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("", 0))[0])


def _way_back(wanted: str, door: Door) -> str | None:
    """Where a form asks to lead people back to: on an allowed site, else nowhere."""
    if not 0 < len(wanted) <= REDIRECT_CHARACTERS or not wanted.isascii() or not wanted.isprintable():
        return None
    try:
        parts = urlsplit(wanted)
        site = site_of(f"{parts.scheme}://{parts.netloc}")
    except (ValueError, SiteInvalid):
        return None
    return wanted if site in door.sites and "\\" not in wanted and " " not in wanted else None

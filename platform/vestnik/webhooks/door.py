"""`/hooks/{module}/{token}`: the door that providers knock at.

A plain ASGI application, apart from sessions, CSRF and their middleware: it stores the request
durably, waits for the module's answer until the deadline, and never tells a stranger anything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vestnik import tracing
from vestnik.db import Batcher, WriterStopped, new_key
from vestnik.http.errors import TooManyRequests
from vestnik.http.limits import RateLimit, network_of
from vestnik.webhooks.answers import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    NOT_STORED,
    OK,
    TOO_LARGE,
    TOO_SLOW,
    Answer,
)
from vestnik.webhooks.inbox import Stored
from vestnik.webhooks.metrics import WebhookMetrics

log = structlog.get_logger("vestnik.webhooks")

BODY_LIMIT_BYTES = 5_000_000
BODY_WITHIN_S = 30.0
#: Requests to addresses that are none, of one network: so many at once, then one every so many seconds.
STRANGERS = (60, 1.0)
#: Unisender wants its 200 within 3 s; past this the answer is 200 and work goes on from the stored row.
ANSWER_WITHIN_S = 2.5


class ClientGone(Exception):
    """The provider hung up before its request was whole: there is nothing to store, and nobody to answer."""


class Accounts(Protocol):
    """Where a webhook address leads: the account of a module, or nowhere."""

    def account_id_by_token(self, module: str, token: str) -> int | None:
        """The account with this address, compared by keyed hash; None for any other."""


@dataclass
class Waiter:
    """The provider's open connection: an answer, as long as it is still waiting."""

    future: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def open(self) -> bool:
        """True while an answer would still reach the provider."""
        return not self.future.done()

    def answer(self, answer: Answer) -> bool:
        """Answer the provider; False when the deadline already has."""
        if self.future.done():
            return False
        self.future.set_result(answer)
        return True


class Workers(Protocol):
    """Who works on stored requests, as many at once as there are places."""

    def take_place(self) -> bool:
        """Keep a place for a request that is about to be stored; False when none is free."""

    def give_back(self) -> None:
        """Free a place whose request was not stored."""

    def hand_on(self, request: Stored, waiter: Waiter) -> None:
        """Work on a stored request, on the place that was kept for it."""


class Door:
    """Takes requests from providers, stores them, hands them on, answers in time."""

    def __init__(
        self,
        accounts: Accounts,
        inbox: Batcher[Stored, None],
        workers: Workers,
        metrics: WebhookMetrics,
    ) -> None:
        self._accounts, self._inbox, self._workers = accounts, inbox, workers
        self._metrics = metrics
        self._strangers = RateLimit(*STRANGERS)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"webhook strangers": self._strangers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application; `scope["path"]` ends in /{module}/{token}."""
        deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN_S
        try:
            answer = await self._take(scope, receive, deadline)
        except ClientGone:
            return
        self._metrics.answered(answer.status)
        start = {"type": "http.response.start", "status": answer.status, "headers": answer.all_headers}
        await send(start)
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _take(self, scope: Scope, receive: Receive, deadline: float) -> Answer:
        parts: list[str] = scope["path"].split("/")
        account_id = self._accounts.account_id_by_token(parts[-2], parts[-1]) if len(parts) == 4 else None
        if account_id is None:
            return self._turned_away(scope)
        method: str = scope["method"]
        if method == "HEAD":
            return OK
        if method not in ("GET", "POST"):
            return METHOD_NOT_ALLOWED
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await _read(receive)
        except TimeoutError:
            return TOO_SLOW
        if body is None:
            return TOO_LARGE
        parsed = method == "POST" and bool(body) and self._workers.take_place()
        request = Stored(
            id=new_key(),
            received_us=time.time_ns() // 1000,
            account_id=account_id,
            method=method,
            path=f"/hooks/{parts[-2]}",
            query=scope["query_string"].decode("latin-1"),
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
            ),
            body=body,
            answered=None if parsed else OK.status,
        )
        with tracing.under(tracing.of_key(request.id)):
            return await self._keep(request, deadline, parsed=parsed)

    async def _keep(self, request: Stored, deadline: float, *, parsed: bool) -> Answer:
        """Store a request, and wait for what its module answers where it is `parsed` at once."""
        stored = False
        try:
            stored = await self._store(request)
        finally:
            if parsed and not stored:
                self._workers.give_back()
        if not stored:
            return NOT_STORED
        self._metrics.received.inc()
        if not parsed:
            return OK
        waiter = Waiter()
        self._workers.hand_on(request, waiter)
        try:
            async with asyncio.timeout_at(deadline):
                return await waiter.future
        except TimeoutError:
            return OK

    async def _store(self, request: Stored) -> bool:
        try:
            await self._inbox.put(request)
        except WriterStopped:
            return False
        except Exception:
            log.exception("webhook.not_stored", account_id=request.account_id)
            return False
        return True

    def _turned_away(self, scope: Scope) -> Answer:
        """Nothing for an address that is none; who tries many of them is slowed down."""
        try:
            self._strangers.take(network_of((scope.get("client") or ("", 0))[0]))
        except TooManyRequests as refusal:
            return Answer(429, ((b"retry-after", str(refusal.values["retry_after_s"]).encode()),))
        return NOT_FOUND


class Hooks:
    """Sends providers' requests to the door, past everything that is meant for people."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/hooks/…` to the door, everything else onwards."""
        ours = scope["type"] == "http" and scope["path"].startswith("/hooks/")
        await (self._door if ours else self._app)(scope, receive, send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it passes the limit."""
    gathered: list[bytes] = []
    size = 0
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT_BYTES:
            return None
        gathered.append(part)
        if not message.get("more_body"):
            return part if len(gathered) == 1 else b"".join(gathered)

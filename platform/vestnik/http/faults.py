"""The outermost middleware: every fault becomes a problem document, every request one line in the log.

The log holds the route's template, never a path, a query string, a header or a body: those carry
tokens and addresses. Webhooks are counted and kept by their own room and pass by untouched.
"""

from __future__ import annotations

import re
import time
from functools import cache
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vestnik import tracing
from vestnik.db import is_outage
from vestnik.http.api import language_of
from vestnik.http.errors import (
    DatabaseUnavailable,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    Text,
)
from vestnik.http.metrics import Metrics
from vestnik.http.problems import problem_response
from vestnik.logs import fault

#: Paths of machines that come thousands of times a second: browser protection is not for them.
FAST_PATHS = ("/hooks/",)

_KIND = re.compile(r":\w+}")
_UNREADABLE: Text = {"ru": "запрос не читается", "en": "the request can't be read"}

log = structlog.get_logger("vestnik.http")


class Faults:
    """Answers what the application raised, logs it under a reference, counts and times requests."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(FAST_PATHS):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        answered = _Answered(send)
        try:
            with tracing.span("http.request", method=scope["method"]) as span:
                await self._app(scope, receive, answered.send)
                span.set("route", _template(scope))
                span.set("status", answered.status)
        except ClientDisconnect:
            return
        except Exception as error:
            await self._internal_error(error, scope, receive, answered)
        finally:
            self._count(scope, answered, time.perf_counter() - started)

    async def _internal_error(
        self, error: Exception, scope: Scope, receive: Receive, answered: _Answered
    ) -> None:
        reference = fault(log, "http.fault", error, method=scope["method"], route=_template(scope))
        if answered.status:
            raise ConnectionAbortedError("the answer had begun when the fault happened") from error
        request = Request(scope, receive)
        kind = DatabaseUnavailable if is_outage(error) else InternalError
        response = problem_response(kind(reference=reference), language_of(request))
        await response(scope, receive, answered.send)

    def _count(self, scope: Scope, answered: _Answered, seconds: float) -> None:
        route = _template(scope)
        self._metrics.requests.labels(scope["method"], route, answered.status).inc()
        if not answered.streaming:
            self._metrics.seconds.labels(route).observe(seconds)
        if scope["path"].startswith("/api/"):
            log.info(
                "http.request",
                method=scope["method"],
                route=route,
                status=answered.status,
                ms=round(seconds * 1000, 1),
            )


class _Answered:
    """Passes an answer on and remembers how it began."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.streaming = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.streaming = (b"content-type", b"text/event-stream; charset=utf-8") in message["headers"]
        await self._send(message)


def _template(scope: Scope) -> str:
    return _without_kinds(getattr(scope.get("route"), "path", None) or "unrouted")


@cache
def _without_kinds(template: str) -> str:
    """/users/{id:int} as OpenAPI writes it: /users/{id}."""
    return _KIND.sub("}", template)


async def answer_problem(request: Request, error: Exception) -> Response:
    """Starlette's handler for every `Problem`."""
    if not isinstance(error, Problem):
        raise error
    return problem_response(error, language_of(request))


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own refusals as problem documents of ours: its words are for nobody who reads ours."""
    if not isinstance(error, HTTPException):
        raise error
    language = language_of(request)
    if error.status_code == 404:
        return problem_response(NotFound(), language)
    if error.status_code == 405:
        allowed = ", ".join(sorted(_methods(request)))
        response = problem_response(MethodNotAllowed(method=request.method, allowed=allowed), language)
        response.headers["allow"] = allowed
        return response
    return problem_response(InvalidRequest(path="$", reason=_UNREADABLE), language)


def _methods(request: Request) -> set[str]:
    """Every method that the address takes; Starlette itself names those of one route alone."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    matching = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in matching for method in route.methods or ()}


#: What `Starlette(exception_handlers=…)` takes.
HANDLERS: dict[Any, Any] = {Problem: answer_problem, HTTPException: answer_http_exception}

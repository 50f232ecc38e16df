"""Every request has an id: a new one, or that of the trusted proxy which passed it on.

The answer names it in `X-Trace-Id`, a problem document in `traceId`. A `traceparent` from anybody else is not
believed: who chooses ids could hide among another's log lines.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vestnik import tracing
from vestnik.http.proxies import TRUSTED

HEADER = "x-trace-id"


class Traces:
    """Opens a request's id. What services send has the id of its stored row: its own door opens that."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith("/hooks/"):
            await self._app(scope, receive, send)
            return
        given = _given(scope) if scope.get(TRUSTED) else None
        trace_id, parent = given or tracing.Origin(tracing.new_id())

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER.encode(), trace_id.encode())]
            await send(message)

        with tracing.under(trace_id, parent):
            await self._app(scope, receive, named)


def _given(scope: Scope) -> tracing.Origin | None:
    values = [value for name, value in scope["headers"] if name == b"traceparent"]
    return tracing.from_header(values[0].decode("latin-1").strip()) if len(values) == 1 else None

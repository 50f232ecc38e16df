"""Security headers of every answer to a browser; an answer that sets one itself keeps its own."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vestnik.http.faults import FAST_PATHS


def content_policy(frame_sources: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of our pages; `frame_sources` are other origins that they may frame.

    `style-src` allows inline styles: CodeMirror and Mantine set them. Scripts come from us alone.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self'",
            " ".join(("frame-src 'self'", *frame_sources)),
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


class SecurityHeaders:
    """Adds what is missing when an answer starts; webhooks, which no browser reads, pass by untouched."""

    def __init__(self, app: ASGIApp, *, frame_sources: Sequence[str] = ()) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": content_policy(frame_sources),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(FAST_PATHS):
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", "max-age=31536000")
                if scope["path"].startswith("/api/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, add)

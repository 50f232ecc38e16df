"""Security headers of every answer to a browser; an answer that sets one itself keeps its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vestnik.http.faults import FAST_PATHS
from vestnik.http.hosts import name_of

#: Set in the scope: whether the browser speaks https to us, or to the proxy before us.
OVER_HTTPS = "vestnik.over_https"


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


def security_headers(frame_sources: Sequence[str] = ()) -> Mapping[str, str]:
    """What every answer that a browser may read has, however it came about."""
    return {
        "content-security-policy": content_policy(frame_sources),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


class SecurityHeaders:
    """Adds what is missing when an answer starts; webhooks, which no browser reads, pass by untouched.

    `public_address` is the installation's; for `hsts_s` a browser is to come by https alone.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        public_address: Callable[[], str],
        hsts_s: int,
        frame_sources: Sequence[str] = (),
    ) -> None:
        self._app, self._public_address = app, public_address
        self._headers = security_headers(frame_sources)
        self._transport_security = f"max-age={hsts_s}" if hsts_s else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(FAST_PATHS):
            await self._app(scope, receive, send)
            return
        over_https = scope["scheme"] == "https" or self._is_public(scope)
        scope = {**scope, OVER_HTTPS: over_https}

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if over_https and self._transport_security:
                    headers.setdefault("strict-transport-security", self._transport_security)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, add)

    def _is_public(self, scope: Scope) -> bool:
        """True for a request under the name of a public address over https: something before us ends it.

        Under another name, or an address in numbers, somebody may well come to us directly.
        """
        address = urlsplit(self._public_address())
        if address.scheme != "https":
            return False
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        return name_of(host) == name_of(address.netloc) != ""

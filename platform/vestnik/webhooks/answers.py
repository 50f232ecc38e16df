"""What a provider is told, and what of it a module may choose.

A module's answer comes from our own origin. Should a browser be led to it, it must be able to do nothing
there: it is text that no browser takes for a page, in a sandbox that runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Header = tuple[bytes, bytes]

#: HTTP knows no body in these answers: the next one on the connection would begin with it.
BODILESS = frozenset({204, 205, 304})

_ALWAYS: tuple[Header, ...] = (
    (b"content-security-policy", b"default-src 'none'; sandbox; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
_TEXT = b"text/plain; charset=utf-8"
# Not those that a proxy before us takes for an order of ours, or a browser for a rule.
_OWN = re.compile(
    r"x-(?!accel|sendfile|content-type-o|frame|xss|forwarded|real-ip|permitted|dns|http)[a-z0-9-]+"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider is told."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    @property
    def all_headers(self) -> list[Header]:
        """Those of the answer, and those that every answer has."""
        return [*_ALWAYS, *self.headers, (b"content-length", str(len(self.body)).encode())]


OK = Answer(200)
NOT_FOUND = Answer(404)
METHOD_NOT_ALLOWED = Answer(405, ((b"allow", b"GET, HEAD, POST"),))
TOO_SLOW = Answer(408, ((b"connection", b"close"),))
TOO_LARGE = Answer(413)
FAILED = Answer(500)
NOT_STORED = Answer(503, ((b"retry-after", b"10"),))


def answer_of(response: Mapping[str, Any] | None) -> Answer:
    """A module's `response`; of its headers Content-Type, Retry-After and X-… of its own are taken.

    A body is JSON or plain text; of any other type, it is sent as plain text.
    """
    if response is None:
        return OK
    status = response.get("status", 200)
    told = {name.lower(): value for name, value in response.get("headers", {}).items()}
    headers = [
        (name.encode(), value.encode("latin-1"))
        for name, value in told.items()
        if name == "retry-after" or _OWN.fullmatch(name)
    ]
    body = b"" if status in BODILESS else response.get("body", "").encode()
    if body:
        media_type = told.get("content-type", "").partition(";")[0].strip().lower()
        headers.append((b"content-type", media_type.encode() if media_type == "application/json" else _TEXT))
    return Answer(status, tuple(headers), body)

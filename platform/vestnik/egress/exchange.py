"""One HTTP exchange: what the module is given, and the trace that is kept, in which no secret stands."""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from vestnik.egress.masks import Masker
from vestnik.egress.requests import FetchRequest, Headers
from vestnik.egress.spool import Spooled

PREVIEW_BYTES = 65_536

# Headers whose whole value is a credential, whoever wrote it.
CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


class BodyPreview(TypedDict):
    """The beginning of a body: `text`, or `base64` where it is no UTF-8."""

    bytes: int
    truncated: bool
    text: NotRequired[str]
    base64: NotRequired[str]


class ExchangeTrace(TypedDict):
    """Plain data, masked, ready for JSON. Timings are milliseconds; unmeasured ones are absent."""

    startedAt: str
    method: str
    url: str
    requestHeaders: list[list[str]]
    requestBody: BodyPreview
    status: int | None
    responseHeaders: list[list[str]]
    responseBody: BodyPreview | None
    responseBytes: int
    resolvedAddress: str | None
    timings: dict[str, float]
    error: dict[str, Any] | None


@dataclass
class Timings:
    """Milliseconds: of each step that was measured, and of the whole."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    ttfb: float | None = None
    total: float | None = None

    def as_json(self) -> dict[str, float]:
        """The measured ones, with the names of the fields."""
        return {name: round(value, 3) for name, value in vars(self).items() if value is not None}


@dataclass
class Exchange:
    """An answered request. `body` is as the server sent it, decompressed and unmasked."""

    method: str
    url: str
    status: int
    headers: Headers
    started_at: datetime
    resolved_address: str
    timings: Timings
    body: bytes = field(default=b"", repr=False)
    spool: Spooled | None = None

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Attempt:
    """An exchange under way: filled in step by step, so that a trace exists also of one that fails."""

    request: FetchRequest
    started_at: datetime
    timings: Timings = field(default_factory=Timings)
    resolved_address: str | None = None
    status: int | None = None
    headers: Headers = ()
    body: bytearray = field(default_factory=bytearray)
    body_bytes: int = 0
    error: dict[str, Any] | None = None

    def trace(self, masker: Masker) -> ExchangeTrace:
        """The masked trace of what is known so far."""
        return {
            "startedAt": self.started_at.isoformat(),
            "method": self.request.method,
            "url": masker.text(self.request.url),
            "requestHeaders": _masked_headers(self.request.headers, masker),
            "requestBody": preview(self.request.body, len(self.request.body), masker),
            "status": self.status,
            "responseHeaders": _masked_headers(self.headers, masker),
            "responseBody": None
            if self.status is None
            else preview(bytes(self.body), self.body_bytes, masker),
            "responseBytes": self.body_bytes,
            "resolvedAddress": self.resolved_address,
            "timings": self.timings.as_json(),
            "error": self.error,
        }


def preview(body: bytes, total_bytes: int, masker: Masker) -> BodyPreview:
    """The masked beginning of a body, of which `body` is at least the first part."""
    shown = masker.preview(body, PREVIEW_BYTES)
    truncated = total_bytes > PREVIEW_BYTES
    try:
        text = shown.decode()
    except UnicodeDecodeError as error:
        if not (truncated and error.start >= len(shown) - 3):
            return {"bytes": total_bytes, "truncated": truncated, "base64": base64.b64encode(shown).decode()}
        text = shown[: error.start].decode()
    return {"bytes": total_bytes, "truncated": truncated, "text": text}


def _masked_headers(headers: Headers, masker: Masker) -> list[list[str]]:
    return [
        [masker.header(name), "[masked]" if name.lower() in CREDENTIAL_HEADERS else masker.header(value)]
        for name, value in headers
    ]

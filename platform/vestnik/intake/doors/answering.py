"""What a door answers: JSON that no browser takes for a page, readable by pages of allowed sites alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from vestnik.http.errors import Language, Problem
from vestnik.http.problems import problem_response

_ALWAYS = {
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}
#: A browser asks anew whether it may after so long.
PREFLIGHT_S = 600


def told(status: int, what: Mapping[str, Any]) -> Response:
    """An answer with a small document."""
    return Response(msgspec.json.encode(what), status, media_type="application/json")


def redirected(address: str) -> Response:
    """The way back to the site whose form it was."""
    return Response(b"", 303, {"location": address})


def preflight() -> Response:
    """What a page of an allowed site may send."""
    headers = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type, idempotency-key, x-signature",
        "access-control-max-age": str(PREFLIGHT_S),
    }
    return Response(b"", 204, headers)


def refusal(problem: Problem, language: Language) -> Response:
    """A problem as every part of the product tells it."""
    return problem_response(problem, language)


def finished(response: Response, origin: str | None) -> Response:
    """The answer with what every answer has; `origin` may read it."""
    for name, value in _ALWAYS.items():
        response.headers[name] = value
    response.headers["vary"] = "origin"
    if origin is not None:
        response.headers["access-control-allow-origin"] = origin
    return response

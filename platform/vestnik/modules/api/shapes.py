"""Modules, accounts and calls as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from vestnik.egress import BodyPreview, ExchangeTrace
from vestnik.http.api import Id, Shape
from vestnik.http.errors import Language
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.modules.ports import CallReport, LogLine

SOURCE_BODY_BYTES = 3_000_000

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
Source = Annotated[str, msgspec.Meta(max_length=1_000_000)]
FunctionName = Annotated[str, msgspec.Meta(max_length=100)]


class Texts(Shape):
    """One text in both languages."""

    ru: str
    en: str


class LogLineShape(Shape):
    """One line that a module wrote."""

    level: str
    message: str
    at_ms: float


class ExchangeShape(Shape):
    """One HTTP request of a call and its answer; secrets are masked. Timings are milliseconds by step."""

    started_at: datetime
    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str | None
    status: int | None
    response_headers: dict[str, str]
    response_body: str | None
    response_bytes: int
    resolved_address: str | None
    timings: dict[str, float]
    wall_ms: float
    error: str | None


class CallErrorShape(Shape):
    """Why a call failed; where the contract was broken also the place and what belongs there.

    `method` and `url` are those of the request that was not sent without consent.
    """

    kind: str
    message: str
    line: int | None
    path: str | None
    expected: str | None
    got: str | None
    sentence: str
    problem: dict[str, Any]
    method: str | None = None
    url: str | None = None


class RunShape(Shape):
    """What one call of a function gave; `result` is there too where the contract refuses it.

    `callId` is its recording; a replay has none.
    """

    ok: bool
    result: Any
    error: CallErrorShape | None
    log: list[LogLineShape]
    exchanges: list[ExchangeShape]
    cpu_ms: float
    wall_ms: float
    call_id: Id | None


def texts(both: Mapping[str, str]) -> Texts:
    """A text in both languages as a shape."""
    return Texts(ru=both["ru"], en=both["en"])


def exchange_shape(trace: ExchangeTrace) -> ExchangeShape:
    """A trace as the web application shows it."""
    error = trace["error"]
    return ExchangeShape(
        started_at=datetime.fromisoformat(trace["startedAt"]),
        method=trace["method"],
        url=trace["url"],
        request_headers=_headers(trace["requestHeaders"]),
        request_body=_body(trace["requestBody"]),
        status=trace["status"],
        response_headers=_headers(trace["responseHeaders"]),
        response_body=_body(trace["responseBody"]),
        response_bytes=trace["responseBytes"],
        resolved_address=trace["resolvedAddress"],
        timings=trace["timings"],
        wall_ms=trace["timings"].get("total", 0.0),
        error=None if error is None else str(error["message"]),
    )


def log_shapes(lines: Sequence[LogLine]) -> list[LogLineShape]:
    """Lines of a log as shapes."""
    return [LogLineShape(level=line.level, message=line.message, at_ms=line.at_ms) for line in lines]


def run_shape(call: CallReport | ModuleCallFailed, language: Language) -> RunShape:
    """A call that was tried, whether it succeeded or failed."""
    failed = isinstance(call, ModuleCallFailed)
    return RunShape(
        ok=not failed,
        result=call.returned if isinstance(call, ModuleCallFailed) else call.value,
        error=error_shape(call, language) if isinstance(call, ModuleCallFailed) else None,
        log=log_shapes(call.log),
        exchanges=[exchange_shape(trace) for trace in call.exchanges],
        cpu_ms=call.cpu_ms,
        wall_ms=call.wall_ms,
        call_id=None if call.call_id is None else str(call.call_id),
    )


def error_shape(failure: ModuleCallFailed, language: Language) -> CallErrorShape:
    """Why a call failed, in a reader's language."""
    return CallErrorShape(
        **failure.for_integrator(language),
        sentence=failure.detail(language),
        problem=failure.as_json(language),
        method=failure.values.get("method"),
        url=failure.values.get("url"),
    )


def _headers(pairs: Sequence[Sequence[str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _body(body: BodyPreview | None) -> str | None:
    if body is None or not body["bytes"]:
        return None
    shown = body.get("text", body.get("base64", ""))
    return f"{shown}\n… ({body['bytes']} bytes)" if body["truncated"] else shown

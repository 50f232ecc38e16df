"""OpenTelemetry: nothing of it without its variables, spans of one trace with them, no word about people."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.application import Installation, installation, settings

from vestnik import telemetry, tracing

__all__ = ["installation", "settings"]

SECRET = "olga@example.com 6h3f9ksd8f7jh2k3j4h5g6f7d8s9a0q1"
GIVEN = "4bf92f3577b34da6a3ce929d0e0e4736"
#: All that a span may say of itself.
ATTRIBUTES = {
    f"vestnik.{name}"
    for name in ("method", "route", "status", "work", "step", "unit", "function", "lane", "module")
} | {"error.type"}


class Kept(SpanExporter):
    """Keeps spans instead of exporting them."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Spans of this test; `telemetry.end()` has them exported."""
    kept = Kept()
    telemetry.export_to(kept)
    yield kept
    telemetry.end()


async def test_a_request_and_its_writes_are_spans_of_one_trace(
    installation: Installation, kept: Kept
) -> None:
    async def write(_request: Request) -> JSONResponse:
        await installation.services.database.write(lambda _: None)
        return JSONResponse({})

    installation.app.router.routes.insert(0, Route("/api/v1/write", write))
    browser = await installation.browser()
    answer = await browser.get(f"/write?email={SECRET}", headers={"x-note": SECRET})
    telemetry.end()
    trace_id = int(answer.headers["x-trace-id"], 16)
    ours = {span.name: span for span in kept.spans if span.context and span.context.trace_id == trace_id}
    assert set(ours) == {"unit_of_work", "http.request"}
    request, unit = ours["http.request"], ours["unit_of_work"]
    assert request.context is not None and unit.parent is not None
    assert (unit.parent.span_id, request.parent) == (request.context.span_id, None)
    assert dict(request.attributes or {}) == {
        "vestnik.method": "GET",
        "vestnik.route": "/api/v1/write",
        "vestnik.status": 200,
    }


async def test_of_a_failure_only_its_class_is_told(kept: Kept) -> None:
    with pytest.raises(ValueError), tracing.under(), tracing.span("exchange", method="GET"):
        raise ValueError(SECRET)
    telemetry.end()
    [span] = kept.spans
    assert dict(span.attributes or {}) == {"vestnik.method": "GET", "error.type": "ValueError"}
    assert (span.events, span.status.description) == ((), None)


async def test_no_span_says_more_than_it_may_and_none_names_people(
    installation: Installation, kept: Kept
) -> None:
    await installation.add_user("administrator")
    browser = await installation.browser()
    await browser.sign_in("administrator@vestnik.test")
    await browser.get("/users?search=administrator")
    await browser.get(f"/nowhere/{SECRET}")
    telemetry.end()
    assert {name for span in kept.spans for name in span.attributes or {}} <= ATTRIBUTES
    told = " ".join(span.to_json() for span in kept.spans)
    assert not [word for word in (*SECRET.split(), "administrator@", "203.0.113.7") if word in told]


async def test_the_span_of_a_trusted_caller_is_the_parent(kept: Kept) -> None:
    with tracing.under(GIVEN, "00f067aa0ba902b7"), tracing.span("http.request"):
        pass
    telemetry.end()
    [span] = kept.spans
    assert span.parent is not None
    assert (span.parent.trace_id, span.parent.span_id) == (int(GIVEN, 16), int("00f067aa0ba902b7", 16))


async def test_work_for_another_trace_is_no_part_of_the_one_around_it(kept: Kept) -> None:
    with tracing.under() as one, tracing.span("periodic"), tracing.under() as other:
        with tracing.span("webhook"):
            pass
    telemetry.end()
    by_name = {span.name: span for span in kept.spans}
    contexts = {name: span.context.trace_id for name, span in by_name.items() if span.context}
    assert contexts == {"periodic": int(one, 16), "webhook": int(other, 16)}
    assert by_name["webhook"].parent is None


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "crm"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
    ],
)
def test_the_standard_variables_alone_ask_for_traces(environment: dict[str, str], wanted: bool) -> None:
    assert telemetry.wanted(environment) is wanted


def test_nothing_of_opentelemetry_is_imported_unasked() -> None:
    code = (
        "import sys; from vestnik import telemetry; import vestnik.app; assert telemetry.begin() is False; "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout == "[]\n"

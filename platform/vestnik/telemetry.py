"""Traces for OpenTelemetry, with the extra `vestnik[otel]`, configured by the standard `OTEL_…` variables.

Nothing of OpenTelemetry is imported until one of `WANTED_BY` asks for traces. A span has the trace id that
log lines have. Its attributes are those that our own code names: names, numbers and states. What an exception
says may name a person or hold a secret, so only its class is told.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import structlog

from vestnik import __version__, tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

#: Any of these set, and not to "none", asks for traces.
WANTED_BY = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

log = structlog.get_logger("vestnik.telemetry")


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for traces."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return False
    return any(environment.get(name, "").strip() for name in WANTED_BY)


def begin() -> bool:
    """Export spans from now on if the environment asks for it; False where it does not, or can't be done."""
    if not wanted():
        return False
    try:
        exporter = _exporter()
    except ImportError:
        log.warning("telemetry.not_installed", advice="pip install 'vestnik[otel]', or unset OTEL_…")
        return False
    export_to(exporter)
    return True


def export_to(exporter: SpanExporter) -> None:
    """Have every span told to this exporter, in batches, by a thread of its own."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # What the machine and the process are called may name people: only what was configured is told.
    own = Resource({"service.name": "vestnik", "service.version": __version__})
    provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()), id_generator=_ids())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("vestnik", __version__)

    def begin_span(name: str, attributes: dict[str, str | int | float]) -> tracing.Span:
        return _Told(tracer, name, attributes)

    tracing.tell(begin_span)
    _live.append(provider)


def end() -> None:
    """Export what is left, and tell nobody any more."""
    tracing.tell(None)
    while _live:
        _live.pop().shutdown()


_live: list[Any] = []


def _exporter() -> SpanExporter:
    if os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _ids() -> Any:
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class OwnIds(RandomIdGenerator):
        """Random spans in the trace that is open."""

        def generate_trace_id(self) -> int:
            return int(tracing.current() or tracing.new_id(), 16)

    return OwnIds()


class _Told:
    """One span. Its parent is the span around it, as long as that is of the same trace."""

    def __init__(self, tracer: Any, name: str, attributes: dict[str, str | int | float]) -> None:
        self._tracer, self._name = tracer, name
        self._attributes = {f"vestnik.{key}": value for key, value in attributes.items()}
        self._span: Any = None
        self._token: Any = None

    def set(self, name: str, value: str | int | float) -> None:
        """Add an attribute."""
        self._span.set_attribute(f"vestnik.{name}", value)

    def __enter__(self) -> Self:
        from opentelemetry import context, trace

        self._span = self._tracer.start_span(self._name, context=_parent(), attributes=self._attributes)
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from opentelemetry import context
        from opentelemetry.trace import Status, StatusCode

        context.detach(self._token)
        if kind is not None:
            self._span.set_attribute("error.type", kind.__qualname__)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _parent() -> Any:
    """The span around this one, or the caller's; an empty context where the trace begins here."""
    from opentelemetry import trace
    from opentelemetry.context import Context

    origin = tracing.origin()
    around = trace.get_current_span().get_span_context()
    if around.is_valid and (origin is None or around.trace_id == int(origin.trace_id, 16)):
        return None
    if origin is None or origin.parent is None:
        return Context()
    caller = trace.SpanContext(
        int(origin.trace_id, 16), int(origin.parent, 16), True, trace.TraceFlags(trace.TraceFlags.SAMPLED)
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(caller), Context())

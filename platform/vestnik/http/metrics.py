"""Counters of one process for Prometheus; labels are closed sets (route templates, never paths)."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """A registry of the application's own; rooms register their collectors in `registry`."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "vestnik_http_requests",
            "Requests answered, without webhooks.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "vestnik_http_request_seconds",
            "Time from a request's arrival to the end of its answer, without webhooks and event streams.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def text(self) -> bytes:
        """The present values in Prometheus' text format."""
        return generate_latest(self.registry)

"""What Prometheus asks one process for; labels are closed sets (route templates, never paths).

Rooms register counters and histograms of their own in `registry`; what is only looked up when somebody
asks (rows, workers, queues) is registered by `watch`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Literal

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

READ_S = 2.0
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_UNITS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

#: Values by the one label's values; "" is the value of a metric without a label.
Values = Mapping[str, float]
Read = Callable[[], Values | Awaitable[Values]]

log = structlog.get_logger("vestnik.http")


class Watched(Collector):
    """One metric that is read when somebody asks. What can't be read in time is left out of the answer."""

    def __init__(
        self, name: str, meaning: str, read: Read, label: str | None, kind: Literal["gauge", "counter"]
    ) -> None:
        self.name, self._meaning, self._read = name, meaning, read
        self.labels: Sequence[str] = [] if label is None else [label]
        self._kind = kind
        self._values: Values = {}

    async def refresh(self) -> None:
        """Read the present values."""
        self._values = {}
        try:
            async with asyncio.timeout(READ_S):
                found = self._read()
                self._values = await found if inspect.isawaitable(found) else found
        except Exception as error:  # whatever is wrong with one metric, the others are told
            log.warning("metrics.unread", metric=self.name, error=type(error).__name__)

    def collect(self) -> Iterable[GaugeMetricFamily | CounterMetricFamily]:
        """The values as they were last read."""
        make = GaugeMetricFamily if self._kind == "gauge" else CounterMetricFamily
        family = make(self.name, self._meaning, labels=self.labels)
        for labelled, value in self._values.items():
            family.add_metric([labelled] if self.labels else [], value)
        yield family


class Metrics:
    """A registry of the application's own."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._watched: list[Watched] = []
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
        self.writer_groups = Histogram(
            "vestnik_writer_group_units",
            "Units of work that were committed together.",
            buckets=_UNITS,
            registry=self.registry,
        )

    def watch(
        self,
        name: str,
        meaning: str,
        read: Read,
        *,
        label: str | None = None,
        kind: Literal["gauge", "counter"] = "gauge",
    ) -> None:
        """Tell what `read()` gives, at once or awaited, whenever somebody asks."""
        watched = Watched(name, meaning, read, label, kind)
        self._watched.append(watched)
        self.registry.register(watched)

    async def text(self) -> bytes:
        """The present values in Prometheus' text format."""
        await asyncio.gather(*(watched.refresh() for watched in self._watched))
        return generate_latest(self.registry)

"""What is counted of webhooks."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


class WebhookMetrics:
    """Counters of one process; without a registry nobody asks for them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.received = Counter(
            "vestnik_webhooks_received", "Requests of services that were stored.", registry=registry
        )
        self.parse_seconds = Histogram(
            "vestnik_webhook_parse_seconds",
            "Time of the module for one request, the wait for a worker included.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.answers = Counter(
            "vestnik_webhooks_answered",
            "Answers to services by status class.",
            ["status"],
            registry=registry,
        )
        self._answered = {name: self.answers.labels(name) for name in _CLASSES}

    def answered(self, status: int) -> None:
        """Count an answer."""
        self._answered[f"{status // 100}xx"].inc()

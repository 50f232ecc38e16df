"""What is counted of calls."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter


class CallMetrics:
    """Counters of one process; without a registry nobody asks for them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._calls = Counter(
            "vestnik_module_calls",
            "Calls of functions of modules by lane and outcome.",
            ["lane", "outcome"],
            registry=registry,
        )

    def called(self, lane: str, failure: str | None) -> None:
        """Count a call that ended with a result, or with a failure of this kind."""
        self._calls.labels(lane, failure or "ok").inc()

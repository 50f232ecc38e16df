"""What is counted of calls."""

from __future__ import annotations

import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter

#: Load is kept for slots of so many seconds.
SLOT_S = 300
#: Failures that say nothing of a module: nobody's turn, nobody's consent, no sandbox, no such function.
BLAMELESS = frozenset({"busy", "retry_later", "needs_consent", "not_implemented", "unavailable"})


@dataclass(slots=True)
class Load:
    """What a module did in a slot."""

    calls: int = 0
    failures: int = 0
    cpu_ms: float = 0.0


class CallMetrics:
    """Counters of one process; without a registry nobody asks for them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._load: dict[tuple[int, int], Load] = {}
        self._calls = Counter(
            "vestnik_module_calls",
            "Calls of functions of modules by lane and outcome.",
            ["lane", "outcome"],
            registry=registry,
        )

    def called(self, lane: str, failure: str | None) -> None:
        """Count a call that ended with a result, or with a failure of this kind."""
        self._calls.labels(lane, failure or "ok").inc()

    def loaded(self, module_id: int, failure: str | None, cpu_ms: float) -> None:
        """Note what a call of a live module cost, and whether the module is to blame for its failure."""
        slot = int(time.time()) // SLOT_S * SLOT_S
        load = self._load.setdefault((slot, module_id), Load())
        load.calls += 1
        load.failures += failure is not None and failure not in BLAMELESS
        load.cpu_ms += cpu_ms

    def take_load(self) -> dict[tuple[int, int], Load]:
        """What was noted since the last time, by the slot's second and the module."""
        taken, self._load = self._load, {}
        return taken

"""Counting requests, holding them to the service's limits, and breaking them on purpose."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.types import Receive

FaultKind = Literal["error", "status", "delay", "drop_before", "drop_after", "hang"]


@dataclass
class Fault:
    """What happens to the next `times` calls of a method.

    `error` answers the API's error; `status` answers an HTTP status; `delay` waits first; `drop_before` cuts
    the connection without doing the work, `drop_after` after it was done; `hang` does it and never answers.
    """

    method: str
    kind: FaultKind
    times: int = 1
    skip: int = 0
    """So many matching calls pass unharmed first."""
    code: str = "retry_later"
    message: str = "injected fault"
    status: int = 503
    seconds: float = 1.0


@dataclass
class MethodCount:
    """What was asked of one method."""

    calls: int = 0
    errors: int = 0
    seconds: float = 0.0


@dataclass
class Traffic:
    """Every request passes here."""

    methods: dict[str, MethodCount] = field(default_factory=dict)
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=200))
    faults: list[Fault] = field(default_factory=list)
    since: float = field(default_factory=time.perf_counter)
    _calls: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def record(self, method: str, seconds: float, code: str) -> None:
        """One request has been answered (or broken); `code` is empty when it succeeded."""
        count = self.methods.setdefault(method, MethodCount())
        count.calls += 1
        count.errors += bool(code)
        count.seconds += seconds
        shown_ms = round(seconds * 1000, 3)
        self.recent.append({"method": method, "ms": shown_ms, "code": code, "at": time.time()})

    def permitted(self, key: str, kind: str, limit: int, *, window_s: float = 60.0) -> bool:
        """Whether one more call of this kind fits into the last minute; counts it if so. 0 is no limit."""
        if not limit:
            return True
        calls = self._calls.setdefault((key, kind), deque())
        now = time.monotonic()
        while calls and calls[0] <= now - window_s:
            calls.popleft()
        if len(calls) >= limit:
            return False
        calls.append(now)
        return True

    def take_fault(self, method: str) -> Fault | None:
        """The fault that hits this call, if any; used up by it."""
        for fault in self.faults:
            if fault.method not in (method, "*"):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                return None
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
            return fault
        return None

    def summary(self) -> dict[str, Any]:
        """Counts by method, and the share of the time since the last reset spent in answering."""
        elapsed = max(time.perf_counter() - self.since, 1e-9)
        methods = {
            name: {"calls": count.calls, "errors": count.errors, "seconds": round(count.seconds, 6)}
            for name, count in sorted(self.methods.items())
        }
        busy = sum(count.seconds for count in self.methods.values())
        return {
            "methods": methods,
            "calls": sum(count.calls for count in self.methods.values()),
            "busySeconds": round(busy, 6),
            "elapsedSeconds": round(elapsed, 6),
            "share": round(busy / elapsed, 6),
            "recent": list(self.recent)[-50:],
        }

    def forget_counts(self) -> None:
        """Start counting anew."""
        self.methods.clear()
        self.recent.clear()
        self.since = time.perf_counter()

    def reset(self) -> None:
        """Start anew, without faults and with empty windows of the rate limits."""
        self.forget_counts()
        self.faults.clear()
        self._calls.clear()


async def cut(fault: Fault, receive: Receive) -> None:
    """Cut the connection without an answer, at once or when the caller gives up."""
    # uvicorn's receive is a method of the exchange, which holds the connection; ASGI knows no way to cut it.
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if fault.kind != "hang":
        if transport is None:
            raise ConnectionError("the simulator drops this connection")
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue

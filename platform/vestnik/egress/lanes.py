"""Who waits for a turn, in two lanes: urgent requests go first, and after some of them one of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

#: Urgent requests that may pass one that waits in the other lane.
URGENT_IN_A_ROW = 4


@dataclass(frozen=True)
class Budget:
    """The limits of a key (an account, a module): requests per minute (`burst` at once) and in flight.

    Without a number of requests in flight the pacer's own counts, but for a budget of requests per minute.
    """

    key: str
    calls_per_minute: float | None = None
    burst: int = 1
    concurrency: int | None = None

    @property
    def step_s(self) -> float:
        """How far apart requests are at an even pace."""
        return 60.0 / self.calls_per_minute if self.calls_per_minute else 0.0

    @property
    def slack_s(self) -> float:
        """How early a request may be."""
        return self.step_s * (self.burst - 1)


@dataclass(eq=False, slots=True)
class Waiter:
    """A request that waits; `turn` has a result when it may go, or why it may not. `late_at` ends the wait.

    It may have its place while other processes are asked for its rates.

    `taken` has, of each rate that was taken in this process, when its next request was due before and after.
    """

    budgets: Sequence[Budget]
    rates: Sequence[Budget]
    urgent: bool
    late_at: float
    turn: asyncio.Future[None]
    has_place: bool = False
    granted: bool = False
    taken: dict[str, tuple[float, float]] = field(default_factory=dict)


class Lanes:
    """The requests of one key that wait."""

    def __init__(self) -> None:
        self._urgent: dict[Waiter, None] = {}
        self._bulk: dict[Waiter, None] = {}
        self._passed = 0

    def __len__(self) -> int:
        return len(self._urgent) + len(self._bulk)

    def __iter__(self) -> Iterator[Waiter]:
        """In the order in which they are served."""
        first, second = self._urgent, self._bulk
        if self._passed >= URGENT_IN_A_ROW:
            first, second = second, first
        return iter(tuple(chain(first, second)))

    @property
    def any_urgent(self) -> bool:
        """Whether an urgent request waits."""
        return bool(self._urgent)

    def join(self, waiter: Waiter) -> None:
        """Stand in line."""
        (self._urgent if waiter.urgent else self._bulk)[waiter] = None

    def leave(self, waiter: Waiter) -> None:
        """Stand in line no more; whoever does not is left alone."""
        (self._urgent if waiter.urgent else self._bulk).pop(waiter, None)

    def serve(self, waiter: Waiter) -> None:
        """It is this one's turn."""
        self.leave(waiter)
        self._passed = self._passed + 1 if waiter.urgent and self._bulk else 0

    def ahead(self, waiter: Waiter, key: str) -> int:
        """How many requests of the key `key` are surely served before this one."""
        lanes = (self._urgent,) if waiter.urgent else (self._urgent, self._bulk)
        count = 0
        for each in chain(*lanes):
            if each is waiter:
                break
            count += any(budget.key == key for budget in each.rates)
        return count

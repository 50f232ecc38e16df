"""How often and how many at once: budgets of calls per minute and of requests in flight.

A request that must wait waits here, before anything is sent; meanwhile the clock of its caller stands still.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from vestnik.egress.errors import RetryLater


class Clock(Protocol):
    """The clock of a call, which does not run while the call waits for a budget."""

    def pause_clock(self) -> None:
        """Stops the clock."""

    def resume_clock(self) -> None:
        """Lets the clock run again."""


@dataclass(frozen=True)
class Budget:
    """The limits of a key (an account, a module): requests per minute (`burst` at once) and in flight."""

    key: str
    calls_per_minute: float | None = None
    burst: int = 1
    concurrency: int | None = None


@dataclass
class _Gate:
    """A count of free places with a queue; `users` is how many hold or wait, so that an idle gate can go."""

    places: asyncio.Semaphore
    size: int
    users: int = 0


@dataclass
class Pacer:
    """Keeps the budgets of all keys in this process."""

    max_wait_s: float = 30.0
    in_flight: int = 64
    in_flight_per_key: int = 8
    _total: asyncio.Semaphore = field(init=False)
    _gates: dict[str, _Gate] = field(default_factory=dict, init=False)
    _next_at: dict[str, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._total = asyncio.Semaphore(self.in_flight)

    @asynccontextmanager
    async def turn(self, budgets: Sequence[Budget], clock: Clock | None) -> AsyncIterator[None]:
        """Holds one place of every budget and of the whole; raises RetryLater when that takes too long.

        Places are taken in the order of the budgets and the place of the whole last, so that one account's
        queue never stands in the way of another's.
        """
        deadline = time.monotonic() + self.max_wait_s
        async with AsyncExitStack() as held:
            for budget in budgets:
                await self._enter_gate(held, budget, deadline, clock)
            for budget in budgets:
                if budget.calls_per_minute is not None:
                    await self._wait_for_rate(
                        budget.key, budget.calls_per_minute, budget.burst, deadline, clock
                    )
            await self._acquire(self._total, deadline, clock)
            held.callback(self._total.release)
            yield

    async def _enter_gate(
        self, held: AsyncExitStack, budget: Budget, deadline: float, clock: Clock | None
    ) -> None:
        size = min(budget.concurrency or self.in_flight_per_key, self.in_flight)
        gate = self._gates.get(budget.key)
        if gate is None or gate.size != size:
            gate = self._gates[budget.key] = _Gate(asyncio.Semaphore(size), size)
        gate.users += 1
        held.callback(self._leave_gate, budget.key, gate)
        await self._acquire(gate.places, deadline, clock)
        held.callback(gate.places.release)

    def _leave_gate(self, key: str, gate: _Gate) -> None:
        gate.users -= 1
        if gate.users == 0 and self._gates.get(key) is gate:
            del self._gates[key]

    async def _acquire(self, places: asyncio.Semaphore, deadline: float, clock: Clock | None) -> None:
        if not places.locked():
            await places.acquire()
            return
        with _Paused(clock):
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await places.acquire()
            except TimeoutError:
                raise RetryLater(self.max_wait_s) from None

    async def _wait_for_rate(
        self, key: str, calls_per_minute: float, burst: int, deadline: float, clock: Clock | None
    ) -> None:
        """Takes the next place in time (GCRA: one every 60/n seconds, `burst` of them may be taken early)."""
        now = time.monotonic()
        step_s = 60.0 / calls_per_minute
        next_at = max(self._next_at.get(key, now), now)
        start_at = next_at - step_s * (burst - 1)
        if start_at > max(deadline, now):
            raise RetryLater(start_at - now)
        if len(self._next_at) > 10_000:
            self._next_at = {kept: at for kept, at in self._next_at.items() if at > now}
        self._next_at[key] = next_at + step_s
        if start_at > now:
            with _Paused(clock):
                await asyncio.sleep(start_at - now)


class _Paused:
    """Keeps a caller's clock stopped for a `with` block."""

    def __init__(self, clock: Clock | None) -> None:
        self._clock = clock

    def __enter__(self) -> None:
        if self._clock is not None:
            self._clock.pause_clock()

    def __exit__(self, *_: object) -> None:
        if self._clock is not None:
            self._clock.resume_clock()

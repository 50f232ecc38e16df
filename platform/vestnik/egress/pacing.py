"""How often and how many at once: budgets of calls per minute and of requests in flight.

A request that must wait waits here, before anything is sent; meanwhile the clock of its caller stands still.
While it waits it holds nothing: it goes when there is a place in flight and all of its rates let it go, at
once. So an urgent one waits for the next turn alone, however many others wait.

The budgets are kept in this process. With `SharedBudgets` all processes keep them together: each holds a
share of an account's places, and asks before it sends what has a rate.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from vestnik.egress.errors import RetryLater
from vestnik.egress.gates import Gate, Shares, quietly
from vestnik.egress.lanes import URGENT_IN_A_ROW, Budget, Lanes, Waiter

#: Processes that can't ask send nothing that has a rate, and try again after so long.
ASK_AGAIN_S = 0.5
KEYS = 10_000

log = logging.getLogger("vestnik.egress")


class Clock(Protocol):
    """The clock of a call, which does not run while the call waits for a budget."""

    def pause_clock(self) -> None:
        """Stops the clock."""

    def resume_clock(self) -> None:
        """Lets the clock run again."""


class SharedBudgets(Shares, Protocol):
    """The budgets that all processes keep together. Any exception means: not now."""

    async def take(
        self, rates: Sequence[tuple[str, int, int]], *, urgent: bool, passes: int
    ) -> Sequence[tuple[float, int]]:
        """Take one request of each rate (key, µs between two, µs early at most), or of none.

        For each of them the seconds to wait, and a mark; all wait 0.0 when they are taken. While an urgent
        one of any process waits others are refused, but for one after each `passes` urgent ones.
        """
        ...

    async def give_back(self, rates: Sequence[tuple[str, int, int]]) -> None:
        """Undo a `take` of rates (key, µs between two, mark), where nothing was taken since."""
        ...


@dataclass(eq=False)
class _Line:
    """The requests whose first budget is the same; `asking` is the one question that is under way."""

    key: str
    lanes: Lanes = field(default_factory=Lanes)
    timer: asyncio.TimerHandle | None = None
    asking: asyncio.Task[None] | None = None


@dataclass
class Pacer:
    """Keeps the budgets of all keys."""

    max_wait_s: float = 30.0
    in_flight: int = 64
    in_flight_per_key: int = 8
    shared: SharedBudgets | None = None
    _total: int = field(default=0, init=False)
    _passed: int = field(default=0, init=False)
    _lines: dict[str, _Line] = field(default_factory=dict, init=False)
    _gates: dict[str, Gate] = field(default_factory=dict, init=False)
    # When the next request of a key may be sent: its theoretical arrival time, or, of shared ones, by lane.
    _next_at: dict[str, float] = field(default_factory=dict, init=False)
    _not_before: dict[tuple[str, bool], float] = field(default_factory=dict, init=False)

    @asynccontextmanager
    async def turn(
        self, budgets: Sequence[Budget], clock: Clock | None, *, urgent: bool = False
    ) -> AsyncIterator[None]:
        """Holds one place of every budget and of the whole; raises RetryLater when that takes too long."""
        loop = asyncio.get_running_loop()
        rates = [budget for budget in budgets if budget.calls_per_minute is not None]
        waiter = Waiter(budgets, rates, urgent, loop.time() + self.max_wait_s, loop.create_future())
        key = budgets[0].key if budgets else ""
        line = self._lines.setdefault(key, _Line(key))
        gates = [self._gate(budget) for budget in budgets if self._size(budget)]
        line.lanes.join(waiter)
        for gate in gates:
            gate.join(waiter.urgent)
        try:
            self._serve(line)
            if not waiter.turn.done():
                self._refuse_hopeless(line, waiter)
            if not waiter.turn.done():
                late = loop.call_at(waiter.late_at, _end, waiter, self.max_wait_s)
                try:
                    with _Paused(clock):
                        await waiter.turn
                finally:
                    late.cancel()
            waiter.turn.result()
        except BaseException:
            self._leave(line, waiter, gates)
            raise
        try:
            yield
        finally:
            self._release(line, gates)

    async def close(self) -> None:
        """Ends what asks other processes, and gives their places back."""
        tasks = [line.asking for line in self._lines.values() if line.asking is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for gate in tuple(self._gates.values()):
            await gate.close()

    # Places

    def _size(self, budget: Budget) -> int | None:
        """How many of a budget's requests may be in flight; None where nobody says."""
        if budget.concurrency is None and budget.calls_per_minute is not None:
            return None
        return min(budget.concurrency or self.in_flight_per_key, self.in_flight)

    def _gate(self, budget: Budget) -> Gate:
        size = self._size(budget) or 0
        gate = self._gates.get(budget.key)
        if gate is None:
            # What nobody declared is a limit of each process.
            shares = None if budget.concurrency is None else self.shared
            gate = self._gates[budget.key] = Gate(budget.key, shares, self._gate_moved, self._gate_idle)
        gate.size = size
        return gate

    def _gate_moved(self, gate: Gate) -> None:
        """There may be places again."""
        for line in self._in_order():
            self._serve(line)

    def _gate_idle(self, gate: Gate) -> None:
        if self._gates.get(gate.key) is gate:
            del self._gates[gate.key]

    def _is_free(self, waiter: Waiter) -> bool:
        gates = (self._gates.get(budget.key) for budget in waiter.budgets if self._size(budget))
        return all(gate is None or gate.free for gate in gates)

    # Turns

    def _in_order(self) -> Sequence[_Line]:
        """The lines in which somebody waits: urgent requests first, then whoever was served longest ago."""
        lines = [line for line in self._lines.values() if line.lanes]
        urgent_last = self._passed >= URGENT_IN_A_ROW
        return sorted(lines, key=lambda line: line.lanes.any_urgent is urgent_last)

    def _serve(self, line: _Line) -> None:
        """Let go whoever may go; see to it that the line is looked at again when the next one may."""
        if line.timer is not None:
            line.timer.cancel()
            line.timer = None
        loop = asyncio.get_running_loop()
        again_at = math.inf
        while line.lanes and self._total < self.in_flight and line.asking is None:
            waiter, again_at = self._next(line, loop.time())
            if waiter is None:
                break
            if self.shared is None or not waiter.rates:
                self._take(waiter, loop.time())
                self._let_go(line, waiter)
            else:
                self._enter(waiter)
                line.asking = loop.create_task(self._ask(line, waiter, self.shared))
        if again_at < math.inf:
            line.timer = loop.call_at(again_at, self._serve, line)
        self._forget(line)

    def _next(self, line: _Line, now: float) -> tuple[Waiter | None, float]:
        """Who may go now, and when somebody may that waits for a rate alone."""
        again_at = math.inf
        for waiter in line.lanes:
            if waiter.turn.done() or not self._is_free(waiter):
                continue
            due_at = max((self._due(rate, waiter.urgent, now) for rate in waiter.rates), default=now)
            if due_at <= now:
                return waiter, math.inf
            again_at = min(again_at, due_at)
        return None, again_at

    def _due(self, rate: Budget, urgent: bool, now: float) -> float:
        """When the next request of a rate may go, as far as this process knows."""
        if self.shared is None:
            return max(self._next_at.get(rate.key, now), now) - rate.slack_s
        return self._not_before.get((rate.key, urgent), now - rate.slack_s)

    def _take(self, waiter: Waiter, now: float) -> None:
        """Takes a request of each rate (GCRA: one every 60/n seconds, `burst` of them may be early)."""
        if len(self._next_at) > KEYS:
            self._next_at = {kept: at for kept, at in self._next_at.items() if at > now}
        for rate in waiter.rates:
            before = max(self._next_at.get(rate.key, now), now)
            self._next_at[rate.key] = before + rate.step_s
            waiter.taken[rate.key] = before, before + rate.step_s

    def _let_go(self, line: _Line, waiter: Waiter) -> None:
        line.lanes.serve(waiter)
        waiter.granted = True
        self._passed = self._passed + 1 if waiter.urgent else 0
        self._enter(waiter)
        waiter.turn.set_result(None)
        if self._lines.get(line.key) is line:  # it is the last one to be served again
            self._lines[line.key] = self._lines.pop(line.key)

    def _enter(self, waiter: Waiter) -> None:
        if not waiter.has_place:
            waiter.has_place = True
            self._total += 1
            for gate in self._gates_of(waiter):
                gate.enter(waiter.urgent)

    def _step_back(self, waiter: Waiter) -> None:
        waiter.has_place = False
        self._total -= 1
        for gate in self._gates_of(waiter):
            gate.step_back(waiter.urgent)

    def _gates_of(self, waiter: Waiter) -> Sequence[Gate]:
        return [self._gates[budget.key] for budget in waiter.budgets if self._size(budget)]

    def _release(self, line: _Line, gates: Sequence[Gate]) -> None:
        """Gives the places back, and lets others go."""
        was_full = self._total >= self.in_flight
        self._total -= 1
        others = was_full or any(gate.key != line.key and gate.waiting for gate in gates)
        for gate in gates:
            gate.exit()
        same = self._lines.get(line.key)
        for each in self._in_order() if others else filter(None, [same]):
            self._serve(each)

    def _leave(self, line: _Line, waiter: Waiter, gates: Sequence[Gate]) -> None:
        """A request that does not go after all: it gives back what it got meanwhile."""
        if waiter.granted:
            self._untake(waiter)
            self._release(line, gates)
            return
        if waiter.turn.done() and not waiter.turn.cancelled():
            waiter.turn.exception()  # the caller was cancelled at the same time: nobody else asks for it
        line.lanes.leave(waiter)
        if waiter.has_place:  # whoever asks for it gives the place back
            return
        for gate in gates:
            gate.leave(waiter.urgent)
        self._forget(line)

    def _untake(self, waiter: Waiter) -> None:
        """What was taken this very moment is free again; of a rate that rested since it is gone anyway."""
        now = asyncio.get_running_loop().time()
        for key, (before, after) in waiter.taken.items():
            if now <= after:
                self._next_at[key] -= after - before

    def _forget(self, line: _Line) -> None:
        if not line.lanes and line.asking is None and self._lines.get(line.key) is line:
            if line.timer is not None:
                line.timer.cancel()
            del self._lines[line.key]

    # Budgets of all processes

    async def _ask(self, line: _Line, waiter: Waiter, shared: SharedBudgets) -> None:
        """Asks for the rates of one request, whatever comes of it."""
        gates, goes = self._gates_of(waiter), None
        try:
            goes = await self._asked(line, waiter, shared)
        finally:
            line.asking = None
            if waiter not in line.lanes:  # it left meanwhile
                self._total -= 1
                for gate in gates:
                    gate.exit()
            elif goes is None:
                self._step_back(waiter)
        if goes is not None:
            self._let_go(line, goes)
        for each in self._in_order():
            self._serve(each)
        self._forget(line)

    async def _asked(self, line: _Line, waiter: Waiter, shared: SharedBudgets) -> Waiter | None:
        """Who goes: the one who asked, or nobody; what one was granted who may not go is given back."""
        rates = [(each.key, round(each.step_s * 1e6), round(each.slack_s * 1e6)) for each in waiter.rates]
        try:
            answers = await shared.take(rates, urgent=waiter.urgent, passes=URGENT_IN_A_ROW)
        except Exception as error:
            log.warning("a shared budget could not be asked: %s", type(error).__name__)
            answers = [(ASK_AGAIN_S, 0)] * len(rates)
        if any(wait_s > 0 for wait_s, _ in answers):
            self._note_waits(waiter, [wait_s for wait_s, _ in answers])
            for each in line.lanes:
                self._refuse_hopeless(line, each)
            return None
        if not waiter.turn.done() and all(gate.holds for gate in self._gates_of(waiter)):
            return waiter
        marked = [(key, step, mark) for (key, step, _), (_, mark) in zip(rates, answers, strict=True)]
        await quietly(shared.give_back(marked))
        return None

    def _note_waits(self, waiter: Waiter, waits_s: Sequence[float]) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._not_before) > KEYS:
            self._not_before = {kept: at for kept, at in self._not_before.items() if at > now}
        for rate, wait_s in zip(waiter.rates, waits_s, strict=True):
            self._not_before[rate.key, waiter.urgent] = now + wait_s

    def _refuse_hopeless(self, line: _Line, waiter: Waiter) -> None:
        """End the wait, at once, of a request whose turn can't come in time: it takes nothing."""
        if waiter.turn.done():
            return
        now = asyncio.get_running_loop().time()
        for rate in waiter.rates:
            ahead = line.lanes.ahead(waiter, rate.key)
            start_at = self._due(rate, waiter.urgent, now) + ahead * rate.step_s
            if start_at > max(waiter.late_at, now):
                _end(waiter, start_at - now)
                return


def _end(waiter: Waiter, retry_after_s: float) -> None:
    if not waiter.turn.done():
        waiter.turn.set_exception(RetryLater(retry_after_s))


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

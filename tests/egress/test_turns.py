"""Turns: no order of requests, ends and cancellations goes past a budget, and nobody is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.egress.virtual_time import run

from vestnik.egress import Budget, RetryLater
from vestnik.egress.lanes import URGENT_IN_A_ROW
from vestnik.egress.pacing import Pacer

LONG_S = 1e9
NEARLY_S = 1e-6


@dataclass(frozen=True)
class Wish:
    """A request: when it comes, in which lane, whether it has the narrow budget, too, how long it takes.

    `gives_up_s` after it came it is cancelled, if it is still there.
    """

    at_s: float
    urgent: bool
    narrow: bool
    takes_s: float
    gives_up_s: float | None


@dataclass
class Told:
    """What came of the requests: when each began, by its number."""

    began: dict[int, float] = field(default_factory=dict)
    refused: dict[int, RetryLater] = field(default_factory=dict)
    under_way: int = 0
    most: int = 0


WISH = st.builds(
    Wish,
    at_s=st.sampled_from([0.0, 0.0, 0.1, 0.5, 1.0, 3.0]) | st.floats(0, 20),
    urgent=st.booleans(),
    narrow=st.booleans(),
    takes_s=st.sampled_from([0.0, 0.05, 1.0]) | st.floats(0, 5),
    gives_up_s=st.none() | st.sampled_from([0.0, 0.5]) | st.floats(0, 10),
)
WISHES = st.lists(WISH, min_size=1, max_size=30)
WIDE = st.builds(
    Budget,
    key=st.just("account:0"),
    calls_per_minute=st.sampled_from([30.0, 60.0, 600.0]),
    burst=st.integers(1, 4),
)
NARROW = Budget("account:1", calls_per_minute=20)


async def tell(
    pacer: Pacer,
    budgets: Sequence[Budget],
    wishes: Sequence[Wish],
    told: Told | None = None,
    first_number: int = 0,
) -> Told:
    """Have every wish come, wait, be under way, and end or be cancelled; several may tell one story."""
    loop, told = asyncio.get_running_loop(), told or Told()
    began_at = loop.time()

    async def live(number: int, wish: Wish) -> None:
        try:
            own = [*budgets, NARROW] if wish.narrow else budgets
            async with pacer.turn(own, None, urgent=wish.urgent):
                told.began[number] = loop.time() - began_at
                told.under_way += 1
                told.most = max(told.most, told.under_way)
                try:
                    await asyncio.sleep(wish.takes_s)
                finally:
                    told.under_way -= 1
        except RetryLater as refusal:
            told.refused[number] = refusal

    async def come(number: int, wish: Wish) -> None:
        await asyncio.sleep(wish.at_s)
        task = asyncio.create_task(live(number, wish))
        if wish.gives_up_s is not None:
            loop.call_later(wish.gives_up_s, task.cancel)
        await asyncio.gather(task, return_exceptions=True)

    await asyncio.gather(*(come(number, wish) for number, wish in enumerate(wishes, first_number)))
    return told


def keeps(budget: Budget, times: Sequence[float]) -> bool:
    """Whether requests at these times keep to the rate, by GCRA."""
    due_at = 0.0
    for at in sorted(times):
        if at < due_at - budget.slack_s - NEARLY_S:
            return False
        due_at = max(at, due_at) + budget.step_s
    return True


@given(wishes=WISHES, wide=WIDE, places=st.integers(1, 4), in_flight=st.integers(2, 6))
@settings(max_examples=300, deadline=None)
def test_no_order_of_requests_goes_past_a_budget_and_everybody_has_their_turn(
    wishes: list[Wish], wide: Budget, places: int, in_flight: int
) -> None:
    pacer = Pacer(max_wait_s=LONG_S, in_flight=in_flight)
    budgets = [Budget("account", concurrency=places), wide]
    told = run(tell(pacer, budgets, wishes))

    assert keeps(wide, list(told.began.values()))
    assert keeps(NARROW, [at for number, at in told.began.items() if wishes[number].narrow])
    assert told.most <= min(places, in_flight)
    assert told.refused == {}
    stayed = {number for number, wish in enumerate(wishes) if wish.gives_up_s is None}
    assert stayed <= set(told.began)
    assert told.under_way == 0


@given(wishes=WISHES, wide=WIDE, places=st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_whatever_was_cancelled_the_whole_budget_is_there_afterwards(
    wishes: list[Wish], wide: Budget, places: int
) -> None:
    budgets = [Budget("account", concurrency=places), wide]

    async def story() -> tuple[list[float], object]:
        pacer, loop = Pacer(max_wait_s=LONG_S), asyncio.get_running_loop()
        await tell(pacer, budgets, wishes)
        await asyncio.sleep(600)
        at, waits = loop.time(), []
        for _ in range(wide.burst):
            async with pacer.turn(budgets, None):
                waits.append(loop.time() - at)
        return waits, (pacer._lines, pacer._gates, pacer._total)

    waits, left = run(story())
    assert waits == [0.0] * wide.burst
    assert left == ({}, {}, 0)


@given(wishes=WISHES, wide=WIDE, max_wait_s=st.floats(0, 10))
@settings(max_examples=150, deadline=None)
def test_a_wait_ends_in_time_and_a_refused_request_takes_nothing(
    wishes: list[Wish], wide: Budget, max_wait_s: float
) -> None:
    told = run(tell(Pacer(max_wait_s=max_wait_s), [Budget("account", concurrency=2), wide], wishes))

    for number, at in told.began.items():
        assert at - wishes[number].at_s <= max_wait_s + NEARLY_S
    assert keeps(wide, list(told.began.values()))
    stayed = {number for number, wish in enumerate(wishes) if wish.gives_up_s is None}
    assert stayed <= set(told.began) | set(told.refused)


def test_an_urgent_request_goes_before_all_others_that_wait() -> None:
    async def story() -> Told:
        wishes = [Wish(0, False, False, 0.1, None)] * 9 + [Wish(0.5, True, False, 0.1, None)]
        return await tell(Pacer(), [Budget("account"), Budget("account:0", 60)], wishes)

    began = run(story()).began
    assert began[9] == pytest.approx(1.0)
    assert max(began.values()) == pytest.approx(9.0)


def test_an_urgent_request_does_not_wait_for_places_that_others_only_wait_for() -> None:
    async def story() -> float:
        wishes = [Wish(0, False, False, 5.0, None)] * 6 + [Wish(2.5, True, False, 0.1, None)]
        told = await tell(Pacer(), [Budget("account", concurrency=1), Budget("account:0", 6000)], wishes)
        return told.began[6]

    assert run(story()) == pytest.approx(5.0)


def test_after_some_urgent_requests_one_of_the_others_has_its_turn() -> None:
    async def story() -> list[int]:
        wishes = [Wish(0, False, False, 0, None)] * 3 + [Wish(0.5, True, False, 0, None)] * 12
        told = await tell(Pacer(), [Budget("account"), Budget("account:0", 60)], wishes)
        return sorted(told.began, key=lambda number: told.began[number])

    order = run(story())
    others = [place for place, number in enumerate(order) if number < 3]
    assert others == [0, 1 + URGENT_IN_A_ROW, 2 + 2 * URGENT_IN_A_ROW]


def test_many_urgent_requests_of_one_account_leave_places_of_the_whole_to_another() -> None:
    async def story() -> list[str]:
        pacer, order = Pacer(in_flight=1), list[str]()

        async def ask(key: str, urgent: bool) -> None:
            async with pacer.turn([Budget(key)], None, urgent=urgent):
                order.append(key)
                await asyncio.sleep(1)

        await asyncio.gather(*(ask("hasty", True) for _ in range(12)), ask("patient", False))
        return order

    assert run(story()).index("patient") <= URGENT_IN_A_ROW + 1


def test_a_narrow_rate_holds_up_nobody_who_has_it_not() -> None:
    async def story() -> Told:
        wishes = [Wish(0, False, True, 0, None)] * 5 + [Wish(0.1, False, False, 0, None)] * 3
        return await tell(Pacer(max_wait_s=LONG_S), [Budget("account"), Budget("account:0", 600)], wishes)

    began = run(story()).began
    assert sorted(round(began[number], 3) for number in range(5)) == [0.0, 3.0, 6.0, 9.0, 12.0]
    assert sorted(round(began[number], 3) for number in range(5, 8)) == [0.1, 0.2, 0.3]

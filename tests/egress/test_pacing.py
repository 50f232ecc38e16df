"""Budgets: how often, how many at once, and how long a request waits for its turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from tests.egress.conftest import Received, Server, Writer, http_answer

from vestnik.egress import Broker, Budget, FetchRequest, RetryLater

MakeBroker = Callable[..., Broker]


class StoppedClock:
    """Adds up how long it stood still."""

    def __init__(self) -> None:
        self.stood_still_s = 0.0
        self._since = 0.0

    def pause_clock(self) -> None:
        self._since = time.monotonic()

    def resume_clock(self) -> None:
        self.stood_still_s += time.monotonic() - self._since


async def test_requests_past_the_budget_wait_while_the_clock_stands_still(
    server: Server, broker: Broker
) -> None:
    budget = Budget("account", calls_per_minute=120)
    clock = StoppedClock()
    started = time.monotonic()
    for _ in range(3):
        await broker.fetch(
            FetchRequest("GET", server.url()), policy=server.policy(), budgets=[budget], clock=clock
        )
    assert time.monotonic() - started >= 1
    assert 0.5 < clock.stood_still_s <= time.monotonic() - started


async def test_a_burst_may_be_taken_at_once(server: Server, make_broker: MakeBroker) -> None:
    broker = make_broker(budget_wait_s=0)
    budget = Budget("account", calls_per_minute=1, burst=3)
    request = FetchRequest("GET", server.url())
    for _ in range(3):
        await broker.fetch(request, policy=server.policy(), budgets=[budget])
    with pytest.raises(RetryLater):
        await broker.fetch(request, policy=server.policy(), budgets=[budget])


async def test_a_wait_that_would_be_too_long_ends_at_once_and_says_when(
    server: Server, make_broker: MakeBroker
) -> None:
    broker = make_broker(budget_wait_s=30)
    budget = Budget("account", calls_per_minute=0.1)
    request = FetchRequest("GET", server.url())
    await broker.fetch(request, policy=server.policy(), budgets=[budget])
    with pytest.raises(RetryLater) as caught:
        await broker.fetch(request, policy=server.policy(), budgets=[budget])
    wait_s = caught.value.retry_after_s
    assert 590 < wait_s <= 600
    told = f"The budget of calls to the service is used up; try again in {wait_s:.0f} s."
    assert caught.value.message == told


async def test_a_refused_request_takes_nothing_from_the_budget(
    server: Server, make_broker: MakeBroker
) -> None:
    broker = make_broker(budget_wait_s=0)
    budget = Budget("account", calls_per_minute=6)
    request = FetchRequest("GET", server.url())
    await broker.fetch(request, policy=server.policy(), budgets=[budget])
    waits = []
    for _ in range(20):
        with pytest.raises(RetryLater) as caught:
            await broker.fetch(request, policy=server.policy(), budgets=[budget])
        waits.append(caught.value.retry_after_s)
    assert max(waits) <= 10


async def test_another_key_has_a_budget_of_its_own(server: Server, make_broker: MakeBroker) -> None:
    broker = make_broker(budget_wait_s=0)
    for key in ("one", "two"):
        budgets = [Budget(key, calls_per_minute=1), Budget("module", calls_per_minute=60, burst=2)]
        assert (
            await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy(), budgets=budgets)
        ).ok


class Door:
    """Lets requests in, counts them, and holds them until it is opened."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.open = asyncio.Event()
        self.entered = asyncio.Event()

    async def __call__(self, _: Received, writer: Writer) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.entered.set()
        await self.open.wait()
        self.inside -= 1
        writer.write(http_answer())


async def test_no_more_than_the_allowed_number_are_in_flight(server: Server, broker: Broker) -> None:
    door = server.handler = Door()
    budget = Budget("account", concurrency=3)
    fetching = [
        asyncio.create_task(
            broker.fetch(FetchRequest("GET", server.url()), policy=server.policy(), budgets=[budget])
        )
        for _ in range(10)
    ]
    await door.entered.wait()
    door.open.set()
    exchanges = await asyncio.gather(*fetching)
    assert [exchange.status for exchange in exchanges] == [200] * 10
    assert door.most <= 3


async def test_one_owners_queue_does_not_hold_up_another(server: Server, make_broker: MakeBroker) -> None:
    broker = make_broker(in_flight_per_owner=2, in_flight=4)
    door = Door()

    async def slow_or_fast(request: Received, writer: Writer) -> None:
        if request.target == "/slow":
            await door(request, writer)
        else:
            writer.write(http_answer())

    server.handler = slow_or_fast
    slow = [
        asyncio.create_task(
            broker.fetch(FetchRequest("GET", server.url("/slow")), policy=server.policy(), owner="slow")
        )
        for _ in range(10)
    ]
    await door.entered.wait()
    assert (await broker.fetch(FetchRequest("GET", server.url("/")), policy=server.policy(), owner="fast")).ok
    door.open.set()
    await asyncio.gather(*slow)
    assert door.most <= 2


async def test_a_place_that_does_not_come_free_ends_as_retry_later(
    server: Server, make_broker: MakeBroker
) -> None:
    broker = make_broker(in_flight_per_owner=1, budget_wait_s=0.05)
    door = server.handler = Door()
    first = asyncio.create_task(broker.fetch(FetchRequest("GET", server.url()), policy=server.policy()))
    await door.entered.wait()
    with pytest.raises(RetryLater):
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    door.open.set()
    assert (await first).ok
    assert (await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())).ok

"""A process that rested sends nothing of work that another one may have taken over meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.egress.conftest import Names, Server

from vestnik.egress import Broker, ExchangeTrace, FetchRequest
from vestnik.egress.errors import HeldBack


class Process:
    """Says whether it still counts as alive, and how often it was asked."""

    def __init__(self) -> None:
        self.sure, self.asked = True, 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.sure


@pytest.fixture
def process() -> Process:
    return Process()


@pytest.fixture
async def broker(names: Names, process: Process) -> AsyncIterator[Broker]:
    broker = Broker(resolver=names, may_send=process)
    yield broker
    await broker.close()


async def test_a_fenced_request_of_a_process_that_rested_never_leaves(
    server: Server, broker: Broker, process: Process
) -> None:
    process.sure = False
    traces: list[ExchangeTrace] = []
    request = FetchRequest("POST", server.url(), body=b"create")

    with pytest.raises(HeldBack) as caught:
        await broker.fetch(request, policy=server.policy(), fenced=True, record=traces.append)

    assert (server.received, caught.value.retry_after_s) == ([], 1.0)
    assert [trace["resolvedAddress"] for trace in traces] == [None]  # surely nowhere


async def test_the_process_is_asked_when_the_connection_stands(
    server: Server, broker: Broker, process: Process
) -> None:
    """On one that stood already, too: rest comes between two requests."""
    request = FetchRequest("GET", server.url())
    await broker.fetch(request, policy=server.policy(), fenced=True)
    process.sure = False
    with pytest.raises(HeldBack):
        await broker.fetch(request, policy=server.policy(), fenced=True)
    process.sure = True
    await broker.fetch(request, policy=server.policy(), fenced=True)

    assert (len(server.received), process.asked) == (2, 3)


async def test_what_nobody_takes_over_goes_whoever_asks(
    server: Server, broker: Broker, process: Process
) -> None:
    process.sure = False
    await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy())
    assert (len(server.received), process.asked) == (1, 0)

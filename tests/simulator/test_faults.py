"""Faults that a test injects: the caller cannot know, the simulator does."""

import asyncio

import httpx
import pytest
from tests.simulator.conftest import Client, eventually


async def test_an_error_hits_the_next_call_only(simulator: Client) -> None:
    await simulator.fault("getLists", "error", code="retry_later")
    assert (await simulator.call("getLists"))["code"] == "retry_later"
    assert await simulator.result("getLists") == []


async def test_an_http_status_hits_the_call_after_the_skipped_ones(simulator: Client) -> None:
    await simulator.fault("getLists", "status", status=502, skip=1)
    assert await simulator.result("getLists") == []
    answer = await simulator.post("getLists", f"api_key={simulator.api_key}")
    assert answer.status_code == 502


async def test_a_connection_dropped_after_the_work_leaves_the_work_done(simulator: Client) -> None:
    await simulator.fault("createList", "drop_after")
    with pytest.raises(httpx.TransportError):
        await simulator.call("createList", title="Сделан")
    assert [item["title"] for item in await simulator.result("getLists")] == ["Сделан"]


async def test_a_connection_dropped_before_the_work_leaves_it_undone(simulator: Client) -> None:
    await simulator.fault("createList", "drop_before")
    with pytest.raises(httpx.TransportError):
        await simulator.call("createList", title="Не сделан")
    assert await simulator.result("getLists") == []


async def test_a_call_that_hangs_was_done_all_the_same(simulator: Client) -> None:
    await simulator.fault("createList", "hang")
    call = asyncio.create_task(simulator.call("createList", title="Сделан"))
    made = await eventually(lambda: simulator.result("getLists"))
    assert ([item["title"] for item in made], call.done()) == (["Сделан"], False)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_delay_is_waited_for(simulator: Client) -> None:
    await simulator.fault("getLists", "delay", seconds=0.2)
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert await simulator.result("getLists") == []
    assert loop.time() - started >= 0.2

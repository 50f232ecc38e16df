"""Budgets of several processes on one PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from tests.processes import PLATFORM

from vestnik.db import Database
from vestnik.egress import Budget
from vestnik.egress.pacing import Pacer
from vestnik.engine import SharedPaces
from vestnik.engine.tables import pace, pace_share

NEARLY_S = 0.02


@pytest.fixture
def database_kind() -> str:
    """SQLite has one process: it keeps budgets by itself."""
    return "postgresql"


@pytest.fixture
async def hosts(database_url: str, database: Database) -> AsyncIterator[Callable[[], Pacer]]:
    """Makes pacers as processes have them, each with connections of its own."""
    made: list[tuple[Pacer, Database]] = []

    def make() -> Pacer:
        own = Database(database_url)
        made.append((Pacer(shared=SharedPaces(own)), own))
        return made[-1][0]

    yield make
    for pacer, own in made:
        await pacer.close()
        await own.stop()


async def request(
    pacer: Pacer, budgets: Sequence[Budget], began: list[float], *, urgent: bool = False, takes_s: float = 0
) -> None:
    """One request; `began` is told when it may go."""
    async with pacer.turn(budgets, None, urgent=urgent):
        began.append(time.monotonic())
        await asyncio.sleep(takes_s)


def keeps(budget: Budget, times: Sequence[float]) -> bool:
    """Whether requests keep to the rate by GCRA, as far as a busy machine lets this be seen."""
    due_at = 0.0
    for at in sorted(times):
        if at < due_at - budget.slack_s - NEARLY_S:
            return False
        due_at = max(at, due_at) + budget.step_s
    return True


async def test_one_rate_is_taken_till_it_is_spent_and_a_mark_gives_it_back(database: Database) -> None:
    paces = SharedPaces(database)
    rate = [("account:1:0", 60_000_000, 60_000_000)]
    first = await paces.take(rate, urgent=False, passes=4)
    second = await paces.take(rate, urgent=False, passes=4)
    refused = await paces.take(rate, urgent=False, passes=4)
    assert [first[0][0], second[0][0]] == [0.0, 0.0]
    assert 59 < refused[0][0] <= 60

    await paces.give_back([("account:1:0", 60_000_000, first[0][1])])  # something was taken since
    assert (await paces.take(rate, urgent=False, passes=4))[0][0] > 0
    await paces.give_back([("account:1:0", 60_000_000, second[0][1])])
    assert (await paces.take(rate, urgent=False, passes=4))[0][0] == 0.0


async def test_of_two_rates_both_are_taken_or_none(database: Database) -> None:
    paces = SharedPaces(database)
    wide, narrow = ("wide", 1_000, 100_000), ("narrow", 60_000_000, 0)
    assert [wait for wait, _ in await paces.take([wide, narrow], urgent=False, passes=4)] == [0.0, 0.0]
    waits = [wait for wait, _ in await paces.take([wide, narrow], urgent=False, passes=4)]
    assert waits[0] == 0.0
    assert waits[1] > 59
    async with database.read() as connection:
        wide_at = await connection.scalar(sa.select(pace.c.tat_us).where(pace.c.key == "wide"))
    (_, mark), *_ = await paces.take([wide], urgent=False, passes=4)
    assert 0 <= mark - int(wide_at or 0) - 1_000 < 5_000_000


async def test_while_an_urgent_request_waits_others_are_refused_but_for_one_after_some(
    database: Database,
) -> None:
    paces = SharedPaces(database)
    rate = [("account:1:0", 20_000, 0)]

    async def asked(*, urgent: bool) -> bool:
        return (await paces.take(rate, urgent=urgent, passes=2))[0][0] == 0.0

    async def due() -> None:
        await asyncio.sleep(0.025)

    assert await asked(urgent=False)
    assert not await asked(urgent=True)
    assert not await asked(urgent=False)
    outcomes = []
    for _ in range(3):
        await due()
        outcomes.append((await asked(urgent=False), await asked(urgent=True), await asked(urgent=True)))
    # Another is let go after two urgent ones, and then urgent ones have their turn again.
    assert outcomes[:2] == [(False, True, False), (False, True, False)]
    assert outcomes[2][:1] == (True,)


async def test_three_processes_keep_the_rate_of_an_account_together(hosts: Callable[[], Pacer]) -> None:
    rate = Budget("account:1:0", calls_per_minute=1_800, burst=3)
    budgets, began = [Budget("account:1"), rate], list[float]()
    pacers = [hosts() for _ in range(3)]
    await asyncio.gather(*(request(pacer, budgets, began) for pacer in pacers for _ in range(20)))
    assert len(began) == 60
    assert keeps(rate, began)


async def test_three_processes_hold_no_more_places_than_there_are(hosts: Callable[[], Pacer]) -> None:
    budgets, inside, most = [Budget("account:1", concurrency=3)], 0, 0

    async def hold(pacer: Pacer) -> None:
        nonlocal inside, most
        async with pacer.turn(budgets, None):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.02)
            inside -= 1

    await asyncio.gather(*(hold(pacer) for pacer in [hosts() for _ in range(3)] for _ in range(12)))
    assert most == 3


async def test_an_urgent_request_of_one_process_passes_those_that_wait_in_another(
    hosts: Callable[[], Pacer],
) -> None:
    rate = Budget("account:1:0", calls_per_minute=240)  # one every 0.25 s
    budgets = [Budget("account:1", concurrency=8), rate]
    bulk, urgent = list[float](), list[float]()
    busy, other = hosts(), hosts()
    waiting = [asyncio.create_task(request(busy, budgets, bulk)) for _ in range(9)]
    while not bulk:
        await asyncio.sleep(0.005)
    asked_at = time.monotonic()
    await request(other, budgets, urgent, urgent=True)
    assert urgent[0] - asked_at < 0.75
    await asyncio.gather(*waiting)
    assert keeps(rate, bulk + urgent)


async def test_a_request_that_gives_up_takes_nothing(hosts: Callable[[], Pacer]) -> None:
    budgets = [Budget("account:1", concurrency=1), Budget("account:1:0", calls_per_minute=60)]
    pacer, began = hosts(), list[float]()
    await request(pacer, budgets, began)
    waiting = [asyncio.create_task(request(pacer, budgets, began)) for _ in range(5)]
    await asyncio.sleep(0)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await request(pacer, budgets, began)
    assert 0.9 < began[1] - began[0] < 1.6


async def test_while_the_database_is_away_nothing_that_has_a_rate_goes_out(
    database_url: str, database: Database
) -> None:
    nowhere = Database(database_url.rpartition("/")[0] + "/is_not_there")
    pacer, began = Pacer(max_wait_s=0.2, shared=SharedPaces(nowhere)), list[float]()
    with pytest.raises(Exception, match="used up"):
        await request(pacer, [Budget("account:1"), Budget("account:1:0", calls_per_minute=600)], began)
    with pytest.raises(Exception, match="used up"):
        await request(pacer, [Budget("account:1", concurrency=2)], began)
    assert began == []
    await pacer.close()
    await nowhere.stop()


async def test_what_is_over_is_forgotten(database: Database) -> None:
    paces = SharedPaces(database)
    await paces.take([("account:1:0", 1, 0)], urgent=False, passes=4)
    await paces.share("account:1", 2, in_use=0, wanted=1, urgent=False, lease_s=0)
    await paces.forget()
    assert await rows(database) == (1, 1)
    await database.alone("UPDATE pace SET tat_us = 1, urgent_until_us = 0, other_until_us = 0", {})
    await database.alone("UPDATE pace_share SET until_us = 1", {})
    await paces.forget()
    assert await rows(database) == (0, 0)


async def rows(database: Database) -> tuple[int, int]:
    async with database.read() as connection:
        counts = [
            await connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (pace, pace_share)
        ]
    return counts[0] or 0, counts[1] or 0


HOST = """
import asyncio, json, sys, time
from vestnik.db import Database
from vestnik.egress import Budget
from vestnik.egress.pacing import Pacer
from vestnik.engine import SharedPaces

async def main(url, count, takes_s):
    database = Database(url)
    pacer = Pacer(shared=SharedPaces(database))
    budgets = [Budget("account:1", concurrency=4), Budget("account:1:0", calls_per_minute=3000, burst=2)]
    async def one():
        async with pacer.turn(budgets, None):
            began = time.monotonic()
            print(json.dumps([began, None]), flush=True)
            await asyncio.sleep(takes_s)
            print(json.dumps([began, time.monotonic()]), flush=True)
    await asyncio.gather(*(one() for _ in range(count)))
    await pacer.close()
    await database.stop()

asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
"""


def host(url: str, count: int, takes_s: float) -> subprocess.Popen[str]:
    """A process that makes requests."""
    return subprocess.Popen(
        [sys.executable, "-c", HOST, url, str(count), str(takes_s)],
        env={"PYTHONPATH": str(PLATFORM)},
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> list[Any]:
    """What it says till its end."""
    said, _ = process.communicate(timeout=60)
    return [json.loads(line) for line in said.splitlines()]


def test_two_real_processes_keep_the_budgets_of_an_account(database_url: str) -> None:
    processes = [host(database_url, 40, 0.05) for _ in range(2)]
    lines = [line for process in processes for line in told(process)]
    assert [process.returncode for process in processes] == [0, 0]
    ended = [(began, end) for began, end in lines if end is not None]
    assert len(ended) == 80
    assert keeps(Budget("account:1:0", calls_per_minute=3000, burst=2), [began for began, _ in ended])
    moments = sorted([(at, 1) for at, _ in ended] + [(at, -1) for _, at in ended])
    inside = most = 0
    for _, change in moments:
        inside += change
        most = max(most, inside)
    assert most <= 4


@pytest.mark.slow  # a share is held for ten seconds
async def test_the_places_of_a_process_that_was_killed_are_free_when_its_time_is_over(
    database_url: str, hosts: Callable[[], Pacer]
) -> None:
    killed = host(database_url, 4, 600.0)
    assert killed.stdout is not None
    for _ in range(4):
        await asyncio.to_thread(killed.stdout.readline)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    began, asked_at = list[float](), time.monotonic()
    await request(hosts(), [Budget("account:1", concurrency=4)], began)
    assert 5 < began[0] - asked_at < 15


@pytest.mark.slow
async def test_a_process_that_was_frozen_begins_nothing_on_what_it_held(
    database_url: str, hosts: Callable[[], Pacer]
) -> None:
    frozen = host(database_url, 200, 0.2)
    assert frozen.stdout is not None
    await asyncio.to_thread(frozen.stdout.readline)
    frozen.send_signal(signal.SIGSTOP)
    began = list[float]()
    holding = [
        asyncio.create_task(request(hosts(), [Budget("account:1", concurrency=4)], began, takes_s=5))
        for _ in range(4)
    ]
    while len(began) < 4:
        await asyncio.sleep(0.05)
    woken_at = time.monotonic()
    frozen.send_signal(signal.SIGCONT)
    await asyncio.gather(*holding)
    frozen.kill()
    lines = told(frozen)
    # What was under way ends; none of the others began before the first place was free again.
    assert not [at for at, end in lines if end is None and woken_at < at < min(began) + 5]

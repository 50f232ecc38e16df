"""Rate budgets of accounts."""

from __future__ import annotations

import asyncio
import time

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.engine import Rates
from vestnik.engine.tables import rate


async def test_burst_is_granted_at_once_and_the_next_unit_says_how_long_to_wait(database: Database) -> None:
    rates = Rates(database)

    granted = [await rates.take(1, "calls", per_s=0.02, burst=3) for _ in range(3)]
    wait_s = await rates.take(1, "calls", per_s=0.02, burst=3)

    assert granted == [0.0, 0.0, 0.0]
    assert 30 < wait_s <= 50


async def test_budgets_of_two_accounts_and_of_two_names_are_apart(database: Database) -> None:
    rates = Rates(database)

    first = [await rates.take(account, name, per_s=0.01) for account, name in [(1, "a"), (2, "a"), (1, "b")]]

    assert first == [0.0, 0.0, 0.0]
    assert await rates.take(1, "a", per_s=0.01) > 90


async def test_budgets_that_are_whole_again_leave_no_rows(database: Database) -> None:
    rates = Rates(database)
    for number in range(5):
        await rates.take(1, f"short {number}", per_s=1_000_000)
    await rates.take(1, "long", per_s=0.01)
    await rates.take(2, "of another account", per_s=0.01)

    async with database.read() as connection:
        names = (await connection.scalars(sa.select(rate.c.name).order_by(rate.c.account_id))).all()
    assert names == ["long", "of another account"]


async def test_cost_weighs(database: Database) -> None:
    rates = Rates(database)

    assert await rates.take(1, "messages", per_s=5, burst=500, cost=500) == 0.0
    assert 90 < await rates.take(1, "messages", per_s=5, burst=500, cost=500) <= 100


async def test_many_at_once_keep_to_the_rate(database: Database) -> None:
    rates = Rates(database)
    began = time.monotonic()

    granted = await asyncio.gather(
        *(rates.acquire(1, "calls", per_s=50, burst=5, limit_s=10) for _ in range(30))
    )

    assert all(granted)
    assert time.monotonic() - began >= (30 - 5) / 50 * 0.95


async def test_wait_that_would_be_too_long_is_refused_at_once(database: Database) -> None:
    rates = Rates(database)
    await rates.take(1, "calls", per_s=0.1)
    began = time.monotonic()

    assert not await rates.acquire(1, "calls", per_s=0.1, limit_s=5)
    assert time.monotonic() - began < 5  # not the ten seconds that it would have waited

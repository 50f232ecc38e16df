"""Numbers that people call things by."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from vestnik.db import Database
from vestnik.db.numbers import next_number


async def test_each_kind_is_counted_by_itself_without_gaps_or_repeats(database: Database) -> None:
    taken = await asyncio.gather(
        *(database.write(next_number, "lead") for _ in range(20)), database.write(next_number, "order")
    )
    assert (sorted(taken[:20]), taken[20]) == ([*range(1, 21)], 1)


async def test_a_unit_of_work_that_fails_takes_no_number(database: Database) -> None:
    def fail(connection: sa.Connection) -> None:
        next_number(connection, "deal")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    assert await database.write(next_number, "deal") == 1

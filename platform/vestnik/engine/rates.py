"""Rate budgets, weighted: GCRA, one row a budget, shared by all processes.

A budget that is whole again is as good as none: an account's next request takes such rows away.
"""

from __future__ import annotations

import asyncio
import time

import sqlalchemy as sa

from vestnik.db import Database, insert
from vestnik.engine.tables import rate

_SECOND_US = 1_000_000


class Rates:
    """The budgets of accounts at their providers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, account_id: int, name: str, *, per_s: float, burst: float = 1, cost: float = 1
    ) -> float:
        """Take `cost` units of the budget `name`: 0.0 when granted, else how many seconds to wait.

        `per_s` units come back each second; `burst` units may be taken at once.
        """
        return await self._database.write(_take, account_id, name, per_s, burst, cost)

    async def acquire(
        self,
        account_id: int,
        name: str,
        *,
        per_s: float,
        burst: float = 1,
        cost: float = 1,
        limit_s: float,
    ) -> bool:
        """Wait for `cost` units, at most `limit_s`; False, at once, when they can't come within it."""
        deadline = time.monotonic() + limit_s
        while (wait_s := await self.take(account_id, name, per_s=per_s, burst=burst, cost=cost)) > 0:
            if time.monotonic() + wait_s > deadline:
                return False
            await asyncio.sleep(wait_s)
        return True


def _take(
    connection: sa.Connection, account_id: int, name: str, per_s: float, burst: float, cost: float
) -> float:
    now_us = time.time_ns() // 1000
    cost_us = round(cost / per_s * _SECOND_US)
    slack_us = max(0, round((burst - cost) / per_s * _SECOND_US))
    connection.execute(sa.delete(rate).where(rate.c.account_id == account_id, rate.c.tat_us <= now_us))
    inserted = insert(connection, rate).values(account_id=account_id, name=name, tat_us=now_us + cost_us)
    start = sa.case((rate.c.tat_us > now_us, rate.c.tat_us), else_=now_us)
    granted = connection.execute(
        inserted.on_conflict_do_update(
            index_elements=["account_id", "name"],
            set_={"tat_us": start + cost_us},
            where=rate.c.tat_us <= now_us + slack_us,
        ).returning(rate.c.tat_us)
    ).first()
    if granted is not None:
        return 0.0
    tat_us = connection.execute(
        sa.select(rate.c.tat_us).where(rate.c.account_id == account_id, rate.c.name == name)
    ).scalar_one()
    return max(0.001, (int(tat_us) - now_us - slack_us) / _SECOND_US)

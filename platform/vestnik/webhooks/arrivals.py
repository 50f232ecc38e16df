"""How the webhooks of accounts are: when the last one came, and how many of the last day failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.db import now
from vestnik.webhooks.inbox import State
from vestnik.webhooks.tables import attempt, inbox

#: Failures of this time are counted.
FAILURES_WITHIN = timedelta(hours=24)
#: Of the failed attempts the newest are looked at: more failures than that are told as that many.
NEWEST_ATTEMPTS = 10_000


@dataclass(frozen=True, slots=True)
class Arrivals:
    """An account's webhooks: the last one, and requests of the last day that failed and were not mended."""

    account_id: int
    last_at: datetime | None
    failures: int


async def arrivals_of(connection: AsyncConnection, account_ids: Sequence[int]) -> list[Arrivals]:
    """How the webhooks of each of the accounts are, in the order of the ids."""
    failures = await _failures(connection)
    found = []
    for account_id in account_ids:
        newest = (
            sa.select(inbox.c.received_at)
            .where(inbox.c.account_id == account_id, inbox.c.state != State.PROBE)
            .order_by(inbox.c.id.desc())
            .limit(1)
        )
        last_at = await connection.scalar(newest)
        found.append(Arrivals(account_id, last_at, failures.get(account_id, 0)))
    return found


async def _failures(connection: AsyncConnection) -> dict[int, int]:
    recent = (
        sa.select(attempt.c.inbox_id, attempt.c.at).order_by(attempt.c.id.desc()).limit(NEWEST_ATTEMPTS)
    ).subquery()
    counted = (
        sa.select(inbox.c.account_id, sa.func.count(sa.distinct(inbox.c.id)))
        .join(recent, recent.c.inbox_id == inbox.c.id)
        .where(
            recent.c.at >= now() - FAILURES_WITHIN,
            inbox.c.state.in_([State.RETRYING, State.FAILED]),
        )
        .group_by(inbox.c.account_id)
    )
    return {row[0]: row[1] for row in await connection.execute(counted)}

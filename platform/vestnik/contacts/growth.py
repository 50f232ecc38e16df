"""How a category's subscribers grow: who subscribed and who left, week by week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts.tables import category, consent, subscription

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """One week from `begins` on: contacts that subscribed in it, and that unsubscribed."""

    begins: datetime
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A category, how many chose it and how many left it, and its last weeks, the oldest first."""

    title: str
    description: str
    subscribed: int
    unsubscribed: int
    weeks: Sequence[Week]


async def growth_of(
    connection: AsyncConnection, category_id: int, until: datetime, weeks: int
) -> Growth | None:
    """The growth of a category up to `until`; None when there is no such category.

    Whoever unsubscribed from everything is lost to each category. A week counts a contact once.
    """
    found = (await connection.execute(sa.select(category).where(category.c.id == category_id))).one_or_none()
    if found is None:
        return None
    counted = await connection.execute(
        sa.select(subscription.c.subscribed, sa.func.count())
        .where(subscription.c.category_id == category_id)
        .group_by(subscription.c.subscribed)
    )
    now_at = {subscribed: number for subscribed, number in counted}
    starts = [until - WEEK * number for number in range(weeks, 0, -1)]
    columns = [column for start in starts for column in _of_week(start, category_id)]
    numbers: Sequence[int] = (
        await connection.execute(
            sa.select(*columns).where(
                consent.c.at >= starts[0],
                consent.c.at < until,
                (consent.c.category_id == category_id) | consent.c.category_id.is_(None),
            )
        )
    ).one()
    return Growth(
        title=found.title,
        description=found.description,
        subscribed=now_at.get(True, 0),
        unsubscribed=now_at.get(False, 0),
        weeks=[
            Week(start, numbers[2 * number], numbers[2 * number + 1]) for number, start in enumerate(starts)
        ],
    )


async def subscribers(connection: AsyncConnection) -> Mapping[int, int]:
    """How many contacts are subscribed to each live category, oldest first; one pass of an index."""
    live = sa.select(category.c.id).where(category.c.archived_at.is_(None)).order_by(category.c.id)
    ids = (await connection.scalars(live)).all()
    counted = await connection.execute(
        sa.select(subscription.c.category_id, sa.func.count())
        .where(subscription.c.subscribed)
        .group_by(subscription.c.category_id)
    )
    numbers = {category_id: number for category_id, number in counted}
    return {id: numbers.get(id, 0) for id in ids}


def _of_week(start: datetime, category_id: int) -> Sequence[sa.ColumnElement[int]]:
    """How many subscribed, and how many left, in the week that begins at `start`."""
    within = (consent.c.at >= start) & (consent.c.at < start + WEEK)
    given = within & (consent.c.state == "given") & (consent.c.category_id == category_id)
    withdrawn = within & (consent.c.state == "withdrawn")
    return [
        sa.func.count(sa.distinct(sa.case((which, consent.c.contact_id)))) for which in (given, withdrawn)
    ]

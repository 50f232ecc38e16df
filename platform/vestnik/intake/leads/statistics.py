"""Leads counted: by source and by person, how fast somebody answered, and what the compatible API asks for.

The response time goes from a lead's arrival to the first thing that somebody did about it. Half and nine
tenths of the answered leads took no longer than the two figures say: an average would tell of the one lead
that lay over the holidays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.intake.leads.tables import channel, lead
from vestnik.people.tables import user

#: The part of the answered leads that the slower figure speaks of, in percent.
SLOW_PERCENT = 90

_RESULTS = ("spam", "duplicate", "other", "not_target")


@dataclass(frozen=True, slots=True)
class Figures:
    """Leads of one source or of one person that arrived in a period; None stands for "without"."""

    id: int | None
    title: str | None
    total: int
    open: int
    in_work: int
    processed: int
    closed: int
    spam: int
    duplicate: int
    other: int
    not_target: int
    converted: int
    answered: int
    median_s: float | None
    slow_s: float | None
    finish_s: float | None


@dataclass(frozen=True, slots=True)
class Month:
    """A person's leads of the current month: arrived and not over, and over by now."""

    user_id: int
    login: str
    name: str
    open: int
    processed: int


async def by_channel(connection: AsyncConnection, since: datetime, until: datetime) -> list[Figures]:
    """Figures of each source, the most leads first."""
    return await _figures(connection, lead.c.channel_id, channel, channel.c.title, since, until)


async def by_person(connection: AsyncConnection, since: datetime, until: datetime) -> list[Figures]:
    """Figures of each person who is responsible, the most leads first."""
    return await _figures(connection, lead.c.responsible_id, user, user.c.name, since, until)


async def of_month(connection: AsyncConnection, at: datetime, zone: ZoneInfo) -> list[Month]:
    """What each person who may sign in has to do and has done in the month of `at`, by log-in."""
    local = at.astimezone(zone)
    begins = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    arrived = sa.and_(lead.c.created_at >= begins, lead.c.status.in_(("open", "in_work")))
    ended = lead.c.finished_at >= begins
    query = (
        sa.select(
            user.c.id,
            user.c.email,
            user.c.name,
            _count(arrived).label("open"),
            _count(ended).label("processed"),
        )
        .outerjoin(lead, (lead.c.responsible_id == user.c.id) & (arrived | ended))
        .where(user.c.disabled.is_(False))
        .group_by(user.c.id, user.c.email, user.c.name)
        .order_by(user.c.email, user.c.id)
    )
    return [Month(*row) for row in await connection.execute(query)]


async def _figures(
    connection: AsyncConnection,
    key: sa.Column[Any],
    table: sa.Table,
    title: sa.Column[Any],
    since: datetime,
    until: datetime,
) -> list[Figures]:
    arrived = sa.and_(lead.c.created_at >= since, lead.c.created_at < until)
    counted = (
        sa.select(
            key.label("id"),
            title.label("title"),
            sa.func.count().label("total"),
            *(
                _count(lead.c.status == status).label(status)
                for status in ("open", "in_work", "processed", "closed")
            ),
            *(_count(lead.c.result == result).label(result) for result in _RESULTS),
            _count(lead.c.converted_at.is_not(None)).label("converted"),
            _count(lead.c.taken_at.is_not(None)).label("answered"),
        )
        .select_from(lead.outerjoin(table, table.c.id == key))
        .where(arrived)
        .group_by(key, title)
        .order_by(sa.desc("total"), title, key)
    )
    answers = await _times(connection, key, arrived, lead.c.taken_at)
    ends = await _times(connection, key, arrived, lead.c.finished_at)
    found = []
    for row in await connection.execute(counted):
        median_s, slow_s = answers.get(row.id, (None, None))
        finish_s, _ = ends.get(row.id, (None, None))
        found.append(Figures(**row._mapping, median_s=median_s, slow_s=slow_s, finish_s=finish_s))
    return found


async def _times(
    connection: AsyncConnection,
    key: sa.Column[Any],
    arrived: sa.ColumnElement[bool],
    until: sa.Column[datetime | None],
) -> dict[int | None, tuple[float, float]]:
    """Seconds within which half, and nine tenths, of the leads that got so far did."""
    took = sa.type_coerce(until, sa.BigInteger) - sa.type_coerce(lead.c.created_at, sa.BigInteger)
    ranked = (
        sa.select(
            key.label("id"),
            took.label("took"),
            sa.func.row_number().over(partition_by=key, order_by=took).label("place"),
            sa.func.count().over(partition_by=key).label("reached"),
        )
        .where(arrived, until.is_not(None))
        .subquery()
    )
    half, slow = (_place(ranked.c.reached, percent) for percent in (50, SLOW_PERCENT))
    query = sa.select(
        ranked.c.id, ranked.c.place, ranked.c.took, half.label("half"), slow.label("slow")
    ).where((ranked.c.place == half) | (ranked.c.place == slow))
    found: dict[int | None, dict[str, float]] = {}
    for row in await connection.execute(query):
        times = found.setdefault(row.id, {})
        for name in ("half", "slow"):
            if row.place == getattr(row, name):
                times[name] = row.took / 1_000_000
    return {id: (times["half"], times["slow"]) for id, times in found.items()}


def _place(count: sa.ColumnElement[int], percent: int) -> sa.ColumnElement[int]:
    """The place, from 1 on, within which `percent` of so many lie: rounded up, in whole numbers."""
    return (count * percent + 99) // 100


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

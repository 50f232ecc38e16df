"""A category as long-running support: its issues in time, and what they did to its subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from vestnik.campaigns.ledger import Row
from vestnik.campaigns.reading import Line, figures_of
from vestnik.campaigns.tables import campaign
from vestnik.contacts.growth import Growth, growth_of, subscribers
from vestnik.db import Database, now
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor

WEEKS = 12
ISSUES = 50


@dataclass(frozen=True, slots=True)
class CategoryIssues:
    """A category's growth, its newest issues, and the one that a new issue would begin from."""

    growth: Growth
    issues: Sequence[Line]
    total: int
    last_id: int | None


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """What a list shows of a category: subscribers, issues, and when the last one was begun."""

    category_id: int
    subscribed: int
    issues: int
    last_at: datetime | None


class Issues:
    """Reads the issues of categories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def figures(self, actor: Actor) -> list[CategoryFigures]:
        """The figures of every live category, oldest first."""
        actor.require("campaigns.read")
        begun = (
            sa.select(campaign.c.category_id, sa.func.count(), sa.func.max(campaign.c.launched_at))
            .where(campaign.c.launched_at.is_not(None))
            .group_by(campaign.c.category_id)
        )
        async with self._database.read() as connection:
            subscribed = await subscribers(connection)
            issues = {id: (number, last) for id, number, last in await connection.execute(begun)}
        return [CategoryFigures(id, number, *issues.get(id, (0, None))) for id, number in subscribed.items()]

    async def of(self, actor: Actor, category_id: int) -> CategoryIssues:
        """Everything that was begun in a category, the newest first."""
        actor.require("campaigns.read")
        begun = (campaign.c.category_id == category_id) & campaign.c.launched_at.is_not(None)
        async with self._database.read() as connection:
            growth = await growth_of(connection, category_id, now(), WEEKS)
            if growth is None:
                raise NotFound()
            total = await connection.scalar(sa.select(sa.func.count()).select_from(campaign).where(begun))
            newest = sa.select(campaign).where(begun).order_by(campaign.c.launched_at.desc()).limit(ISSUES)
            rows: Sequence[Row] = (await connection.execute(newest)).all()
        lines = [Line(row, figures_of(row)) for row in rows]
        return CategoryIssues(growth, lines, total or 0, rows[0].id if rows else None)

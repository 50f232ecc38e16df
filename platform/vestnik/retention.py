"""How long what people leave behind is kept: a term for each kind, which an administrator may change.

    LETTERS = Term("letters", days=90)            # beside what is kept, in the room that keeps it
    before = await LETTERS.cutoff(database)       # by the periodic work that takes away; None: nothing goes

A term is read whenever something is taken away, so that a change holds for every process at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from vestnik.db import Database, Exact, metadata, now

#: The longest term that can be set, in days: ten years.
MOST_DAYS = 3650

#: Terms that were set; without a row a kind's default holds.
retention = sa.Table(
    "retention",
    metadata,
    sa.Column("name", Exact, primary_key=True),
    # None: for ever.
    sa.Column("days", sa.Integer),
)


@dataclass(frozen=True, slots=True)
class Term:
    """How many days one kind is kept (None: for ever) unless an administrator says otherwise.

    `least` and `most` are bounds of what may be set; `for_ever`: that may be set as well.
    """

    name: str
    days: int | None
    least: int = 1
    most: int = MOST_DAYS
    for_ever: bool = False

    def allows(self, days: int | None) -> bool:
        """Whether the term may be set so."""
        return self.for_ever if days is None else self.least <= days <= self.most

    def chosen(self, connection: sa.Connection) -> int | None:
        """The days that hold now; None: for ever."""
        row = connection.execute(
            sa.select(retention.c.days).where(retention.c.name == self.name)
        ).one_or_none()
        return self.days if row is None else row.days

    async def held(self, database: Database) -> int | None:
        """The same, in a reading of its own."""
        async with database.read() as connection:
            return await connection.run_sync(self.chosen)

    async def cutoff(self, database: Database) -> datetime | None:
        """What is older than this goes; None: nothing does."""
        days = await self.held(database)
        return None if days is None else now() - timedelta(days=days)

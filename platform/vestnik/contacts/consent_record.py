"""The consent record of a contact: everything it ever chose, with when, how and from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from vestnik.contacts.consents import ConsentState
from vestnik.contacts.reading import kept_of
from vestnik.contacts.tables import category, consent
from vestnik.db import Database
from vestnik.people.access import Actor


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One choice; no category means all of them."""

    category_id: int | None
    category: str | None
    state: ConsentState
    at: datetime
    how: str
    from_where: str


class ConsentRecord:
    """Reads the journal of consents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, actor: Actor, contact_id: int, category_id: int | None, offset: int, limit: int
    ) -> tuple[list[ConsentRow], int]:
        """The choices of a contact, newest first; of one category and those for all, if one is given."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            where = [consent.c.contact_id == await kept_of(connection, contact_id)]
            if category_id is not None:
                where.append(consent.c.category_id.is_(None) | (consent.c.category_id == category_id))
            total = await connection.scalar(sa.select(sa.func.count()).select_from(consent).where(*where))
            rows = await connection.execute(
                sa.select(
                    consent.c.category_id,
                    category.c.title,
                    consent.c.state,
                    consent.c.at,
                    consent.c.how,
                    consent.c.from_where,
                )
                .outerjoin(category, category.c.id == consent.c.category_id)
                .where(*where)
                .order_by(consent.c.at.desc(), consent.c.id.desc())
                .offset(offset)
                .limit(limit)
            )
            return [ConsentRow(*row) for row in rows], total or 0

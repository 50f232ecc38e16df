"""What leads tell on the cards of a contact and of a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.companies.relations import Related, Relation
from vestnik.contacts.timeline import TimelineEntry
from vestnik.http.errors import Text
from vestnik.intake.leads.tables import lead
from vestnik.intake.leads.wording import called, numbered

_CAME: Text = {"ru": "Поступила заявка № {number}", "en": "Lead no. {number} came in"}
_OVER: Mapping[str, Text] = {
    "processed": {"ru": "Заявка № {number} обработана", "en": "Lead no. {number} is processed"},
    "closed": {"ru": "Заявка № {number} закрыта", "en": "Lead no. {number} is closed"},
}


async def came(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> Sequence[TimelineEntry]:
    """Leads of a contact, when they came in."""
    query = (
        sa.select(lead)
        .where(lead.c.contact_id == contact_id)
        .order_by(lead.c.created_at.desc(), lead.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(lead.c.created_at <= before)
    return [
        TimelineEntry(
            row.created_at,
            "lead_created",
            _with_number(_CAME, row.number),
            f"/leads/{row.id}",
            called(row._mapping, row.subject) or None,
        )
        for row in await connection.execute(query)
    ]


async def over(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> Sequence[TimelineEntry]:
    """Leads of a contact, when they were processed or closed."""
    query = (
        sa.select(lead.c.id, lead.c.number, lead.c.status, lead.c.finished_at)
        .where(lead.c.contact_id == contact_id, lead.c.finished_at.is_not(None), lead.c.status.in_(_OVER))
        .order_by(lead.c.finished_at.desc(), lead.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(lead.c.finished_at <= before)
    return [
        TimelineEntry(
            row.finished_at,
            f"lead_{row.status}",
            _with_number(_OVER[row.status], row.number),
            f"/leads/{row.id}",
        )
        for row in await connection.execute(query)
    ]


SOURCES = (came, over)


async def _of_client(
    connection: AsyncConnection, client_id: int, limit: int
) -> tuple[Sequence[Related], int]:
    where = lead.c.client_id == client_id
    total = await connection.scalar(sa.select(sa.func.count()).select_from(lead).where(where))
    rows = await connection.execute(
        sa.select(lead).where(where).order_by(lead.c.created_at.desc(), lead.c.id.desc()).limit(limit)
    )
    items = [
        Related(
            row.id,
            called(row._mapping, row.subject) or numbered(row.number, "ru"),
            f"/leads/{row.id}",
            row.created_at,
            {"ru": numbered(row.number, "ru"), "en": numbered(row.number, "en")},
        )
        for row in rows
    ]
    return items, total or 0


#: The leads of a client, on its card.
OF_CLIENTS = Relation("leads", "leads.read", _of_client)


def _with_number(text: Text, number: int) -> Text:
    return {"ru": text["ru"].format(number=number), "en": text["en"].format(number=number)}

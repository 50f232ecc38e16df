"""The contacts of a company, as its card tells them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.companies.relations import Related, Relation
from vestnik.contacts.reading import people
from vestnik.contacts.tables import contact


async def contacts_of_company(
    connection: AsyncConnection, client_id: int, most: int
) -> tuple[Sequence[Related], int]:
    """The newest contacts of a company, each with its first address, and how many there are."""
    own = (contact.c.company_id == client_id) & contact.c.merged_into.is_(None)
    total = await connection.scalar(sa.select(sa.func.count()).select_from(contact).where(own))
    newest = sa.select(contact.c.id).where(own).order_by(contact.c.id.desc()).limit(most)
    found = await people(connection, list(await connection.scalars(newest)))
    return [
        Related(
            id=each.id,
            title=each.name,
            link=f"/contacts/{each.id}",
            at=each.created_at,
            detail=next(iter([*each.texts("email"), *each.texts("phone")]), None),
        )
        for each in found
    ], total or 0


RELATION = Relation("contacts", "contacts.read", contacts_of_company)

"""The last look before people are handed over: who left since the plan was made is not among them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.lists.applying import Batch
from vestnik.lists.consent import judged


async def who_stays(
    database: Database, sync: sa.Row[Any], batch: Batch, stands_for: int | None = None
) -> dict[int, str]:
    """The names of those in a batch who may still be written to, at the address that the plan has.

    `stands_for`: the category of the list itself, see `judged`.
    """
    ids = [each.contact_id for each in batch.ops if each.contact_id is not None]
    members = sa.select(contact.c.id.label("contact_id"), contact.c.name).where(contact.c.id.in_(ids))
    wanted = judged(members, sync.category_id, stands_for, find_duplicates=False, beside=["name"])
    async with database.read() as connection:
        rows = await connection.execute(wanted)
        stay = {(each.contact_id, each.address): each.name for each in rows if each.verdict == "ok"}
    return {
        each.contact_id: stay[each.contact_id, each.address]
        for each in batch.ops
        if each.contact_id is not None and (each.contact_id, each.address) in stay
    }

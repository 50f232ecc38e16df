"""The demo's templates come from its sending service, as any others would."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from vestnik.people.access import SYSTEM
from vestnik.templates.service import Import, Templates
from vestnik.templates.tables import template, template_html, template_import


async def create_demo(templates: Templates, account_id: int) -> Import:
    """Import the templates of the demo's account and wait until they are here."""
    id = await templates.import_from(SYSTEM, account_id)
    await templates.finished(id)
    return await templates.import_state(SYSTEM, id)


def remove_demo(connection: sa.Connection, account_ids: Collection[int]) -> None:
    """Take away the templates of the demo's accounts; campaigns that refer to them are removed before."""
    made = sa.select(template.c.id).where(template.c.account_id.in_(account_ids))
    connection.execute(sa.delete(template_html).where(template_html.c.template_id.in_(made)))
    connection.execute(sa.delete(template).where(template.c.account_id.in_(account_ids)))
    connection.execute(sa.delete(template_import).where(template_import.c.account_id.in_(account_ids)))

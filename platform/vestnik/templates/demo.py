"""The demo's templates come from its sending service, as any others would."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa

from vestnik.db import Database, fold, now
from vestnik.people.access import SYSTEM
from vestnik.templates.service import Import, Templates
from vestnik.templates.tables import template, template_html, template_import

_GONE = (
    "Летняя распродажа",
    "Скидки лета, {{Name}}",
    "<h1>Летняя распродажа</h1><p>{{Name}}, до конца августа все атласы дешевле на треть.</p>",
)


async def create_demo(database: Database, templates: Templates, account_id: int) -> Import:
    """Import the templates of the demo's account and wait until they are here."""
    id = await templates.import_from(SYSTEM, account_id)
    await templates.finished(id)
    await database.write(_add_archived, account_id, id)
    return await templates.import_state(SYSTEM, id)


def _add_archived(connection: sa.Connection, account_id: int, import_id: int) -> None:
    """A template that the service had in summer."""
    name, subject, html = _GONE
    at = now()
    id = connection.execute(
        sa.insert(template)
        .values(
            account_id=account_id,
            external_id="gone-1",
            type="email",
            name=name,
            name_folded=fold(name),
            subject=subject,
            subject_folded=fold(subject),
            description="",
            language="ru",
            updated_at=at - timedelta(days=140),
            import_id=import_id,
            archived_at=at - timedelta(days=80),
        )
        .returning(template.c.id)
    ).scalar_one()
    connection.execute(
        sa.insert(template_html).values(template_id=id, html=html, fetched_at=at - timedelta(days=141))
    )


def remove_demo(connection: sa.Connection, account_ids: Collection[int]) -> None:
    """Take away the templates of the demo's accounts; campaigns that refer to them are removed before."""
    made = sa.select(template.c.id).where(template.c.account_id.in_(account_ids))
    connection.execute(sa.delete(template_html).where(template_html.c.template_id.in_(made)))
    connection.execute(sa.delete(template).where(template.c.account_id.in_(account_ids)))
    connection.execute(sa.delete(template_import).where(template_import.c.account_id.in_(account_ids)))

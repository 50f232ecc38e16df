"""What an import did not do, row by row, as files list it: rejected rows, contacts that stayed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.imports import reasons
from vestnik.contacts.imports.tables import contact_change, contact_import_reject
from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.http.csv_files import safe
from vestnik.http.errors import Language

_LISTED_AT_ONCE = 500


async def rejects(database: Database, row: sa.Row[Any], language: Language) -> AsyncIterator[list[str]]:
    """The rejected rows of an import: number, reason, and the cells under their titles."""
    own = {"ru": ["Строка", "Почему не взята"], "en": ["Row", "Why it was not taken"]}[language]
    yield [*own, *map(safe, (row.mapping or {}).get("titles", []))]
    last = -1
    while True:
        table = contact_import_reject
        page = sa.select(table).where(table.c.import_id == row.id, table.c.row > last)
        async with database.read() as connection:
            rows = (await connection.execute(page.order_by(table.c.row).limit(_LISTED_AT_ONCE))).all()
        for each in rows:
            why = reasons.words(reasons.ROWS, each.reason["code"], language, **_column(each.reason))
            yield [str(each.row), safe(why), *map(safe, each.cells)]
        if len(rows) < _LISTED_AT_ONCE:
            return
        last = rows[-1].row


async def not_undone(database: Database, import_id: int, language: Language) -> AsyncIterator[list[str]]:
    """Contacts that stayed as an import left them, and why."""
    yield {"ru": ["Номер", "Контакт", "Почему оставлен"], "en": ["Number", "Contact", "Why it stayed"]}[
        language
    ]
    last = -1
    table = contact_change
    while True:
        page = (
            sa.select(table.c.contact_id, table.c.not_undone, contact.c.name)
            .outerjoin(contact, contact.c.id == table.c.contact_id)
            .where(table.c.import_id == import_id, table.c.contact_id > last)
            .where(table.c.not_undone.is_not(None))
            .order_by(table.c.contact_id)
            .limit(_LISTED_AT_ONCE)
        )
        async with database.read() as connection:
            rows = (await connection.execute(page)).all()
        for each in rows:
            why = reasons.words(reasons.KEPT, each.not_undone, language)
            yield [str(each.contact_id), safe(each.name or ""), why]
        if len(rows) < _LISTED_AT_ONCE:
            return
        last = rows[-1].contact_id


def _column(reason: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reason.items() if name != "code"}

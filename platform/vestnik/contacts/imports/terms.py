"""What imports leave behind, and of which of them it is kept long enough."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from vestnik.contacts.imports.tables import (
    contact_change,
    contact_import,
    contact_import_part,
    contact_import_reject,
)
from vestnik.contacts.tables import suppression_import

_ALIVE = ("running", "undoing")
_OVER = ("failed", "cancelled", "undone")
_ROWS = (contact_change, contact_import_reject)


def stale(before: datetime) -> sa.ColumnElement[bool]:
    """Files that nobody went on with."""
    return (contact_import.c.state == "uploaded") & (contact_import.c.created_at < before)


def files(before: datetime) -> sa.ColumnElement[bool]:
    """Imports that are over, and whose file is still there."""
    return sa.and_(
        contact_import.c.state.in_(_OVER),
        contact_import.c.finished_at < before,
        sa.exists().where(contact_import_part.c.import_id == contact_import.c.id),
    )


def rows(before: datetime) -> sa.ColumnElement[bool]:
    """Imports of which there is more than their counts: what was before, what was refused."""
    left = [sa.exists().where(each.c.import_id == contact_import.c.id) for each in _ROWS]
    entries = sa.exists().where(suppression_import.c.import_id == contact_import.c.id)
    return sa.and_(
        contact_import.c.state.not_in(_ALIVE), contact_import.c.created_at < before, sa.or_(*left, entries)
    )


def count_files(before: datetime) -> sa.Select[int]:
    """How many files go."""
    return sa.select(sa.func.count()).select_from(contact_import).where(stale(before) | files(before))


def count_rows(before: datetime) -> sa.Select[int]:
    """How many images and refused rows go."""
    old = sa.select(contact_import.c.id).where(rows(before))
    return sa.select(
        sum(
            (
                sa.select(sa.func.count())
                .select_from(each)
                .where(each.c.import_id.in_(old))
                .scalar_subquery()
                for each in _ROWS
            ),
            start=sa.literal(0),
        )
    )

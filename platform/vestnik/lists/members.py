"""Whose addresses a sync is about: the contacts of its source."""

from __future__ import annotations

from typing import Any, Protocol

import sqlalchemy as sa

from vestnik.contacts.tables import contact

Row = sa.Row[Any]


class Segments(Protocol):
    """The members of a segment, as column `contact_id`."""

    def select(self, connection: sa.Connection, segment_id: int, *, whole: bool = False) -> sa.Select[Any]:
        """Raises a Problem where nobody can tell who is in."""


class Sources:
    """Contacts by the source of a sync."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments

    def members(self, connection: sa.Connection, row: Row) -> sa.Select[Any]:
        """The contacts of a sync's source, each once, as column `contact_id`.

        Clients are contacts of a company or a person that buys: leads that became nobody are not among them.
        """
        if row.source == "segment":
            return self._segments.select(connection, row.segment_id)
        everybody = sa.select(contact.c.id.label("contact_id")).where(contact.c.merged_into.is_(None))
        return everybody.where(contact.c.company_id.is_not(None)) if row.source == "clients" else everybody

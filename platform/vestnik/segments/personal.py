"""What segments know of a person: the static ones that the person is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database, insert_ignore
from vestnik.privacy.holdings import Holding, Page, Subject, Sweep, page
from vestnik.privacy.texts import Texts
from vestnik.segments.tables import segment, segment_member


def follow_merge(connection: sa.Connection, kept_id: int, others: Sequence[int]) -> None:
    """Have the contact that stays be a member wherever one of the others was."""
    of_others = segment_member.c.contact_id.in_(others)
    segments = connection.scalars(sa.select(segment_member.c.segment_id).where(of_others).distinct()).all()
    connection.execute(sa.delete(segment_member).where(of_others))
    if segments:
        connection.execute(
            insert_ignore(connection, segment_member),
            [{"segment_id": id, "contact_id": kept_id} for id in segments],
        )


def _read(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(segment.c.name)
        .join(segment_member, segment_member.c.segment_id == segment.c.id)
        .where(segment_member.c.contact_id.in_(person.contact_ids)),
        (segment.c.id, segment_member.c.contact_id),
        after,
        lambda row: {"segment": row.name},
    )


def _erase(connection: sa.Connection, person: Subject) -> int:
    return connection.execute(
        sa.delete(segment_member).where(segment_member.c.contact_id.in_(person.contact_ids))
    ).rowcount


HOLDINGS = (Holding("segments", _read, _erase),)


def sweeps(database: Database) -> Sequence[Sweep]:
    """Rules that name a person's address."""
    return (Texts(database, "filters", segment, ("rule",)),)

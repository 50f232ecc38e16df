"""Bulk actions of segments: adding contacts to a static one, and taking them out."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.contacts.bulk import Action, Arguments, Done
from vestnik.contacts.bulk_actions import read_arguments
from vestnik.contacts.tables import contact
from vestnik.db import insert_ignore
from vestnik.http.api import Id, Shape, key_of
from vestnik.http.errors import NotFound
from vestnik.segments.errors import NotStatic, SegmentArchived
from vestnik.segments.joining import forget_count
from vestnik.segments.tables import segment, segment_member

ADD, REMOVE = "add_to_segment", "remove_from_segment"


class SegmentArguments(Shape):
    """A static segment."""

    segment_id: Id


def segment_actions() -> list[Action]:
    """The actions on members of static segments."""
    return [
        Action(ADD, "segments.write", _check, _add),
        Action(REMOVE, "segments.write", _check, _remove),
    ]


def _key(arguments: Arguments) -> int:
    return key_of(read_arguments(arguments, SegmentArguments).segment_id)


def _check(connection: sa.Connection, arguments: Arguments) -> None:
    live = sa.select(segment.c.name, segment.c.kind).where(
        segment.c.id == _key(arguments), segment.c.archived_at.is_(None)
    )
    row = connection.execute(live).one_or_none()
    if row is None:
        raise NotFound()
    if row.kind != "static":
        raise NotStatic(name=row.name)


def _open(connection: sa.Connection, segment_id: int) -> int:
    """The segment's key; `SegmentArchived` ends a run whose segment was archived after it began."""
    name = connection.scalar(
        sa.select(segment.c.name).where(segment.c.id == segment_id, segment.c.archived_at.is_not(None))
    )
    if name is not None:
        raise SegmentArchived(name=name)
    return segment_id


def _add(connection: sa.Connection, ids: Sequence[int], arguments: Arguments, _by: str) -> Done:
    key = _open(connection, _key(arguments))
    live = connection.scalars(
        sa.select(contact.c.id).where(contact.c.id.in_(ids), contact.c.merged_into.is_(None))
    ).all()
    if not live:
        return Done(0)
    added = connection.scalars(
        insert_ignore(connection, segment_member, ["segment_id", "contact_id"]).returning(
            segment_member.c.contact_id
        ),
        [{"segment_id": key, "contact_id": id} for id in live],
    ).all()
    return _done(connection, key, len(added))


def _remove(connection: sa.Connection, ids: Sequence[int], arguments: Arguments, _by: str) -> Done:
    key = _open(connection, _key(arguments))
    removed = connection.execute(
        sa.delete(segment_member).where(
            segment_member.c.segment_id == key, segment_member.c.contact_id.in_(ids)
        )
    )
    return _done(connection, key, removed.rowcount)


def _done(connection: sa.Connection, segment_id: int, changed: int) -> Done:
    if changed:
        forget_count(connection, segment_id)
    return Done(changed)

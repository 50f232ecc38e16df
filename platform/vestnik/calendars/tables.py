"""Calendars, shared and people's own, and what stands in them."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Key, metadata
from vestnik.people.tables import user

calendar = sa.Table(
    "calendar",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", Exact, nullable=False),
    # Whose own it is; a person has one at most.
    sa.Column("owner_id", Key, sa.ForeignKey(user.c.id), unique=True),
    sa.Column("colour", sa.String(length=16), nullable=False),
    # The calendar for what comes in, when nothing names another.
    sa.Column("is_incoming", sa.Boolean, nullable=False),
    # The secret of its iCalendar address: a keyed digest to find it by, and sealed, to be shown again.
    sa.Column("link_digest", Exact, unique=True),
    sa.Column("link_sealed", sa.LargeBinary),
    sa.Column("created_at", Instant, nullable=False),
    # Changed, too, when an event leaves it: nothing else would tell of that.
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.CheckConstraint("kind IN ('shared', 'personal')", name="kind"),
    sa.CheckConstraint("(kind = 'personal') = (owner_id IS NOT NULL)", name="owner"),
    sa.Index(
        "uq_calendar_incoming",
        "is_incoming",
        unique=True,
        sqlite_where=sa.text("is_incoming"),
        postgresql_where=sa.text("is_incoming"),
    ),
)

calendar_event = sa.Table(
    "calendar_event",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("calendar_id", Key, sa.ForeignKey(calendar.c.id), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant),
    # The days on which it begins and ends, in the organisation's zone, are the whole of its time.
    sa.Column("all_day", sa.Boolean, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("person_id", Key, sa.ForeignKey(user.c.id), index=True),
    # What it came of, a lead or so: one event at most. Without one somebody entered it.
    sa.Column("source_kind", sa.String(length=16)),
    sa.Column("source_id", Key),
    # How often it was changed, as iCalendar counts.
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("created_by", Key, sa.ForeignKey(user.c.id), index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.UniqueConstraint("source_kind", "source_id"),
    sa.CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name="source"),
    sa.Index(None, "calendar_id", "starts_at"),
    sa.Index(None, "calendar_id", "updated_at"),
)

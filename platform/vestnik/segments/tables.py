"""Segments and the members of static ones."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata

segment = sa.Table(
    "segment",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", Exact, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # The rule of a dynamic segment: see rules.py.
    sa.Column("rule", Json),
    sa.Column("external_id", Exact, unique=True),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # How many there were when they were last counted.
    sa.Column("members", sa.Integer),
    sa.Column("counted_at", Instant),
    # Segments are never deleted: campaigns refer to them.
    sa.Column("archived_at", Instant),
    sa.CheckConstraint("kind IN ('static', 'dynamic')", name="kind"),
    sa.CheckConstraint("(kind = 'dynamic') = (rule IS NOT NULL)", name="rule"),
    sa.Index(
        "uq_segment_name",
        "name_folded",
        unique=True,
        sqlite_where=sa.text("archived_at IS NULL"),
        postgresql_where=sa.text("archived_at IS NULL"),
    ),
)

segment_member = sa.Table(
    "segment_member",
    metadata,
    sa.Column("segment_id", Key, sa.ForeignKey("segment.id"), primary_key=True),
    sa.Column("contact_id", Key, sa.ForeignKey("contact.id"), primary_key=True),
    sa.Index(None, "contact_id"),
    sqlite_with_rowid=False,
)

"""The audit's one table: append-only, ids and field names, never personal values."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Json, Key, metadata

audit_row = sa.Table(
    "audit_row",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("user_id", Key),
    sa.Column("key_id", Key),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("object_id", Key),
    sa.Column("fields", Json, nullable=False),
    sa.Index("ix_audit_row_object", "kind", "object_id"),
    sa.Index("ix_audit_row_user", "user_id"),
)

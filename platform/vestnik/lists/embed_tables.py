"""The keys by which other systems embed the contact's provider panel."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Json, Key, metadata

#: The secret is sealed, not hashed: it makes the signature anew. A key dies with whoever made it.
embed_key = sa.Table(
    "embed_key",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
    sa.Column("origins", Json, nullable=False),
    sa.Column("may_change", sa.Boolean, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("revoked_at", Instant),
)

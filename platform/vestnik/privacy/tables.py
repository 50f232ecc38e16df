"""Proofs that somebody was erased."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Json, Key, metadata

#: Contacts erased at their own wish: the proof, without anything of the person.
erasure = sa.Table(
    "erasure",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("contact_id", Key, nullable=False, unique=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    # How much of each kind was removed.
    sa.Column("removed", Json, nullable=False),
)

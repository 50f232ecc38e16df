"""Which parts of the demo are made."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, metadata

demo_part = sa.Table(
    "demo_part",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("made_at", Instant, nullable=False),
)

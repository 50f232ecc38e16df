"""Proofs that somebody was erased."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Json, Key, metadata

#: Contacts erased at their own wish: the proof, without anything of the person once all is searched.
erasure = sa.Table(
    "erasure",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("contact_id", Key, nullable=False, unique=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    # How much of each kind was removed.
    sa.Column("removed", Json, nullable=False),
    # running: what refers to the person is gone, texts that only name the person are being searched; done.
    sa.Column("state", sa.Text, nullable=False, server_default="done"),
    # What is searched for, encrypted; none once the search is over.
    sa.Column("sealed", sa.LargeBinary),
    # The texts that are being searched, and how far: moved in the transaction that changes them.
    sa.Column("sweep", sa.Text),
    sa.Column("place", Json),
    sa.Column("finished_at", Instant),
)

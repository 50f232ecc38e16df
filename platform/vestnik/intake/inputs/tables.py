"""What came in, as it came: the inputs, and their bytes in pieces."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata

#: One letter, request or entry. `next_at` is set while there is work to do.
input_table = sa.Table(
    "input",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("door", sa.String(length=8), nullable=False),
    # The collector's or the door's key; 0 where the way in is one alone.
    sa.Column("source_id", Key, nullable=False),
    # What makes it the same when it comes again; NULL where each one is another.
    sa.Column("key", Exact),
    sa.Column("digest", sa.String(length=64), nullable=False),
    sa.Column("media_type", sa.String(length=200), nullable=False),
    sa.Column("about", Json, nullable=False),
    sa.Column("size", Key, nullable=False),
    sa.Column("state", sa.String(length=12), nullable=False),
    # What people see in a list: a letter's subject, else what the lead is called.
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("reason", Json),
    sa.Column("reading", Json),
    sa.Column("parser", sa.Integer, nullable=False),
    # The document as a person mended it; the bytes stay as they came.
    sa.Column("correction", sa.Text),
    sa.Column("lead_id", Key),
    sa.Column("is_try", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", Instant),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("read_at", Instant),
    # Taken away with what was known of a person.
    sa.Column("erased_at", Instant),
    sa.CheckConstraint("state IN ('new', 'read', 'unreadable', 'set_aside')", name="state"),
    sa.UniqueConstraint("door", "source_id", "key"),
)
sa.Index(
    "ix_input_due",
    input_table.c.next_at,
    sqlite_where=input_table.c.next_at.is_not(None),
    postgresql_where=input_table.c.next_at.is_not(None),
)
sa.Index("ix_input_state", input_table.c.state, input_table.c.id)
sa.Index("ix_input_source", input_table.c.door, input_table.c.source_id, input_table.c.id)
sa.Index("ix_input_lead", input_table.c.lead_id)

#: The bytes, piece by piece. A piece may be there before its input is: then the input is still being stored.
input_part = sa.Table(
    "input_part",
    metadata,
    sa.Column("input_id", Key, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
)

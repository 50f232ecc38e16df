"""What is failing, and the letters that tell of it."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata
from vestnik.people.tables import user

#: The state of one thing that may fail; without a row it never did.
alert = sa.Table(
    "alert",
    metadata,
    sa.Column("kind", Exact, primary_key=True),
    sa.Column("subject_id", Key, primary_key=True, autoincrement=False),
    sa.Column("failing", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # Why it fails, in both languages.
    sa.Column("reason", Json),
    sa.Column("since", Instant, nullable=False),
    # The page about it; of what was told before this was kept nobody knows.
    sa.Column("path", sa.Text),
)

#: A letter to one person about one change; it goes out after the unit of work that made the change.
alert_letter = sa.Table(
    "alert_letter",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("kind", Exact, nullable=False),
    sa.Column("subject_id", Key, nullable=False),
    sa.Column("user_id", Key, sa.ForeignKey(user.c.id), nullable=False, index=True),
    sa.Column("failing", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("reason", Json),
    sa.Column("at", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    # When it is to be sent; None once it is sent or given up.
    sa.Column("next_at", Instant, index=True),
    sa.Column("sent_at", Instant),
    # Why the last attempt failed, in the mail server's words.
    sa.Column("problem", sa.Text),
    sa.Index(None, "kind", "subject_id"),
)

"""Links that open a way in: of who forgot the password. Letters carry them (`mail/outbox.py`)."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Key, metadata
from vestnik.people.tables import user

password_reset = sa.Table(
    "password_reset",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    # None where nobody who may sign in has the address that was entered: no letter is written then.
    sa.Column("user_id", Key, sa.ForeignKey(user.c.id), index=True),
    sa.Column("at", Instant, nullable=False),
    # The link is made with its letter.
    sa.Column("token_digest", sa.LargeBinary, unique=True),
    sa.Column("expires_at", Instant),
    # The address and the password that it was made for: with another of either it is no link any more.
    sa.Column("made_for", sa.LargeBinary),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", Instant, index=True),
    sa.Column("sent_at", Instant),
    # Why the last attempt failed, in the mail server's words.
    sa.Column("problem", sa.Text),
)

"""Links that open a way in: of who forgot the password, and of who is invited. Letters carry them."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Json, Key, metadata
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

invitation = sa.Table(
    "invitation",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("email_folded", sa.Text, nullable=False, unique=True),
    sa.Column("roles", Json, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    # For whom it stands: it is valid while this person may give these roles. None is the installation itself.
    sa.Column("invited_by", Key, sa.ForeignKey(user.c.id), index=True),
    # When it was made, or sent once more.
    sa.Column("at", Instant, nullable=False),
    # Made with the letter; without outgoing mail with the invitation.
    sa.Column("token_digest", sa.LargeBinary, unique=True),
    sa.Column("expires_at", Instant),
    sa.Column("tries", sa.Integer, nullable=False),
    # None once it is sent or given up, and where there is no letter.
    sa.Column("next_at", Instant, index=True),
    sa.Column("sent_at", Instant),
    sa.Column("problem", sa.Text),
)

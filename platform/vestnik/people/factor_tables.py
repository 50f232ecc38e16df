"""The second factor: its secret, recovery codes, sign-ins that wait for a code, letters that tell of it."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Key, metadata
from vestnik.people.tables import user

second_factor = sa.Table(
    "second_factor",
    metadata,
    sa.Column("user_id", Key, sa.ForeignKey(user.c.id), primary_key=True, autoincrement=False),
    # Sealed; None until a first code has shown that the app has it.
    sa.Column("secret", sa.LargeBinary),
    sa.Column("since", Instant),
    # The step of the newest code that was used: neither it nor an older one is taken again.
    sa.Column("last_step", sa.BigInteger),
    # A secret that was shown and waits for its first code; the one before works until then.
    sa.Column("new_secret", sa.LargeBinary),
    sa.Column("new_until", Instant),
)

recovery_code = sa.Table(
    "recovery_code",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("user_id", Key, sa.ForeignKey(user.c.id), nullable=False, index=True),
    # Keyed by the installation's secret: whoever has the database alone can't try codes on it.
    sa.Column("code_hash", sa.Text, nullable=False, unique=True),
)

sign_in_step = sa.Table(
    "sign_in_step",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("user_id", Key, sa.ForeignKey(user.c.id), nullable=False, index=True),
    sa.Column("expires_at", Instant, nullable=False, index=True),
    # The password that was right: with another one the step is over.
    sa.Column("made_for", sa.LargeBinary, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
)

factor_letter = sa.Table(
    "factor_letter",
    metadata,
    sa.Column("id", Key, primary_key=True),
    # Whose second factor an administrator took off.
    sa.Column("user_id", Key, sa.ForeignKey(user.c.id), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", Instant, index=True),
    sa.Column("sent_at", Instant),
    # Why the last attempt failed, in the mail server's words.
    sa.Column("problem", sa.Text),
)

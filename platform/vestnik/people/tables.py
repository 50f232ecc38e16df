"""Tables of people, machines and their organisation. Tokens and keys are stored as SHA-256 only."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Json, Key, metadata

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("base_url", sa.Text),
    sa.Column("smtp", Json),
    sa.Column("smtp_password", sa.LargeBinary),
    sa.Column("demo", sa.Boolean, nullable=False),
    # Whether everybody confirms a sign-in with a code.
    sa.Column("second_factor_required", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.CheckConstraint("id = 1", name="only_one"),
)

user = sa.Table(
    "user_account",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("email_folded", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("roles", Json, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("theme", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("user_id", Key, sa.ForeignKey(user.c.id), nullable=False, index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
    sa.Column("ip", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("key_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("rights", Json, nullable=False),
    sa.Column("created_by", Key, sa.ForeignKey(user.c.id)),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    # The address that it was used from last.
    sa.Column("used_from", sa.Text),
    sa.Column("revoked_at", Instant),
    sa.Column("expires_at", Instant),
    # The key that was made in its place: until it expires both are valid.
    sa.Column("replaced_by", Key),
)

setup_link = sa.Table(
    "setup_link",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("expires_at", Instant, nullable=False),
)

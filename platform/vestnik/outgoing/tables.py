"""Who hears of what happens here, what they are told, and how far each of them is."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata
from vestnik.people.tables import user

#: An address of the customer's own system, and what it wants to hear of.
endpoint = sa.Table(
    "outgoing_endpoint",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("kinds", Json, nullable=False),
    # It may lie in a private network, and without https.
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
    # The secret before it, which signs beside it for a while.
    sa.Column("former_sealed", sa.LargeBinary),
    sa.Column("former_until", Instant),
    sa.Column("enabled", sa.Boolean, nullable=False),
    # Why the platform itself turned it off: it said that it is gone, or failed for days.
    sa.Column("off_reason", sa.String(length=16)),
    # Since when nothing but failures came of it.
    sa.Column("failing_since", Instant),
    # Whether people were told that it was turned off, and not yet that it works again.
    sa.Column("told", sa.Boolean, nullable=False),
    sa.Column("delivered_at", Instant),
    sa.Column("created_by", Key, sa.ForeignKey(user.c.id), index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
)

#: One thing that happened, as every endpoint is told it: the body is fixed when it happens.
message = sa.Table(
    "outgoing_message",
    metadata,
    sa.Column("id", Exact, primary_key=True),
    sa.Column("kind", Exact, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)

#: One message on its way to one endpoint.
delivery = sa.Table(
    "outgoing_delivery",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("endpoint_id", Key, sa.ForeignKey(endpoint.c.id), nullable=False),
    sa.Column("message_id", Exact, sa.ForeignKey(message.c.id), nullable=False, index=True),
    sa.Column("state", Exact, nullable=False),
    # Attempts since it was last asked for: the pauses between them grow.
    sa.Column("tries", sa.Integer, nullable=False),
    # When it is to be sent; None once it is delivered or given up.
    sa.Column("next_at", Instant),
    sa.Column("last_status", sa.Integer),
    # A code of reasons.py and its facts.
    sa.Column("last_error", Json),
    # The latest attempts: when, with which status or error, how long.
    sa.Column("attempts", Json, nullable=False),
    sa.Column("delivered_at", Instant),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("endpoint_id", "message_id"),
    sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed', 'given_up')", name="state"),
    sa.Index(None, "endpoint_id", "at"),
    sa.Index(
        "ix_outgoing_delivery_due",
        "endpoint_id",
        "next_at",
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    ),
)

"""Outgoing webhooks: endpoints, messages, deliveries."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is told of anything yet."""
    op.create_table(
        "outgoing_endpoint",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("former_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", Instant, nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("off_reason", sa.String(length=16), nullable=True),
        sa.Column("failing_since", Instant, nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("delivered_at", Instant, nullable=True),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_outgoing_endpoint_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_endpoint")),
    )
    op.create_index(
        op.f("ix_outgoing_endpoint_created_by"), "outgoing_endpoint", ["created_by"], unique=False
    )
    op.create_table(
        "outgoing_message",
        sa.Column("id", Exact, nullable=False),
        sa.Column("kind", Exact, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_message")),
    )
    op.create_index(op.f("ix_outgoing_message_at"), "outgoing_message", ["at"], unique=False)
    op.create_table(
        "outgoing_delivery",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("endpoint_id", Key, nullable=False),
        sa.Column("message_id", Exact, nullable=False),
        sa.Column("state", Exact, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", Json, nullable=True),
        sa.Column("attempts", Json, nullable=False),
        sa.Column("delivered_at", Instant, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'failed', 'given_up')",
            name=op.f("ck_outgoing_delivery_state"),
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["outgoing_endpoint.id"], name=op.f("fk_outgoing_delivery_endpoint_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outgoing_message.id"], name=op.f("fk_outgoing_delivery_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_delivery")),
        sa.UniqueConstraint(
            "endpoint_id", "message_id", name=op.f("uq_outgoing_delivery_endpoint_id_message_id")
        ),
    )
    op.create_index(
        op.f("ix_outgoing_delivery_message_id"), "outgoing_delivery", ["message_id"], unique=False
    )
    op.create_index(
        op.f("ix_outgoing_delivery_endpoint_id_at"), "outgoing_delivery", ["endpoint_id", "at"], unique=False
    )
    op.create_index(
        "ix_outgoing_delivery_due",
        "outgoing_delivery",
        ["endpoint_id", "next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

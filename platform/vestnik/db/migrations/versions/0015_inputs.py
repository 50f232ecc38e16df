"""What came in, as it came; and the doors of the HTTP service."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing came in yet."""
    _inputs()
    _doors()


def _inputs() -> None:
    op.create_table(
        "input",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("door", sa.String(length=8), nullable=False),
        sa.Column("source_id", Key, nullable=False),
        sa.Column("key", Exact, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=200), nullable=False),
        sa.Column("about", Json, nullable=False),
        sa.Column("size", Key, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("reading", Json, nullable=True),
        sa.Column("parser", sa.Integer(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=True),
        sa.Column("lead_id", Key, nullable=True),
        sa.Column("is_try", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("read_at", Instant, nullable=True),
        sa.Column("erased_at", Instant, nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'read', 'unreadable', 'set_aside')", name=op.f("ck_input_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_input")),
        sa.UniqueConstraint("door", "source_id", "key", name=op.f("uq_input_door_source_id_key")),
    )
    op.create_index(
        "ix_input_due",
        "input",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_input_state", "input", ["state", "id"], unique=False)
    op.create_index("ix_input_source", "input", ["door", "source_id", "id"], unique=False)
    op.create_index("ix_input_lead", "input", ["lead_id"], unique=False)
    op.create_table(
        "input_part",
        sa.Column("input_id", Key, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("input_id", "position", name=op.f("pk_input_part")),
    )


def _doors() -> None:
    op.create_table(
        "intake_door",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("calendar_id", Key, nullable=True),
        sa.Column("responsible_id", Key, nullable=True),
        sa.Column("channel_id", Key, nullable=True),
        sa.Column("sites", Json, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("trap", Exact, nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_intake_door_calendar_id")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_intake_door_channel_id")),
        sa.ForeignKeyConstraint(
            ["responsible_id"], ["user_account.id"], name=op.f("fk_intake_door_responsible_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_door")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_intake_door_token_digest")),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

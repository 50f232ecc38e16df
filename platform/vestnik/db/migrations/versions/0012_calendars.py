"""Calendars and their events."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Key

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No calendar is there: the first is made when something comes in."""
    op.create_table(
        "calendar",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", Exact, nullable=False),
        sa.Column("owner_id", Key, nullable=True),
        sa.Column("colour", sa.String(length=16), nullable=False),
        sa.Column("is_incoming", sa.Boolean(), nullable=False),
        sa.Column("link_digest", Exact, nullable=True),
        sa.Column("link_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.CheckConstraint("kind IN ('shared', 'personal')", name=op.f("ck_calendar_kind")),
        sa.CheckConstraint("(kind = 'personal') = (owner_id IS NOT NULL)", name=op.f("ck_calendar_owner")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_calendar_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_calendar_link_digest")),
        sa.UniqueConstraint("owner_id", name=op.f("uq_calendar_owner_id")),
    )
    op.create_index(
        "uq_calendar_incoming",
        "calendar",
        ["is_incoming"],
        unique=True,
        sqlite_where=sa.text("is_incoming"),
        postgresql_where=sa.text("is_incoming"),
    )
    op.create_table(
        "calendar_event",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("calendar_id", Key, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("person_id", Key, nullable=True),
        sa.Column("source_kind", sa.String(length=16), nullable=True),
        sa.Column("source_id", Key, nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.CheckConstraint(
            "(source_kind IS NULL) = (source_id IS NULL)", name=op.f("ck_calendar_event_source")
        ),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_calendar_event_calendar_id")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user_account.id"], name=op.f("fk_calendar_event_created_by")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_calendar_event_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_event")),
        sa.UniqueConstraint("source_kind", "source_id", name=op.f("uq_calendar_event_source_kind_source_id")),
    )
    for columns in (
        ["person_id"],
        ["created_by"],
        ["calendar_id", "starts_at"],
        ["calendar_id", "updated_at"],
    ):
        name = op.f(f"ix_calendar_event_{'_'.join(columns)}")
        op.create_index(name, "calendar_event", columns, unique=False)


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

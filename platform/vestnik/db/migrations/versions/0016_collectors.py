"""Mail collectors, the letters that they took, and their runs."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No mailbox is read yet."""
    _collectors()
    _letters()
    _runs()


def _collectors() -> None:
    op.create_table(
        "mail_collector",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(length=8), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("keyword", sa.Text(), nullable=False),
        sa.Column("from_date", sa.String(length=10), nullable=False),
        sa.Column("calendar_id", Key, nullable=True),
        sa.Column("responsible_id", Key, nullable=True),
        sa.Column("channel_id", Key, nullable=True),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("after", sa.String(length=8), nullable=False),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("move_to", sa.Text(), nullable=True),
        sa.Column("delete_after_days", sa.Integer(), nullable=True),
        sa.Column("separate_mailbox", sa.Boolean(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("removal_marked_at", Instant, nullable=True),
        sa.Column("mailbox", sa.Integer(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("seen_uid", sa.BigInteger(), nullable=False),
        sa.Column("stuck_uid", sa.BigInteger(), nullable=True),
        sa.Column("stuck_tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", Instant, nullable=True),
        sa.Column("begun_at", Instant, nullable=True),
        sa.Column("unfinished", sa.Boolean(), nullable=False),
        sa.Column("succeeded_at", Instant, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(length=32), nullable=True),
        sa.Column("leased_until", Instant, nullable=True),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint(
            "(after = 'delete') = (delete_after_days IS NOT NULL)", name=op.f("ck_mail_collector_delete")
        ),
        sa.CheckConstraint("(after = 'mark') = (mark IS NOT NULL)", name=op.f("ck_mail_collector_mark")),
        sa.CheckConstraint("(after = 'move') = (move_to IS NOT NULL)", name=op.f("ck_mail_collector_move")),
        sa.CheckConstraint(
            "after IN ('keep', 'mark', 'move', 'delete')", name=op.f("ck_mail_collector_after")
        ),
        sa.CheckConstraint("kind IN ('site_requests')", name=op.f("ck_mail_collector_kind")),
        sa.CheckConstraint("security IN ('tls', 'starttls')", name=op.f("ck_mail_collector_security")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_mail_collector_calendar_id")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_mail_collector_channel_id")),
        sa.ForeignKeyConstraint(
            ["responsible_id"], ["user_account.id"], name=op.f("fk_mail_collector_responsible_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_collector")),
    )
    op.create_index(op.f("ix_mail_collector_calendar_id"), "mail_collector", ["calendar_id"], unique=False)
    op.create_index(op.f("ix_mail_collector_channel_id"), "mail_collector", ["channel_id"], unique=False)
    op.create_index(
        op.f("ix_mail_collector_responsible_id"), "mail_collector", ["responsible_id"], unique=False
    )


def _letters() -> None:
    op.create_table(
        "collected_letter",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("collector_id", Key, nullable=False),
        sa.Column("mailbox", sa.Integer(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("key", Exact, nullable=True),
        sa.Column("input_id", Key, nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("arrived_at", Instant, nullable=True),
        sa.Column("collected_at", Instant, nullable=False),
        sa.Column("settled_at", Instant, nullable=True),
        sa.Column("to_be_deleted_at", Instant, nullable=True),
        sa.Column("deleted_at", Instant, nullable=True),
        sa.CheckConstraint(
            "outcome IN ('taken', 'known', 'too_large', 'not_fetched')",
            name=op.f("ck_collected_letter_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["collector_id"], ["mail_collector.id"], name=op.f("fk_collected_letter_collector_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collected_letter")),
        sa.UniqueConstraint(
            "collector_id",
            "mailbox",
            "uidvalidity",
            "uid",
            name=op.f("uq_collected_letter_collector_id_mailbox_uidvalidity_uid"),
        ),
    )
    op.create_index(
        op.f("ix_collected_letter_collector_id_key"),
        "collected_letter",
        ["collector_id", "key"],
        unique=False,
    )
    op.create_index(
        "ix_collected_letter_to_be_deleted",
        "collected_letter",
        ["collector_id", "to_be_deleted_at"],
        unique=False,
        sqlite_where=sa.text("to_be_deleted_at IS NOT NULL AND deleted_at IS NULL"),
        postgresql_where=sa.text("to_be_deleted_at IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_collected_letter_unsettled",
        "collected_letter",
        ["collector_id", "uid"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def _runs() -> None:
    op.create_table(
        "collector_run",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("collector_id", Key, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("begun_by", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("with_keyword", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("not_taken", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("finished_at", Instant, nullable=True),
        sa.CheckConstraint("begun_by IN ('time', 'hand')", name=op.f("ck_collector_run_begun_by")),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed', 'broken_off')", name=op.f("ck_collector_run_state")
        ),
        sa.ForeignKeyConstraint(
            ["collector_id"], ["mail_collector.id"], name=op.f("fk_collector_run_collector_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collector_run")),
    )
    op.create_index(
        op.f("ix_collector_run_collector_id_id"), "collector_run", ["collector_id", "id"], unique=False
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

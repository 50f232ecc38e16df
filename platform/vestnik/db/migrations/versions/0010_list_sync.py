"""Lists at the provider: syncs, their runs, and the rows that services refused."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables are empty; new columns say "no" or nothing."""
    _syncs()
    _runs()
    _accounts()
    _embed_keys()


def _syncs() -> None:
    op.create_table(
        "sync",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("segment_id", Key, nullable=True),
        sa.Column("list_external_id", Exact, nullable=True),
        sa.Column("list_title", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("category_id", Key, nullable=True),
        sa.Column("every_minutes", sa.Integer(), nullable=True),
        sa.Column("guard_percent", sa.Integer(), nullable=False),
        sa.Column("over_limit", sa.String(length=8), nullable=False),
        sa.Column("first_by", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.CheckConstraint("source IN ('contacts', 'clients', 'segment')", name=op.f("ck_sync_source")),
        sa.CheckConstraint("(source = 'segment') = (segment_id IS NOT NULL)", name=op.f("ck_sync_segment")),
        sa.CheckConstraint("mode IN ('exact', 'merge', 'subtract')", name=op.f("ck_sync_mode")),
        sa.CheckConstraint("state IN ('draft', 'on', 'off')", name=op.f("ck_sync_state")),
        sa.CheckConstraint("guard_percent BETWEEN 0 AND 100", name=op.f("ck_sync_guard")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sync_account_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_sync_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync")),
    )
    for column in ("account_id", "segment_id", "next_at"):
        op.create_index(op.f(f"ix_sync_{column}"), "sync", [column], unique=False)
    op.create_index(
        "uq_sync_list",
        "sync",
        ["account_id", "list_external_id"],
        unique=True,
        sqlite_where=sa.text("archived_at IS NULL AND list_external_id IS NOT NULL"),
        postgresql_where=sa.text("archived_at IS NULL AND list_external_id IS NOT NULL"),
    )


def _accounts() -> None:
    op.add_column("account", sa.Column("usage", Json, nullable=True))
    op.add_column("account", sa.Column("usage_at", Instant, nullable=True))
    op.add_column("account", sa.Column("contact_limit", Key, nullable=True))
    op.add_column("account", sa.Column("open_to", Json, nullable=True))
    op.add_column("account", sa.Column("created_by", Key, nullable=True))


def _runs() -> None:
    op.create_table(
        "sync_run",
        sa.Column("id", Key, nullable=False),
        sa.Column("sync_id", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.String(length=12), nullable=False),
        sa.Column("retry_of", Key, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("version_id", Key, nullable=True),
        sa.Column("counts", Json, nullable=False),
        sa.Column("reason", Json, nullable=True),
        sa.Column("cursor", Json, nullable=True),
        sa.Column("applied_to", Key, nullable=False),
        sa.Column("driver", sa.Text(), nullable=True),
        sa.Column("confirmed_by", Key, nullable=True),
        sa.Column("confirmed_at", Instant, nullable=True),
        sa.Column("confirmed_removals", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Instant, nullable=True),
        sa.Column("started_by", Key, nullable=True),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("planned_at", Instant, nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["sync_id"], ["sync.id"], name=op.f("fk_sync_run_sync_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
        sa.UniqueConstraint("sync_id", "number", name=op.f("uq_sync_run_sync_id_number")),
    )
    op.create_index(
        "uq_sync_run_live",
        "sync_run",
        ["sync_id"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "sync_reject",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("run_id", Key, nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("address", Exact, nullable=False),
        sa.Column("contact_id", Key, nullable=True),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["sync_run.id"], name=op.f("fk_sync_reject_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_reject")),
        sa.UniqueConstraint("run_id", "side", "address", name=op.f("uq_sync_reject_run_id_side_address")),
    )
    op.create_index(op.f("ix_sync_reject_contact_id"), "sync_reject", ["contact_id"], unique=False)
    op.create_index(op.f("ix_sync_reject_address"), "sync_reject", ["address"], unique=False)


def _embed_keys() -> None:
    op.create_table(
        "embed_key",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("origins", Json, nullable=False),
        sa.Column("may_change", sa.Boolean(), nullable=False),
        sa.Column("expires_at", Instant, nullable=True),
        sa.Column("created_by", Key, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_key")),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

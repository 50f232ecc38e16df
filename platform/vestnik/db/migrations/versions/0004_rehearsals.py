"""Drafts of modules, what was approved for a module's later accounts, and rehearsals."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Instant, Json, Key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A module that was on, or has accounts, is taken for published."""
    op.add_column("module", sa.Column("published_at", Instant, nullable=True))
    op.execute(
        "UPDATE module SET published_at = updated_at WHERE enabled OR id IN (SELECT module_id FROM account)"
    )
    op.create_table(
        "module_approval",
        sa.Column("module_id", Key, autoincrement=False, nullable=False),
        sa.Column("scheme", Exact, nullable=False),
        sa.Column("pattern", Exact, nullable=False),
        sa.Column("port", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("secrets", Json, nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_module_approval_module_id")),
        sa.PrimaryKeyConstraint("module_id", "scheme", "pattern", "port", name=op.f("pk_module_approval")),
    )
    op.create_table(
        "module_rehearsal",
        sa.Column("id", Key, nullable=False),
        sa.Column("module_id", Key, nullable=False),
        sa.Column("version_id", Key, nullable=False),
        sa.Column("live_version_id", Key, nullable=False),
        sa.Column("state", Exact, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("equal", sa.Integer(), nullable=False),
        sa.Column("different", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("not_comparable", sa.Integer(), nullable=False),
        sa.Column("actions_lost", sa.Integer(), nullable=False),
        sa.Column("actions_changed", sa.Integer(), nullable=False),
        sa.Column("actions_added", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'interrupted')", name=op.f("ck_module_rehearsal_state")
        ),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_module_rehearsal_module_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_rehearsal")),
    )
    op.create_index(op.f("ix_module_rehearsal_module_id"), "module_rehearsal", ["module_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

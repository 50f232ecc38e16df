"""What replays need of a call, and the tests of modules."""

import sqlalchemy as sa
from alembic import op

from vestnik.db.types import Exact, Instant, Key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Recordings made before can't be replayed: they go."""
    op.add_column("module", sa.Column("recording", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.drop_table("module_call")
    op.create_table(
        "module_call",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("module_id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=True),
        sa.Column("version_id", Key, nullable=True),
        sa.Column("function", Exact, nullable=False),
        sa.Column("lane", Exact, nullable=False),
        sa.Column("kind", Exact, nullable=True),
        sa.Column("wall_ms", sa.Float(), nullable=False),
        sa.Column("cpu_ms", sa.Float(), nullable=False),
        sa.Column("webhook_id", Key, nullable=True),
        sa.Column("replayable", sa.Boolean(), nullable=False),
        sa.Column("hosts", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "started_at", name=op.f("pk_module_call")),
        info={"vestnik.partitioned_by": "started_at"},
        postgresql_partition_by="RANGE (started_at)",
    )
    op.create_index("ix_module_call_module", "module_call", ["module_id", "id"], unique=False)
    op.create_table(
        "module_test",
        sa.Column("id", Key, nullable=False),
        sa.Column("module_id", Key, nullable=False),
        sa.Column("name", Exact, nullable=False),
        sa.Column("function", Exact, nullable=False),
        sa.Column("call_id", Key, nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_module_test_module_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_test")),
        sa.UniqueConstraint("module_id", "name", name=op.f("uq_module_test_module_id_name")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE module_call_default PARTITION OF module_call DEFAULT")


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

"""What modules cost and how often they fail, in slots of five minutes; and the page about each alert."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant, Key

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of the time before nothing is known."""
    op.create_table(
        "module_load",
        sa.Column("slot", Instant, nullable=False),
        sa.Column("module_id", Key, autoincrement=False, nullable=False),
        sa.Column("calls", Key, nullable=False),
        sa.Column("failures", Key, nullable=False),
        sa.Column("cpu_ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("slot", "module_id", name=op.f("pk_module_load")),
    )
    op.add_column("alert", sa.Column("path", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

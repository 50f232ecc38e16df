"""Numbers that people call leads, deals, orders and job tickets by."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Key

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is numbered yet."""
    op.create_table(
        "numbering",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("last", Key, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_numbering")),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

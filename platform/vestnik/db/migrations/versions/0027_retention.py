"""For how long each kind of data is kept, where an administrator decided it."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("name", Exact, nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_retention")),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

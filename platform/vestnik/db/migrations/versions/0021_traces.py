"""The request or the durable work that a recorded call of a module belongs to."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of calls before nobody knows; the release before leaves it empty, too."""
    op.add_column("module_call", sa.Column("trace_id", Exact, nullable=True))
    op.create_index("ix_module_call_trace", "module_call", ["trace_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

"""A module that tried to leave the sandbox stays off until an administrator lifts that."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Modules that were suspended before are merely off."""
    op.add_column("module", sa.Column("suspended_at", Instant, nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

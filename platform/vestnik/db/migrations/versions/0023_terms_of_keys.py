"""API keys expire, are replaced, and say where they were used from."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant, Key

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("used_from", sa.Text(), nullable=True))
    op.add_column("api_key", sa.Column("expires_at", Instant, nullable=True))
    op.add_column("api_key", sa.Column("replaced_by", Key, nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

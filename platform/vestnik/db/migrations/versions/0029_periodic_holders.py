"""Who runs each kind of periodic work, and until when it is theirs."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("periodic", sa.Column("holder", sa.String(32), nullable=True))
    op.add_column("periodic", sa.Column("held_until", Instant, nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

"""Accounts that were never connected are told from those that work, and a webhook's address that was set."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was checked, or is used by something, counts as connected; who set an address is not known."""
    op.add_column("account", sa.Column("connected_at", Instant, nullable=True))
    op.add_column("account", sa.Column("hooked_at", Instant, nullable=True))
    op.execute(
        "UPDATE account SET connected_at = COALESCE(checked_at, created_at) WHERE checked_at IS NOT NULL "
        "OR id IN (SELECT account_id FROM campaign) OR id IN (SELECT account_id FROM sync)"
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

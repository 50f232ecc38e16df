"""The first schema: every table as the rooms declare it."""

from alembic import op

import vestnik.tables  # noqa: F401
from vestnik.db.statements import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

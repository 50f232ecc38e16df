"""Which delivery a message of the service belongs to, and what waits for a message."""

import sqlalchemy as sa
from alembic import op

from vestnik.db.types import Exact, Key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("account_id", Key, autoincrement=False, nullable=False),
        sa.Column("external_id", Exact, nullable=False),
        sa.Column("address_id", Key, autoincrement=False, nullable=False),
        sa.Column("campaign_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "external_id", "address_id", name=op.f("pk_message")),
        sqlite_with_rowid=False,
    )
    op.add_column("webhook_waiting", sa.Column("message_external_id", sa.Text(), nullable=True))
    op.create_index(
        "ix_webhook_waiting_message",
        "webhook_waiting",
        ["account_id", "message_external_id"],
        unique=False,
        sqlite_where=sa.text("message_external_id IS NOT NULL"),
        postgresql_where=sa.text("message_external_id IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

"""When orders and job tickets are due, and the lines that an order's letter says by now."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant, Json, Key

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what is there nobody said when it is due."""
    op.add_column("sales_order", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("job_ticket", sa.Column("due_on", sa.Date(), nullable=True))
    op.create_table(
        "order_reading",
        sa.Column("order_id", Key, autoincrement=False, nullable=False),
        sa.Column("lines", Json, nullable=False),
        sa.Column("read_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_order_reading_order_id_sales_order")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_reading")),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

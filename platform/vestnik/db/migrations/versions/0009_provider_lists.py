"""Lists from other services: what a stop-list's hash is of, and which files vouch for its rows."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Exact, Key

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables are empty; new columns say what can be known of the rows that are there."""
    _stop_list()


def _stop_list() -> None:
    op.add_column("suppression", sa.Column("kind", Exact, nullable=True))
    op.execute(
        "UPDATE suppression SET kind = (SELECT min(address.kind) FROM address"
        " WHERE address.suppression_hash = suppression.address_hash)"
    )
    op.add_column(
        "contact_import",
        sa.Column("purpose", sa.String(length=16), server_default="contacts", nullable=False),
    )
    op.create_table(
        "suppression_import",
        sa.Column("import_id", Key, autoincrement=False, nullable=False),
        sa.Column("suppression_id", Key, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["contact_import.id"], name=op.f("fk_suppression_import_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["suppression_id"], ["suppression.id"], name=op.f("fk_suppression_import_suppression_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "suppression_id", name=op.f("pk_suppression_import")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_suppression_import_suppression_id"), "suppression_import", ["suppression_id"], unique=False
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

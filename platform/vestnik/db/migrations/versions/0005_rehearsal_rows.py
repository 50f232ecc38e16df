"""One running rehearsal of a module, and its rows in a table of their own."""

import json

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant, Key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No process works while a schema changes: what ran is interrupted. Rows move as they are."""
    row = op.create_table(
        "module_rehearsal_row",
        sa.Column("rehearsal_id", Key, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rehearsal_id"], ["module_rehearsal.id"], name=op.f("fk_module_rehearsal_row_rehearsal_id")
        ),
        sa.PrimaryKeyConstraint("rehearsal_id", "number", name=op.f("pk_module_rehearsal_row")),
    )
    connection = op.get_bind()
    keys = connection.scalars(sa.text("SELECT id FROM module_rehearsal")).all()
    one = sa.text('SELECT "rows" FROM module_rehearsal WHERE id = :id')
    for key in keys:
        found = json.loads(connection.scalars(one, {"id": key}).one())
        texts = [json.dumps(each, ensure_ascii=False) for each in found]
        op.bulk_insert(
            row,
            [{"rehearsal_id": key, "number": number, "row": text} for number, text in enumerate(texts)],
        )
    op.drop_column("module_rehearsal", "rows")
    op.add_column("module_rehearsal", sa.Column("begun_at", Instant, nullable=True))
    op.execute("UPDATE module_rehearsal SET begun_at = created_at")
    op.execute("UPDATE module_rehearsal SET state = 'interrupted' WHERE state = 'running'")
    op.create_index(
        "uq_module_rehearsal_running",
        "module_rehearsal",
        ["module_id"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

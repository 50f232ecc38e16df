"""The audit's chain, and what refuses to change its rows."""

import sqlalchemy as sa
from alembic import op

from vestnik.db import Instant, Key

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
_CUT = "(SELECT max(number) FROM audit_anchor)"
_IS_CUT = {
    "audit_row": (
        f"EXISTS (SELECT 1 FROM audit_link AS l WHERE l.audit_id = OLD.id AND l.number <= {_CUT})"  # noqa: S608
    ),
    "audit_link": f"coalesce(OLD.number <= {_CUT}, FALSE)",
    "audit_anchor": "FALSE",
}


def upgrade() -> None:
    op.create_table(
        "audit_link",
        sa.Column("number", Key, autoincrement=False, nullable=False),
        sa.Column("audit_id", Key, nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_link_audit_id")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", Key, autoincrement=False, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_anchor",
        sa.Column("number", Key, autoincrement=False, nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_anchor")),
    )
    op.create_index("ix_audit_row_at", "audit_row", ["at", "id"], unique=False)
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, is_cut in _IS_CUT.items():
        if on_sqlite:
            op.execute(f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} {_REFUSE}")
            op.execute(f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} WHEN NOT {is_cut} {_REFUSE}")
            continue
        op.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'DELETE' THEN IF {is_cut} THEN RETURN OLD; END IF; END IF;"
            " RAISE EXCEPTION 'the audit is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        )


def downgrade() -> None:
    raise NotImplementedError("a schema is never taken back: restore the backup made before the upgrade")

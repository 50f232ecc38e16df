"""The audit's tables: append-only, ids and field names, never personal values.

`audit_row` is what happened. `audit_link` seals committed rows one after another in a chain (chain.py), in
a table of its own: so rows are never written twice, and nobody who records waits for anybody else. What the
database itself refuses stands here as triggers; the migrations make the same.
"""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Instant, Json, Key, metadata

audit_row = sa.Table(
    "audit_row",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("user_id", Key),
    sa.Column("key_id", Key),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("object_id", Key),
    sa.Column("fields", Json, nullable=False),
    sa.Index("ix_audit_row_object", "kind", "object_id"),
    sa.Index("ix_audit_row_user", "user_id"),
    sa.Index("ix_audit_row_at", "at", "id"),
)

audit_link = sa.Table(
    "audit_link",
    metadata,
    sa.Column("number", Key, primary_key=True, autoincrement=False),
    sa.Column("audit_id", Key, nullable=False, unique=True),
    sa.Column("seal", sa.Text, nullable=False),
)

#: Where the chain ends.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("seal", sa.Text, nullable=False),
    sa.CheckConstraint("id = 1", name="only_one"),
)

#: Up to where old rows were taken away when they had been kept long enough; the proof is keyed.
audit_anchor = sa.Table(
    "audit_anchor",
    metadata,
    sa.Column("number", Key, primary_key=True, autoincrement=False),
    sa.Column("seal", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("proof", sa.Text, nullable=False),
)

_WORDS = "the audit is append-only"
_CUT = "(SELECT max(number) FROM audit_anchor)"
_IS_CUT = {
    "audit_row": "EXISTS (SELECT 1 FROM audit_link AS l WHERE l.audit_id = OLD.id AND l.number <= {cut})",
    "audit_link": "coalesce(OLD.number <= {cut}, FALSE)",
    "audit_anchor": "FALSE",
}


def _refusals() -> dict[str, list[str]]:
    """The statements that make the triggers, by the database's kind."""
    sqlite, postgresql = [], []
    for table, is_cut in _IS_CUT.items():
        allowed = is_cut.format(cut=_CUT)
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
        sqlite += [
            f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} WHEN NOT {allowed} {refuse}",
        ]
        postgresql += [
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'DELETE' THEN IF {allowed} THEN RETURN OLD; END IF; END IF;"
            f" RAISE EXCEPTION '{_WORDS}'; END $$",
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
            f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
        ]
    return {"sqlite": sqlite, "postgresql": postgresql}


def create_refusals(connection: sa.Connection) -> None:
    """Make the triggers that refuse to change the audit's rows, and to delete those that are not cut."""
    for statement in _refusals()[connection.dialect.name]:
        connection.exec_driver_sql(statement.replace("%", "%%"))


@sa.event.listens_for(metadata, "after_create")
def _refuse(_: sa.MetaData, connection: sa.Connection, **options: object) -> None:
    if audit_anchor in options["tables"]:  # type: ignore[operator]
        create_refusals(connection)

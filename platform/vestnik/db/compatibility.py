"""Which releases may work on a schema: what lets a newer release migrate while an older one still runs.

Migrations are of two kinds. One that expands (a table, a column that may be empty or has a default, an index)
leaves what older releases know as it was, and says nothing here. One that contracts says so with
`CONTRACTS = True` beside its `revision`: from then on only programs that know it may run. The row is written
in the migration's own transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from alembic.script.revision import Revision

from vestnik.db.statements import metadata

schema_compatibility = sa.Table(
    "schema_compatibility",
    metadata,
    sa.Column("oldest_revision", sa.String(32), primary_key=True),
)


def contracts(migration: Revision) -> bool:
    """Whether a migration leaves a schema that programs without it can't work on."""
    return isinstance(migration, Script) and bool(getattr(migration.module, "CONTRACTS", False))


def note(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Write down, after a step, that its migration contracted: what Alembic calls `on_version_apply`."""
    migration, connection = step.up_revision, ctx.connection
    if migration is not None and connection is not None and contracts(migration):
        connection.execute(sa.delete(schema_compatibility))
        connection.execute(sa.insert(schema_compatibility).values(oldest_revision=migration.revision))


def oldest_revision(connection: sa.Connection) -> str | None:
    """The revision that a program must know to work on this schema; None before there was such a row."""
    if not sa.inspect(connection).has_table(schema_compatibility.name):
        return None
    found: str | None = connection.execute(sa.select(schema_compatibility.c.oldest_revision)).scalar()
    return found

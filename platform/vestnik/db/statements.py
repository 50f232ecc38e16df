"""Statements that SQLite and PostgreSQL spell the same way but SQLAlchemy keeps apart."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from vestnik.db.search import index_new
from vestnik.db.spelling import Spelt
from vestnik.db.types import Key

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Insert = sqlite.Insert | postgresql.Insert


def insert(connection: sa.Connection, table: sa.Table) -> Insert:
    """An INSERT that knows ON CONFLICT and `excluded`, for the database of `connection`."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


@functools.cache
def _ignoring(dialect: str, table: sa.Table, on: tuple[str, ...] | None) -> Insert:
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return statement.on_conflict_do_nothing(index_elements=on)


def insert_ignore(connection: sa.Connection, table: sa.Table, on: Sequence[str] | None = None) -> Insert:
    """INSERT … ON CONFLICT DO NOTHING; `on` names the unique columns, None means any of them."""
    return _ignoring(connection.dialect.name, table, None if on is None else tuple(on))


def upsert(connection: sa.Connection, table: sa.Table, on: Sequence[str], update: Sequence[str]) -> Insert:
    """INSERT … ON CONFLICT (on) DO UPDATE SET each column of `update` to the new row's value."""
    statement = insert(connection, table)
    return statement.on_conflict_do_update(
        index_elements=list(on), set_={name: statement.excluded[name] for name in update}
    )


def ordered_by(column: sa.ColumnElement[Any], *, down: bool) -> sa.ColumnElement[Any]:
    """What sorts by a column, up or down, with NULL below everything else.

    SQLite does that by itself, PostgreSQL puts NULL on top. A column that is never NULL is left alone, so
    that PostgreSQL's indexes serve it.
    """
    chosen = column.desc() if down else column.asc()
    if not isinstance(column, sa.Column) or not column.nullable:
        return chosen
    return chosen.nulls_last() if down else chosen.nulls_first()


#: Where a table's `info` names the column that its months are made of.
PARTITIONED_BY = "vestnik.partitioned_by"


def monthly_table(name: str, *items: Any, by: str) -> sa.Table:
    """A table that PostgreSQL partitions by month of the instant `by` (SQLite keeps it whole).

    Its key is (`id`, `by`): rows are numbered with `new_key` before they are stored. The first
    partition is the default one; `ensure_partitions` adds the months ahead.
    """
    table = sa.Table(
        name,
        metadata,
        sa.Column("id", Key, nullable=False, autoincrement=False),
        *items,
        sa.PrimaryKeyConstraint("id", by),
        info={PARTITIONED_BY: by},
        postgresql_partition_by=f"RANGE ({by})",
    )
    sa.event.listen(
        table,
        "after_create",
        sa.DDL(f"CREATE TABLE {name}_default PARTITION OF {name} DEFAULT").execute_if(  # type: ignore[no-untyped-call]
            dialect="postgresql"
        ),
    )
    return table


def load(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    ignore: Sequence[str] | None = None,
) -> int:
    """Insert many rows, given as values in the order of `columns`; how many were stored.

    For imports: one statement and no work on each row but that of the column types. `ignore` names the
    unique columns on which a row that is there already is passed over.
    """
    if not rows:
        return 0
    quote = connection.dialect.identifier_preparer.quote
    types = [table.c[name].type.dialect_impl(connection.dialect) for name in columns]
    values = [
        column if (bind := type.bind_processor(connection.dialect)) is None else list(map(bind, column))
        for type, column in zip(types, zip(*rows, strict=True), strict=True)
    ]
    target = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, columns))})"
    conflict = f" ON CONFLICT ({', '.join(map(quote, ignore))}) DO NOTHING" if ignore else ""
    if connection.dialect.name == "postgresql":
        names = [type.compile(connection.dialect).partition(" COLLATE")[0] for type in types]
        arrays = ", ".join(f"%s::{name}[]" for name in names)
        statement = f"{target} SELECT * FROM unnest({arrays}){conflict}"  # noqa: S608  # our own names
        return connection.exec_driver_sql(statement, tuple(list(column) for column in values)).rowcount
    marks = ", ".join("?" * len(columns))
    statement = f"{target} VALUES ({marks}){conflict}"
    stored = connection.exec_driver_sql(statement, list(zip(*values, strict=True))).rowcount
    if "id" in columns:
        index_new(connection, table, values[columns.index("id")])
    return stored


def among(key: sa.Column[Any], chosen: sa.Select[Any]) -> sa.ColumnElement[bool]:
    """Whether `key` is in the one column of `chosen`, which is neither limited nor grouped and holds no NULL.

    A list on SQLite, which looks each of its keys up. EXISTS on PostgreSQL: a NOT IN whose list is longer
    than `work_mem` has it search the list anew at every row, which takes hours with a million of both.
    """
    (column,) = chosen.selected_columns
    exists = chosen.where(column == key).correlate(key.table).exists()
    return Spelt(key, sqlite=key.in_(chosen), postgresql=exists)

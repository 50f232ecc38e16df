"""Reading an installation's rows from PostgreSQL, and loading all of them into it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from vestnik.db.transfer.rows import NOT_TAKEN, Column, Columns, Kind, Row, TransferFailed

Connection = psycopg.Connection[tuple[Any, ...]]

_KINDS: Mapping[str, Kind] = {
    "bigint": "int",
    "integer": "int",
    "smallint": "int",
    "boolean": "flag",
    "double precision": "float",
    "text": "text",
    "character varying": "text",
    "date": "text",
    "jsonb": "json",
    "bytea": "bytes",
}
#: How each kind is asked for, and as what it comes.
_ASKED: Mapping[Kind, tuple[str, str]] = {
    "int": ("{}::bigint", "int8"),
    "flag": ("{}::integer", "int4"),
    "float": ("{}::double precision", "float8"),
    "text": ("{}::text", "text"),
    "json": ("{}::text", "text"),
    "bytes": ("{}", "bytea"),
}
_TABLES = """
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY c.relname, a.attnum
"""
_SEQUENCES = """
    SELECT t.relname, a.attname, quote_ident(n.nspname) || '.' || quote_ident(s.relname)
    FROM pg_class AS s
    JOIN pg_namespace AS n ON n.oid = s.relnamespace
    JOIN pg_depend AS d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    JOIN pg_class AS t ON t.oid = d.refobjid
    JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE s.relkind = 'S' AND t.relnamespace = current_schema()::regnamespace
"""
_REFERENCES = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = current_schema()::regnamespace
"""
_INDEXES = """
    SELECT i.relname, pg_get_indexdef(i.oid)
    FROM pg_index AS x
    JOIN pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_class AS c ON c.oid = x.indrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
      AND NOT x.indisunique
"""
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def connect(url: sa.URL) -> Connection:
    """A connection of the driver's own, in a transaction from its first statement on."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain)


def others(connection: Connection) -> int:
    """How many other connections the database has."""
    return int(_one(connection, _OTHERS))


class PostgresqlSource:
    """One state of a PostgreSQL database, read while others write."""

    def __init__(self, url: sa.URL) -> None:
        self._connection = connect(url)
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.read_only = True
        self.tables: Mapping[str, Columns] = tables_of(self._connection)

    def close(self) -> None:
        """Let go of the state."""
        self._connection.close()

    @cached_property
    def revision(self) -> str:
        """The version of its schema."""
        return str(_one(self._connection, "SELECT version_num FROM alembic_version"))

    @cached_property
    def next_keys(self) -> Mapping[str, int]:
        """The next number of each table that numbers its rows by itself."""
        known: dict[str, int] = {}
        for table, _, sequence in self._connection.execute(_SEQUENCES).fetchall():
            ask = f"SELECT last_value + is_called::int FROM {sequence}"  # noqa: S608  # quoted by the server
            known[table] = int(_one(self._connection, ask))
        return known

    def first(self, table: str, column: str) -> int | None:
        """The smallest value of a column of whole numbers."""
        ask = sql.SQL("SELECT min({}) FROM {}").format(sql.Identifier(column), sql.Identifier(table))
        found: int | None = _one(self._connection, ask)
        return found

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table."""
        return read(self._connection, table, self.tables[table])


class PostgresqlTarget:
    """A database with its schema and no row; the caller's transaction makes what is loaded count."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.tables: Mapping[str, Columns] = tables_of(connection)
        self._references = connection.execute(_REFERENCES).fetchall()
        self._indexes = connection.execute(_INDEXES).fetchall()
        # Rows refer to rows that come later, and an index is made in one go faster than row by row.
        for table, name, _ in self._references:
            self._run("ALTER TABLE {} DROP CONSTRAINT {}", table, name)
        for name, _ in self._indexes:
            self._run("DROP INDEX {}", name)

    def load(self, table: str, columns: Columns, rows: Iterator[Row]) -> None:
        """Store rows."""
        names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
        key = columns[0].name
        row: Row = ()
        try:
            with self._connection.cursor() as cursor, cursor.copy(into) as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.DataError as error:
            # The server tells the line; what is at fault is mostly a text that PostgreSQL can't hold.
            raise TransferFailed(
                f"PostgreSQL does not take a row of {table} (near {key} {row[0] if row else '?'}): "
                f"{error.diag.message_primary or error}"
            ) from None

    def reread(self, table: str, columns: Sequence[Column]) -> Iterator[Row]:
        """What is stored now."""
        return read(self._connection, table, columns)

    def complete(self, next_keys: Mapping[str, int]) -> None:
        """Put indexes and references back, and have new rows be numbered after those that are there."""
        for _, definition in self._indexes:
            self._connection.execute(definition)
        for table, name, definition in self._references:
            self._run(f"ALTER TABLE {{}} ADD CONSTRAINT {{}} {definition}", table, name)
        for table, column, sequence in self._connection.execute(_SEQUENCES).fetchall():
            largest = sql.SQL("SELECT coalesce(max({}), 0) + 1 FROM {}")
            ask = largest.format(sql.Identifier(column), sql.Identifier(table))
            following = max(int(_one(self._connection, ask)), next_keys.get(table, 1))
            self._connection.execute("SELECT setval(%s::regclass, %s, false)", [sequence, following])
        for table in self.tables:
            self._run("ANALYZE {}", table)

    def _run(self, statement: str, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def tables_of(connection: Connection) -> dict[str, Columns]:
    """The tables with their columns, without partitions and what describes the database itself."""
    found: dict[str, list[Column]] = {}
    for table, name, declared in connection.execute(_TABLES).fetchall():
        if table in NOT_TAKEN:
            continue
        kind = _KINDS.get(declared)
        if kind is None:
            raise TransferFailed(f"{table}.{name} is of a type that is not known: {declared!r}")
        found.setdefault(table, []).append(Column(name, kind))
    return {table: tuple(columns) for table, columns in found.items()}


def read(connection: Connection, table: str, columns: Sequence[Column]) -> Iterator[Row]:
    """All rows of a table, one after another as the server sends them."""
    asked = sql.SQL(", ").join(_asked(column) for column in columns)
    out = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT BINARY)").format(asked, sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(out) as copy:
        copy.set_types([_ASKED[column.kind][1] for column in columns])
        yield from copy.rows()


def _asked(column: Column) -> sql.Composable:
    return sql.SQL(_ASKED[column.kind][0]).format(sql.Identifier(column.name))


def _one(connection: Connection, statement: Any) -> Any:
    found = connection.execute(statement).fetchone()
    return None if found is None else found[0]

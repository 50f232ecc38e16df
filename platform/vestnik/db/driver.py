"""Statements of the hot path, run by the database's driver itself.

A webhook needs some ten statements. SQLAlchemy's work on a small one costs several times what the
database's does, and the driver hands the interpreter to other threads at every row that it sends; so
these are given plain values (integers, text, bytes, None), as they are stored, many rows in one go.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

_NAME = re.compile(r"(?<!:):([a-z_]+)")
_encode = msgspec.json.Encoder().encode

Values = Mapping[str, Any]


class DriverStatement:
    """A statement with `:names`; `postgresql` is given where it is spelt otherwise there.

    Errors come as SQLAlchemy's, without the statement's values.
    """

    def __init__(self, sql: str, postgresql: str | None = None) -> None:
        self._sql = {"sqlite": sql, "postgresql": _NAME.sub(r"%(\1)s", postgresql or sql)}

    def run(self, connection: sa.Connection, values: Values | None = None) -> None:
        """Run it once, for its effect."""
        self._run(connection, values or {}, many=False, fetch=False)

    def rows(self, connection: sa.Connection, values: Values) -> Sequence[Any]:
        """Run it once; the rows that it returns, as tuples."""
        return self._run(connection, values, many=False, fetch=True)

    def each(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Run it for each of `rows` in turn, for its effect."""
        self._run(connection, rows, many=True, fetch=False)

    def _run(self, connection: sa.Connection, values: Any, *, many: bool, fetch: bool) -> Sequence[Any]:
        dialect = connection.dialect
        sql, errors = self._sql[dialect.name], dialect.loaded_dbapi.Error
        try:
            with contextlib.closing(connection.connection.cursor()) as cursor:
                (cursor.executemany if many else cursor.execute)(sql, values)
                return cursor.fetchall() if fetch else ()
        except errors as error:
            raise sa.exc.DBAPIError.instance(
                sql, None, error, errors, hide_parameters=True, dialect=dialect
            ) from error


class RowsStatement:
    """A statement on many rows at once, which stand in it as the table `r`: `FROM {rows} JOIN …`.

    They go over as one JSON text, so none of their texts may hold NUL. `columns` gives the type of each
    on PostgreSQL, `locking` what PostgreSQL needs behind the statement, `before` what it needs in front.
    """

    def __init__(self, sql: str, columns: Mapping[str, str], locking: str = "", before: str = "") -> None:
        shown = ", ".join(f"value ->> '{name}' AS {name}" for name in columns)
        typed = ", ".join(f"{name} {type}" for name, type in columns.items())
        self._statement = DriverStatement(
            sql.format(rows=f"(SELECT {shown} FROM json_each(:rows)) AS r"),  # noqa: S608  # our own names
            (before + sql + locking).format(rows=f"json_to_recordset(CAST(:rows AS json)) AS r({typed})"),
        )

    def run(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Run it on `rows`, for its effect."""
        self._statement.run(connection, {"rows": _encode(rows).decode()})

    def rows(self, connection: sa.Connection, rows: Sequence[Values]) -> Sequence[Any]:
        """Run it on `rows`; the rows that it returns, as tuples."""
        return self._statement.rows(connection, {"rows": _encode(rows).decode()})

"""Conditions that SQLite and PostgreSQL spell in different ways, chosen when the statement is compiled."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles


class Spelt(sa.ColumnElement[bool]):
    """A condition on `column`, as each database is to read it."""

    inherit_cache = False
    type = sa.Boolean()

    def __init__(
        self, column: sa.Column[Any], *, sqlite: sa.ColumnElement[bool], postgresql: sa.ColumnElement[bool]
    ) -> None:
        self.column, self.sqlite, self.postgresql = column, sqlite, postgresql

    def self_group(self, against: Any = None) -> Spelt:  # not as `… = 1`, which no index serves
        return self

    @property
    def _from_objects(self) -> list[sa.FromClause]:
        return self.column._from_objects


@compiles(Spelt, "sqlite")
def _on_sqlite(element: Spelt, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.sqlite, **options)})"


@compiles(Spelt, "postgresql")
def _on_postgresql(element: Spelt, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.postgresql, **options)})"

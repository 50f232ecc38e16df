"""A database with rows in every table: awkward ones, of which no two are the same."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

import vestnik.tables  # noqa: F401
from vestnik.db.database import write_engine
from vestnik.db.partitions import ensure_partitions
from vestnik.db.statements import metadata
from vestnik.db.transfer.rows import Tally
from vestnik.db.types import EPOCH, InstantType, new_key, now
from vestnik.sales.decimals import DecimalText

ROWS = 3
_TEXTS = ("Ёлка\t\\N «кавычки»\r\n🎄", '{"not": "json"}', "")
_DOCUMENTS: tuple[Any, ...] = (
    {"ключ": [1, 2.5, None, True], "a": {"z": 1e22, "я": '\\ "x" \t'}, "big": 2**62},
    [],
    {"b": 1.0, "a": -0.1},
)
_ONE_OF = re.compile(r"(\w+) IN \('([^']*)'")
_ALONE = frozenset(
    table.name
    for table in metadata.tables.values()
    if any(
        isinstance(each, sa.CheckConstraint) and "id = 1" in str(each.sqltext) for each in table.constraints
    )
)
_GIVEN: dict[str, dict[str, Any]] = {
    "contact_import_schedule": {"every_hours": None, "at_time": "10:00"},
    "calendar": {"kind": "shared", "owner_id": None},
    "calendar_event": {"source_kind": None, "source_id": None},
    "lead": {"result": None},
    "mail_collector": {"mark": None, "move_to": None, "delete_after_days": None},
    "sync": {"segment_id": None},
    "segment": {"kind": "dynamic", "rule": {"ё": 1}},
}


def fill(url: str) -> None:
    """Put rows into every table of the newest schema."""
    engine = write_engine(sa.make_url(url))
    keys: dict[sa.Column[Any], list[Any]] = {}
    with engine.begin() as connection:
        ensure_partitions(connection, now())
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        made = sa.inspect(connection).get_table_names()
        for table in (each for each in metadata.sorted_tables if each.name in made):
            for number in range(1 if table.name in _ALONE else ROWS):
                values = {column.name: _value(column, number, keys) for column in table.c}
                values |= _checked(table)
                connection.execute(table.insert().values(values))
                for column in table.c:
                    keys.setdefault(column, []).append(values[column.name])
    engine.dispose()


def _checked(table: sa.Table) -> dict[str, Any]:
    """Values that a CHECK lets pass."""
    checks = [str(each.sqltext) for each in table.constraints if isinstance(each, sa.CheckConstraint)]
    return {name: value for check in checks for name, value in _ONE_OF.findall(check)} | _GIVEN.get(
        table.name, {}
    )


def _value(column: sa.Column[Any], number: int, keys: dict[sa.Column[Any], list[Any]]) -> Any:
    for reference in column.foreign_keys:
        if reference.column.table is column.table:
            return None
        known = keys[reference.column]
        return known[min(number, len(known) - 1)]
    if column.nullable and number == 1:
        return None
    type = column.type
    if isinstance(type, InstantType):
        return EPOCH + dt.timedelta(days=20_700 + 17 * number, microseconds=number + 1)
    if isinstance(type, DecimalText):
        return Decimal("1234567890.25") + number
    if isinstance(type, sa.Boolean):
        return number == 0
    if isinstance(type, sa.Float):
        return [0.1, 3.0, -1e-9][number]
    if isinstance(type, sa.Date):
        return dt.date(2026, 2, 27 - number)
    if isinstance(type, sa.LargeBinary):
        return bytes(range(256)) * (number + 1)
    if isinstance(type, sa.JSON):
        return _DOCUMENTS[number]
    if isinstance(type, sa.BigInteger | sa.Integer):
        if column.primary_key and column.name == "id" and column.table.name not in _ALONE:
            return new_key() if column.table.name == "module_call" else number + 1
        return number + 1
    length = getattr(type, "length", None)
    if column.primary_key or column.unique or length is not None:
        return f"k{number}"[:length]
    return _TEXTS[number] + (str(number) if not _TEXTS[number] else "")


def digests(source: Any) -> dict[str, tuple[int, str]]:
    """Each table's number of rows and digest."""
    found = {}
    for name, columns in source.tables.items():
        tally = Tally(columns)
        for row in source.rows(name):
            tally.add(row)
        found[name] = (tally.rows, tally.digest)
    return found

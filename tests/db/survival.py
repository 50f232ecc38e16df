"""What a program of the schema before would not survive in the next one."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

#: What becomes of rows of a table unknown to a program that deletes the row they belong to.
_GIVES_WAY = frozenset({"CASCADE", "SET NULL"})


class Table(NamedTuple):
    """A table as the database describes it."""

    columns: dict[str, tuple[str, bool, bool]]  # its type, whether it may be empty, whether it has a default
    uniques: set[tuple[str, ...]]
    checks: set[str]
    references: set[tuple[str, tuple[str, ...], str]]


def described(url: str) -> dict[str, Table]:
    """Every table of the database at `url`."""
    engine = sa.create_engine(sa.make_url(url).set(drivername=_driver(url)))
    try:
        found = sa.inspect(engine)
        return {name: _table(found, name) for name in found.get_table_names()}
    finally:
        engine.dispose()


def breaks(before: dict[str, Table], after: dict[str, Table]) -> list[str]:
    """What a program that knows the tables of `before` does not survive in `after`, in a line each."""
    found = [f"{name} is gone" for name in before.keys() - after.keys()]
    for name in before.keys() & after.keys():
        found += [f"{name}{each}" for each in _changes(before[name], after[name])]
    for name in after.keys() - before.keys():
        found += [
            f"{name} holds rows of {target} that can't be deleted by whoever does not know it"
            for target, _, on_delete in after[name].references
            if target in before and on_delete not in _GIVES_WAY
        ]
    return sorted(found)


def _changes(before: Table, after: Table) -> list[str]:
    found = [f".{name} is gone" for name in before.columns.keys() - after.columns.keys()]
    for name, (kind, may_be_empty, has_default) in after.columns.items():
        if name not in before.columns:
            found += [] if may_be_empty or has_default else [f".{name} must be given"]
            continue
        old_kind, could_be_empty, had_default = before.columns[name]
        found += [f".{name} was {old_kind}, and is {kind}"] if kind != old_kind else []
        found += [f".{name} may not be empty any more"] if could_be_empty and not may_be_empty else []
        found += [f".{name} has no default any more"] if had_default and not has_default else []
    found += [f" must be unique by {', '.join(each)}" for each in after.uniques - before.uniques]
    found += [f" is checked: {each}" for each in after.checks - before.checks]
    found += [f" must refer to {target}" for target, _, _ in after.references - before.references]
    return found


def _table(found: sa.Inspector, name: str) -> Table:
    columns = {
        each["name"]: (str(each["type"]), bool(each["nullable"]), each.get("default") is not None)
        for each in found.get_columns(name)
    }
    uniques = {tuple(each["column_names"]) for each in found.get_unique_constraints(name)}
    uniques |= {_names(each["column_names"]) for each in found.get_indexes(name) if each["unique"]}
    checks = {" ".join(each["sqltext"].split()) for each in found.get_check_constraints(name)}
    references = {
        (each["referred_table"], tuple(each["constrained_columns"]), _on_delete(each.get("options", {})))
        for each in found.get_foreign_keys(name)
    }
    return Table(columns, uniques, checks, references)


def _names(columns: list[str | None]) -> tuple[str, ...]:
    return tuple(each or "an expression" for each in columns)


def _on_delete(options: Any) -> str:
    return str(options.get("ondelete", "")).upper()


def _driver(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"

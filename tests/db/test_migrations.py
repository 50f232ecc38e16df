"""The migrations make exactly what the rooms declare, on both databases."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import vestnik.tables  # noqa: F401
from vestnik.db.database import write_engine
from vestnik.db.migrate import configuration, is_current, migrate
from vestnik.db.statements import PARTITIONED_BY, metadata

_PARTITIONS = {f"{table.name}_default" for table in metadata.tables.values() if PARTITIONED_BY in table.info}


def differences(url: str) -> list[object]:
    """What the database at `url` has otherwise than the tables say."""
    engine = write_engine(sa.make_url(url))
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: (
                not (kind in ("table", "index") and name.startswith("search_"))
                and (kind != "table" or name not in _PARTITIONS | {"alembic_version"})
            ),
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    return list(found)


async def test_an_empty_database_becomes_what_the_tables_say(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate, empty_database_url)
    assert await asyncio.to_thread(is_current, empty_database_url)
    assert await asyncio.to_thread(differences, empty_database_url) == []


async def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate, empty_database_url)
    await asyncio.to_thread(migrate, empty_database_url)
    assert await asyncio.to_thread(differences, empty_database_url) == []


def test_no_table_is_left_out_of_the_migrations(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/made.db"
    migrate(url)
    with sa.create_engine(url).connect() as connection:
        made = {name for name in sa.inspect(connection).get_table_names() if not name.startswith("search_")}
        connection.engine.dispose()
    assert made == {*metadata.tables, "alembic_version"}


async def test_rows_of_rehearsals_move_as_they_are(empty_database_url: str) -> None:
    numbers = (
        *("total", "done", "equal", "different", "failed", "not_comparable"),
        *("actions_lost", "actions_changed", "actions_added"),
    )

    def moved() -> tuple[list[object], list[object]]:
        command.upgrade(configuration(empty_database_url), "0004")
        engine = write_engine(sa.make_url(empty_database_url))
        values: dict[str, object] = {
            "id": 7, "name": "x", "title": "{}", "enabled": True, "bundled": False, "archived": False,
        }  # fmt: skip
        with engine.begin() as connection:
            old = sa.MetaData()
            old.reflect(connection, only=["module", "module_rehearsal"])
            module, rehearsal = old.tables["module"], old.tables["module_rehearsal"]
            for column in module.c:
                if not column.nullable and column.name not in values and column.server_default is None:
                    values[column.name] = 0 if isinstance(column.type, sa.Integer) else "x"
            values = {name: value for name, value in values.items() if name in module.c}
            connection.execute(module.insert().values(values))
            for state, rows in (("running", '[{"a": "ё"}, {"b": 2}]'), ("done", "[]")):
                connection.execute(
                    rehearsal.insert().values(
                        **dict.fromkeys(numbers, 0),
                        **dict.fromkeys(("version_id", "live_version_id", "created_at", "updated_at"), 1),
                        module_id=7,
                        state=state,
                        author="x",
                        rows=rows,
                    )
                )
        migrate(empty_database_url)
        with engine.begin() as connection:
            kept = connection.execute(
                sa.text("SELECT rehearsal_id, number, row FROM module_rehearsal_row ORDER BY 1, 2")
            )
            states = connection.execute(sa.text("SELECT id, state FROM module_rehearsal ORDER BY 1"))
            found = [tuple(each) for each in kept], [tuple(each) for each in states]
        engine.dispose()
        return found  # type: ignore[return-value]

    assert await asyncio.to_thread(moved) == (
        [(1, 0, '{"a": "ё"}'), (1, 1, '{"b": 2}')],
        [(1, "interrupted"), (2, "done")],
    )

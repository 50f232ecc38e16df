"""The migrations make exactly what the rooms declare, on both databases."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import vestnik.tables  # noqa: F401
from vestnik.db.database import write_engine
from vestnik.db.migrate import is_current, migrate
from vestnik.db.statements import PARTITIONED_BY, metadata

_PARTITIONS = {f"{table.name}_default" for table in metadata.tables.values() if PARTITIONED_BY in table.info}


def differences(url: str) -> list[object]:
    """What the database at `url` has otherwise than the tables say."""
    engine = write_engine(sa.make_url(url))
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: (
                kind != "table" or name not in _PARTITIONS | {"alembic_version"}
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
        made = set(sa.inspect(connection).get_table_names())
        connection.engine.dispose()
    assert made == {*metadata.tables, "alembic_version"}

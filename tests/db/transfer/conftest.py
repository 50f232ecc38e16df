"""Two databases at once: one that is read, and an empty one beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from tests.db.transfer.filled import fill

from vestnik.db.migrate import migrate
from vestnik.db.transfer.moving import Place


@pytest.fixture
def source(tmp_path: Path, empty_database_url: str) -> Place:
    """An installation with rows in every table, once on each kind of database."""
    migrate(empty_database_url)
    fill(empty_database_url)
    url = sa.make_url(empty_database_url)
    return Place(url, tmp_path / "recordings" if url.get_backend_name() == "sqlite" else None)


@pytest.fixture
def other(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database beside the one that is read."""
    name = f"other_{uuid4().hex}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield sa.make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

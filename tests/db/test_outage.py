"""A database that is full, cut off or read-only is told from a wrong statement, and comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
import sqlalchemy as sa

from vestnik.db import Database, WriterStopped, is_outage
from vestnik.db.connections import RESTS_IN_TRANSACTION_S, WRITERS_SIDE
from vestnik.db.database import write_engine

FILL = sa.text("CREATE TABLE filled (text TEXT)")


def fill(connection: sa.Connection, characters: int) -> None:
    connection.execute(sa.text("INSERT INTO filled VALUES (:text)"), {"text": "x" * characters})


def number(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.text("SELECT count(*) FROM filled")) or 0)


async def outage_of(database: Database) -> BaseException:
    """What a write raises now."""
    with pytest.raises(sa.exc.DBAPIError) as raised:
        await database.write(fill, 100)
    return raised.value


@pytest.fixture
async def filled(database: Database) -> AsyncIterator[Database]:
    await database.write(lambda connection: connection.execute(FILL))
    yield database


@pytest.fixture
def administrator(database: Database, postgresql_server: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(postgresql_server, autocommit=True)


async def test_a_wrong_statement_is_no_outage(filled: Database) -> None:
    def ask(connection: sa.Connection, wrong: str) -> None:
        connection.execute(sa.text(wrong))

    for wrong in ("SELECT nothing FROM nowhere", "SELEC"):
        with pytest.raises(sa.exc.DBAPIError) as raised:
            await filled.write(ask, wrong)
        assert not is_outage(raised.value)
    assert not is_outage(ValueError())
    assert is_outage(WriterStopped())


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_full_disk_undoes_the_unit_and_is_over_when_there_is_room(filled: Database) -> None:
    def limit(connection: sa.Connection, pages: int) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    pages = await filled.write(lambda connection: connection.scalar(sa.text("PRAGMA page_count")))
    await filled.write(limit, pages)
    outcomes = await asyncio.gather(
        filled.write(fill, 10), filled.write(fill, 1_000_000), filled.write(number), return_exceptions=True
    )
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert failed and all(is_outage(outcome) for outcome in failed)
    await filled.write(limit, 1_000_000)
    before = await filled.write(number)
    await filled.write(fill, 1_000_000)
    assert await filled.write(number) == before + 1


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_connections_that_were_cut_are_replaced(
    filled: Database, administrator: psycopg.Connection[tuple[object, ...]]
) -> None:
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        f"'{filled.url.database}' AND state = 'idle'"
    )
    with administrator:
        for _ in range(3):
            async with filled.read() as one, filled.read() as two:
                assert await one.scalar(sa.select(1)) == await two.scalar(sa.select(1)) == 1
            administrator.execute(cut)
            await filled.write(fill, 1)


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_connection_that_is_cut_in_a_unit_is_an_outage_for_it(filled: Database) -> None:
    def cut_off(connection: sa.Connection) -> None:
        fill(connection, 1)
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    outcomes = await asyncio.gather(
        filled.write(fill, 1), filled.write(cut_off), filled.write(fill, 1), return_exceptions=True
    )
    assert isinstance(outcomes[1], sa.exc.OperationalError)
    assert all(outcome is None or is_outage(outcome) for outcome in outcomes)
    assert await filled.write(number) == outcomes.count(None)


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_standby_that_takes_no_writes_is_an_outage(
    filled: Database, administrator: psycopg.Connection[tuple[object, ...]]
) -> None:
    name = filled.url.database
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    with administrator:
        administrator.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        administrator.execute(cut)
        assert is_outage(await outage_of(filled))
        administrator.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = off')
        administrator.execute(cut)
    await filled.write(fill, 1)
    assert await filled.write(number) == 1


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_whoever_freezes_in_a_unit_of_work_gives_up_what_it_locked(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled.write(fill, 1)
    lock = "SELECT text FROM filled FOR UPDATE"
    monkeypatch.setitem(WRITERS_SIDE, "idle_in_transaction_session_timeout", "300")
    frozen = write_engine(filled.url)
    try:
        with pytest.raises(sa.exc.InternalError) as raised, frozen.begin() as connection:
            connection.exec_driver_sql(lock).all()
            await filled.write(lambda own: own.exec_driver_sql(lock).all())  # waits for it, and gets it
            connection.exec_driver_sql("SELECT 1")
        assert is_outage(raised.value)
        with frozen.begin() as connection:  # the next one is a new one
            assert connection.exec_driver_sql(lock).all() == [("x",)]
    finally:
        frozen.dispose()


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_only_who_writes_may_not_rest_in_a_transaction(filled: Database) -> None:
    show = sa.text("SHOW idle_in_transaction_session_timeout")
    assert await filled.write(lambda connection: connection.scalar(show)) == f"{RESTS_IN_TRANSACTION_S}s"
    async with filled.read() as connection:
        assert await connection.scalar(show) == "0"

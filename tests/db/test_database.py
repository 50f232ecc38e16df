"""The writer: units of work commit in groups, fail alone, and resolve only after COMMIT."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from vestnik.db import Database, Instant, WriterStopped, after_commit, fold, insert_ignore, new_key, upsert

scratch = sa.MetaData()
note = sa.Table(
    "note",
    scratch,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, unique=True),
    sa.Column("at", Instant),
)


@pytest.fixture
async def notes(database: Database) -> Database:
    await database.write(lambda connection: scratch.create_all(connection))
    return database


def add(connection: sa.Connection, text: str) -> None:
    connection.execute(sa.insert(note).values(text=text))


async def texts(database: Database) -> list[str]:
    async with database.read() as connection:
        return list(await connection.scalars(sa.select(note.c.text).order_by(note.c.text)))


async def test_a_unit_is_readable_as_soon_as_its_future_resolves(notes: Database) -> None:
    await notes.write(add, "first")
    assert await texts(notes) == ["first"]


async def test_a_failing_unit_undoes_itself_and_not_its_neighbours(notes: Database) -> None:
    def half(connection: sa.Connection) -> None:
        add(connection, "half")
        raise LookupError("stop")

    outcomes = await asyncio.gather(
        notes.write(add, "before"), notes.write(half), notes.write(add, "after"), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, type(None)]
    assert await texts(notes) == ["after", "before"]


async def test_after_commit_runs_for_what_was_committed_and_not_for_what_was_undone(notes: Database) -> None:
    heard: list[str] = []

    def told(connection: sa.Connection, word: str, fail: bool) -> None:
        after_commit(connection, lambda: heard.append(word))
        if fail:
            raise LookupError(word)

    await asyncio.gather(
        notes.write(told, "kept", False), notes.write(told, "undone", True), return_exceptions=True
    )
    assert heard == ["kept"]


async def test_upsert_and_insert_ignore_mean_the_same_on_both_databases(notes: Database) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    def work(connection: sa.Connection) -> None:
        connection.execute(insert_ignore(connection, note, ["text"]), [{"text": "a", "at": None}] * 2)
        connection.execute(upsert(connection, note, ["text"], ["at"]), [{"text": "a", "at": at}])

    await notes.write(work)
    async with notes.read() as connection:
        rows = (await connection.execute(sa.select(note.c.text, note.c.at))).all()
    assert [tuple(row) for row in rows] == [("a", at)]


async def test_a_naive_datetime_is_refused(notes: Database) -> None:
    with pytest.raises(sa.exc.StatementError):
        await notes.write(lambda c: c.execute(sa.insert(note).values(at=datetime(2026, 1, 1))))


async def test_bulk_work_leaves_a_database_quiet(notes: Database) -> None:
    before = time.monotonic()
    await notes.write(lambda _connection: None)
    written = notes.quiet_s()
    assert written <= time.monotonic() - before
    await notes.submit(lambda _connection: None, bulk=True)
    assert notes.quiet_s() > written


async def test_bulk_work_gets_its_turns_while_others_write_without_end(notes: Database) -> None:
    bulk = [notes.submit(lambda _connection: None, bulk=True) for _ in range(5)]
    while not all(unit.done() for unit in bulk):
        await notes.write(lambda _connection: None)


async def test_bulk_work_that_waits_is_finished_when_the_database_stops(notes: Database) -> None:
    bulk = [notes.submit(lambda connection: add(connection, "bulk"), bulk=True) for _ in range(3)]
    other = notes.submit(lambda connection: add(connection, "other"))
    await notes.stop()
    assert [unit.done() for unit in (other, *bulk)] == [True] * 4


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_random_page_costs_what_the_server_says_or_little(database_url: str) -> None:
    show = sa.text("SHOW random_page_cost")

    async def costs_then(statement: str) -> set[str]:
        database = Database(database_url)
        await database.start()
        async with database.read() as connection:
            read: str = (await connection.execute(show)).scalar_one()
            written: str = await database.write(lambda writer: writer.execute(show).scalar_one())
        await database.write(lambda writer: writer.execute(sa.text(statement)))
        await database.stop()
        return {read, written}

    name = sa.make_url(database_url).database
    assert await costs_then(f'ALTER DATABASE "{name}" SET random_page_cost = 2') == {"1.1"}
    assert await costs_then("SELECT 1") == {"2"}


async def test_nothing_is_taken_after_stop(notes: Database) -> None:
    await notes.stop()
    with pytest.raises(WriterStopped):
        await notes.write(add, "late")


def test_folded_text_knows_cyrillic() -> None:
    assert fold("Семён ЁЖИК ﬁ") == "семен ежик fi"


def test_keys_are_unique_ordered_and_fit_63_bits() -> None:
    keys = [new_key() for _ in range(20_000)]
    assert keys == sorted(set(keys))
    assert keys[-1] < 2**63


async def test_statistics_are_there_as_soon_as_they_are_asked_for(notes: Database) -> None:
    for number in range(30):
        await notes.write(add, str(number))
    await notes.refresh_statistics(note)
    assert len(await texts(notes)) == 30
    if not notes.on_sqlite:
        async with notes.read() as connection:
            known = sa.text("SELECT reltuples FROM pg_class WHERE relname = 'note'")
            assert await connection.scalar(known) == 30

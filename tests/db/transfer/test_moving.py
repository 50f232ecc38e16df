"""A whole installation arrives as it was, from either database in the other, or nothing of it does."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from tests.db.transfer.filled import ROWS, digests

from vestnik.companies.tables import client
from vestnik.db.database import write_engine
from vestnik.db.migrate import migrate, schema_of
from vestnik.db.search import contains
from vestnik.db.transfer.moving import Arrived, InUse, NotEmpty, Place, move, reading
from vestnik.db.transfer.rows import TransferFailed


def place(url: str, recordings: Path | None = None) -> Place:
    return Place(sa.make_url(url), recordings)


def nothing(_connection: sa.Connection) -> None:
    """What is done afterwards where nothing is."""


def moved(source: Place, target: Place, *, replace: bool = False) -> Arrived[None]:
    with reading(source) as rows:
        return move(rows, target, nothing, lambda _: None, replace=replace)


def value(url: str, statement: str) -> object:
    engine = write_engine(sa.make_url(url))
    with engine.begin() as connection:
        done = connection.execute(sa.text(statement))
        found: object = done.scalar() if done.returns_rows else None
    engine.dispose()
    return found


def test_every_table_arrives_in_postgresql_as_it_was(source: Place, other: str) -> None:
    arrived = moved(source, place(other))
    with reading(source) as before, reading(place(other)) as after:
        assert digests(after) == digests(before)
        assert {each.table: (each.rows, each.digest) for each in arrived.tables} == digests(before)
    assert sum(each.rows for each in arrived.tables) > 90 * ROWS
    assert schema_of(other) == "current"


def test_every_table_arrives_in_sqlite_as_it_was_with_recordings_by_days(
    source: Place, tmp_path: Path
) -> None:
    target = place(f"sqlite:///{tmp_path / 'other' / 'vestnik.db'}", tmp_path / "other" / "recordings")
    moved(source, target)
    with reading(source) as before, reading(target) as after:
        assert digests(after) == digests(before)
    assert list((tmp_path / "other" / "recordings").glob("????-??-??.db"))
    with reading(place(target.text)) as alone:
        assert digests(alone)["module_call"] == (0, "0" * 32)
    assert {path.name for path in (tmp_path / "other").iterdir()} == {"vestnik.db", "recordings"}


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_day_of_recordings_that_is_older_than_a_column_is_read(source: Place, tmp_path: Path) -> None:
    target = place(f"sqlite:///{tmp_path / 'other' / 'vestnik.db'}", tmp_path / "other" / "recordings")
    moved(source, target)
    assert target.recordings is not None
    for day in target.recordings.glob("*.db"):
        value(f"sqlite:///{day}", "DROP INDEX ix_module_call_trace")
        value(f"sqlite:///{day}", "ALTER TABLE module_call DROP COLUMN trace_id")
    again = place(f"sqlite:///{tmp_path / 'again.db'}", tmp_path / "again")
    moved(target, again)
    with reading(again) as after:
        place_of_id = [column.name for column in after.tables["module_call"]].index("trace_id")
        assert [row[place_of_id] for row in after.rows("module_call")] == [None] * ROWS


def test_new_rows_are_numbered_after_those_that_arrived(source: Place, other: str) -> None:
    moved(source, place(other))
    assert value(other, "SELECT nextval(pg_get_serial_sequence('module', 'id'))") == ROWS + 1


def test_searched_text_is_found_where_it_arrived(source: Place, other: str, tmp_path: Path) -> None:
    on_sqlite = f"sqlite:///{tmp_path / 'other' / 'vestnik.db'}"
    moved(source, place(on_sqlite))
    moved(source, place(other))
    for url in (on_sqlite, other):
        engine = write_engine(sa.make_url(url))
        with engine.connect() as connection:
            found = sa.select(sa.func.count()).where(contains(client.c.name_folded, "«кавы"))
            assert connection.scalar(found) == 1
        engine.dispose()


def test_rows_of_months_lie_in_their_months(source: Place, other: str) -> None:
    moved(source, place(other))
    assert value(other, "SELECT count(*) FROM event_default") == 0
    assert value(other, "SELECT count(*) FROM event") == ROWS


def test_a_place_that_holds_something_is_refused_and_stays(source: Place, other: str, tmp_path: Path) -> None:
    moved(source, place(other))
    file = place(f"sqlite:///{tmp_path / 'other.db'}")
    moved(source, file)
    for target in (place(other), file):
        with pytest.raises(NotEmpty, match="is not empty"):
            moved(source, target)
        with reading(source) as before, reading(target) as after:
            assert digests(after) == digests(before)


def test_what_is_replaced_is_replaced_whole(source: Place, other: str, tmp_path: Path) -> None:
    file = place(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "days")
    for target in (place(other), file):
        moved(source, target)
        value(target.text, "DELETE FROM message")
        moved(source, target, replace=True)
        with reading(source) as before, reading(target) as after:
            assert digests(after) == digests(before)


def test_a_database_of_somebody_else_or_of_another_schema_is_refused(source: Place, other: str) -> None:
    value(other, "CREATE TABLE stranger (id integer)")
    for replace in (False, True):
        with pytest.raises(NotEmpty, match="stranger"):
            moved(source, place(other), replace=replace)
    value(other, "DROP TABLE stranger")
    migrate(other)
    value(other, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(NotEmpty, match="not up to date"):
        moved(source, place(other))


def test_a_database_that_others_work_on_is_refused(source: Place, other: str) -> None:
    with psycopg.connect(other) as _busy, pytest.raises(InUse, match=r"other connections \(1\)"):
        moved(source, place(other))


def test_a_failure_at_the_end_leaves_nothing(source: Place, other: str, tmp_path: Path) -> None:
    def fail(_connection: sa.Connection) -> None:
        raise TransferFailed("at the very end")

    file = place(f"sqlite:///{tmp_path / 'new' / 'vestnik.db'}", tmp_path / "new" / "recordings")
    for target in (place(other), file):
        with reading(source) as rows, pytest.raises(TransferFailed, match="at the very end"):
            move(rows, target, fail, lambda _: None)
        assert schema_of(target.text) == "missing"
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_text_that_postgresql_cannot_hold_is_named(source: Place, other: str) -> None:
    value(source.text, "UPDATE module SET name = 'a' || char(0) WHERE id = 2")
    with pytest.raises(TransferFailed, match=r"does not take a row of module \(near id 2\)"):
        moved(source, place(other))
    assert schema_of(other) == "missing"


def test_what_is_written_meanwhile_is_not_in_it(source: Place, other: str) -> None:
    with reading(source) as rows:
        before = digests(rows)
        value(source.text, "DELETE FROM message")
        assert digests(rows) == before
        move(rows, place(other), nothing, lambda _: None)
    with reading(place(other)) as after:
        assert digests(after) == before

"""Rows in the order of a column that may be empty: the same on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from vestnik.db import Database, ordered_by

scratch = sa.MetaData()
visit = sa.Table(
    "visit",
    scratch,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("left_at", sa.Integer),
)


@pytest.fixture
async def visits(database: Database) -> Database:
    """One visit that ended early, one that ended late, and two that go on."""

    def store(connection: sa.Connection) -> None:
        scratch.create_all(connection)
        ends = {1: None, 2: 20, 3: 10, 4: None}
        connection.execute(sa.insert(visit), [{"id": id, "left_at": at} for id, at in ends.items()])

    await database.write(store)
    return database


@pytest.mark.parametrize(("down", "ids"), [(False, [1, 4, 3, 2]), (True, [2, 3, 1, 4])])
async def test_what_is_empty_is_below_everything_else(visits: Database, down: bool, ids: list[int]) -> None:
    query = sa.select(visit.c.id).order_by(ordered_by(visit.c.left_at, down=down), visit.c.id)
    async with visits.read() as connection:
        assert list(await connection.scalars(query)) == ids


def test_a_column_that_is_never_empty_is_sorted_as_its_index_is() -> None:
    assert str(ordered_by(visit.c.id, down=True)) == "visit.id DESC"
    assert str(ordered_by(sa.func.lower(visit.c.id), down=False)) == "lower(visit.id) ASC"

"""Whether a row is among chosen ones: the same on both databases, by no list searched at every row."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from vestnik.db import Database, among

scratch = sa.MetaData()
person = sa.Table("person", scratch, sa.Column("id", sa.Integer, primary_key=True))
letter = sa.Table(
    "letter",
    scratch,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("opened", sa.Boolean, nullable=False),
)

OPENED = among(person.c.id, sa.select(letter.c.person_id).where(letter.c.opened))


@pytest.fixture
async def people(database: Database) -> Database:
    """Six people; 2, 3 and 4 got letters, 2 opened one of two and 3 the only one."""

    def store(connection: sa.Connection) -> None:
        scratch.create_all(connection)
        connection.execute(sa.insert(person), [{"id": id} for id in range(1, 7)])
        letters = [(2, True), (2, False), (3, True), (4, False)]
        connection.execute(sa.insert(letter), [{"person_id": id, "opened": opened} for id, opened in letters])

    await database.write(store)
    return database


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (OPENED, [2, 3]),
        (sa.not_(OPENED), [1, 4, 5, 6]),
        (sa.not_(OPENED) & among(person.c.id, sa.select(letter.c.person_id)), [4]),
        ((person.c.id == 6) | OPENED, [2, 3, 6]),
        (sa.not_((person.c.id == 6) | OPENED), [1, 4, 5]),
    ],
)
async def test_rows_are_among_the_chosen_or_not(
    people: Database, condition: sa.ColumnElement[bool], ids: list[int]
) -> None:
    async with people.read() as connection:
        found = await connection.scalars(sa.select(person.c.id).where(condition).order_by(person.c.id))
        assert list(found) == ids


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_list_longer_than_the_memory_of_a_query_is_joined(people: Database) -> None:
    def fill(connection: sa.Connection) -> list[str]:
        connection.execute(sa.text("INSERT INTO person SELECT generate_series(10, 20000)"))
        connection.execute(
            sa.text("INSERT INTO letter SELECT n, n, true FROM generate_series(10, 20000, 2) AS n")
        )
        connection.execute(sa.text("ANALYZE person, letter"))
        connection.execute(sa.text("SET LOCAL work_mem = '64kB'"))
        counted = sa.select(sa.func.count()).select_from(person).where(sa.not_(OPENED))
        text = counted.compile(connection, compile_kwargs={"literal_binds": True})
        return list(connection.scalars(sa.text(f"EXPLAIN {text}")))

    plan = "\n".join(await people.write(fill))
    assert "Anti Join" in plan
    assert "SubPlan" not in plan

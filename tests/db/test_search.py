"""Text is found anywhere in a column, on both databases, as soon as it is written and no longer."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from vestnik.companies.tables import client
from vestnik.db import Database, fold, load, now
from vestnik.db.search import contains, search_by_index


def _client(connection: sa.Connection, id: int, name: str) -> None:
    columns = ("id", "kind", "name", "name_folded", "created_at", "updated_at")
    load(connection, client, columns, [(id, "company", name, fold(name), now(), now())])


async def _found(database: Database, text: str) -> list[int]:
    async with database.read() as connection:
        wanted = (
            sa.select(client.c.id).where(contains(client.c.name_folded, fold(text))).order_by(client.c.id)
        )
        return list((await connection.scalars(wanted)).all())


async def test_a_part_of_a_name_is_found_in_any_case(database: Database) -> None:
    def write(connection: sa.Connection) -> None:
        _client(connection, 1, "ООО «Чёрный ящик»")
        _client(connection, 2, "Белый Ящик 100%")
        _client(connection, 3, 'Он "в кавычках"')

    await database.write(write)

    assert await _found(database, "черн") == [1]
    assert await _found(database, "ЯЩИК") == [1, 2]
    assert await _found(database, "00%") == [2]
    assert await _found(database, '"в к') == [3]
    assert await _found(database, "щ_к") == []
    assert await _found(database, "ящика") == []
    assert await _found(database, "он") == [3]  # the beginning only


async def test_what_changed_or_went_is_found_no_longer(database: Database) -> None:
    await database.write(lambda connection: _client(connection, 1, "Ромашка"))
    await database.write(
        lambda connection: connection.execute(sa.update(client).values(name="Лютик", name_folded="лютик"))
    )
    assert await _found(database, "ромаш") == []
    assert await _found(database, "ютик") == [1]

    await database.write(lambda connection: connection.execute(sa.delete(client)))
    assert await _found(database, "ютик") == []


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_text_of_every_row_is_counted_by_the_index(database: Database) -> None:
    def write(connection: sa.Connection) -> None:
        for id in range(1, 200):
            _client(connection, id, f"Заявка с сайта {id}")

    await database.write(write)
    counted = sa.select(sa.func.count()).select_from(client).where(contains(client.c.name_folded, "заявка"))
    async with database.read() as connection:
        await search_by_index(connection)
        shown = str(counted.compile(connection.sync_engine, compile_kwargs={"literal_binds": True}))
        plan = await connection.exec_driver_sql("EXPLAIN " + shown.replace("%", "%%"))
        assert "Seq Scan" not in "\n".join(plan.scalars())
        assert await connection.scalar(counted) == 199
    async with database.read() as connection:
        assert await connection.scalar(sa.text("SHOW enable_seqscan")) == "on"

"""Text is found anywhere in a column, on both databases, as soon as it is written and no longer."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.companies.tables import client
from vestnik.db import Database, fold, load, now
from vestnik.db.search import contains


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

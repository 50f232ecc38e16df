"""Clients of before have no phones of their own, a name, and are found as they were."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from alembic import command

from vestnik.companies.tables import client
from vestnik.db.database import write_engine
from vestnik.db.migrate import configuration, migrate
from vestnik.db.search import contains, index_new


async def test_clients_of_before_are_kept_and_found(empty_database_url: str) -> None:
    def moved() -> tuple[list[str], list[str], bool]:
        command.upgrade(configuration(empty_database_url), "0012")
        engine = write_engine(sa.make_url(empty_database_url))
        with engine.begin() as connection:
            old = sa.MetaData()
            old.reflect(connection, only=["client"])
            row = {"id": 7, "kind": "company", "name": "Ромашка", "name_folded": "ромашка", "phones": "[]"}
            connection.execute(old.tables["client"].insert().values(**row, created_at=1, updated_at=1))
            index_new(connection, client, [7])
        migrate(empty_database_url)
        with engine.begin() as connection:
            connection.execute(sa.update(client).values(name="Лютик", name_folded="лютик"))
            found = [
                list(connection.scalars(sa.select(client.c.name).where(contains(client.c.name_folded, text))))
                for text in ("омаш", "ютик")
            ]
            pending = connection.scalar(sa.select(client.c.name_pending))
        engine.dispose()
        return found[0], found[1], bool(pending)

    assert await asyncio.to_thread(moved) == ([], ["Лютик"], False)

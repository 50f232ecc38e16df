"""Months of the big tables: made ahead on PostgreSQL, never twice, never over rows that are there."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from vestnik.db import Database
from vestnik.db.database import write_engine
from vestnik.db.partitions import ensure_partitions
from vestnik.webhooks.tables import event

DECEMBER = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


async def tables_of_rows(database: Database) -> list[str]:
    async with database.read() as connection:
        return list(
            await connection.scalars(sa.text("SELECT tableoid::regclass::text FROM event ORDER BY id"))
        )


async def test_months_are_made_once_and_rows_go_to_theirs(database: Database) -> None:
    made = await database.write(ensure_partitions, DECEMBER)
    assert await database.write(ensure_partitions, DECEMBER) == []
    if database.on_sqlite:
        assert made == []
        return
    assert {name for name in made if name.startswith("event_")} == {
        "event_2026_12",
        "event_2027_01",
        "event_2027_02",
    }
    instants = (DECEMBER, datetime(2027, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
    rows = [{"id": id, "at": at, "account_id": 1, "kind": "opened"} for id, at in enumerate(instants)]
    await database.write(lambda connection: connection.execute(sa.insert(event), rows))
    assert await tables_of_rows(database) == ["event_2026_12", "event_2027_01", "event_default"]


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_processes_that_start_at_once_make_months_one_after_another(database: Database) -> None:
    engines = [write_engine(database.url) for _ in range(3)]
    together = threading.Barrier(len(engines))

    def make(engine: sa.Engine) -> list[str]:
        made = []
        for year in range(2030, 2040):
            with engine.connect() as connection:
                together.wait(30)
                with connection.begin():
                    made += ensure_partitions(connection, datetime(year, 1, 1, tzinfo=UTC))
        engine.dispose()
        return made

    with ThreadPoolExecutor(len(engines)) as threads:
        made = [name for names in threads.map(make, engines) for name in names]
    assert len(made) == len(set(made)) > 0


async def test_a_month_whose_rows_came_first_stays_where_they_are(database: Database) -> None:
    row = {"id": 1, "at": DECEMBER, "account_id": 1, "kind": "opened"}
    await database.write(lambda connection: connection.execute(sa.insert(event), [row]))
    made = await database.write(ensure_partitions, DECEMBER)
    assert "event_2026_12" not in made
    assert database.on_sqlite or "event_2027_01" in made

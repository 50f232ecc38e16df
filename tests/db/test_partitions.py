"""Months of the big tables: made ahead on PostgreSQL, never twice, never over rows that are there."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from vestnik.db import Database
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


async def test_a_month_whose_rows_came_first_stays_where_they_are(database: Database) -> None:
    row = {"id": 1, "at": DECEMBER, "account_id": 1, "kind": "opened"}
    await database.write(lambda connection: connection.execute(sa.insert(event), [row]))
    made = await database.write(ensure_partitions, DECEMBER)
    assert "event_2026_12" not in made
    assert database.on_sqlite or "event_2027_01" in made

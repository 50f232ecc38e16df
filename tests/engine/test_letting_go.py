"""A process that lives leaves what another one has by now, unless it is in the middle of a step of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from vestnik.db import Database
from vestnik.engine import Engine, Run
from vestnik.engine.alone import Alone
from vestnik.engine.letting_go import LettingGo
from vestnik.settings import Settings

# SQLite serves one process.
pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"])

OWN, LIVING, ANOTHERS, DONE = 1, 2, 3, 4
JOB = sa.Table(
    "job",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("driver", sa.Text),
    sa.Column("done", sa.Boolean),
)


@pytest.fixture
def engine(database: Database, database_url: str, tmp_path: Path) -> Engine:
    """The engine of this process."""
    return Engine(Settings(database_url=database_url, data_dir=tmp_path), database, poll_s=0.02)


async def drivers(database: Database) -> dict[int, str | None]:
    async with database.read() as connection:
        return {row.id: row.driver for row in await connection.execute(sa.select(JOB))}


async def test_only_what_nothing_here_works_on_is_let_go(database: Database, engine: Engine) -> None:
    own, alone = engine.executors.own_id, Alone()
    letting_go = LettingGo(database, engine, alone, JOB, JOB.c.done.is_(False), lambda row: f"job-{row.id}")
    rows = [
        {"id": id, "driver": "elsewhere" if id == ANOTHERS else own, "done": id == DONE}
        for id in (OWN, LIVING, ANOTHERS, DONE)
    ]

    def plant(connection: sa.Connection) -> None:
        JOB.create(connection)
        connection.execute(sa.insert(JOB), rows)

    begun, go_on = asyncio.Event(), asyncio.Event()

    async def job(_run: Run) -> None:
        begun.set()
        await go_on.wait()

    await database.write(plant)
    before = {row["id"]: row["driver"] for row in rows}
    try:
        engine.workflow("job", job)
        await engine.start()
        await engine.run("job", f"job-{LIVING}")
        await asyncio.wait_for(begun.wait(), 30)
        async with alone.of(OWN):
            await letting_go.look()
            assert await drivers(database) == before
        await letting_go.look()
        assert await drivers(database) == before | {OWN: None}
    finally:
        go_on.set()
        await engine.stop()
        await database.write(JOB.drop)

"""A chunk that two processes worked on in turn: the late word of the slower one is not taken."""

from __future__ import annotations

import sqlalchemy as sa
from tests.webhooks.conftest import AT, CAMPAIGN, plant_campaign

from vestnik.campaigns.chunks import Handover
from vestnik.campaigns.launch import Launch
from vestnik.campaigns.ports import Rejected
from vestnik.campaigns.tables import chunk
from vestnik.db import Database

PASSED = Handover("export", 0, 0, rows={})
ASKED = Handover("export", 0, 0, job_id="job-1")
LAUNCH = Launch(lambda id: None, [])


def plant(connection: sa.Connection, job_id: str | None) -> None:
    """A chunk that is being handed over."""
    plant_campaign(connection, 1, None)
    row = {"campaign_id": CAMPAIGN, "step": "export", "number": 0, "state": "handing_over", "attempts": 0}
    bounds = {"first_address_id": 0, "last_address_id": 9, "size": 1, "rejected": 0}
    connection.execute(sa.insert(chunk).values(**row, **bounds, job_id=job_id))


async def standing(database: Database) -> tuple[str, str | None]:
    async with database.read() as connection:
        row = (await connection.execute(sa.select(chunk.c.state, chunk.c.job_id))).one()
    return row.state, row.job_id


async def test_a_failed_job_is_started_over_only_while_it_is_the_chunks_job(database: Database) -> None:
    await database.write(plant, "job-1")
    await database.write(LAUNCH.start_over, CAMPAIGN, ASKED)
    assert await standing(database) == ("again", None)
    await database.write(lambda c: c.execute(sa.update(chunk).values(state="handing_over", job_id="job-2")))
    await database.write(LAUNCH.start_over, CAMPAIGN, ASKED)
    assert await standing(database) == ("handing_over", "job-2")


async def test_a_chunk_that_the_service_has_is_not_passed_again_for_a_late_failure(
    database: Database,
) -> None:
    await database.write(plant, "job-1")
    await database.write(LAUNCH.handed_over, CAMPAIGN, ASKED, Rejected())
    await database.write(LAUNCH.start_over, CAMPAIGN, ASKED)
    assert await standing(database) == ("handed_over", None)


async def test_a_late_job_is_not_noted_on_a_chunk_that_the_service_has(database: Database) -> None:
    await database.write(plant, None)
    await database.write(LAUNCH.under_way, CAMPAIGN, PASSED, "job-1", AT)
    assert await standing(database) == ("handing_over", "job-1")
    await database.write(LAUNCH.handed_over, CAMPAIGN, ASKED, Rejected())
    await database.write(LAUNCH.under_way, CAMPAIGN, PASSED, "job-1", AT)
    assert await standing(database) == ("handed_over", None)

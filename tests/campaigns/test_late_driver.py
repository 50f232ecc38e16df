"""What a process says that drove a campaign until another one took it over: facts count, decisions do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.campaigns.conftest import Room
from tests.campaigns.service_double import Around, Service
from tests.webhooks.conftest import AT, CAMPAIGN, plant_campaign

from vestnik.campaigns.launch import Launch
from vestnik.campaigns.service import Campaigns
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign
from vestnik.contacts.service import Contacts
from vestnik.db import Database, now
from vestnik.engine import Engine
from vestnik.engine.alone import Alone
from vestnik.engine.letting_go import LettingGo
from vestnik.engine.tables import executor
from vestnik.http.events import Events
from vestnik.settings import Settings

LAUNCH = Launch(lambda id: None, [])
RUN = 3
SAID: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {
    "try_again": (LAUNCH.try_again, ({"code": "unavailable"}, None)),
    "wait_as_told": (LAUNCH.wait_as_told, (60.0,)),
    "fail": (LAUNCH.fail, ({"code": "module"},)),
    "not_begun": (LAUNCH.not_begun, ()),
    "unclear": (LAUNCH.unclear, ({"code": "create_unknown"},)),
}


def plant(connection: sa.Connection, driver: str | None) -> None:
    """A campaign whose creation is under way."""
    plant_campaign(connection, 1, None)
    values = {"state": State.PREPARING, "run": RUN, "driver": driver, "creating_at": AT, "external_id": None}
    connection.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(values))


async def stored(database: Database) -> dict[str, Any]:
    async with database.read() as connection:
        return dict((await connection.execute(sa.select(campaign))).one()._mapping)


@pytest.mark.parametrize("said", SAID)
async def test_whoever_was_taken_over_decides_nothing(database: Database, said: str) -> None:
    await database.write(plant, "the other")
    before = await stored(database)
    unit, arguments = SAID[said]
    await database.write(unit, CAMPAIGN, RUN, "the late one", *arguments)
    assert await stored(database) == before


@pytest.mark.parametrize("driver", ["this one", None])
@pytest.mark.parametrize("said", SAID)
async def test_whoever_drives_it_does(database: Database, said: str, driver: str | None) -> None:
    await database.write(plant, driver)
    before = await stored(database)
    unit, arguments = SAID[said]
    await database.write(unit, CAMPAIGN, RUN, "this one", *arguments)
    assert await stored(database) != before


async def test_that_the_service_has_it_counts_whoever_says_so(database: Database) -> None:
    await database.write(plant, "the other")
    assert await database.write(LAUNCH.created, CAMPAIGN, RUN, {"externalId": "77"})
    assert (await stored(database))["external_id"] == "77"


async def test_a_process_that_lives_again_lets_go_of_what_it_does_not_drive(
    database: Database, settings: Settings, people: Contacts
) -> None:
    engine = Engine(settings, database)
    driver = Campaigns(database, engine, Service(), Around(people), Events()).driver
    await database.write(plant, engine.executors.own_id)
    await driver.letting_go.look()
    assert (await stored(database))["driver"] is None


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_launch_goes_on_where_its_workflow_is_when_the_other_one_lets_go(
    room: Room, tmp_path: Path
) -> None:
    other = Engine(replace(room.settings, data_dir=tmp_path / "other"), room.database)
    alone = Alone()
    own_id = other.executors.own_id
    campaign_id = await room.draft()

    def take(connection: sa.Connection) -> None:
        connection.execute(sa.insert(executor).values(id=own_id, seen_at=now() + timedelta(hours=1)))
        launched = {"state": State.PREPARING, "run": 1, "driver": own_id, "launched_at": now()}
        connection.execute(sa.update(campaign).where(campaign.c.id == campaign_id).values(launched))

    await room.database.write(take)
    await room.engine.sweep()
    letting_go = LettingGo(
        room.database, other, alone, campaign, campaign.c.state == State.PREPARING, lambda row: "camp"
    )
    async with alone.of(campaign_id):  # in the middle of a step
        await letting_go.look()
        assert (await room.row(campaign_id)).driver == own_id
    await letting_go.look()
    assert (await room.until(campaign_id, State.SENDING, State.SENT)).driver is None

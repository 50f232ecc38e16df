"""Results asked for by hand: at once, however fresh they are, and not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.campaigns.conftest import WITHIN_S, Room, until
from tests.campaigns.service_double import ACCOUNT_ID, PREFIX, Failure

from vestnik.campaigns.asking import Asking
from vestnik.campaigns.errors import CampaignNotAtService, CannotAskService, ServiceDidNotAnswer
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.polling import Polled, Polling
from vestnik.campaigns.tables import campaign, link, stats
from vestnik.contract import functions
from vestnik.db import now
from vestnik.engine import Rates
from vestnik.http.errors import NotFound, TooManyRequests
from vestnik.people.access import SYSTEM

TELLING = ("GetCampaignStats", "GetCampaignLinks", "GetDeliveries")


class Kept:
    """The webhooks room's word: webhooks come, and what is polled is kept."""

    def __init__(self) -> None:
        self.items: list[Mapping[str, Any]] = []

    async def heard(self, campaign_id: int, since: datetime) -> bool:
        return True

    def apply(self, connection: sa.Connection, polled: Polled, items: Sequence[Any], at: datetime) -> None:
        self.items += items


class Scene:
    """A campaign that is at its service, and the one who asks about it."""

    def __init__(self, room: Room) -> None:
        self.room, self.kept = room, Kept()
        self.asking = self.who_waits(WITHIN_S)

    def who_waits(self, wait_s: float) -> Asking:
        """The one who asks, and waits for so long."""
        engine = cast(Any, SimpleNamespace(every=lambda *_: None))
        service, campaigns = self.room.service, self.room.campaigns
        polling = Polling(self.room.database, engine, service, self.kept, lambda id: None)
        rates = Rates(self.room.database)
        return Asking(service, campaigns.tracker, polling, campaigns.row, rates, wait_s=wait_s)

    async def campaign(self, external_id: str = "ext-1") -> Row:
        """A campaign at the service, of which nobody asks by himself."""
        id = await self.room.draft()
        values = {"state": "sent", "account_id": ACCOUNT_ID, "external_id": external_id, "run": 2}
        at = {"launched_at": now(), "created_at_service": now(), "finished_at": now()}
        change = sa.update(campaign).where(campaign.c.id == id).values(**values, **at)
        await self.room.database.write(lambda connection: connection.execute(change))
        return await self.room.row(id)


@pytest.fixture
def scene(room: Room) -> Scene:
    return Scene(room)


async def test_the_service_is_asked_for_all_that_it_can_tell_whatever_webhooks_told(scene: Scene) -> None:
    row = await scene.campaign()
    before = now()
    await scene.asking.ask(SYSTEM, row.id)

    after = await scene.room.row(row.id)
    assert {name: scene.room.service.called(name) for name in TELLING} == dict.fromkeys(TELLING, 1)
    assert scene.kept.items == [{"email": "person-1@example.com", "status": "opened"}]
    assert before <= after.polled_at <= now()
    assert (after.stats_failure, after.links_failure, after.poll_failure) == (None, None, None)
    async with scene.room.database.read() as connection:
        told = await connection.execute(sa.select(stats.c.figures).where(stats.c.campaign_id == row.id))
        links = await connection.execute(sa.select(link.c.url, link.c.clicks))
        assert told.scalars().all() == [{"sent": 7}]
        assert links.all() == [("https://example.com/a", 3)]


async def test_a_campaign_is_asked_about_once_in_a_while(scene: Scene) -> None:
    row, other = await scene.campaign(), await scene.room.draft()
    await scene.asking.ask(SYSTEM, row.id)
    with pytest.raises(TooManyRequests) as refused:
        await scene.asking.ask(SYSTEM, row.id)
    assert 0 < refused.value.values["retry_after_s"] <= 30
    of_another_process = scene.who_waits(WITHIN_S)
    with pytest.raises(TooManyRequests):
        await of_another_process.ask(SYSTEM, row.id)
    await of_another_process.ask(SYSTEM, (await scene.campaign("ext-2")).id)
    with pytest.raises(CampaignNotAtService):
        await scene.asking.ask(SYSTEM, other)
    with pytest.raises(NotFound):
        await scene.asking.ask(SYSTEM, 1)


async def test_a_failure_beside_an_answer_is_kept_and_no_answer_at_all_is_told(scene: Scene) -> None:
    row, other = await scene.campaign(), await scene.campaign("ext-2")
    fails = scene.room.service.fails_before
    fails["GetDeliveries"].append(Failure("timeout", "too slow"))
    await scene.asking.ask(SYSTEM, row.id)
    after = await scene.room.row(row.id)
    assert (after.poll_failure["text"], after.polled_at, after.poll_cursor) == ("too slow", None, None)
    assert after.poll_at > now()

    for name in TELLING:
        fails[name].append(Failure("fetch", "no route"))
    with pytest.raises(ServiceDidNotAnswer) as refused:
        await scene.asking.ask(SYSTEM, other.id)
    assert refused.value.values == {"text": "no route"}


async def test_nobody_waits_for_ever_and_a_late_answer_is_kept(scene: Scene) -> None:
    row, holds = await scene.campaign(), scene.room.service.holds
    scene.asking = scene.who_waits(1.0)
    for name in TELLING:
        holds[name] = asyncio.Event()
    with pytest.raises(ServiceDidNotAnswer) as refused:
        await scene.asking.ask(SYSTEM, row.id)
    assert "no answer yet" in refused.value.values["text"]["en"]

    for hold in holds.values():
        hold.set()
    after = await until(lambda: scene.room.row(row.id), lambda row: row.polled_at and row.links_at)
    assert after.poll_failure is None

    scene.asking = scene.who_waits(3.0)
    holds["GetDeliveries"].clear()
    other = await scene.campaign("ext-2")
    await scene.asking.ask(SYSTEM, other.id)  # the figures came; the recipients did not
    await scene.asking.stop()
    assert (await scene.room.row(other.id)).polled_at is None


async def test_a_module_that_can_tell_nothing_is_not_asked(scene: Scene) -> None:
    row = await scene.campaign()
    scene.room.service.functions -= {PREFIX + name for name in TELLING}
    with pytest.raises(CannotAskService):
        await scene.asking.ask(SYSTEM, row.id)
    # Defined, and yet it raises: the module says so only when it is called.
    scene.room.service.functions = {*functions()}
    for name in TELLING:
        scene.room.service.fails_before[name].append(Failure("not_implemented"))
    with pytest.raises(CannotAskService):
        await scene.asking.ask(SYSTEM, row.id)

"""Several campaigns of one account: each goes on while the others do."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from tests.campaigns.conftest import Room, add_people, until

from vestnik.campaigns.states import State
from vestnik.campaigns.tables import chunk
from vestnik.campaigns.turns import Turns
from vestnik.people.access import SYSTEM

PREPARE = "CRM_Marketing_PrepareCampaign"


async def test_places_go_to_the_campaign_that_has_fewest() -> None:
    turns, order = Turns(at_once=2), list[str]()
    go_on = asyncio.Event()

    async def call(campaign_id: int, name: str) -> None:
        async with turns.of(5, campaign_id):
            order.append(name)
            await go_on.wait()

    long = [asyncio.create_task(call(1, f"long {number}")) for number in range(4)]
    await asyncio.sleep(0)
    short = [asyncio.create_task(call(2, f"short {number}")) for number in range(2)]
    await asyncio.sleep(0)
    assert order == ["long 0", "long 1"]

    go_on.set()
    await asyncio.gather(*long, *short)

    assert order == ["long 0", "long 1", "short 0", "long 2", "short 1", "long 3"]


async def test_a_place_that_was_given_to_a_cancelled_call_goes_to_the_next() -> None:
    turns, order = Turns(at_once=1), list[int]()

    async def call(campaign_id: int) -> None:
        async with turns.of(5, campaign_id):
            order.append(campaign_id)
            await asyncio.sleep(0)

    first, second, third = (asyncio.create_task(call(number)) for number in (1, 2, 3))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)

    assert order == [1, 3]


async def test_two_campaigns_of_one_account_go_on_side_by_side(room: Room) -> None:
    await add_people(room.database, room.contacts, range(12, 60))
    room.service.chunk, room.service.parallel = 1, 4
    gate = room.service.holds["ExportContacts"] = asyncio.Event()
    long, other = await room.draft(), await room.draft(name="Ещё одна")
    await room.campaigns.send(SYSTEM, long, None)
    await room.service.began["ExportContacts"].wait()
    await room.campaigns.send(SYSTEM, other, None)
    await until(lambda: chunks(room, other), bool)
    gate.set()

    await room.until(long, State.SENDING, State.SENT)
    await room.until(other, State.SENDING, State.SENT)

    order = [
        int(arguments["campaignId"]) for function, arguments in room.service.calls if function == PREPARE
    ]
    assert sorted(order) == sorted([long] * 60 + [other] * 60)
    first = {campaign_id: order.index(campaign_id) for campaign_id in (long, other)}
    last = {campaign_id: len(order) - 1 - order[::-1].index(campaign_id) for campaign_id in (long, other)}
    together = order[max(first.values()) : min(last.values())]
    assert len(together) >= 30
    assert min(together.count(long), together.count(other)) >= len(together) / 4
    assert set(room.service.sent().values()) == {2}


async def chunks(room: Room, campaign_id: int) -> int:
    """How many chunks a campaign was cut into."""
    async with room.database.read() as connection:
        counted = sa.select(sa.func.count()).where(chunk.c.campaign_id == campaign_id)
        return (await connection.execute(counted)).scalar_one()

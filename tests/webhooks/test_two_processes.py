"""Two processes on one database: what one brings and what the other waits for never miss each other.

The first transaction is held open until the second waits for it, or is through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from tests.webhooks.conftest import ACCOUNT, CAMPAIGN, EXTERNAL, Room, delivered, states

from vestnik.campaigns.tables import campaign
from vestnik.db import new_key, now, to_microseconds
from vestnik.db.database import write_engine
from vestnik.people.access import SYSTEM
from vestnik.webhooks import inbox as storage
from vestnik.webhooks.apply import Parsed
from vestnik.webhooks.inbox import Stored
from vestnik.webhooks.tables import waiting

READER = "reader1@example.com"
OPENED = delivered(READER, "opened")
UNNAMED = {"type": "updateDeliveryStatus", "email": READER, "status": "opened"}
OF_MESSAGE = {"type": "updateDeliveryStatus", "status": "opened", "messageExternalId": "m-1"}
TELLING = delivered(READER, "delivered", messageExternalId="m-1")

Unit = Callable[[sa.Connection], Any]
WAITING = sa.select(sa.func.count()).select_from(waiting)
STOPPED_BY_A_LOCK: sa.Select[Any] = sa.select(
    sa.literal_column(
        "(SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE NOT granted AND datname = current_database())"
    )
)


async def together(room: Room, first: Unit, second: Unit) -> None:
    """Run `first`; before it commits, run `second` in a transaction of another process."""
    engines = [write_engine(room.database.url) for _ in range(2)]

    def run_second() -> None:
        with engines[1].begin() as connection:
            second(connection)

    with engines[0].begin() as connection:
        first(connection)
        other = asyncio.create_task(asyncio.to_thread(run_second))
        await stopped_or_through(room, other)
    await other
    for engine in engines:
        engine.dispose()


async def stopped_or_through(room: Room, other: asyncio.Task[None]) -> None:
    """Wait until `other` waits for a lock or has committed; on SQLite it waits from its first statement."""
    if room.database.on_sqlite:
        return
    async with asyncio.timeout(10):
        while not other.done() and not await room.scalar(STOPPED_BY_A_LOCK):
            await asyncio.sleep(0.01)  # the server tells nobody: ask again


async def stored(room: Room, *actions: dict[str, Any]) -> Parsed:
    """A stored request that its module made `actions` of."""
    at = to_microseconds(now())
    request = Stored(new_key(), at, ACCOUNT, "POST", "/", "", (), b"{}")
    await room.database.write(storage.store, [request])
    return Parsed(request, 3, actions)


def applied(room: Room, *batch: Parsed) -> Unit:
    return lambda connection: room.webhooks.applier.apply(connection, batch)


def arrival(room: Room) -> Unit:
    """What the launch does when the service has the campaign."""

    def arrive(connection: sa.Connection) -> None:
        values = {"external_id": EXTERNAL, "created_at_service": campaign.c.creating_at}
        connection.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(values))
        room.webhooks.applier.campaign_arrived(connection, ACCOUNT, EXTERNAL)

    return arrive


async def forget_campaign(room: Room) -> None:
    await room.database.write(
        lambda c: c.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(external_id=None))
    )


async def outcomes(room: Room, *requests: Parsed) -> list[list[str]]:
    return [states(await room.webhooks.card(SYSTEM, parsed.request.id)) for parsed in requests]


@pytest.mark.parametrize("event", [OPENED, UNNAMED], ids=["named", "guessed"])
@pytest.mark.parametrize("event_first", [True, False], ids=["event_first", "campaign_first"])
async def test_an_event_meets_the_campaign_that_another_process_brings(
    room: Room, event: dict[str, Any], event_first: bool
) -> None:
    await forget_campaign(room)
    request = await stored(room, event)
    units = [applied(room, request), arrival(room)]
    await together(room, *(units if event_first else reversed(units)))
    assert await outcomes(room, request) == [["applied"]]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1}
    assert await room.scalar(WAITING) == 0


@pytest.mark.parametrize("event_first", [True, False], ids=["event_first", "message_first"])
async def test_an_event_meets_the_message_that_another_process_makes_known(
    room: Room, event_first: bool
) -> None:
    event, telling = await stored(room, OF_MESSAGE), await stored(room, TELLING)
    units = [applied(room, event), applied(room, telling)]
    await together(room, *(units if event_first else reversed(units)))
    assert await outcomes(room, event, telling) == [["applied"], ["applied"]]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1}
    assert await room.scalar(WAITING) == 0


async def test_events_that_find_their_match_do_not_wait_for_those_that_do_not(room: Room) -> None:
    if room.database.on_sqlite:
        return
    matching, lacking = await stored(room, OPENED), await stored(room, delivered("nobody@example.com"))
    engines = [write_engine(room.database.url) for _ in range(2)]
    with engines[0].begin() as one, engines[1].begin() as other:
        applied(room, lacking)(one)
        applied(room, matching)(other)
    for engine in engines:
        engine.dispose()
    assert await outcomes(room, matching, lacking) == [["applied"], ["waiting"]]

"""Two processes on one database: they miss nothing, undo nothing, and never wait for each other in turn.

Transactions are held open until the next one waits for them, or is through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.webhooks.conftest import ACCOUNT, CAMPAIGN, EXTERNAL, Room, delivered, states

from vestnik.campaigns import ledger
from vestnik.campaigns.chunks import Handover
from vestnik.campaigns.effects import merge_stats
from vestnik.campaigns.launch import Launch
from vestnik.campaigns.ports import Rejected
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign, chunk, delivery, stats
from vestnik.campaigns.track import _claim
from vestnik.contacts.tables import suppression
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


async def together(room: Room, first: Unit, second: Unit, then: Unit | None = None) -> None:
    """Run `first`; before it commits, begin `second` in another process; end the first by `then`."""
    with process(room) as one, process(room) as beside:
        with one.begin() as connection:
            first(connection)
            other = begin(beside, second)
            await stopped_or_through(room, other)
            if then is not None:
                then(connection)
        await other


async def behind_a_gate(room: Room, gate: Unit, *units: Unit) -> None:
    """Have each of `units`, in a process of its own, run into what `gate` has locked; then open the gate."""
    with ExitStack() as processes:
        with processes.enter_context(process(room)).begin() as connection:
            gate(connection)
            others: list[asyncio.Task[None]] = []
            for unit in units:
                others.append(begin(processes.enter_context(process(room)), unit))
                await stopped_or_through(room, *others)
        await asyncio.gather(*others)


@contextmanager
def process(room: Room) -> Iterator[sa.Engine]:
    """A connection of another process; nothing is retried on it."""
    engine = write_engine(room.database.url)
    yield engine
    engine.dispose()


def begin(engine: sa.Engine, unit: Unit) -> asyncio.Task[None]:
    """Run `unit` in a transaction, in a thread."""

    def run() -> None:
        with engine.begin() as connection:
            unit(connection)

    return asyncio.create_task(asyncio.to_thread(run))


async def stopped_or_through(room: Room, *others: asyncio.Task[None]) -> None:
    """Wait until each waits for a lock or has committed; on SQLite they wait from their first statement."""
    if room.database.on_sqlite:
        return
    async with asyncio.timeout(10):
        while await room.scalar(STOPPED_BY_A_LOCK) < sum(not other.done() for other in others):
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


def external(campaign_id: int) -> str:
    return EXTERNAL if campaign_id == CAMPAIGN else f"of {campaign_id}"


def plant_copies(connection: sa.Connection, *ids: int) -> None:
    """Campaigns like the first one, with its deliveries."""
    for table, key in ((campaign, "id"), (delivery, "campaign_id")):
        for row in connection.execute(sa.select(table).where(table.c[key] == CAMPAIGN)).all():
            for id in ids:
                own = {"external_id": external(id)} if table is campaign else {}
                connection.execute(sa.insert(table).values({**row._mapping, key: id, **own}))


def due(connection: sa.Connection, campaign_id: int) -> None:
    """The service is to be asked about a campaign."""
    values = {"check_at": campaign.c.creating_at}
    connection.execute(sa.update(campaign).where(campaign.c.id == campaign_id).values(values))


def locking(campaign_id: int) -> Unit:
    """What changes a campaign, begun."""
    return lambda connection: ledger.find(connection, campaign_id)


def launch(room: Room, connection: sa.Connection) -> Launch:
    """The units of launches, in a transaction that the writer did not begin."""
    connection.info["vestnik.after_commit"] = []
    return Launch(lambda id: None, [room.webhooks.campaign_arrived])


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
    with process(room) as first, process(room) as second, first.begin() as one, second.begin() as other:
        applied(room, lacking)(one)
        applied(room, matching)(other)
    assert await outcomes(room, matching, lacking) == [["applied"], ["waiting"]]


async def test_events_of_one_letter_add_up(room: Room) -> None:
    opened, clicked = await stored(room, OPENED), await stored(room, delivered(READER, "clicked"))
    await together(room, applied(room, opened), applied(room, clicked))
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1}


async def test_the_same_events_in_another_order_wait_for_no_one_in_turn(room: Room) -> None:
    one, gate, other = (delivered(READER, "opened", eventId=f"e-{number}") for number in range(3))
    ahead = await stored(room, gate)
    there, back = await stored(room, one, gate, other), await stored(room, other, gate, one)
    await behind_a_gate(room, applied(room, ahead), applied(room, there), applied(room, back))
    assert sorted(await outcomes(room, there, back)) == [
        ["applied", "duplicate", "applied"],
        ["duplicate", "duplicate", "duplicate"],
    ]


async def test_an_unsubscribe_locks_its_delivery_with_those_of_the_other_events(room: Room) -> None:
    unsubscribe = {"type": "unsubscribe", "email": READER, "campaignExternalId": EXTERNAL}
    both = await stored(room, delivered("reader2@example.com", "opened"), unsubscribe)
    opened = await stored(room, OPENED)
    await behind_a_gate(room, locking(CAMPAIGN), applied(room, both), applied(room, opened))
    assert await outcomes(room, both, opened) == [["applied", "applied"], ["applied"]]
    assert await room.counters() == {"sent": 2, "delivered": 2, "opened": 2, "unsubscribed": 1}


async def test_campaigns_are_locked_in_one_order_whatever_is_told_of_them(room: Room) -> None:
    await room.database.write(plant_copies, 502, 503)

    def told(opened: int, *moved: int) -> list[dict[str, Any]]:
        of = {"type": "updateCampaign", "status": "sending"}
        moves = [{**of, "externalId": external(id), "eventId": f"{id} after {opened}"} for id in moved]
        return [{**OPENED, "externalId": external(opened)}, *moves]

    there = await stored(room, *told(CAMPAIGN, 502, 503))
    back = await stored(room, *told(503, 502, CAMPAIGN))
    await behind_a_gate(room, locking(502), applied(room, there), applied(room, back))
    assert await outcomes(room, there, back) == [["applied"] * 3] * 2


async def test_a_campaign_is_locked_before_its_deliveries(room: Room) -> None:
    await forget_campaign(room)
    early = await stored(room, OPENED)
    await room.database.write(room.webhooks.applier.apply, [early])
    own = {"type": "updateDeliveryStatus", "email": READER, "status": "clicked"}
    late = await stored(room, {**own, "campaignId": str(CAMPAIGN)})
    await together(room, locking(CAMPAIGN), applied(room, late), arrival(room))
    assert await outcomes(room, early, late) == [["applied"], ["applied"]]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1}


async def test_a_chunk_is_handed_over_beside_events_of_its_recipients(room: Room) -> None:
    row = {"campaign_id": CAMPAIGN, "step": "prepare", "number": 0, "state": "handing_over", "size": 4}
    bounds = {"first_address_id": 0, "last_address_id": 2**62, "attempts": 0, "rejected": 0}
    await room.database.write(lambda c: c.execute(sa.insert(chunk).values(**row, **bounds)))
    await room.database.write(lambda c: c.execute(sa.update(delivery).values(flags=0)))

    def hand_over(connection: sa.Connection) -> None:
        launch(room, connection).handed_over(connection, CAMPAIGN, Handover("prepare", 0, 0), Rejected())

    opened = await stored(room, OPENED)
    await behind_a_gate(room, locking(CAMPAIGN), applied(room, opened), hand_over)
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1}
    assert await room.scalar(sa.select(campaign.c.handed_over)) == 4


async def test_a_campaign_is_created_beside_events_of_its_account_that_wait(room: Room) -> None:
    await forget_campaign(room)
    await room.database.write(lambda c: c.execute(sa.update(campaign).values(state=State.PREPARING)))

    def created(connection: sa.Connection) -> None:
        launch(room, connection).created(connection, CAMPAIGN, 0, {"externalId": EXTERNAL})

    own = {"type": "updateDeliveryStatus", "email": READER, "status": "clicked", "campaignId": str(CAMPAIGN)}
    events = await stored(room, OPENED, delivered("nobody@example.com"), own)
    await behind_a_gate(room, locking(CAMPAIGN), created, applied(room, events))
    assert await outcomes(room, events) == [["applied", "waiting", "applied"]]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1}


async def test_the_stop_list_is_written_in_one_order(room: Room) -> None:
    def unsubscribing(emails: str) -> list[dict[str, Any]]:
        of = {"type": "unsubscribe"}
        return [{**of, "email": f"{who}@example.com", "eventId": f"{who} of {emails}"} for who in emails]

    ahead, there, back = [await stored(room, *unsubscribing(emails)) for emails in ("g", "agb", "bga")]
    await behind_a_gate(room, applied(room, ahead), applied(room, there), applied(room, back))
    assert await outcomes(room, there, back) == [["applied"] * 3] * 2
    assert await room.scalar(sa.select(sa.func.count()).select_from(suppression)) == 3


async def test_requests_that_two_processes_took_are_settled_in_one_order(room: Room) -> None:
    there = [await stored(room) for _ in range(3)]

    def settling(batch: list[Parsed]) -> Unit:
        def settle(connection: sa.Connection) -> None:
            if not room.database.on_sqlite:  # as in a large table, where rows are looked up one by one
                for plan in ("hashjoin", "mergejoin", "seqscan", "material"):
                    connection.execute(sa.text(f"SET LOCAL enable_{plan} = off"))
            room.webhooks.applier.apply(connection, batch)

        return settle

    await behind_a_gate(room, settling([there[1]]), settling(there), settling(there[::-1]))
    assert await outcomes(room, *there) == [[]] * 3


async def test_the_tracker_claims_campaigns_in_the_order_in_which_events_lock_them(room: Room) -> None:
    await room.database.write(plant_copies, 502, 503)
    for id in (503, 502, CAMPAIGN):  # so they lie in the table
        await room.database.write(due, id)
    await room.database.write(lambda c: c.execute(sa.text("ANALYZE")))
    events = [{**OPENED, "externalId": external(id)} for id in (CAMPAIGN, 502, 503)]
    opened = await stored(room, *events)
    claimed: list[int] = []

    def claim(connection: sa.Connection) -> None:
        claimed.extend(row.id for row in _claim(connection, [CAMPAIGN, 502, 503]))

    await behind_a_gate(room, locking(502), claim, applied(room, opened))
    assert (sorted(claimed), await outcomes(room, opened)) == ([CAMPAIGN, 502, 503], [["applied"] * 3])


async def test_figures_that_two_processes_merge_are_all_kept(room: Room) -> None:
    def merging(**figures: int) -> Unit:
        return lambda connection: merge_stats(connection, CAMPAIGN, figures, now())

    await together(room, merging(sent=5), merging(opened=2))
    await together(room, merging(clicked=1), merging(spam=0))
    assert await room.scalar(sa.select(stats.c.figures)) == {"sent": 5, "opened": 2, "clicked": 1, "spam": 0}


async def test_what_waited_is_told_in_the_outcome_that_another_process_just_wrote(room: Room) -> None:
    early = await stored(room, OF_MESSAGE, delivered("reader2@example.com"))
    await room.database.write(room.webhooks.applier.apply, [early])
    again = replace(early, request=replace(early.request, attempts=1))
    telling = await stored(room, TELLING)
    await together(room, applied(room, again), applied(room, telling))
    assert await outcomes(room, early) == [["applied", "duplicate"]]

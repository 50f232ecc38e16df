"""Events that name only a message: found by what another event of the message told, before or after it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.webhooks.conftest import ACCOUNT, CAMPAIGN, EXTERNAL, Room, delivered, states

from vestnik.campaigns.tables import campaign, delivery, message
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import known_ids
from vestnik.contacts.tables import address, suppression
from vestnik.people.access import SYSTEM
from vestnik.webhooks.service import Card
from vestnik.webhooks.tables import event, waiting

READER, OTHER = "reader1@example.com", "reader2@example.com"
LATER_CAMPAIGN = 502
NAMED = delivered(READER, "delivered", messageExternalId="m-1")
UNNAMED = {"type": "updateDeliveryStatus", "status": "opened", "messageExternalId": "m-1"}
UNSUBSCRIBE = {"type": "unsubscribe", "messageExternalId": "m-1"}

WAITING = sa.select(sa.func.count()).select_from(waiting)


def plant_later_campaign(connection: sa.Connection) -> None:
    """A younger campaign of the account to READER: what a guess takes."""
    (id,) = known_ids(connection, [normalise("email", READER)]).values()
    columns = [column for column in campaign.columns if column.name not in ("id", "external_id")]
    older = sa.select(sa.literal(LATER_CAMPAIGN), sa.literal("9002"), *columns)
    connection.execute(
        sa.insert(campaign).from_select(
            ["id", "external_id", *(column.name for column in columns)],
            older.where(campaign.c.id == CAMPAIGN),
        )
    )
    row = {"campaign_id": LATER_CAMPAIGN, "address_id": id, "contact_id": id, "flags": 1}
    connection.execute(sa.insert(delivery), [row])
    for number, external_id in enumerate([EXTERNAL, "9002"]):
        connection.execute(
            sa.update(campaign)
            .where(campaign.c.external_id == external_id)
            .values(created_at_service=sa.text(str(1_700_000_000_000_000 + number)))
        )


async def told(room: Room) -> list[tuple[str, str, int]]:
    """Each event of the timeline: what, of whom, for which campaign."""
    query = sa.select(event.c.kind, address.c.normalised, event.c.campaign_id).join(
        address, address.c.id == event.c.address_id
    )
    async with room.database.read() as connection:
        rows = await connection.execute(query.order_by(event.c.id))
        return [(row.kind, row.normalised, row.campaign_id) for row in rows]


async def stopped(room: Room) -> list[int | None]:
    """The categories on the stop-list."""
    async with room.database.read() as connection:
        return list((await connection.execute(sa.select(suppression.c.category_id))).scalars())


def outcomes(card: Card) -> list[tuple[str, str | None, bool, bool]]:
    """Of each action: the outcome, its note, whether campaign and recipient were found."""
    return [
        (one["outcome"], one.get("note"), "campaignId" in one, "addressId" in one) for one in card.effects
    ]


async def test_an_event_that_names_only_a_message_finds_its_delivery(room: Room) -> None:
    await room.send(NAMED)
    assert outcomes(await room.send(UNNAMED)) == [("applied", None, True, True)]
    assert await told(room) == [("delivered", READER, CAMPAIGN), ("opened", READER, CAMPAIGN)]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1}


async def test_it_waits_for_the_event_that_tells_whose_message_it_is(room: Room) -> None:
    early = await room.send(UNNAMED, UNSUBSCRIBE)
    assert outcomes(early) == [
        ("waiting", "campaign", False, False),
        ("waiting", "recipient", False, False),
    ]
    await room.send(NAMED)
    later = await room.webhooks.card(SYSTEM, early.line.id)
    assert outcomes(later) == [
        ("applied", None, True, True),
        ("applied", "category_of_campaign", True, True),
    ]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1, "unsubscribed": 1}
    assert (await stopped(room), await room.scalar(WAITING)) == ([room.category_id], 0)


@pytest.mark.parametrize("actions", [(NAMED, UNNAMED), (UNNAMED, NAMED)], ids=["after", "before"])
async def test_one_result_may_hold_both_in_any_order(room: Room, actions: tuple[dict[str, Any], ...]) -> None:
    assert states(await room.send(*actions)) == ["applied", "applied"]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1}


async def test_a_known_message_is_better_than_the_latest_campaign(room: Room) -> None:
    await room.send(NAMED)
    await room.database.write(plant_later_campaign)
    card = await room.send(
        {**UNNAMED, "email": READER}, {**UNNAMED, "email": READER, "messageExternalId": "m-2"}
    )
    assert [(one["campaignId"], one.get("note")) for one in card.effects] == [
        (str(CAMPAIGN), None),
        (str(LATER_CAMPAIGN), "campaign_guessed"),
    ]


async def test_a_guess_is_never_kept_as_what_a_message_belongs_to(room: Room) -> None:
    await room.database.write(plant_later_campaign)
    await room.send({**UNNAMED, "email": READER})
    assert await room.scalar(sa.select(sa.func.count()).select_from(message)) == 0


async def test_a_message_is_known_once_the_campaign_that_its_event_named_has_come(room: Room) -> None:
    await room.database.write(
        lambda c: c.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(external_id=None))
    )
    first = await room.send(UNNAMED)
    await room.send(NAMED)
    assert await room.scalar(WAITING) == 2

    def arrive(connection: sa.Connection) -> None:
        connection.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(external_id=EXTERNAL))
        room.webhooks.applier.campaign_arrived(connection, ACCOUNT, EXTERNAL)

    await room.database.write(arrive)
    assert states(await room.webhooks.card(SYSTEM, first.line.id)) == ["applied"]
    assert (await room.counters(), await room.scalar(WAITING)) == (
        {"sent": 1, "delivered": 1, "opened": 1},
        0,
    )


async def test_what_names_its_campaign_finds_its_recipient_by_the_message(room: Room) -> None:
    await room.send(NAMED)
    complaint = {"type": "updateDeliveryStatus", "externalId": EXTERNAL, "status": "spam"}
    card = await room.send({**complaint, "messageExternalId": "m-1"})
    assert outcomes(card) == [("applied", None, True, True)]
    assert (await room.counters(), await stopped(room)) == ({"sent": 1, "delivered": 1, "spam": 1}, [None])


async def test_an_unsubscribe_by_a_message_counts_for_the_category_of_its_campaign(room: Room) -> None:
    await room.send(NAMED)
    card = await room.send(UNSUBSCRIBE)
    assert outcomes(card) == [("applied", "category_of_campaign", True, True)]
    assert await stopped(room) == [room.category_id]


async def test_nobody_is_taken_for_the_recipient_of_a_message_to_several(room: Room) -> None:
    await room.send(NAMED, delivered(OTHER, "delivered", messageExternalId="m-1"))
    card = await room.send(UNSUBSCRIBE, {**UNNAMED, "email": OTHER})
    assert outcomes(card) == [("waiting", "recipient", True, False), ("applied", None, True, True)]
    assert (await stopped(room), (await told(room))[-1]) == ([], ("opened", OTHER, CAMPAIGN))


async def test_a_message_of_another_account_is_another_message(room: Room) -> None:
    def plant(connection: sa.Connection) -> None:
        (id,) = known_ids(connection, [normalise("email", READER)]).values()
        row = {"account_id": ACCOUNT + 1, "external_id": "m-1", "address_id": id, "campaign_id": CAMPAIGN}
        connection.execute(sa.insert(message).values(row))

    await room.database.write(plant)
    assert outcomes(await room.send(UNNAMED)) == [("waiting", "campaign", False, False)]


async def test_the_same_event_of_a_message_is_applied_once(room: Room) -> None:
    await room.send(NAMED)
    assert (states(await room.send(UNNAMED)), states(await room.send(UNNAMED))) == (
        ["applied"],
        ["duplicate"],
    )

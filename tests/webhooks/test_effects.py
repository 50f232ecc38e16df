"""What events do: once, in any order, all of a result or nothing, and nothing is dropped."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.webhooks.conftest import ACCOUNT, CAMPAIGN, EXTERNAL, Room, delivered, states

from vestnik.campaigns.tables import campaign, stats
from vestnik.contacts.tables import suppression
from vestnik.people.access import SYSTEM
from vestnik.webhooks.tables import event, waiting

READER = "reader1@example.com"


def unsubscribed(**target: Any) -> dict[str, Any]:
    return {"type": "unsubscribe", "email": READER, **target}


async def stop_list(room: Room) -> list[tuple[Any, str]]:
    async with room.database.read() as connection:
        rows = await connection.execute(sa.select(suppression.c.category_id, suppression.c.reason))
        return [(row.category_id, row.reason) for row in rows]


async def test_an_event_moves_the_figures_and_the_timeline(room: Room) -> None:
    card = await room.send(delivered(READER, "clicked", link="https://example.com/sale"))
    assert states(card) == ["applied"]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1}
    async with room.database.read() as connection:
        row = (await connection.execute(sa.select(event))).one()
    assert (row.kind, row.detail, row.campaign_id) == ("clicked", "https://example.com/sale", CAMPAIGN)


@pytest.mark.parametrize(
    "identity", [{"eventId": "e-1"}, {"occurredAt": "2026-11-20T10:00:00Z"}, {}], ids=["id", "time", "none"]
)
async def test_the_same_event_twice_is_applied_once(room: Room, identity: dict[str, str]) -> None:
    action = delivered(READER, "opened", **identity)
    first = await room.send(action, action)
    again = await room.send(action, body=b'{"retry_count": 1}')
    assert (states(first), states(again)) == (["applied", "duplicate"], ["duplicate"])
    assert await room.scalar(sa.select(sa.func.count()).select_from(event)) == 1


async def test_order_does_not_matter(room: Room) -> None:
    for status in ("clicked", "delivered", "opened", "sent"):
        await room.send(delivered(READER, status))
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1}


async def test_an_unknown_campaign_waits_and_is_applied_when_it_comes(room: Room) -> None:
    await room.database.write(
        lambda c: c.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(external_id=None))
    )
    card = await room.send(delivered(READER, "opened"))
    assert (states(card), card.effects[0]["note"]) == (["waiting"], "campaign")
    assert [one.external_id for one in await room.webhooks.waiting(SYSTEM, ACCOUNT, 10)] == [EXTERNAL]

    def arrive(connection: sa.Connection) -> None:
        connection.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(external_id=EXTERNAL))
        room.webhooks.applier.campaign_arrived(connection, ACCOUNT, EXTERNAL)

    await room.database.write(arrive)
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1}
    assert await room.scalar(sa.select(sa.func.count()).select_from(waiting)) == 0
    assert states(await room.newest()) == ["applied"]


async def test_what_named_no_campaign_is_looked_up_anew_when_one_comes(room: Room) -> None:
    await room.database.write(
        lambda c: c.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(external_id=None))
    )
    unnamed = {"type": "updateDeliveryStatus", "email": READER, "status": "opened"}
    assert states(await room.send(unnamed, {**unnamed, "email": "stranger@example.com"})) == ["waiting"] * 2

    def arrive(connection: sa.Connection) -> None:
        values = {"external_id": EXTERNAL, "created_at_service": campaign.c.creating_at}
        connection.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(values))
        room.webhooks.applier.campaign_arrived(connection, ACCOUNT, EXTERNAL)

    await room.database.write(arrive)
    assert states(await room.newest()) == ["applied", "waiting"]
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1}


async def test_a_campaign_comes_although_a_later_version_made_fewer_actions(room: Room) -> None:
    await room.database.write(
        lambda c: c.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(external_id=None))
    )
    card = await room.send({"type": "sendEmail", "email": READER}, delivered(READER, "opened"))
    assert states(card) == ["unsupported", "waiting"]
    room.result = lambda request: {"actions": []}
    await room.webhooks.replay(SYSTEM, int(card.line.id))

    def arrive(connection: sa.Connection) -> None:
        connection.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(external_id=EXTERNAL))
        room.webhooks.applier.campaign_arrived(connection, ACCOUNT, EXTERNAL)

    await room.database.write(arrive)
    assert await room.counters() == {"sent": 1, "delivered": 1, "opened": 1}
    assert states(await room.newest()) == []


async def test_an_unknown_recipient_is_kept_and_shown(room: Room) -> None:
    card = await room.send(delivered("stranger@example.com"), delivered(READER))
    assert [(one["outcome"], one.get("note")) for one in card.effects] == [
        ("waiting", "recipient"),
        ("applied", None),
    ]


async def test_what_this_version_does_not_carry_out_is_shown_and_the_rest_applied(room: Room) -> None:
    letter = {"type": "sendEmail", "email": READER, "subject": "Hi"}
    message = {"type": "sendMessage", "bot": {"externalId": "1"}, "recipientExternalId": "2", "text": "Hi"}
    card = await room.send(letter, delivered(READER), message)
    assert states(card) == ["unsupported", "applied", "unsupported"]
    assert await room.counters() == {"sent": 1, "delivered": 1}


async def test_an_unsubscribe_names_its_category(room: Room) -> None:
    await room.send(unsubscribed(externalId=str(room.category_id)))
    assert await stop_list(room) == [(room.category_id, "unsubscribe")]


async def test_an_unsubscribe_from_all_is_from_all(room: Room) -> None:
    await room.send(unsubscribed(externalId={"all": True}))
    assert await stop_list(room) == [(None, "unsubscribe")]


async def test_a_mapped_list_means_its_category(room: Room) -> None:
    card = await room.send(unsubscribed(externalId={"listExternalId": "77"}))
    assert (await stop_list(room), card.effects[0].get("note")) == ([(room.category_id, "unsubscribe")], None)


async def test_an_unmapped_list_counts_for_the_category_of_its_campaign(room: Room) -> None:
    card = await room.send(unsubscribed(externalId={"listExternalId": "1"}, campaignExternalId=EXTERNAL))
    assert await stop_list(room) == [(room.category_id, "unsubscribe")]
    assert card.effects[0]["note"] == "list_not_mapped"
    assert await room.counters() == {"sent": 1, "delivered": 1, "unsubscribed": 1}


async def test_an_unmapped_list_with_no_campaign_known_counts_for_all(room: Room) -> None:
    await room.send(unsubscribed(externalId={"listExternalId": "1"}, campaignExternalId="unknown"))
    assert await stop_list(room) == [(None, "unsubscribe")]


@pytest.mark.parametrize("target", ["123456", "no number", "9" * 40])
async def test_an_unknown_category_is_never_dropped(room: Room, target: str) -> None:
    card = await room.send(unsubscribed(externalId=target))
    assert (await stop_list(room), card.effects[0]["note"]) == ([(None, "unsubscribe")], "category_unknown")


async def test_an_address_that_is_none_still_unsubscribes(room: Room) -> None:
    card = await room.send({"type": "unsubscribe", "email": "not an address\x00"})
    assert (states(card), await stop_list(room)) == (["applied"], [(None, "unsubscribe")])


async def test_hard_bounces_and_complaints_stop_the_address(room: Room) -> None:
    await room.send(delivered(READER, "hardBounce"), delivered("reader2@example.com", "spam"))
    assert sorted(reason for _, reason in await stop_list(room)) == ["hard_bounce", "spam"]


async def test_a_status_without_campaign_is_guessed_and_says_so(room: Room) -> None:
    await room.database.write(
        lambda c: c.execute(sa.text("UPDATE campaign SET created_at_service = 5 WHERE id = 501"))
    )
    card = await room.send({"type": "updateDeliveryStatus", "email": READER, "status": "opened"})
    assert (states(card), card.effects[0]["note"]) == (["applied"], "campaign_guessed")


async def test_figures_and_states_of_a_campaign_are_taken(room: Room) -> None:
    at = {"occurredAt": "2026-11-20T10:00:00+03:00"}
    card = await room.send(
        {"type": "updateCampaignStats", "externalId": EXTERNAL, "stats": {"sent": 5}, **at},
        {"type": "updateCampaign", "externalId": EXTERNAL, "status": "sent", **at},
    )
    assert states(card) == ["applied", "applied"]
    assert await room.scalar(sa.select(stats.c.figures)) == {"sent": 5}
    assert await room.scalar(sa.select(campaign.c.state)) == "sent"


async def test_an_event_of_another_account_touches_nothing(room: Room) -> None:
    await room.database.write(
        lambda c: c.execute(sa.update(campaign).where(campaign.c.id == CAMPAIGN).values(account_id=8))
    )
    assert states(await room.send(delivered(READER, "opened"))) == ["waiting"]
    assert await room.counters() == {}


async def test_a_replay_applies_nothing_twice(room: Room) -> None:
    card = await room.send(delivered(READER, "opened"))
    again = await room.webhooks.replay(SYSTEM, card.line.id)
    assert (states(again), await room.counters()) == (["duplicate"], {"sent": 1, "delivered": 1, "opened": 1})

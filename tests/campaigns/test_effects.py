"""What webhooks do to campaigns, whatever the order in which they come."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from tests.campaigns.conftest import Room, until
from tests.campaigns.service_double import ACCOUNT_ID, Failure

from vestnik.campaigns import effects
from vestnik.campaigns.effects import Ref, Status
from vestnik.campaigns.states import State
from vestnik.campaigns.statuses import COUNTERS, FACTS, figures
from vestnik.campaigns.tables import delivery
from vestnik.contacts.addresses import Address
from vestnik.contacts.storing import known_ids
from vestnik.db import now
from vestnik.people.access import SYSTEM

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


async def test_statuses_add_up_to_exact_figures_in_any_order(room: Room) -> None:
    campaign_id = await _sending(room)
    addresses = await _addresses(room)
    chance = random.Random(7)  # noqa: S311  (a fixed sequence)
    events = [
        Status(campaign_id, address, status, NOON + timedelta(minutes=chance.randrange(100)), "why")
        for address in addresses
        for status in chance.sample(sorted(FACTS), k=chance.randrange(1, 6))
    ]
    events += events[: len(events) // 2]
    chance.shuffle(events)

    for start in range(0, len(events), 7):
        found = await room.database.write(effects.set_delivery_status, events[start : start + 7])
        assert all(found)

    expected = dict.fromkeys(COUNTERS, 0)
    flags = dict.fromkeys(addresses, FACTS["pending"] | 1)
    for event in events:
        flags[event.address_id] |= FACTS[event.status]
    for of_one in flags.values():
        for name, number in zip(COUNTERS, figures(of_one), strict=True):
            expected[name] += number
    row = await room.row(campaign_id)
    assert {name: getattr(row, name) for name in COUNTERS} == expected
    async with room.database.read() as connection:
        stored = await connection.execute(
            sa.select(delivery.c.address_id, delivery.c.flags, delivery.c.at).order_by(delivery.c.address_id)
        )
        assert [tuple(each) for each in stored] == [
            (address, flags[address], max(event.at for event in events if event.address_id == address))
            for address in sorted(addresses)
        ]


async def test_first_open_and_first_click_are_kept(room: Room) -> None:
    campaign_id, [address, *_] = await _sending(room), await _addresses(room)

    for status, at in [("clicked", LATER), ("opened", NOON), ("opened", LATER + timedelta(hours=1))]:
        await room.database.write(effects.set_delivery_status, [Status(campaign_id, address, status, at)])

    [shown] = await room.campaigns.register.deliveries(campaign_id, status="clicked", after=0, limit=9)
    assert (shown.status, shown.opened_at, shown.clicked_at) == ("clicked", NOON, LATER)


async def test_event_of_somebody_who_is_no_recipient_is_not_found(room: Room) -> None:
    campaign_id, [address, *_] = await _sending(room), await _addresses(room)
    events = [
        Status(campaign_id, address, "opened", NOON),
        Status(campaign_id, 404, "opened", NOON),
        Status(404, address, "opened", NOON),
    ]

    assert await room.database.write(effects.set_delivery_status, events) == [True, False, False]


async def test_campaigns_are_found_by_the_services_ids_by_ours_and_by_the_latest_letter(room: Room) -> None:
    first, second = await _sending(room), await _sending(room)
    [address, *_] = await _addresses(room)
    ref = Ref(second, room.category_id)

    def find(connection: sa.Connection) -> object:
        return (
            effects.campaigns_of(connection, ACCOUNT_ID, ["ext-2", "ext-404"]),
            effects.campaigns_of(connection, 404, ["ext-2"]),
            effects.campaigns_by_id(connection, ACCOUNT_ID, [first, 404]),
            effects.latest_campaigns(connection, ACCOUNT_ID, [address, 404]),
        )

    assert await room.database.write(find) == (
        {"ext-2": ref},
        {},
        {first: Ref(first, room.category_id)},
        {address: ref},
    )


async def test_hook_runs_in_the_transaction_that_commits_the_external_id(room: Room) -> None:
    heard: list[tuple[int, str, int, bool]] = []

    def hear(connection: sa.Connection, account_id: int, external_id: str, campaign_id: int) -> None:
        known = effects.campaigns_of(connection, account_id, [external_id])
        heard.append((account_id, external_id, campaign_id, external_id in known))

    room.campaigns.on_external_id(hear)
    room.service.holds["CreateCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await asyncio.wait_for(room.service.began["CreateCampaign"].wait(), 10)
    assert heard == []
    room.service.holds.pop("CreateCampaign").set()
    await room.until(campaign_id, State.SENDING)

    assert heard == [(ACCOUNT_ID, "ext-1", campaign_id, True)]


async def test_word_of_the_service_that_comes_during_create_campaign_takes_effect_after_it(
    room: Room,
) -> None:
    room.service.holds["CreateCampaign"] = asyncio.Event()
    room.service.answers["GetCampaignStatus"] = lambda _: {"externalId": "ext-1", "status": "moderation"}
    campaign_id = await room.send()
    await asyncio.wait_for(room.service.began["CreateCampaign"].wait(), 10)

    await room.database.write(effects.update_campaign, campaign_id, "moderation", "wait", NOON)
    room.service.holds.pop("CreateCampaign").set()
    row = await room.until(campaign_id, State.MODERATION)

    assert row.reason == {"code": "service", "text": "wait"}


async def test_older_word_of_the_service_changes_nothing_but_a_last_word_does(room: Room) -> None:
    room.service.functions.discard("CRM_Marketing_GetCampaignStatus")
    campaign_id = await _sending(room)

    moved = [
        await room.database.write(effects.update_campaign, campaign_id, status, None, at)
        for status, at in [
            ("moderation", LATER),
            ("sending", NOON),
            ("draft", LATER),
            ("sent", NOON),
            ("sending", LATER + timedelta(hours=1)),
        ]
    ]

    assert moved == [True, False, False, True, False]
    assert (await room.row(campaign_id)).state == State.SENT


async def test_figures_from_before_the_end_are_asked_for_again_after_it(room: Room) -> None:
    campaign_id = await _sending(room)
    tracker = room.campaigns.tracker
    room.service.figures = {"sent": 0}
    await tracker.refresh_stats(await room.row(campaign_id))
    await room.database.write(effects.update_campaign, campaign_id, "sent", None, now())
    seen = []
    for sent in (12, 13):
        room.service.figures = {"sent": sent}
        await tracker.refresh_stats(await room.row(campaign_id))
        seen.append((await room.campaigns.card(SYSTEM, campaign_id)).service_figures)
    assert seen == [{"sent": 12}, {"sent": 12}]


async def test_figures_of_the_service_are_merged_and_older_ones_do_not_replace_newer(room: Room) -> None:
    room.service.fails_before["GetCampaignStats"] = [Failure("fetch")] * 99
    campaign_id = await _sending(room)

    await room.database.write(effects.merge_stats, campaign_id, {"sent": 12, "opened": 3}, LATER)
    await room.database.write(effects.merge_stats, campaign_id, {"opened": 1, "clicked": 1}, NOON)

    card = await room.campaigns.card(SYSTEM, campaign_id)
    assert card.service_figures == {"sent": 12, "opened": 3, "clicked": 1}


async def test_service_that_can_not_be_asked_has_sent_when_every_letter_is_accounted_for(room: Room) -> None:
    room.service.functions.discard("CRM_Marketing_GetCampaignStatus")
    campaign_id = await _sending(room)
    addresses = await _addresses(room)
    for status, part in (("delivered", addresses[:8]), ("hardBounce", addresses[8:11])):
        rows = [Status(campaign_id, address, status, NOON) for address in part]
        await room.database.write(effects.set_delivery_status, rows)
    asked = room.service.called("GetCampaignStatus")
    await until(lambda: _asked(room), lambda number: number > asked)
    assert (await room.row(campaign_id)).state == State.SENDING

    last = [Status(campaign_id, addresses[11], "skipped", NOON)]
    await room.database.write(effects.set_delivery_status, last)

    await room.until(campaign_id, State.SENT)


async def _asked(room: Room) -> int:
    return room.service.called("GetCampaignStatus")


async def _sending(room: Room) -> int:
    campaign_id = await room.send()
    await room.until(campaign_id, State.SENDING)
    return campaign_id


async def _addresses(room: Room) -> list[int]:
    wanted = [Address("email", f"person-{index}@example.com", "example.com") for index in range(12)]
    return list((await room.database.write(known_ids, wanted)).values())

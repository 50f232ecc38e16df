"""What events tell later: a campaign's chart and a contact's activity."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.webhooks.conftest import CAMPAIGN, Room, delivered

from vestnik.people.access import SYSTEM

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def at(moment: datetime) -> str:
    return moment.isoformat()


async def test_chart_counts_events_by_steps_as_wide_as_the_campaign_is_long(room: Room) -> None:
    await room.send(
        delivered("reader0@example.com", "delivered", occurredAt=at(NINE)),
        delivered("reader1@example.com", "delivered", occurredAt=at(NINE.replace(second=20))),
        delivered("reader0@example.com", "opened", occurredAt=at(TEN)),
        delivered("reader2@example.com", "hardBounce", occurredAt=at(TEN)),
    )
    chart = await room.webhooks.chart(SYSTEM, CAMPAIGN)
    none = dict.fromkeys(("sent", "delivered", "opened", "clicked", "unsubscribed", "bounced", "spam"), 0)
    assert chart.width_s == 60
    assert list(chart.points) == [
        (NINE, {**none, "delivered": 2}),
        (TEN, {**none, "opened": 1, "bounced": 1}),
    ]


async def test_chart_of_a_campaign_without_events_is_empty(room: Room) -> None:
    assert list((await room.webhooks.chart(SYSTEM, CAMPAIGN)).points) == []


async def test_contact_shows_what_happened_newest_first_with_a_link_to_the_campaign(room: Room) -> None:
    await room.send(
        delivered("reader0@example.com", "delivered", occurredAt=at(NINE)),
        delivered("reader0@example.com", "opened", occurredAt=at(TEN)),
        delivered("reader1@example.com", "opened", occurredAt=at(TEN)),
    )
    people, _ = await room.contacts.page(SYSTEM, search="reader0@example.com")
    shown, following = await room.contacts.timeline.page(SYSTEM, people[0].id)
    shown = [entry for entry in shown if entry.link is not None]
    assert following is None
    assert [(entry.at, entry.title["ru"], entry.link) for entry in shown] == [
        (TEN, "Открыто письмо «x»", f"/campaigns/{CAMPAIGN}"),
        (NINE, "Доставлено: «x»", f"/campaigns/{CAMPAIGN}"),
    ]

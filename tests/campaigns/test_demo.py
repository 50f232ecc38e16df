"""The demo's campaigns."""

from __future__ import annotations

import sqlalchemy as sa
from tests.campaigns.conftest import Room
from tests.campaigns.service_double import ACCOUNT_ID, TEMPLATE_ID, Around

from vestnik.campaigns.demo import PAST, READY, Setting, create_demo, remove_demo
from vestnik.campaigns.states import State
from vestnik.campaigns.statuses import COUNTERS, figures
from vestnik.campaigns.tables import campaign, delivery
from vestnik.people.access import SYSTEM


async def test_demo_has_past_campaigns_with_full_statistics_and_drafts_that_can_be_sent(room: Room) -> None:
    setting = Setting(
        account_id=ACCOUNT_ID,
        sender_name="Вестник",
        sender_email="news@example.com",
        template_ids=[TEMPLATE_ID],
        category_ids=[room.category_id],
        segments={},
    )

    keys = await create_demo(room.database, room.campaigns, Around(room.contacts), setting)

    lines, total = await room.campaigns.page(SYSTEM, search="", states=[], sort="", offset=0, limit=50)
    assert total == len(PAST) + len(READY)
    assert [line.row.state for line in lines].count(State.SENT) == len(PAST) - 1
    for line in lines:
        if line.row.state != State.DRAFT:
            async with room.database.read() as connection:
                flags = await connection.scalars(
                    sa.select(delivery.c.flags).where(delivery.c.campaign_id == line.row.id)
                )
                added = [sum(column) for column in zip(*map(figures, flags), strict=True)]
            assert dict(zip(COUNTERS, added, strict=True)) == {name: line.figures[name] for name in COUNTERS}
            assert line.figures["recipients"] == 12
    card = await room.campaigns.card(SYSTEM, keys[0])
    assert card.service_figures is not None
    assert [change.to_state for change in card.history] == [
        "draft", "preparing", "moderation", "sending", "sent",
    ]  # fmt: skip
    ready = await room.campaigns.card(SYSTEM, keys[-1])
    assert ready.row.name == READY[-1].name
    await room.campaigns.send(SYSTEM, keys[-1], None)
    await room.until(keys[-1], State.SENDING)

    await room.database.write(remove_demo)
    async with room.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(campaign)) == 0

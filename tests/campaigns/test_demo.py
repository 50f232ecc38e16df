"""The demo's campaigns."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import sqlalchemy as sa
from tests.campaigns.conftest import Room
from tests.campaigns.service_double import ACCOUNT_ID, TEMPLATE_ID, Around

from vestnik.campaigns.demo import ISSUES, PAST, READY, Setting, create_demo, remove_demo
from vestnik.campaigns.states import State
from vestnik.campaigns.statuses import COUNTERS, figures
from vestnik.campaigns.tables import campaign, delivery, repeat
from vestnik.people.access import SYSTEM


async def test_demo_has_past_repeated_and_scheduled_campaigns_and_drafts_that_can_be_sent(room: Room) -> None:
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
    states = [line.row.state for line in lines]
    assert {state: states.count(state) for state in states} == {
        State.SENT: len(PAST) - 1 + ISSUES,
        State.DECLINED: 1,
        State.SCHEDULED: 1,
        State.DRAFT: len(READY) + 1,
    }
    assert total == len(states)
    for line in lines:
        if line.row.state not in (State.DRAFT, State.SCHEDULED):
            async with room.database.read() as connection:
                flags = await connection.scalars(
                    sa.select(delivery.c.flags).where(delivery.c.campaign_id == line.row.id)
                )
                added = [sum(column) for column in zip(*map(figures, [*flags, 0]), strict=True)]
            assert dict(zip(COUNTERS, added, strict=True)) == {name: line.figures[name] for name in COUNTERS}
            assert line.figures["recipients"] == (12 if line.row.type == "email" else 0)
    card = await room.campaigns.card(SYSTEM, keys[0])
    assert card.service_figures is not None
    assert [change.to_state for change in card.history] == [
        "draft", "preparing", "moderation", "sending", "sent",
    ]  # fmt: skip
    async with room.database.read() as connection:
        weekly = (await connection.execute(sa.select(repeat))).one()
    assert (weekly.issues, weekly.reason) == (ISSUES, None)
    issues = sorted(line.row.launched_at for line in lines if line.row.repeat_id == weekly.id)
    assert [later - earlier for earlier, later in pairwise(issues)] == [timedelta(weeks=1)] * (ISSUES - 1)
    assert weekly.next_at - issues[-1] == timedelta(weeks=1)
    ready = await room.campaigns.card(SYSTEM, keys[-1])
    assert ready.row.name == READY[-1].name
    await room.campaigns.send(SYSTEM, keys[-1], None)
    await room.until(keys[-1], State.SENDING)

    await room.database.write(remove_demo)
    async with room.database.read() as connection:
        for table in (campaign, repeat):
            assert await connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0

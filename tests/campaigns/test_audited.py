"""What is done to campaigns where a sending service is asked: each leaves a row of whoever did it."""

from __future__ import annotations

import sqlalchemy as sa
from tests.campaigns.conftest import Room
from tests.campaigns.service_double import Failure
from tests.campaigns.test_planning import repeats

from vestnik.audit.tables import audit_row
from vestnik.campaigns.repeats import Repeats, Rhythm
from vestnik.campaigns.states import State
from vestnik.people.access import RIGHTS, Actor

__all__ = ["repeats"]

WHO = Actor(7, "Имя", frozenset(RIGHTS))


async def actions(room: Room) -> list[str]:
    """What the audit says that this person did, in order."""
    own = sa.select(audit_row.c.action).where(audit_row.c.user_id == WHO.user_id).order_by(audit_row.c.id)
    async with room.database.read() as connection:
        return list(await connection.scalars(own))


async def test_sending_and_what_follows_are_noted(room: Room) -> None:
    room.service.fails_before["CreateCampaign"] = [Failure("timeout")]
    campaign_id = await room.draft()
    await room.campaigns.tests.send(WHO, campaign_id, ["me@example.com"])
    await room.campaigns.send(WHO, campaign_id, None)
    await room.until(campaign_id, State.UNCLEAR)
    await room.campaigns.send_again(WHO, campaign_id)
    await room.until(campaign_id, State.SENDING)
    room.service.states["ext-1"]["status"] = "sending"
    await room.campaigns.cancel_at_service(WHO, campaign_id)
    assert await actions(room) == [
        *("campaign.tested", "campaign.sent", "campaign.sent_again", "campaign.cancelled_at_service"),
    ]


async def test_repeating_is_noted(room: Room, repeats: Repeats) -> None:
    campaign_id = await room.draft()
    await repeats.keep(WHO, campaign_id, Rhythm("week", 0, "10:00", "Europe/Moscow"))
    await repeats.stop(WHO, campaign_id)
    assert await actions(room) == ["repeat.kept", "repeat.stopped"]

"""Who said no after the service had them, and who said no for themselves: retries and test letters."""

from __future__ import annotations

import pytest
from tests.campaigns.conftest import Room
from tests.campaigns.service_double import PREFIX, Failure

from vestnik.campaigns.reasons import sentence
from vestnik.campaigns.states import State
from vestnik.contacts.service import Draft
from vestnik.people.access import SYSTEM

LEFT = "person-3@example.com"


async def unsubscribe(room: Room, how: str) -> None:
    """Have the reader of `LEFT` say no in one of the ways that there are."""
    people, _ = await room.contacts.page(SYSTEM, limit=12)
    [person] = [each for each in people if LEFT in each.texts("email")]
    if how == "blocked":
        await room.contacts.update(SYSTEM, person.id, Draft(blocked=True))
    elif how == "stopped":
        await room.contacts.stop(SYSTEM, "email", LEFT, None, "test")
    else:
        category = room.category_id if how == "withdrew" else None
        await room.contacts.record_consent(SYSTEM, person.id, category, "withdrawn", "сам", "письмо")


@pytest.mark.parametrize("how", ["withdrew", "left all", "blocked", "stopped"])
async def test_a_retry_writes_to_nobody_when_a_recipient_has_left_that_the_service_has(
    room: Room, how: str
) -> None:
    room.service.functions.discard(PREFIX + "FindCampaign")
    room.service.fails_before["CreateCampaign"] = [Failure("raised", "no", reached_service=False)]
    campaign_id = await room.send()
    await room.until(campaign_id, State.FAILED)
    await unsubscribe(room, how)

    await room.campaigns.retry(SYSTEM, campaign_id)
    failed = await room.until(campaign_id, State.FAILED, State.SENDING)

    assert (failed.state, failed.reason) == (State.FAILED, {"code": "recipients_left", "count": 1})
    assert sentence(failed.reason, "en").startswith("Of those whom the service has got already, 1 have")
    assert (room.service.called("CreateCampaign"), room.service.sent()) == (1, {})

    copied = await room.campaigns.copy(SYSTEM, campaign_id, "Копия")
    await room.campaigns.send(SYSTEM, copied, None)
    await room.until(copied, State.SENDING)
    assert (len(room.service.sent()), LEFT in room.service.sent()) == (11, False)


async def test_sending_again_writes_to_nobody_when_a_recipient_has_left(room: Room) -> None:
    room.service.fails_before["CreateCampaign"] = [Failure("timeout")]
    campaign_id = await room.send()
    await room.until(campaign_id, State.UNCLEAR)
    await unsubscribe(room, "withdrew")

    await room.campaigns.send_again(SYSTEM, campaign_id)
    failed = await room.until(campaign_id, State.FAILED, State.SENDING)

    assert (failed.state, failed.reason["code"], room.service.sent()) == (State.FAILED, "recipients_left", {})


@pytest.mark.parametrize("how", ["withdrew", "left all", "blocked", "stopped"])
async def test_a_test_letter_goes_to_nobody_who_said_no(room: Room, how: str) -> None:
    campaign_id = await room.draft()
    await unsubscribe(room, how)

    tested = await room.campaigns.tests.send(SYSTEM, campaign_id, [LEFT, "me@example.com"])

    assert (tested.sent, [each.address for each in tested.refused]) == (["me@example.com"], [LEFT])
    assert [each["contacts"] for each in room.service.tested] == [["me@example.com"]]

"""Who said no after the service had them, and who said no for themselves: retries and test letters."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from tests.campaigns.conftest import Room
from tests.campaigns.service_double import PREFIX, Failure

from vestnik.campaigns import last_look
from vestnik.campaigns.reasons import sentence
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import exclusion
from vestnik.contacts.imports.rows import Policy, Row
from vestnik.contacts.imports.service import Imports
from vestnik.contacts.imports.suppressing import Suppressor
from vestnik.contacts.service import Draft
from vestnik.db import new_key, now
from vestnik.people.access import SYSTEM
from vestnik.vault import Vault

LEFT = "person-3@example.com"
VERDICTS = {
    "withdrew": "unsubscribed_category",
    "left all": "unsubscribed_all",
    "blocked": "blocked",
    "stopped": "blocked",
    "imported": "unsubscribed_all",
}
HOW = [*VERDICTS]


async def unsubscribe(room: Room, how: str) -> None:
    """Have the reader of `LEFT` say no in one of the ways that there are."""
    people, _ = await room.contacts.page(SYSTEM, limit=12)
    [person] = [each for each in people if LEFT in each.texts("email")]
    if how == "blocked":
        await room.contacts.update(SYSTEM, person.id, Draft(blocked=True))
    elif how == "stopped":
        await room.contacts.stop(SYSTEM, "email", LEFT, None, "test")
    elif how == "imported":
        await room.database.write(bring_list, Vault(room.settings))
    else:
        category = room.category_id if how == "withdrew" else None
        await room.contacts.record_consent(SYSTEM, person.id, category, "withdrawn", "сам", "письмо")


def bring_list(connection: sa.Connection, vault: Vault) -> None:
    """Another service's list with `LEFT`, as an import puts it on the stop-list."""
    key = new_key()
    Imports.begin(connection, key, SYSTEM, "unsubscribed.csv", purpose="suppression")
    rows = [Row(2, emails=[(LEFT, "example.com")]), Row(3, emails=[("nobody@example.com", "example.com")])]
    Suppressor(vault).apply(connection, key, rows, Policy(reason="unsubscribe"), now())


async def stopped_between(room: Room) -> int:
    """A campaign of which one is stopped while the service takes the only chunk."""
    gate = room.service.holds["PrepareCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await room.service.began["PrepareCampaign"].wait()
    await unsubscribe(room, "stopped")
    gate.set()
    return campaign_id


def taken_back(room: Room) -> list[list[str]]:
    """Whom the service was told to take out, call by call."""
    return [given["contacts"] for name, given in room.service.calls if name == PREFIX + "WithdrawRecipients"]


async def left_out(room: Room, campaign_id: int) -> dict[str, int]:
    """How many were left out, by the reason."""
    async with room.database.read() as connection:
        found = sa.select(exclusion.c.reason, exclusion.c.count).where(exclusion.c.campaign_id == campaign_id)
        return {why: number for why, number in await connection.execute(found)}


@pytest.mark.parametrize("how", HOW)
async def test_who_leaves_after_the_last_chunk_is_taken_back_before_the_creation(
    room: Room, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(last_look, "LOOK_AGAIN_S", 0.0001)
    room.service.chunk, room.service.parallel = 5, 2
    gate = room.service.holds["PrepareCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await room.service.began["PrepareCampaign"].wait()
    await unsubscribe(room, how)
    gate.set()
    row = await room.until(campaign_id, State.SENDING)

    assert taken_back(room) == [[LEFT]]
    assert (LEFT in room.service.sent(), len(room.service.sent())) == (False, 11)
    assert (row.recipients, row.handed_over) == (11, 11)
    assert room.service.created[0]["recipientCount"] == 11
    assert await left_out(room, campaign_id) == {VERDICTS[how]: 1}


@pytest.mark.parametrize("how", HOW)
async def test_a_retry_takes_back_a_recipient_whom_the_service_has(room: Room, how: str) -> None:
    room.service.functions.discard(PREFIX + "FindCampaign")
    room.service.fails_before["CreateCampaign"] = [Failure("raised", "no", reached_service=False)]
    campaign_id = await room.send()
    await room.until(campaign_id, State.FAILED)
    await unsubscribe(room, how)

    await room.campaigns.retry(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)

    assert (taken_back(room), room.service.called("PrepareCampaign")) == ([[LEFT]], 1)
    assert (len(room.service.sent()), LEFT in room.service.sent()) == (11, False)


async def test_sending_again_takes_back_a_recipient_who_left(room: Room) -> None:
    room.service.fails_before["CreateCampaign"] = [Failure("timeout")]
    campaign_id = await room.send()
    await room.until(campaign_id, State.UNCLEAR)
    await unsubscribe(room, "withdrew")

    await room.campaigns.send_again(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)

    assert (taken_back(room), len(room.service.sent())) == ([[LEFT]], 11)


@pytest.mark.parametrize("is_defined", [True, False])
async def test_without_a_way_to_take_back_the_campaign_does_not_go_out(room: Room, is_defined: bool) -> None:
    if is_defined:
        room.service.fails_before["WithdrawRecipients"] = [Failure("not_implemented")]
    else:
        room.service.functions.discard(PREFIX + "WithdrawRecipients")
    campaign_id = await stopped_between(room)
    failed = await room.until(campaign_id, State.FAILED, State.SENDING)

    assert (failed.state, failed.reason) == (State.FAILED, {"code": "recipients_left", "count": 1})
    assert "add the function WithdrawRecipients" in sentence(failed.reason, "en")
    assert room.service.called("CreateCampaign") == 0

    copied = await room.campaigns.copy(SYSTEM, campaign_id, "Копия")
    await room.campaigns.send(SYSTEM, copied, None)
    await room.until(copied, State.SENDING)
    assert (len(room.service.sent()), LEFT in room.service.sent()) == (11, False)


async def test_a_withdrawal_that_fails_or_is_cut_short_is_repeated(room: Room) -> None:
    room.service.fails_before["WithdrawRecipients"] = [Failure("retry_later", retry_after_s=0.1)]
    room.service.fails_after["WithdrawRecipients"] = [Failure("timeout")]
    campaign_id = await stopped_between(room)
    row = await room.until(campaign_id, State.SENDING)

    assert (taken_back(room), row.handed_over) == ([[LEFT]] * 3, 11)
    assert (len(room.service.sent()), LEFT in room.service.sent()) == (11, False)


async def test_a_withdrawal_that_the_module_refuses_fails_the_campaign(room: Room) -> None:
    room.service.fails_before["WithdrawRecipients"] = [Failure("raised", "the list is closed")]
    campaign_id = await stopped_between(room)
    failed = await room.until(campaign_id, State.FAILED, State.SENDING)

    assert failed.reason == {
        "code": "module", "function": PREFIX + "WithdrawRecipients", "text": "the list is closed"
    }  # fmt: skip
    await room.campaigns.retry(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)
    assert (len(room.service.sent()), LEFT in room.service.sent()) == (11, False)


async def test_who_leaves_while_another_is_taken_back_is_taken_back_too(room: Room) -> None:
    gate = room.service.holds["WithdrawRecipients"] = asyncio.Event()
    campaign_id = await stopped_between(room)
    await room.service.began["WithdrawRecipients"].wait()
    await room.contacts.stop(SYSTEM, "email", "person-7@example.com", None, "test")
    gate.set()
    await room.until(campaign_id, State.SENDING)

    assert taken_back(room) == [[LEFT], ["person-7@example.com"]]
    assert (len(room.service.sent()), "person-7@example.com" in room.service.sent()) == (10, False)


async def test_who_leaves_between_two_tries_of_a_chunk_is_taken_back(room: Room) -> None:
    room.service.fails_after["PrepareCampaign"] = [Failure("timeout")]
    gate = room.service.holds["PrepareCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await room.service.began["PrepareCampaign"].wait()
    await unsubscribe(room, "stopped")
    gate.set()
    row = await room.until(campaign_id, State.SENDING)

    assert room.service.called("PrepareCampaign") == 2
    assert (taken_back(room), row.handed_over, len(room.service.sent())) == ([[LEFT]], 11, 11)


async def test_when_everybody_leaves_nothing_is_created(room: Room) -> None:
    gate = room.service.holds["PrepareCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await room.service.began["PrepareCampaign"].wait()
    for index in range(12):
        await room.contacts.stop(SYSTEM, "email", f"person-{index}@example.com", None, "test")
    gate.set()
    failed = await room.until(campaign_id, State.FAILED, State.SENDING)

    assert (failed.reason["code"], failed.recipients, failed.handed_over) == ("no_recipients", 0, 0)
    assert room.service.called("CreateCampaign") == 0


@pytest.mark.parametrize("how", HOW)
async def test_a_test_letter_goes_to_nobody_who_said_no(room: Room, how: str) -> None:
    campaign_id = await room.draft()
    await unsubscribe(room, how)

    tested = await room.campaigns.tests.send(SYSTEM, campaign_id, [LEFT, "me@example.com"])

    assert (tested.sent, [each.address for each in tested.refused]) == (["me@example.com"], [LEFT])
    assert [each["contacts"] for each in room.service.tested] == [["me@example.com"]]


async def test_the_refusal_of_a_test_letter_says_why(room: Room) -> None:
    campaign_id = await room.draft()
    await unsubscribe(room, "stopped")
    tested = await room.campaigns.tests.send(SYSTEM, campaign_id, [LEFT])
    assert tested.refused[0].words("en").startswith("The address is on the suppression list")
    assert tested.refused[0].words("ru").startswith("Адрес в стоп-листе")

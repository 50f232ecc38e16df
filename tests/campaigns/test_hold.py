"""Sending with a hold, taking back, and times chosen in a zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.campaigns.conftest import Room

from vestnik.campaigns.calendar import next_time
from vestnik.campaigns.errors import CampaignStateForbids
from vestnik.campaigns.states import State
from vestnik.db import now
from vestnik.http.errors import Forbidden
from vestnik.people.access import SYSTEM, Actor, rights_of


async def test_what_is_sent_now_waits_and_goes_by_itself(room: Room) -> None:
    room.campaigns.hold_s = 0.5
    campaign_id = await room.draft()
    await room.campaigns.send(SYSTEM, campaign_id, None, held=True)
    row = await room.row(campaign_id)
    assert (row.state, row.held, room.service.called("ExportContacts")) == (State.SCHEDULED, True, 0)

    await room.until(campaign_id, State.SENDING, State.SENT)

    assert room.service.sent() == {f"person-{number}@example.com": 1 for number in range(12)}


async def test_what_is_held_is_taken_back_and_nobody_is_written_to(room: Room) -> None:
    room.campaigns.hold_s = 60
    campaign_id = await room.draft()
    await room.campaigns.send(SYSTEM, campaign_id, None, held=True)

    await room.campaigns.undo(SYSTEM, campaign_id)

    row = await room.row(campaign_id)
    assert (row.state, row.held, row.scheduled_at, row.run) == (State.DRAFT, False, None, 1)
    assert room.service.sent() == {}
    await room.campaigns.send(SYSTEM, campaign_id, None)
    await room.until(campaign_id, State.SENDING, State.SENT)
    assert set(room.service.sent().values()) == {1}


async def test_a_campaign_that_has_begun_is_not_taken_back(room: Room) -> None:
    campaign_id = await room.send()
    with pytest.raises(CampaignStateForbids):
        await room.campaigns.undo(SYSTEM, campaign_id)


async def test_the_zone_of_a_chosen_time_is_kept(room: Room) -> None:
    campaign_id, at = await room.draft(), now() + timedelta(days=2)
    await room.campaigns.send(SYSTEM, campaign_id, at, zone="Asia/Yekaterinburg", held=True)
    row = await room.row(campaign_id)
    assert (row.state, row.scheduled_at, row.zone, row.held) == (
        State.SCHEDULED,
        at,
        "Asia/Yekaterinburg",
        False,
    )


async def test_an_editor_writes_and_a_marketer_sends(room: Room) -> None:
    editor = Actor(user_id=None, name="editor", rights=rights_of(["editor"]))
    marketer = Actor(user_id=None, name="marketer", rights=rights_of(["marketer"]))
    campaign_id = await room.draft()
    copied = await room.campaigns.copy(editor, campaign_id, "Копия")
    for sending in (
        room.campaigns.send(editor, copied, None),
        room.campaigns.undo(editor, copied),
        room.campaigns.tests.send(editor, copied, ["me@example.com"]),
    ):
        with pytest.raises(Forbidden):
            await sending

    await room.campaigns.send(marketer, copied, None)

    assert rights_of(["marketer"]) - rights_of(["editor"]) == {"campaigns.send", "syncs.write"}


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("every", "day", "at_time", "after", "expected"),
    [
        # Clocks go from 2:00 to 3:00: 2:30 is not there, and comes an hour later.
        ("week", 6, time(2, 30), datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # Clocks go from 3:00 to 2:00: 2:30 is there twice, and the first is meant.
        (
            "week",
            6,
            time(2, 30),
            datetime(2026, 10, 24, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ),
        # The week after it, at the same wall clock.
        (
            "week",
            6,
            time(2, 30),
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            datetime(2026, 11, 1, 1, 30, tzinfo=UTC),
        ),
        # A month without a 31st: its last day.
        ("month", 31, time(9), datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 28, 8, tzinfo=UTC)),
        ("month", 1, time(9), datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_repeat_comes_at_its_wall_clock(
    every: str, day: int, at_time: time, after: datetime, expected: datetime
) -> None:
    assert next_time(every, day, at_time, BERLIN, after) == expected  # type: ignore[arg-type]

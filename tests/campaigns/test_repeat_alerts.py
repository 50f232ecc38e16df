"""An issue of a repeat that can't go out is told by letter, and so is the first that goes out again."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.alerts.post import add_person, alerts_of, letters
from tests.campaigns.conftest import Room

from vestnik.alerts.tables import alert, alert_letter
from vestnik.campaigns import ledger
from vestnik.campaigns.repeats import TOO_LATE, Repeats, Rhythm
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign, repeat
from vestnik.db import now
from vestnik.people.access import SYSTEM

WEEKLY = Rhythm("week", 0, "10:00", "Europe/Moscow")


@pytest.fixture
async def repeats(room: Room) -> Repeats:
    """The repeats of the room, of which an administrator hears; nothing looks by itself."""
    await add_person(room.database, "administrator")
    engine = cast(Any, SimpleNamespace(every=lambda *_: None))
    alerts = alerts_of(room.database, room.settings, engine)
    own = room.campaigns
    return Repeats(room.database, engine, own.inspector, own.driver, own.tell, alerts)


async def issue(room: Room, repeats: Repeats, late: timedelta = timedelta(seconds=1)) -> int:
    """The next issue comes due; its key."""
    due = sa.update(repeat).values(next_at=now() - late)
    await room.database.write(lambda connection: connection.execute(due))
    await repeats.look()
    newest = sa.select(sa.func.max(campaign.c.id)).where(campaign.c.repeat_id.is_not(None))
    async with room.database.read() as connection:
        return await connection.scalar(newest) or 0


async def told(room: Room, repeats: Repeats) -> list[bool]:
    """Look for news; the letters so far: True tells of a failure."""
    await repeats.watch()
    return [failing for _, failing in await letters(room.database)]


async def heard(room: Room) -> None:
    """Everything that was written was read."""
    sent = sa.update(alert_letter).where(alert_letter.c.sent_at.is_(None)).values(sent_at=now(), next_at=None)
    await room.database.write(lambda connection: connection.execute(sent))


async def test_an_issue_that_waits_is_told_once_and_one_that_goes_out_again_too(
    room: Room, repeats: Repeats
) -> None:
    pattern = await room.draft(name="Дайджест")
    await repeats.keep(SYSTEM, pattern, WEEKLY)
    await room.database.write(lambda connection: ledger.change(connection, pattern, sender_email=""))
    for _ in range(2):
        waits = await issue(room, repeats)
        assert (await room.row(waits)).state == State.DRAFT
    assert await told(room, repeats) == [True]
    async with room.database.read() as connection:
        row = (await connection.execute(sa.select(alert))).one()
    assert (row.name, row.reason["ru"].startswith("Выпуск не отправлен")) == ("Дайджест", True)
    await heard(room)
    await room.database.write(
        lambda connection: ledger.change(connection, pattern, sender_email="news@example.com")
    )
    goes = await issue(room, repeats)
    await room.until(goes, State.SENDING, State.SENT)
    assert await told(room, repeats) == [True, False]
    assert await told(room, repeats) == [True, False]


async def test_an_issue_that_fails_on_its_way_and_one_that_was_missed_are_told(
    room: Room, repeats: Repeats
) -> None:
    pattern = await room.draft(name="Дайджест")
    await repeats.keep(SYSTEM, pattern, WEEKLY)
    out = await issue(room, repeats)
    await room.until(out, State.SENDING, State.SENT)
    assert await told(room, repeats) == []
    await issue(room, repeats, TOO_LATE + timedelta(hours=1))
    assert await told(room, repeats) == [True]
    assert await told(room, repeats) == [True]
    await heard(room)
    again = await issue(room, repeats)
    await room.until(again, State.SENDING, State.SENT)
    assert await told(room, repeats) == [True, False]
    await repeats.stop(SYSTEM, pattern)
    assert await letters(room.database) == []

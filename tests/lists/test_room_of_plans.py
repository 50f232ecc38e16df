"""What the plan of a service has room for: the whole account counts, not the list of the sync alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.lists.service_double import ListService
from tests.lists.syncing import Room, add_account, counts, running

from vestnik.contacts.service import Contacts
from vestnik.db import Database
from vestnik.lists.room import Counted
from vestnik.segments.service import Segments
from vestnik.settings import Settings

A, B, C, D = (f"{letter}@example.com" for letter in "abcd")


@pytest.fixture
async def room(
    database: Database, database_url: str, tmp_path: Path, contacts: Contacts, segments: Segments
) -> AsyncIterator[Room]:
    await add_account(database)
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    async with running(database, settings, contacts, segments, ListService()) as room:
        yield room


@pytest.mark.parametrize(
    ("tells", "uncounted", "counted", "used", "over"),
    [
        (True, 0, "account", 3, 1),
        (False, 0, "lists", 3, 1),
        (False, 1, "some_lists", 1, 0),
        (False, 2, "list", None, 0),
    ],
)
async def test_a_plan_says_what_was_counted_against_the_limit(
    room: Room, tells: bool, uncounted: int, counted: Counted, used: int | None, over: int
) -> None:
    mine, others = room.service.has("Покупатели", [A]), room.service.has("Другие", [C, D])
    room.service.limit, room.service.tells_account = 3, tells
    room.service.uncounted = {others, mine} if uncounted == 2 else {others} if uncounted else set()
    _, plan = await room.planned(segment_id=await room.segment(A, B), list_external_id=mine)
    assert counts(plan, "add", "limit", "used", "counted", "over_limit") == {
        "add": 0 if over else 1,
        "limit": 3,
        "used": used,
        "counted": counted,
        "over_limit": over,
    }


async def test_without_a_limit_nothing_is_counted(room: Room) -> None:
    mine = room.service.has("Покупатели", [A])
    _, plan = await room.planned(segment_id=await room.segment(A, B), list_external_id=mine)
    assert counts(plan, "limit", "counted") == {"limit": None, "counted": None}

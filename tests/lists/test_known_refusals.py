"""Rows that a service refused for good: left alone by later runs, until a contact or a person changes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.lists.service_double import ListService
from tests.lists.syncing import Room, add_account, counts, running

from vestnik.contacts.service import Contacts, Draft
from vestnik.db import Database
from vestnik.lists.states import RunState
from vestnik.people.access import SYSTEM
from vestnik.segments.service import Segments
from vestnik.settings import Settings

A, B, C = (f"{letter}@example.com" for letter in "abc")
REFUSED = {B: ("invalid", "no such mailbox"), C: ("other", "try later")}


@pytest.fixture
async def room(
    database: Database, database_url: str, tmp_path: Path, contacts: Contacts, segments: Segments
) -> AsyncIterator[Room]:
    await add_account(database)
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    async with running(database, settings, contacts, segments, ListService()) as room:
        yield room


def asked(room: Room) -> list[str]:
    """Who was handed over in the last call that adds people."""
    (*_, last) = [given for name, given in room.service.calls if name.endswith("AddSubscribers")]
    return sorted(each["email"] for each in last["subscribers"])


async def test_who_was_refused_for_good_is_left_alone_and_counted(room: Room) -> None:
    list_id = room.service.has("Покупатели", [])
    room.service.rejected, room.service.batch = REFUSED, 10
    sync_id, first = await room.synced(segment_id=await room.segment(A, B, C), list_external_id=list_id)
    assert counts(first, "add", "added", "rejected") == {"add": 3, "added": 1, "rejected": 2}
    second = await room.run(sync_id)
    assert asked(room) == [C]
    assert counts(second, "wanted", "add", "rejected", "held", "differs") == {
        "wanted": 3,
        "add": 1,
        "rejected": 1,
        "held": {"refused_before": 1},
        "differs": 0,
    }


async def test_who_was_changed_since_is_handed_over_again(room: Room) -> None:
    list_id = room.service.has("Покупатели", [])
    room.service.rejected = {B: REFUSED[B]}
    sync_id, _ = await room.synced(segment_id=await room.segment(A, B), list_external_id=list_id)
    found, _ = await room.contacts.page(SYSTEM, search=B, sort="", offset=0, limit=5)
    await room.contacts.update(SYSTEM, found[0].id, Draft(name="Исправленное имя"))
    room.service.rejected = {}
    again = await room.run(sync_id)
    assert (room.service.on(list_id), again.counts["held"]) == ({A, B}, {})


async def test_what_a_person_tried_again_with_success_is_no_refusal_any_more(room: Room) -> None:
    list_id = room.service.has("Покупатели", [])
    room.service.rejected = {B: REFUSED[B]}
    sync_id, run = await room.synced(segment_id=await room.segment(A, B), list_external_id=list_id)
    room.service.rejected = {}
    await room.syncs.retry(SYSTEM, run.id)
    await room.until(sync_id, RunState.DONE)
    assert room.service.on(list_id) == {A, B}
    del room.service.lists[list_id][B]
    assert counts(await room.run(sync_id), "add", "added") == {"add": 1, "added": 1}


async def test_who_came_to_the_list_by_another_way_is_not_taken_out(room: Room) -> None:
    list_id = room.service.has("Покупатели", [])
    room.service.rejected = {B: REFUSED[B]}
    sync_id, _ = await room.synced(segment_id=await room.segment(A, B), list_external_id=list_id)
    room.service.lists[list_id][B] = "subscribed"
    run = await room.run(sync_id)
    assert counts(run, "add", "remove", "held") == {"add": 0, "remove": 0, "held": {}}
    assert room.service.on(list_id) == {A, B}

"""A sync that is saved without running its plan."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.lists.service_double import ListService
from tests.lists.syncing import Room, add_account, running

from vestnik.contacts.service import Contacts
from vestnik.db import Database
from vestnik.lists.states import RunState
from vestnik.people.access import SYSTEM
from vestnik.segments.service import Segments
from vestnik.settings import Settings


@pytest.fixture
async def room(
    database: Database, database_url: str, tmp_path: Path, contacts: Contacts, segments: Segments
) -> AsyncIterator[Room]:
    await add_account(database)
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    async with running(database, settings, contacts, segments, ListService()) as room:
        yield room


async def test_a_draft_saved_without_its_plan_leaves_the_way_free_for_the_schedule(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, plan = await room.planned(segment_id=segment_id, list_external_id=list_id)
    await room.syncs.change(SYSTEM, sync_id, {"state": "on"})
    saved, ended = await room.sync(sync_id), await room.newest(sync_id)
    assert (saved.state, ended.id, ended.state) == ("on", plan.id, RunState.STOPPED)
    assert ended.reason == {"code": "only_shown"}
    assert 0 < (saved.next_at - saved.updated_at).total_seconds() <= 600
    assert (await room.run(sync_id)).state == RunState.DONE
    assert room.service.on(list_id) == {"a@example.com"}

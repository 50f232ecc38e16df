"""When syncs run by themselves, and what keeps what they need."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.lists.service_double import ListService
from tests.lists.syncing import ACCOUNT_ID, Room, add_account, running, until

from vestnik.contacts import personal as contacts_personal
from vestnik.contacts.service import Contacts
from vestnik.db import Database, now
from vestnik.engine.tables import executor
from vestnik.lists import personal
from vestnik.lists.service import lists_of_segment, under_way
from vestnik.lists.states import RunState
from vestnik.lists.tables import sync, sync_run
from vestnik.people.access import SYSTEM
from vestnik.segments.errors import SegmentInUse
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


async def _come_due(room: Room, sync_id: int) -> None:
    due = sa.update(sync).where(sync.c.id == sync_id).values(next_at=now() - timedelta(seconds=1))
    await room.database.write(lambda connection: connection.execute(due))
    await room.syncs.schedules.look()


async def test_a_sync_that_is_due_runs_once_and_has_its_next_time(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, first = await room.synced(segment_id=segment_id, list_external_id=list_id, every_minutes=60)
    (b,) = await room.people("b@example.com")
    await room.segments.change_members(SYSTEM, segment_id, add=[b])
    before = now()
    await _come_due(room, sync_id)
    await room.syncs.schedules.look()
    run = await room.until(sync_id, RunState.DONE)
    assert (run.number, run.trigger) == (first.number + 1, "schedule")
    assert room.service.on(list_id) == {"a@example.com", "b@example.com"}
    due = (await room.sync(sync_id)).next_at
    assert before + timedelta(minutes=60) <= due <= now() + timedelta(minutes=60)


async def test_what_is_saved_and_run_does_not_run_again_at_once(room: Room) -> None:
    list_id = room.service.has("Покупатели", [])
    before = now()
    sync_id, _ = await room.synced(
        segment_id=await room.segment("a@example.com"), list_external_id=list_id, every_minutes=240
    )
    assert (await room.sync(sync_id)).next_at >= before + timedelta(minutes=240)


async def test_a_sync_that_waits_for_a_person_is_not_begun_again(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", ["x@example.com", "y@example.com"])
    sync_id, plan = await room.planned(segment_id=segment_id, list_external_id=list_id)
    on = sa.update(sync).where(sync.c.id == sync_id).values(state="on")
    await room.database.write(lambda connection: connection.execute(on))
    await _come_due(room, sync_id)
    assert (await room.newest(sync_id)).id == plan.id


async def test_a_scheduled_run_that_the_guard_stops_is_told_of(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, _ = await room.synced(segment_id=segment_id, list_external_id=list_id)
    room.service.lists[list_id] |= dict.fromkeys(["x@example.com", "y@example.com"], "subscribed")
    await _come_due(room, sync_id)
    await room.until(sync_id, RunState.WAITING)
    assert "исключил бы из списка 2 из 3" in (await room.failing())[sync_id]
    await room.syncs.confirm(SYSTEM, sync_id, 2)
    await room.until(sync_id, RunState.DONE)
    assert await room.failing() == {}


async def test_recomputing_a_segment_runs_its_syncs_now_or_directly_after_the_run_under_way(
    room: Room,
) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, first = await room.synced(segment_id=segment_id, list_external_id=list_id)
    assert await room.syncs.recompute_segment(SYSTEM, segment_id) == 1
    run = await room.until(sync_id, RunState.DONE)
    assert (run.number, run.trigger) == (first.number + 1, "recompute")
    room.service.lists[list_id] |= dict.fromkeys(["x@example.com", "y@example.com"], "subscribed")
    waits = await room.run(sync_id)
    assert waits.state == RunState.WAITING
    assert await room.syncs.recompute_segment(SYSTEM, segment_id) == 1
    assert (await room.sync(sync_id)).next_at <= now()
    await room.syncs.stop(SYSTEM, sync_id)
    room.service.lists[list_id] = {}
    await room.syncs.schedules.look()
    assert (await room.until(sync_id, RunState.DONE)).number == waits.number + 1


async def test_a_sync_that_rests_is_neither_due_nor_recomputed(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, first = await room.synced(segment_id=segment_id, list_external_id=list_id)
    await room.syncs.change(SYSTEM, sync_id, {"state": "off"})
    assert (await room.sync(sync_id)).next_at is None
    assert await room.syncs.recompute(SYSTEM, sync_id) == 0
    assert (await room.newest(sync_id)).id == first.id


async def test_a_saved_sync_runs_within_ten_minutes_of_its_creation(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, _ = await room.planned(segment_id=segment_id, list_external_id=list_id, every_minutes=10_080)
    await room.syncs.change(SYSTEM, sync_id, {"state": "on"})
    row = await room.sync(sync_id)
    assert row.created_at < row.next_at < row.created_at + timedelta(minutes=10)
    await _come_due(room, sync_id)
    assert (await room.until(sync_id, RunState.DONE)).trigger == "first"


async def test_an_account_and_a_segment_are_kept_while_they_are_synced(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, _ = await room.synced(segment_id=segment_id, list_external_id=list_id)
    assert await room.database.write(under_way, ACCOUNT_ID) == ["Покупатели"]
    room.segments.keep_while(lists_of_segment)
    with pytest.raises(SegmentInUse) as refused:
        await room.segments.archive(SYSTEM, segment_id)
    assert refused.value.values["uses"] == "Покупатели"
    await room.syncs.delete(SYSTEM, sync_id)
    assert await room.database.write(under_way, ACCOUNT_ID) == []
    await room.segments.archive(SYSTEM, segment_id)


async def test_a_plan_that_names_an_erased_person_is_made_anew(room: Room) -> None:
    segment_id = await room.segment("a@example.com", "b@example.com")
    list_id = room.service.has("Покупатели", [])
    room.service.rejected = {"b@example.com": ("invalid", "b@example.com does not exist")}
    sync_id, run = await room.synced(segment_id=segment_id, list_external_id=list_id)
    room.service.lists[list_id] |= dict.fromkeys(["x@example.com", "y@example.com"], "subscribed")
    waits = await room.run(sync_id)
    assert waits.state == RunState.WAITING
    people, _ = await room.contacts.page(SYSTEM, search="b@example.com", sort="", offset=0, limit=5)

    def erase(connection: sa.Connection) -> tuple[int, int]:
        person = contacts_personal.find(connection, people[0].id)
        (holding,) = personal.HOLDINGS
        found = holding.read(connection, person, None)
        return len(found.items), holding.erase(connection, person)

    assert await room.database.write(erase) == (1, 1)
    assert await room.rejects(run.id) == {}
    await room.syncs.driver.sweep()
    await until(room.scratch_files, lambda found: not found)
    await room.syncs.confirm(SYSTEM, sync_id, 2)
    assert (await room.until(sync_id, RunState.DONE)).counts["removed"] == 2


async def test_what_is_left_of_a_scratch_file_is_swept(room: Room) -> None:
    folder = room.settings.data_dir / "syncs"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("7.db", "8.db-journal"):
        (folder / name).write_bytes(b"left")
    await room.syncs.driver.sweep()
    assert await room.scratch_files() == []


async def test_a_run_whose_scratch_file_is_gone_plans_anew_and_ends_the_same(room: Room) -> None:
    segment_id = await room.segment("a@example.com", "b@example.com")
    list_id = room.service.has("Покупатели", ["c@example.com"])
    sync_id, plan = await room.planned(segment_id=segment_id, list_external_id=list_id, guard_percent=100)
    (room.settings.data_dir / "syncs" / f"{plan.id}.db").unlink()
    await room.syncs.confirm(SYSTEM, sync_id, 1)
    run = await room.until(sync_id, RunState.DONE)
    assert room.service.on(list_id) == {"a@example.com", "b@example.com"}
    assert (run.counts["added"], run.counts["removed"]) == (2, 1)


async def test_a_run_that_the_engine_forgot_goes_on_under_a_new_name(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, plan = await room.planned(segment_id=segment_id, list_external_id=list_id)
    again = {"state": RunState.PLANNING, "stage": "listing", "cursor": None}
    change = sa.update(sync_run).where(sync_run.c.id == plan.id).values(again)
    await room.database.write(lambda connection: connection.execute(change))
    await room.engine.sweep()
    run = await room.until(sync_id, RunState.WAITING)
    assert run.generation == plan.generation + 1


async def test_a_confirmed_run_is_taken_over_from_a_process_that_still_lives(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    sync_id, plan = await room.planned(segment_id=segment_id, list_external_id=list_id)
    await room.database.write(
        lambda connection: connection.execute(
            sa.insert(executor).values(id="elsewhere", seen_at=now() + timedelta(hours=1))
        )
    )
    other = sa.update(sync_run).where(sync_run.c.id == plan.id).values(driver="elsewhere")
    await room.database.write(lambda connection: connection.execute(other))
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    assert (await room.until(sync_id, RunState.DONE)).counts["added"] == 1


async def test_refused_rows_are_forgotten_after_a_month_and_their_number_is_not(room: Room) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    room.service.rejected = {"a@example.com": ("invalid", "no such mailbox")}
    _, run = await room.synced(segment_id=segment_id, list_external_id=list_id)
    await room.syncs.rejects.forget_old()
    assert list(await room.rejects(run.id)) == ["a@example.com"]
    long_ago = (
        sa.update(sync_run).where(sync_run.c.id == run.id).values(finished_at=now() - timedelta(days=31))
    )
    await room.database.write(lambda connection: connection.execute(long_ago))
    await room.syncs.rejects.forget_old()
    assert (await room.rejects(run.id), run.counts["rejected"]) == ({}, 1)

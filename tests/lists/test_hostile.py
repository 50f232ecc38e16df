"""Services and disks that do what they never should: a run ends, says why, and touches nobody else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.campaigns.service_double import Failure
from tests.lists.service_double import ListService
from tests.lists.syncing import Room, add_account, counts, running, until

from vestnik import children
from vestnik.alerts.tables import alert
from vestnik.campaigns.errors import UnknownReference
from vestnik.contacts.service import Contacts
from vestnik.db import Database, now
from vestnik.lists import scratch_file, steps, workflows
from vestnik.lists.errors import NothingToRetry
from vestnik.lists.reasons import PLANNING
from vestnik.lists.states import RunState
from vestnik.lists.tables import sync, sync_reject, sync_run
from vestnik.people.access import SYSTEM
from vestnik.segments.service import Segments
from vestnik.settings import Settings

A, B, C = (f"{letter}@example.com" for letter in "abc")


class Stubborn(ListService):
    """Its jobs end as `status` says; with `again`, what a job prepared is prepared by a job once more."""

    status: str = "done"
    again: bool = False

    def _GetJob(self, jobId: str) -> Any:
        if self.status == "done":
            return super()._GetJob(jobId)
        return {"jobId": jobId, "status": self.status, "reason": "никогда", "pollAfterSeconds": 1}

    def _GetListSubscribers(self, listExternalId: str, cursor: str | None) -> Any:
        if self.again:
            return self._ticket({"cursor": "0"})
        return super()._GetListSubscribers(listExternalId, cursor)


@pytest.fixture
def service() -> Stubborn:
    return Stubborn()


@pytest.fixture
async def room(
    database: Database,
    database_url: str,
    tmp_path: Path,
    contacts: Contacts,
    segments: Segments,
    service: Stubborn,
) -> AsyncIterator[Room]:
    await add_account(database)
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    async with running(database, settings, contacts, segments, service) as room:
        yield room


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few attempts with short pauses."""
    monkeypatch.setattr(steps, "ATTEMPTS", 3)
    monkeypatch.setattr(steps, "_FIRST_PAUSE_S", 0.01)


async def test_jobs_that_fail_each_time_end_the_run(room: Room, service: Stubborn, impatient: None) -> None:
    list_id = service.has("Покупатели", [A])
    service.jobs, service.status = True, "failed"
    _, run = await room.planned(segment_id=await room.segment(B), list_external_id=list_id)
    assert (run.state, run.reason) == (
        RunState.FAILED,
        {
            "code": "job",
            "function": "CRM_Marketing_GetListSubscribers",
            "text": "никогда",
            "attempts": 3,
        },
    )
    assert service.called("GetListSubscribers") == 3


async def test_jobs_upon_jobs_end_the_run(
    room: Room, service: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows, "MOST_JOBS", 2)
    list_id = service.has("Покупатели", [A])
    service.again = True
    _, run = await room.planned(segment_id=await room.segment(B), list_external_id=list_id)
    assert (run.state, run.reason["code"]) == (RunState.FAILED, "endless")


async def test_a_job_that_never_ends_ends_the_run(
    room: Room, service: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows, "JOB_LASTS", timedelta(seconds=1))
    list_id = service.has("Покупатели", [])
    sync_id, _ = await room.planned(segment_id=await room.segment(B), list_external_id=list_id)
    service.jobs, service.status = True, "running"
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    run = await room.until(sync_id, RunState.DONE, RunState.FAILED)
    assert (run.state, run.reason["code"], service.called("AddSubscribers")) == (
        RunState.FAILED,
        "job_endless",
        1,
    )


async def test_a_full_disk_fails_the_run_and_says_so(
    room: Room, service: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = service.has("Покупатели", [f"{'x' * 200}{n}@example.com" for n in range(3000)])
    service.page = 3000
    connect = scratch_file._connect

    def small(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA max_page_count=20")
        return connection

    monkeypatch.setattr(scratch_file, "_connect", small)
    _, run = await room.planned(segment_id=await room.segment(B), list_external_id=list_id)
    assert (run.state, run.reason) == (
        RunState.FAILED,
        {"code": "planning", "text": PLANNING["disk_full"]},
    )
    assert await until(room.scratch_files, lambda found: not found) == []


@pytest.mark.parametrize("harm", ["cut", "emptied", "overwritten", "gone"])
async def test_a_damaged_scratch_file_is_made_anew(room: Room, service: Stubborn, harm: str) -> None:
    list_id = service.has("Покупатели", [f"{n}@example.com" for n in range(300)])
    service.batch = service.page = 100
    sync_id, plan = await room.planned(
        segment_id=await room.segment(A, *(f"{n}@example.com" for n in range(40, 300))),
        list_external_id=list_id,
    )
    path = room.settings.data_dir / "syncs" / f"{plan.id}.db"
    match harm:
        case "cut":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        case "emptied":
            path.write_bytes(b"")
        case "overwritten":
            whole = path.read_bytes()
            path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
        case "gone":
            path.unlink()
    await room.syncs.confirm(SYSTEM, sync_id, plan.counts["remove"])
    run = await room.until(sync_id, RunState.DONE, RunState.FAILED)
    assert counts(run, "before", "added", "removed", "differs") == {
        "before": 300,
        "added": 1,
        "removed": 40,
        "differs": 0,
    }
    assert service.on(list_id) == {A, *(f"{n}@example.com" for n in range(40, 300))}


async def test_a_scratch_file_that_is_lost_again_and_again_fails_the_run(
    room: Room, service: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MOST_LOSSES", 3)
    list_id = service.has("Покупатели", [A])

    def lose(_: Any) -> None:
        for path in (room.settings.data_dir / "syncs").glob("*.db"):
            path.unlink()

    service.before["GetListSubscribers"] = lose
    _, run = await room.planned(segment_id=await room.segment(B), list_external_id=list_id)
    assert (run.state, run.reason) == (RunState.FAILED, {"code": "planning", "text": PLANNING["lost"]})
    assert service.called("GetListSubscribers") == 4


async def test_a_run_that_loses_its_scratch_file_now_and_then_comes_to_its_end(
    room: Room, service: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MOST_LOSSES", 2)
    list_id = service.has("Покупатели", [])
    service.batch = 1
    people = [f"{n}@example.com" for n in range(9)]

    def lose(_: Any) -> None:
        if service.called("AddSubscribers") % 2 == 0:
            for path in (room.settings.data_dir / "syncs").glob("*.db"):
                path.unlink()

    service.before["AddSubscribers"] = lose
    _, run = await room.synced(segment_id=await room.segment(*people), list_external_id=list_id)
    assert (run.state, run.reason, service.on(list_id)) == (RunState.DONE, None, set(people))


async def test_a_child_that_never_plans_fails_the_run(
    room: Room, service: Stubborn, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    monkeypatch.setattr(steps, "MOST_LOSSES", 3)
    monkeypatch.setattr(children, "command", lambda _module: ["/bin/false"])
    list_id = service.has("Покупатели", [A])
    _, run = await room.planned(segment_id=await room.segment(B), list_external_id=list_id)
    assert (run.state, run.reason) == (RunState.FAILED, {"code": "planning", "text": PLANNING["ended"]})
    assert service.called("GetListSubscribers") == 4


async def test_a_plan_made_anew_in_the_middle_remembers_what_the_list_had_before(
    room: Room, service: Stubborn
) -> None:
    list_id = service.has("Покупатели", [])
    service.batch = 1
    sync_id, _ = await room.planned(segment_id=await room.segment(A, B), list_external_id=list_id)

    def ask_for_confirmation(given: dict[str, Any]) -> None:
        service.lists[list_id] |= {each["email"]: "pending" for each in given["subscribers"]}
        if service.called("AddSubscribers") == 2:
            for path in (room.settings.data_dir / "syncs").glob("*.db"):
                path.unlink()

    service.before["AddSubscribers"] = ask_for_confirmation
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    run = await room.until(sync_id, RunState.DONE, RunState.FAILED, RunState.WAITING)
    assert (run.state, run.reason, run.counts["before"]) == (RunState.DONE, None, 0)


@pytest.mark.parametrize(
    ("leave", "state", "reason"),
    [
        (1, RunState.DONE, None),
        (2, RunState.WAITING, {"code": "guard", "remove": 2, "before": 6, "percent": 20}),
    ],
)
async def test_a_plan_made_anew_is_guarded_by_the_list_as_the_run_has_made_it(
    room: Room, service: Stubborn, leave: int, state: RunState, reason: Any
) -> None:
    list_id = service.has("Покупатели", [])
    service.batch = 3
    people = [f"{n}@example.com" for n in range(9)]
    segment_id = await room.segment(*people)
    sync_id, plan = await room.planned(segment_id=segment_id, list_external_id=list_id)
    second = service.holds["AddSubscribers"] = asyncio.Event()
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    await until(lambda: _called(service), lambda count: count == 1)
    service.before["AddSubscribers"] = lambda _: second.clear()
    second.set()
    await until(lambda: _called(service), lambda count: count == 2)
    for address in sorted(service.on(list_id))[:leave]:
        found, _ = await room.contacts.page(SYSTEM, search=address, sort="", offset=0, limit=1)
        await room.contacts.record_consent(SYSTEM, found[0].id, None, "withdrawn", "письмом", "тест")
    (room.settings.data_dir / "syncs" / f"{plan.id}.db").unlink()
    del service.before["AddSubscribers"]
    second.set()
    run = await room.until(sync_id, RunState.DONE, RunState.FAILED, RunState.WAITING)
    assert (run.state, run.reason, counts(run, "before", "largest")) == (
        state,
        reason,
        {"before": 0, "largest": 6},
    )
    if state == RunState.DONE:
        assert service.on(list_id) == set(people[leave:])


async def _called(service: ListService) -> int:
    return service.called("AddSubscribers")


async def test_who_is_held_back_is_not_told_while_the_plan_is_written(room: Room, service: Stubborn) -> None:
    list_id = service.has("Покупатели", {A: "unsubscribed"})
    _, run = await room.planned(segment_id=await room.segment(A), list_external_id=list_id)
    other = sqlite3.connect(room.settings.data_dir / "syncs" / f"{run.id}.db", isolation_level=None)
    with closing(other):
        other.execute("BEGIN EXCLUSIVE")
        assert await room.syncs.held(SYSTEM, run.id, verdict=None, after=0, limit=10) is None
        other.execute("ROLLBACK")
    held = await room.syncs.held(SYSTEM, run.id, verdict=None, after=0, limit=10)
    assert held is not None and [each.address for each in held] == [A]


async def test_rows_that_were_forgotten_are_not_tried_again(room: Room, service: Stubborn) -> None:
    list_id = service.has("Покупатели", [C])
    service.rejected = {B: ("invalid", "no")}
    segment_id = await room.segment(A, B)
    _, run = await room.synced(segment_id=segment_id, list_external_id=list_id, mode="merge")
    del service.lists[list_id][A]
    await room.database.write(lambda connection: connection.execute(sa.delete(sync_reject)))
    with pytest.raises(NothingToRetry):
        await room.syncs.retry(SYSTEM, run.id)
    assert service.on(list_id) == {C}


async def test_rows_that_are_forgotten_as_their_retry_begins_are_nobody(
    room: Room, service: Stubborn, impatient: None
) -> None:
    list_id = service.has("Покупатели", [C])
    service.rejected = {B: ("invalid", "no")}
    segment_id = await room.segment(A, B)
    sync_id, run = await room.synced(segment_id=segment_id, list_external_id=list_id, mode="merge")
    del service.lists[list_id][A]
    service.holds["GetListSubscribers"] = asyncio.Event()
    service.began["GetListSubscribers"].clear()
    await room.syncs.retry(SYSTEM, run.id)
    await service.began["GetListSubscribers"].wait()

    def forget(connection: sa.Connection) -> None:
        connection.execute(sa.delete(sync_reject))
        connection.execute(sa.update(sync_run).where(sync_run.c.finished_at.is_(None)).values(cursor=None))

    await room.database.write(forget)  # an erasure does both
    service.holds.pop("GetListSubscribers").set()
    again = await room.until(sync_id, RunState.DONE, RunState.FAILED)
    assert (again.state, counts(again, "add", "remove")) == (RunState.DONE, {"add": 0, "remove": 0})
    assert service.on(list_id) == {C}


async def test_nobody_is_taken_out_of_a_list_that_is_not_there(room: Room, service: Stubborn) -> None:
    sync_id, _ = await room.planned(segment_id=await room.segment(A), list_title="Новый")
    with pytest.raises(UnknownReference):
        await room.syncs.change(SYSTEM, sync_id, {"mode": "subtract"})
    assert (await room.sync(sync_id)).mode == "exact"


async def test_a_row_may_be_refused_by_the_contacts_key(room: Room) -> None:
    service = room.service
    list_id = service.has("Покупатели", [])
    service.refuses_by_contact = True
    service.rejected = {B: ("invalid", "no such mailbox")}
    _, run = await room.synced(segment_id=await room.segment(A, B), list_external_id=list_id)
    assert await room.rejects(run.id) == {B: ("invalid", "no such mailbox")}
    assert counts(run, "added", "rejected", "differs") == {"added": 1, "rejected": 1, "differs": 0}


async def test_a_new_list_that_was_there_before_is_read_before_it_is_changed(
    room: Room, service: Stubborn
) -> None:
    service.created_as = service.has("Старый", {A: "unsubscribed", C: "subscribed"})
    asked: list[str] = []
    service.before["AddSubscribers"] = lambda given: asked.extend(
        each["email"] for each in given["subscribers"]
    )
    _, run = await room.synced(segment_id=await room.segment(A, B), list_title="Новый", mode="merge")
    assert (run.state, asked, service.on(service.created_as)) == (RunState.DONE, [B], {B, C})


@pytest.mark.parametrize("names_another", [False, True])
async def test_who_left_what_a_list_stands_for_is_not_put_back_by_a_sync_that_says_otherwise(
    room: Room, service: Stubborn, names_another: bool
) -> None:
    news, offers = [await room.contacts.create_category(SYSTEM, each, "") for each in ("Новости", "Акции")]
    list_id = service.has("Покупатели", [])
    service.categories = {list_id: news}
    segment_id = await room.segment(A, B, C)
    found, _ = await room.contacts.page(SYSTEM, search="", sort="", offset=0, limit=9)
    ids = {each.name.removeprefix("Имя "): each.id for each in found}
    for contact_id in ids.values():
        await room.contacts.record_consent(SYSTEM, contact_id, offers, "given", "письмом", "тест")
    await room.contacts.record_consent(SYSTEM, ids[A], news, "withdrawn", "письмом", "тест")
    sync_id, plan = await room.planned(
        segment_id=segment_id, list_external_id=list_id, category_id=offers if names_another else None
    )
    assert plan.counts["held"] == {"unsubscribed_category": 1}
    await room.contacts.record_consent(SYSTEM, ids[B], news, "withdrawn", "письмом", "тест")
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    run = await room.until(sync_id, RunState.DONE, RunState.FAILED)
    assert (service.on(list_id), counts(run, "added", "late", "differs")) == (
        {C},
        {"added": 1, "late": 1, "differs": 0},
    )


async def test_times_that_a_wrong_clock_has_set_hold_nothing_up(
    room: Room, service: Stubborn, impatient: None
) -> None:
    list_id = service.has("Покупатели", [])
    sync_id, _ = await room.planned(segment_id=await room.segment(A), list_external_id=list_id)
    await room.syncs.stop(SYSTEM, sync_id)
    await room.syncs.change(SYSTEM, sync_id, {"state": "on"})
    years = now() + timedelta(days=900)

    def put_off(connection: sa.Connection) -> None:
        connection.execute(sa.update(sync).values(next_at=years))
        connection.execute(sa.update(sync_run).values(next_try_at=years))

    await room.database.write(put_off)
    service.before["GetListSubscribers"] = lambda _: None
    await room.syncs.schedules.look()
    run = await room.until(sync_id, RunState.DONE, RunState.FAILED)
    assert (run.number, service.on(list_id)) == (2, {A})


async def test_a_list_with_line_ends_in_its_name_is_told_of_in_one_line(
    room: Room, service: Stubborn
) -> None:
    list_id = service.has("Покупатели", [])
    sync_id, _ = await room.planned(
        segment_id=await room.segment(A), list_external_id=list_id, list_title="Покупатели\r\nBcc: a@b.ru"
    )
    service.fails_before["AddSubscribers"].append(Failure("raised", "key is wrong"))
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    await room.until(sync_id, RunState.FAILED)
    async with room.database.read() as connection:
        told = (await connection.execute(sa.select(alert.c.name))).scalars().all()
    assert told == ["Покупатели Bcc: a@b.ru"]


async def test_pages_with_nobody_on_them_end_the_run_soon(room: Room, service: Stubborn) -> None:
    list_id, service.void = service.has("Покупатели", [A]), True
    _, run = await room.planned(segment_id=await room.segment(A), list_external_id=list_id)
    assert (run.state, run.reason) == (
        RunState.FAILED,
        {"code": "empty_pages", "function": "CRM_Marketing_GetListSubscribers", "pages": 11},
    )
    assert service.called("GetListSubscribers") == workflows.MOST_EMPTY_PAGES + 1

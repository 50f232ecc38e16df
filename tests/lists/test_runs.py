"""What a run does: the modes, from plan to verification, with everybody who is not to be touched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.campaigns.service_double import Failure
from tests.lists.service_double import ListService
from tests.lists.syncing import Room, add_account, counts, running, until

from vestnik.contacts.service import Contacts
from vestnik.db import Database
from vestnik.http.errors import NotFound
from vestnik.lists import workflows
from vestnik.lists.errors import ListExists, NothingToConfirm, PlanGrew, RunUnderWay, SyncExists
from vestnik.lists.semantics import Mode
from vestnik.lists.states import RunState
from vestnik.lists.steps import ATTEMPTS
from vestnik.people.access import SYSTEM
from vestnik.segments.service import Segments
from vestnik.settings import Settings

A, B, C, D, E = (f"{letter}@example.com" for letter in "abcde")


@pytest.fixture
def service() -> ListService:
    return ListService()


@pytest.fixture
async def room(
    database: Database,
    database_url: str,
    tmp_path: Path,
    contacts: Contacts,
    segments: Segments,
    service: ListService,
) -> AsyncIterator[Room]:
    await add_account(database)
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    async with running(database, settings, contacts, segments, service) as room:
        yield room


@pytest.mark.parametrize(
    ("mode", "after", "add", "remove"),
    [
        ("exact", {C, D, E}, 2, 2),
        ("merge", {A, B, C, D, E}, 2, 0),
        ("subtract", {A, B}, 0, 1),
    ],
)
async def test_a_list_and_a_segment_become_what_the_mode_says(
    room: Room, mode: Mode, after: set[str], add: int, remove: int
) -> None:
    segment_id = await room.segment(C, D, E)
    list_id = room.service.has("Покупатели", [A, B, C])
    sync_id, plan = await room.planned(segment_id=segment_id, list_external_id=list_id, mode=mode)
    assert plan.reason == {"code": "first_plan"}
    assert counts(plan, "before", "wanted", "add", "remove") == {
        "before": 3,
        "wanted": 3,
        "add": add,
        "remove": remove,
    }
    assert room.service.on(list_id) == {A, B, C}, "a plan changes nothing"
    await room.syncs.confirm(SYSTEM, sync_id, remove)
    run = await room.until(sync_id, RunState.DONE, RunState.FAILED)
    assert (run.state, run.reason) == (RunState.DONE, None)
    assert counts(run, "added", "removed", "rejected", "late", "differs") == {
        "added": add,
        "removed": remove,
        "rejected": 0,
        "late": 0,
        "differs": 0,
    }
    assert room.service.on(list_id) == after
    assert (await room.sync(sync_id)).state == "on"
    await until(room.scratch_files, lambda found: not found)


async def test_nobody_who_left_or_never_agreed_is_added(room: Room) -> None:
    category_id = await room.contacts.create_category(SYSTEM, "Новости")
    people = ["yes@example.com", "never@example.com", "left@example.com", "there@example.com"]
    yes, _never, left, there = await room.people(*people)
    for contact_id in (yes, left, there):
        await room.contacts.record_consent(SYSTEM, contact_id, category_id, "given", "по телефону", "тест")
    await room.contacts.record_consent(SYSTEM, left, category_id, "withdrawn", "письмом", "тест")
    list_id = room.service.has("Новости", {"there@example.com": "unsubscribed", "old@example.com": "pending"})
    _, run = await room.synced(list_external_id=list_id, category_id=category_id, guard_percent=100)
    assert run.counts["held"] == {
        "no_consent": 1,
        "unsubscribed_category": 1,
        "at_service_unsubscribed": 1,
    }
    assert room.service.lists[list_id] == {
        "yes@example.com": "subscribed",
        "there@example.com": "unsubscribed",
        "old@example.com": "pending",
    }


async def test_who_leaves_between_plan_and_transfer_is_dropped(room: Room) -> None:
    segment_id = await room.segment(A, B)
    list_id = room.service.has("Покупатели", [])
    sync_id, plan = await room.planned(segment_id=segment_id, list_external_id=list_id)
    assert plan.counts["add"] == 2
    (left,) = [
        each.id for each in (await room.contacts.page(SYSTEM, search=A, sort="", offset=0, limit=5))[0]
    ]
    await room.contacts.record_consent(SYSTEM, left, None, "withdrawn", "письмом", "тест")
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    run = await room.until(sync_id, RunState.DONE)
    assert (room.service.on(list_id), counts(run, "added", "late", "differs")) == (
        {B},
        {"added": 1, "late": 1, "differs": 0},
    )


async def test_the_guard_stops_a_run_until_a_person_confirms(room: Room) -> None:
    segment_id = await room.segment(A, B, C, D, E)
    list_id = room.service.has("Покупатели", [A, B, C, D, E])
    sync_id, _ = await room.synced(segment_id=segment_id, list_external_id=list_id)
    room.service.lists[list_id] |= dict.fromkeys(["x@example.com", "y@example.com"], "subscribed")
    waits = await room.run(sync_id)
    assert (waits.state, waits.reason) == (
        RunState.WAITING,
        {"code": "guard", "remove": 2, "before": 7, "percent": 20},
    )
    with pytest.raises(RunUnderWay):
        await room.syncs.run(SYSTEM, sync_id)
    with pytest.raises(PlanGrew):
        await room.syncs.confirm(SYSTEM, sync_id, 1)
    assert len(room.service.on(list_id)) == 7, "nothing was done"
    await room.syncs.confirm(SYSTEM, sync_id, 2)
    run = await room.until(sync_id, RunState.DONE)
    assert (room.service.on(list_id), run.confirmed_removals) == ({A, B, C, D, E}, 2)
    with pytest.raises(NothingToConfirm):
        await room.syncs.confirm(SYSTEM, sync_id, 2)


async def test_a_guard_that_is_not_reached_stops_nobody(room: Room) -> None:
    segment_id = await room.segment(A, B, C, D, E)
    list_id = room.service.has("Покупатели", [A, B, C, D, E])
    sync_id, _ = await room.synced(segment_id=segment_id, list_external_id=list_id)
    room.service.lists[list_id]["x@example.com"] = "subscribed"
    assert (await room.run(sync_id)).state == RunState.DONE
    assert room.service.on(list_id) == {A, B, C, D, E}


async def test_beyond_the_plan_of_the_service_nobody_is_added_and_the_report_says_so(room: Room) -> None:
    segment_id = await room.segment(A, B, C)
    list_id = room.service.has("Покупатели", [])
    room.service.limit = 2
    _, run = await room.synced(segment_id=segment_id, list_external_id=list_id)
    assert counts(run, "add", "over_limit", "limit", "held") == {
        "add": 0,
        "over_limit": 1,
        "limit": 2,
        "held": {"plan_limit": 3},
    }
    assert room.service.on(list_id) == set()


async def test_beyond_a_limit_entered_by_hand_the_first_are_added(room: Room) -> None:
    segment_id = await room.segment(A, B, C)
    list_id = room.service.has("Покупатели", [])
    room.service.limit_by_hand = 2
    _, run = await room.synced(
        segment_id=segment_id, list_external_id=list_id, over_limit="first", first_by="oldest"
    )
    assert (room.service.on(list_id), run.counts["held"]) == ({A, B}, {"plan_limit": 1})


async def test_a_new_list_is_made_once_and_only_when_the_plan_is_confirmed(room: Room) -> None:
    segment_id = await room.segment(A, B)
    room.service.fails_after["CreateList"].append(Failure("timeout"))
    sync_id, _ = await room.planned(segment_id=segment_id, list_title="Новый")
    assert room.service.titles == {}
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    run = await room.until(sync_id, RunState.DONE, RunState.FAILED)
    assert (run.state, list(room.service.titles.values())) == (RunState.DONE, ["Новый"])
    (list_id,) = room.service.titles
    assert (await room.sync(sync_id)).list_external_id == list_id
    assert room.service.on(list_id) == {A, B}


async def test_a_list_of_the_same_name_is_offered_and_none_is_synced_twice(room: Room) -> None:
    list_id = room.service.has("Покупатели", [A])
    segment_id = await room.segment(B)
    with pytest.raises(ListExists) as refused:
        await room.draft(segment_id=segment_id, list_title=" покупатели ")
    assert refused.value.values == {"list": "Покупатели", "externalId": list_id}
    offered = await room.syncs.offers.targets(SYSTEM, 5, "ПОКУПАТЕЛИ")
    assert offered.same is not None
    assert (offered.same.external_id, offered.same.subscribers, offered.same.sync_id) == (list_id, 1, None)
    sync_id = await room.draft(segment_id=segment_id, list_external_id=list_id)
    with pytest.raises(SyncExists):
        await room.draft(segment_id=segment_id, list_external_id=list_id)
    await room.syncs.delete(SYSTEM, sync_id)
    with pytest.raises(NotFound):
        await room.syncs.card(SYSTEM, sync_id)
    assert await room.draft(segment_id=segment_id, list_external_id=list_id) > sync_id


async def test_a_new_list_of_one_name_has_one_sync(room: Room) -> None:
    segment_id = await room.segment(A)
    first = await room.draft(segment_id=segment_id, list_title="Новый")
    with pytest.raises(SyncExists) as refused:
        await room.draft(segment_id=segment_id, list_title=" новый ")
    assert refused.value.values == {"list": "Новый", "id": str(first)}
    assert await room.draft(segment_id=segment_id, list_title="Другой") > first
    await room.syncs.delete(SYSTEM, first)
    assert await room.draft(segment_id=segment_id, list_title="Новый") > first


async def test_refused_rows_are_kept_in_the_services_words_and_tried_again_alone(room: Room) -> None:
    segment_id = await room.segment(A, B, C)
    list_id = room.service.has("Покупатели", [])
    room.service.rejected = {B: ("invalid", "no such mailbox"), C: ("blocked", "role address")}
    sync_id, run = await room.synced(segment_id=segment_id, list_external_id=list_id)
    assert counts(run, "added", "rejected", "differs") == {"added": 1, "rejected": 2, "differs": 0}
    assert await room.rejects(run.id) == {
        B: ("invalid", "no such mailbox"),
        C: ("blocked", "role address"),
    }
    room.service.rejected = {C: ("blocked", "role address")}
    del room.service.lists[list_id][A]
    again_id = await room.syncs.retry(SYSTEM, run.id)
    again = await room.until(sync_id, RunState.DONE)
    assert (again.id, again.retry_of, again.trigger) == (again_id, run.id, "retry")
    assert counts(again, "add", "added", "rejected") == {"add": 2, "added": 1, "rejected": 1}
    assert room.service.on(list_id) == {B}, "nobody else was touched"


async def test_a_service_that_answers_with_jobs_gets_the_same_list(room: Room) -> None:
    segment_id = await room.segment(C, D)
    list_id = room.service.has("Покупатели", [A, C])
    room.service.jobs, room.service.batch = True, 5
    _, run = await room.synced(segment_id=segment_id, list_external_id=list_id, guard_percent=100)
    assert (room.service.on(list_id), counts(run, "added", "removed", "differs")) == (
        {C, D},
        {"added": 1, "removed": 1, "differs": 0},
    )


@pytest.mark.parametrize("people", [[A, B], [A, B, C], [A, B, C, D, E]])
async def test_pages_that_go_round_in_a_circle_end_the_run(room: Room, people: list[str]) -> None:
    list_id = room.service.has("Покупатели", people)
    room.service.circles, room.service.page = True, 1
    _, run = await room.planned(segment_id=await room.segment(A), list_external_id=list_id)
    assert (run.state, run.reason["code"]) == (RunState.FAILED, "endless")
    assert room.service.called("GetListSubscribers") < 4 * len(people)


async def test_a_list_without_end_ends_the_run(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflows, "MOST_ROWS", 4)
    list_id = room.service.has("Покупатели", [A, B, C, D, E])
    _, run = await room.planned(segment_id=await room.segment(A), list_external_id=list_id)
    assert (run.state, run.reason) == (RunState.FAILED, {"code": "too_long", "rows": 4})


async def test_a_call_that_fails_in_passing_is_repeated(room: Room) -> None:
    segment_id = await room.segment(B, C)
    list_id = room.service.has("Покупатели", [A])
    for function in ("GetListSubscribers", "AddSubscribers", "RemoveSubscribers"):
        room.service.fails_before[function].append(Failure("timeout"))
        room.service.fails_after[function].append(Failure("crashed"))
    _, run = await room.synced(segment_id=segment_id, list_external_id=list_id)
    assert (run.state, room.service.on(list_id)) == (RunState.DONE, {B, C})


async def test_a_run_that_tries_again_says_why(room: Room) -> None:
    list_id = room.service.has("Покупатели", [A])
    room.service.fails_before["GetListSubscribers"].append(Failure("timeout", "no answer"))
    sync_id = await room.draft(segment_id=await room.segment(B), list_external_id=list_id)
    failed = await until(lambda: room.newest(sync_id), lambda run: run.attempts == 1)
    assert failed.reason == {
        "code": "retrying",
        "function": "CRM_Marketing_GetListSubscribers",
        "text": "no answer",
        "attempts": 1,
        "at_most": ATTEMPTS,
    }
    run = await room.until(sync_id, RunState.WAITING)
    assert (run.attempts, run.reason) == (0, {"code": "first_plan"})


async def test_a_module_that_raises_fails_the_run_and_people_are_told_until_it_works(room: Room) -> None:
    segment_id = await room.segment(A)
    list_id = room.service.has("Покупатели", [])
    sync_id, _ = await room.planned(segment_id=segment_id, list_external_id=list_id)
    room.service.fails_before["AddSubscribers"].append(Failure("raised", "key is wrong"))
    await room.syncs.confirm(SYSTEM, sync_id, 0)
    run = await room.until(sync_id, RunState.FAILED)
    assert run.reason == {
        "code": "module",
        "function": "CRM_Marketing_AddSubscribers",
        "text": "key is wrong",
    }
    assert list(await room.failing()) == [sync_id]
    assert (await room.run(sync_id)).state == RunState.DONE
    assert await room.failing() == {}


async def test_a_key_that_is_refused_ends_the_run_at_once_and_is_told(room: Room) -> None:
    list_id = room.service.has("Покупатели", [A])
    room.service.fails_before["GetListSubscribers"].append(Failure("key_refused", "HTTP 401"))
    sync_id, run = await room.planned(segment_id=await room.segment(B), list_external_id=list_id)
    assert (run.state, run.attempts, run.reason["code"]) == (RunState.FAILED, 0, "key_refused")
    assert "не принимает ключ" in (await room.failing())[sync_id]


async def test_a_service_that_is_out_of_order_is_not_said_to_ask_to_wait(room: Room) -> None:
    list_id = room.service.has("Покупатели", [A])
    down = Failure("service_down", "HTTP 500", retry_after_s=0.1, is_failed_attempt=True)
    room.service.fails_before["GetListSubscribers"].append(down)
    sync_id = await room.draft(segment_id=await room.segment(B), list_external_id=list_id)
    failed = await until(lambda: room.newest(sync_id), lambda run: run.attempts == 1)
    assert (failed.reason["code"], failed.reason["text"]) == ("retrying", "HTTP 500")
    assert (await room.until(sync_id, RunState.WAITING)).reason == {"code": "first_plan"}


async def test_what_came_to_the_list_meanwhile_is_repeated_or_told(room: Room) -> None:
    segment_id = await room.segment(A)
    list_id = room.service.has("Покупатели", [])

    def take_out(_arguments: dict[str, object]) -> None:
        if room.service.called("AddSubscribers") == 1:
            room.service.lists[list_id].pop(A, None)

    room.service.before["GetListSubscribers"] = take_out
    _, run = await room.synced(segment_id=segment_id, list_external_id=list_id)
    assert (room.service.on(list_id), counts(run, "added", "differs")) == ({A}, {"added": 1, "differs": 0})


async def test_a_run_is_stopped_and_the_next_goes_on(room: Room) -> None:
    segment_id = await room.segment(A, B)
    list_id = room.service.has("Покупатели", [])
    sync_id, _ = await room.planned(segment_id=segment_id, list_external_id=list_id)
    await room.syncs.stop(SYSTEM, sync_id)
    stopped = await room.newest(sync_id)
    assert (stopped.state, stopped.reason) == (RunState.STOPPED, {"code": "stopped", "name": "Vestnik"})
    await room.syncs.change(SYSTEM, sync_id, {"state": "on"})
    assert (await room.run(sync_id)).state == RunState.DONE
    assert room.service.on(list_id) == {A, B}

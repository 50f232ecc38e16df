"""A launch from the draft to the service: who is handed over, in which parts, and what stops it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.campaigns.conftest import Room, add_people, until
from tests.campaigns.service_double import Failure, Service

from vestnik.campaigns import launch, ledger
from vestnik.campaigns.errors import (
    CampaignNotEditable,
    CampaignNotReady,
    CampaignStateForbids,
    CannotCancelAtService,
    TooLateToPause,
)
from vestnik.campaigns.launch import ATTEMPTS
from vestnik.campaigns.reasons import sentence
from vestnik.campaigns.service import Draft
from vestnik.campaigns.states import State
from vestnik.db import now
from vestnik.people.access import SYSTEM

EVERYBODY = {f"person-{index}@example.com" for index in range(12)}


async def test_campaign_is_handed_over_in_chunks_created_once_and_sent(room: Room) -> None:
    room.service.chunk = 5

    campaign_id = await room.send()
    sending = await room.until(campaign_id, State.SENDING)
    room.service.states["ext-1"]["status"] = "sent"
    sent = await room.until(campaign_id, State.SENT)

    [created] = room.service.created
    assert created == {
        "campaignId": str(campaign_id),
        "type": "email",
        "name": "Осенние скидки",
        "recipientCount": 12,
        "subject": "Скидки до 30 %",
        "senderName": "Вестник",
        "senderEmail": "news@example.com",
        "templateExternalId": "tpl-512",
        "listExternalId": "list-88",
        "categoryId": str(room.category_id),
        "categoryName": "Новости",
        "trackOpens": True,
        "trackClicks": True,
        "externalId": "ext-1",
        "recipients": sorted(EVERYBODY),
    }
    assert (sending.external_id, sending.version_id, sending.handed_over) == ("ext-1", 1, 12)
    assert [room.service.called(name) for name in ("ExportContacts", "PrepareCampaign")] == [3, 3]
    assert set(room.service.exported.values()) == {1}
    card = await room.campaigns.card(SYSTEM, campaign_id)
    assert [change.to_state for change in card.history] == ["draft", "preparing", "sending", "sent"]
    assert sent.finished_at is not None
    async with asyncio.timeout(10):  # they are asked for after the state
        while not card.service_figures:
            await asyncio.sleep(0.01)
            card = await room.campaigns.card(SYSTEM, campaign_id)
    assert card.service_figures == {"sent": 7}


async def test_whoever_may_not_be_written_to_is_left_out_and_counted(room: Room) -> None:
    people, _ = await room.contacts.page(SYSTEM, limit=3)
    first, second, third = people
    await room.contacts.stop(SYSTEM, "email", first.texts("email")[0], None, "test")
    await room.contacts.stop(SYSTEM, "email", second.texts("email")[0], room.category_id, "test")
    await room.contacts.record_consent(SYSTEM, third.id, room.category_id, "withdrawn", "form", "site")

    campaign_id = await room.send()
    row = await room.until(campaign_id, State.SENDING)

    left_out = {person.texts("email")[0] for person in people}
    assert room.service.sent().keys() == EVERYBODY - left_out
    card = await room.campaigns.card(SYSTEM, campaign_id)
    assert sum(card.exclusions.values()) == 3
    assert card.exclusions["unsubscribed_category"] == 1
    assert row.recipients == 9


async def test_stop_list_is_asked_again_when_a_chunk_is_handed_over(room: Room) -> None:
    room.service.chunk = 6
    room.service.holds["ExportContacts"] = asyncio.Event()
    campaign_id = await room.send()
    await asyncio.wait_for(room.service.began["ExportContacts"].wait(), 10)

    last = await room.contacts.page(SYSTEM, search="person-11@example.com")
    await room.contacts.stop(SYSTEM, "email", last[0][0].texts("email")[0], None, "test")
    room.service.holds.pop("ExportContacts").set()
    row = await room.until(campaign_id, State.SENDING)

    assert room.service.sent().keys() == EVERYBODY - {"person-11@example.com"}
    assert (row.recipients, row.handed_over) == (11, 11)
    assert (await room.campaigns.card(SYSTEM, campaign_id)).exclusions == {"blocked": 1}


async def test_rows_that_the_service_refuses_are_rejected_with_its_reason(room: Room) -> None:
    room.service.rejected = {
        "person-3@example.com": ("Role address", "invalid"),
        "person-4@example.com": ("Already there", "duplicate"),
    }
    room.service.prepared["x"].add("person-4@example.com")

    campaign_id = await room.send()
    row = await room.until(campaign_id, State.SENDING)

    assert (row.rejected, row.handed_over) == (1, 11)
    [refused] = await room.campaigns.register.deliveries(campaign_id, status="rejected", after=0, limit=10)
    assert (refused.address, refused.status, refused.reason) == (
        "person-3@example.com",
        "rejected",
        "Role address",
    )


async def test_job_of_the_service_is_polled_until_its_report(room: Room) -> None:
    room.service.answers["PrepareCampaign"] = lambda arguments: (
        room.service._PrepareCampaign(arguments),
        {"jobId": "task-1", "pollAfterSeconds": 1},
    )[1]
    room.service.jobs["task-1"] = [
        {"jobId": "task-1", "status": "running", "pollAfterSeconds": 1},
        {"jobId": "task-1", "status": "done", "result": {"rejected": [
            {"key": "person-7@example.com", "reason": "Trap", "code": "blocked"}
        ]}},
    ]  # fmt: skip

    campaign_id = await room.send()
    row = await room.until(campaign_id, State.SENDING)

    assert (row.rejected, row.handed_over) == (1, 11)
    assert room.service.called("PrepareCampaign") == 1
    assert room.service.called("GetJob") == 2


@pytest.mark.parametrize("kind", ["timeout", "fetch", "retry_later", "crashed", "busy"])
async def test_passing_trouble_is_tried_again(room: Room, kind: str) -> None:
    room.service.fails_after["PrepareCampaign"] = [Failure(kind)]

    campaign_id = await room.send()
    row = await room.until(campaign_id, State.SENDING)

    assert room.service.called("PrepareCampaign") == 2
    assert set(room.service.sent().values()) == {1}
    assert row.attempts == 0


@pytest.mark.parametrize("function", ["PrepareCampaign", "CreateCampaign"])
async def test_spent_budget_is_waited_for_as_long_as_told_and_is_no_failed_attempt(
    room: Room, function: str
) -> None:
    spent = Failure("retry_later", reached_service=False, retry_after_s=0.001)
    room.service.fails_before[function] = [spent] * (ATTEMPTS + 1)

    campaign_id = await room.send()
    await room.until(campaign_id, State.SENDING)

    assert room.service.called(function) == ATTEMPTS + 2
    assert set(room.service.sent().values()) == {1}


def asked(seconds: float | None) -> Failure:
    """The service asks to come back later."""
    return Failure("retry_later", "too many requests", retry_after_s=seconds, is_failed_attempt=True)


@pytest.mark.parametrize("function", ["ExportContacts", "PrepareCampaign"])
@pytest.mark.parametrize("seconds", [0.001, None])
async def test_a_service_that_asks_to_come_back_later_is_asked_again_by_itself(
    room: Room, monkeypatch: pytest.MonkeyPatch, function: str, seconds: float | None
) -> None:
    monkeypatch.setattr(launch, "_FIRST_PAUSE_S", 0.001)
    room.service.fails_after[function] = [asked(seconds)] * 3

    campaign_id = await room.send()
    row = await room.until(campaign_id, State.SENDING)

    assert (room.service.called(function), set(room.service.sent().values())) == (4, {1})
    assert (row.attempts, row.retry_at, row.reason) == (0, None, None)


async def test_the_page_says_that_the_service_asks_to_wait_and_for_how_long(room: Room) -> None:
    room.service.fails_before["PrepareCampaign"] = [asked(3600.0)]

    campaign_id = await room.send()
    waiting = await until(lambda: room.row(campaign_id), lambda row: row.retry_at is not None)

    assert timedelta(minutes=59) < waiting.retry_at - now() <= timedelta(hours=1)
    assert (waiting.state, waiting.attempts) == (State.PREPARING, 1)
    assert sentence(waiting.reason, "en") == (
        "The service asks to wait (Prepare a campaign): too many requests. Attempt 1 of 14; the "
        "next one begins by itself, the pause before it is 3600 s."
    )

    await room.campaigns.pause(SYSTEM, campaign_id)
    await room.campaigns.resume(SYSTEM, campaign_id)
    assert (await room.until(campaign_id, State.SENDING)).reason is None


async def test_after_so_many_requests_to_wait_the_campaign_has_failed(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_FIRST_PAUSE_S", 0.001)
    room.service.fails_before["PrepareCampaign"] = [asked(0.001)] * ATTEMPTS

    campaign_id = await room.send()
    failed = await room.until(campaign_id, State.FAILED)
    assert sentence(failed.reason, "en") == (
        "The service asked to wait 14 times in a row (Prepare a campaign): too many requests. "
        "Nobody was written to twice; retry when the service takes requests again."
    )

    await room.campaigns.retry(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)
    assert set(room.service.sent().values()) == {1}


async def test_chunks_that_are_asked_to_wait_beside_each_other_are_one_attempt(room: Room) -> None:
    room.service.chunk, room.service.parallel = 3, 4
    room.service.fails_before["PrepareCampaign"] = [asked(3600.0)] * 3

    campaign_id = await room.send()
    await until(lambda: room.handed_over(campaign_id), lambda number: number == 3)
    waiting = await room.row(campaign_id)

    assert (waiting.retry_at > now(), waiting.reason["code"]) == (True, "waiting")
    assert waiting.attempts <= 1
    await room.campaigns.pause(SYSTEM, campaign_id)
    await room.campaigns.resume(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)
    assert set(room.service.sent().values()) == {1}


async def test_create_campaign_is_not_repeated_because_the_service_asked_to_wait(room: Room) -> None:
    room.service.fails_before["CreateCampaign"] = [asked(0.001)]

    campaign_id = await room.send()
    row = await room.until(campaign_id, State.UNCLEAR)

    assert (room.service.called("CreateCampaign"), row.reason["code"]) == (1, "create_not_found")


async def test_nobody_is_waited_for_longer_than_a_day(room: Room) -> None:
    room.service.fails_before["PrepareCampaign"] = [Failure("retry_later", retry_after_s=1e9)]

    campaign_id = await room.send()
    waiting = await until(lambda: room.row(campaign_id), lambda row: row.retry_at is not None)
    assert timedelta(hours=23) < waiting.retry_at - now() <= timedelta(hours=24)
    assert (waiting.state, waiting.attempts) == (State.PREPARING, 0)

    await room.campaigns.pause(SYSTEM, campaign_id)
    await room.campaigns.resume(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)


async def test_error_of_the_module_ends_the_run_with_a_sentence_and_retry_begins_the_next(room: Room) -> None:
    room.service.fails_before["PrepareCampaign"] = [Failure("raised", "the key is wrong")]

    campaign_id = await room.send()
    failed = await room.until(campaign_id, State.FAILED)
    room.service.version = 2
    await room.campaigns.retry(SYSTEM, campaign_id)
    row = await room.until(campaign_id, State.SENDING)

    assert failed.reason == {
        "code": "module",
        "function": "CRM_Marketing_PrepareCampaign",
        "text": "the key is wrong",
    }
    assert (row.run, row.version_id) == (2, 2)
    assert set(room.service.sent().values()) == {1}


async def test_missing_required_function_is_said_plainly(room: Room) -> None:
    campaign_id = await room.draft()
    room.service.fails_before["ExportContacts"] = [Failure("not_implemented")]

    await room.campaigns.send(SYSTEM, campaign_id, None)
    failed = await room.until(campaign_id, State.FAILED)

    assert sentence(failed.reason, "en").startswith(
        "The service's module does not implement CRM_Marketing_ExportContacts"
    )
    assert room.service.created == []


async def test_campaign_without_recipients_fails_and_says_why(room: Room) -> None:
    campaign_id = await room.draft()
    room.service.rejected = {address: ("Trap", "blocked") for address in EVERYBODY}

    await room.campaigns.send(SYSTEM, campaign_id, None)
    failed = await room.until(campaign_id, State.FAILED)

    assert failed.reason == {"code": "no_recipients"}
    assert room.service.called("CreateCampaign") == 0


async def test_pause_holds_the_launch_and_resume_goes_on_without_repeating_chunks(room: Room) -> None:
    room.service.chunk = 4
    room.service.holds["PrepareCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await asyncio.wait_for(room.service.began["PrepareCampaign"].wait(), 10)

    await room.campaigns.pause(SYSTEM, campaign_id)
    room.service.holds.pop("PrepareCampaign").set()
    await until(
        lambda: room.campaigns.register.progress(campaign_id), lambda progress: progress.steps.prepared == 1
    )
    await room.campaigns.resume(SYSTEM, campaign_id)
    row = await room.until(campaign_id, State.SENDING)

    assert row.run == 2
    assert room.service.called("PrepareCampaign") == 3
    assert set(room.service.sent().values()) == {1}
    assert room.service.sent().keys() == EVERYBODY


async def test_pause_and_cancel_come_too_late_once_create_campaign_is_called(room: Room) -> None:
    room.service.holds["CreateCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await asyncio.wait_for(room.service.began["CreateCampaign"].wait(), 10)

    with pytest.raises(TooLateToPause):
        await room.campaigns.pause(SYSTEM, campaign_id)
    with pytest.raises(TooLateToPause):
        await room.campaigns.cancel(SYSTEM, campaign_id)
    assert (await room.campaigns.card(SYSTEM, campaign_id)).actions == []

    room.service.holds.pop("CreateCampaign").set()
    await room.until(campaign_id, State.SENDING)


async def test_cancel_at_the_service_is_offered_where_the_module_can(room: Room) -> None:
    campaign_id = await room.send()
    await room.until(campaign_id, State.SENDING)
    assert "cancel-at-service" in (await room.campaigns.card(SYSTEM, campaign_id)).actions

    room.service.functions.discard("CRM_Marketing_CancelCampaign")
    assert "cancel-at-service" not in (await room.campaigns.card(SYSTEM, campaign_id)).actions
    with pytest.raises(CannotCancelAtService):
        await room.campaigns.cancel_at_service(SYSTEM, campaign_id)

    room.service.functions.add("CRM_Marketing_CancelCampaign")
    await room.campaigns.cancel_at_service(SYSTEM, campaign_id)
    assert (await room.row(campaign_id)).state == State.CANCELLED


async def test_scheduled_campaign_waits_here_and_its_audience_is_resolved_at_hand_over(room: Room) -> None:
    campaign_id = await room.draft()
    await room.campaigns.send(SYSTEM, campaign_id, now() + timedelta(seconds=1.5))
    assert (await room.row(campaign_id)).state == State.SCHEDULED

    await room.contacts.stop(SYSTEM, "email", "person-0@example.com", None, "test")
    await room.until(campaign_id, State.SENDING)

    assert room.service.sent().keys() == EVERYBODY - {"person-0@example.com"}


async def test_scheduled_campaign_can_be_paused_resumed_and_cancelled(room: Room) -> None:
    campaign_id = await room.draft()
    await room.campaigns.send(SYSTEM, campaign_id, now() + timedelta(hours=1))

    await room.campaigns.pause(SYSTEM, campaign_id)
    await room.campaigns.resume(SYSTEM, campaign_id)
    assert (await room.row(campaign_id)).state == State.SCHEDULED
    await room.campaigns.cancel(SYSTEM, campaign_id)

    assert (await room.row(campaign_id)).state == State.CANCELLED
    assert room.service.calls == [
        ("CRM_Marketing_GetSenders", {}),
        ("CRM_Marketing_GetAccount", {}),
    ]


async def test_moderation_that_declines_shows_the_reason_and_allows_another_try(room: Room) -> None:
    room.service.answers["CreateCampaign"] = lambda arguments: {
        **room.service._CreateCampaign(arguments),
        "status": "moderation",
    }
    campaign_id = await room.send()
    await room.until(campaign_id, State.MODERATION)
    room.service.states["ext-1"] = {
        "externalId": "ext-1",
        "status": "declined",
        "reason": "The list was bought.",
    }
    declined = await room.until(campaign_id, State.DECLINED)
    del room.service.answers["CreateCampaign"]
    await room.campaigns.retry(SYSTEM, campaign_id)
    row = await room.until(campaign_id, State.SENDING)

    assert declined.reason == {"code": "service", "text": "The list was bought."}
    assert (row.external_id, row.run) == ("ext-2", 2)


async def test_preparing_in_parallel_where_the_manifest_allows_it(room: Room) -> None:
    room.service.chunk, room.service.parallel = 3, 4
    room.service.holds["PrepareCampaign"] = asyncio.Event()
    campaign_id = await room.send()

    await until(lambda: _called(room.service), lambda called: called == 4)
    room.service.holds.pop("PrepareCampaign").set()
    await room.until(campaign_id, State.SENDING)

    assert room.service.called("PrepareCampaign") == 4


async def test_only_a_ready_draft_is_sent_and_only_a_draft_is_changed(room: Room) -> None:
    unready = await room.draft(subject="", sender_name="")
    with pytest.raises(CampaignNotReady) as refused:
        await room.campaigns.send(SYSTEM, unready, None)
    assert refused.value.values["checks"] == ["subject_missing", "sender_missing"]

    campaign_id = await room.send()
    with pytest.raises(CampaignNotEditable):
        await room.campaigns.change(SYSTEM, campaign_id, Draft(name="Другая"))
    with pytest.raises(CampaignNotEditable):
        await room.campaigns.delete(SYSTEM, campaign_id)
    with pytest.raises(CampaignStateForbids):
        await room.campaigns.send(SYSTEM, campaign_id, None)


async def test_preflight_tells_audience_exclusions_sender_and_plan(room: Room) -> None:
    await room.contacts.stop(SYSTEM, "email", "person-0@example.com", None, "test")
    room.service.answers["GetAccount"] = lambda _: {"sendLimit": 10, "sentCount": 5}
    campaign_id = await room.draft(sender_email="boss@example.com")

    preflight = await room.campaigns.preflight(SYSTEM, campaign_id)

    assert (preflight.audience, preflight.recipients, dict(preflight.exclusions)) == (12, 11, {"blocked": 1})
    assert [(check.code, check.level) for check in preflight.checks] == [
        ("account_ready", "ok"),
        ("sender_unknown", "error"),
        ("plan_too_small", "error"),
    ]
    assert preflight.errors[1].sentence("en") == (
        "The service's plan has 5 letters left, and there are 11 recipients."
    )


async def test_switched_off_module_is_no_sending_service(room: Room) -> None:
    room.service.enabled = False

    preflight = await room.campaigns.preflight(SYSTEM, await room.draft())

    assert [(check.code, check.level) for check in preflight.checks] == [("account_disabled", "error")]


async def _called(service: Service) -> int:
    return service.called("PrepareCampaign")


async def test_service_that_stays_silent_ends_the_run_and_a_retry_goes_on_where_it_stopped(
    room: Room,
) -> None:
    room.service.chunk = 6
    room.service.holds["PrepareCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await asyncio.wait_for(room.service.began["PrepareCampaign"].wait(), 10)
    room.service.fails_after["PrepareCampaign"] = [Failure("fetch", "connection refused")]
    await room.database.submit(
        lambda connection: ledger.change(connection, campaign_id, attempts=ATTEMPTS - 1)
    )
    room.service.holds.pop("PrepareCampaign").set()

    failed = await room.until(campaign_id, State.FAILED)
    await room.campaigns.retry(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)

    assert failed.reason == {
        "code": "unavailable",
        "function": "CRM_Marketing_PrepareCampaign",
        "text": "connection refused",
        "attempts": ATTEMPTS,
    }
    assert set(room.service.exported.values()) == {1}
    assert set(room.service.sent().values()) == {1}


async def test_new_run_resolves_the_audience_anew_as_long_as_nothing_was_handed_over(room: Room) -> None:
    campaign_id = await room.draft()
    await room.campaigns.send(SYSTEM, campaign_id, now() + timedelta(hours=1))
    await room.campaigns.pause(SYSTEM, campaign_id)
    await add_people(room.database, room.contacts, range(12, 15))
    await room.database.submit(
        lambda connection: ledger.change(connection, campaign_id, scheduled_at=now(), planned_to=2**62)
    )

    await room.campaigns.resume(SYSTEM, campaign_id)
    row = await room.until(campaign_id, State.SENDING)

    assert (row.recipients, row.run) == (15, 2)

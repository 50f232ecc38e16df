"""CreateCampaign that was cut short is looked for, never repeated unasked; the engine is not the truth."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.campaigns.conftest import Room, running, until
from tests.campaigns.service_double import PREFIX, Failure, Service

from vestnik.campaigns.errors import CampaignStateForbids, CannotCheckAtService, ServiceDidNotAnswer
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import chunk
from vestnik.contacts.service import Contacts
from vestnik.db import Database
from vestnik.engine.engine import ENGINE_FILE
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

EVERYBODY = {f"person-{index}@example.com" for index in range(12)}
CUT_SHORT = ["timeout", "fetch", "crashed", "contract", "memory", "retry_later"]


@pytest.mark.parametrize("kind", CUT_SHORT)
async def test_creation_cut_short_after_its_effect_is_found_at_the_service(room: Room, kind: str) -> None:
    room.service.fails_after["CreateCampaign"] = [Failure(kind)]

    campaign_id = await room.send()
    row = await room.until(campaign_id, State.SENDING)

    assert row.external_id == "ext-1"
    assert room.service.called("CreateCampaign") == 1


async def test_creation_cut_short_before_its_effect_waits_for_a_person(room: Room) -> None:
    room.service.fails_before["CreateCampaign"] = [Failure("timeout")]

    campaign_id = await room.send()
    unclear = await room.until(campaign_id, State.UNCLEAR)
    await until(_count(room.service, "FindCampaign"), lambda asked: asked >= 3)
    assert (await room.campaigns.card(SYSTEM, campaign_id)).actions == [
        "check-at-service",
        "send-again",
        "cancel",
    ]
    assert room.service.called("CreateCampaign") == 1

    await room.campaigns.send_again(SYSTEM, campaign_id)
    row = await room.until(campaign_id, State.SENDING)

    assert unclear.reason == {"code": "create_not_found"}
    assert (row.run, row.external_id) == (2, "ext-1")
    assert room.service.called("PrepareCampaign") == 1
    assert set(room.service.sent().values()) == {1}


async def test_campaign_that_turns_up_later_resolves_the_doubt_by_itself(room: Room) -> None:
    room.service.fails_after["CreateCampaign"] = [Failure("timeout")]
    room.service.answers["FindCampaign"] = lambda _: None

    campaign_id = await room.send()
    await room.until(campaign_id, State.UNCLEAR)
    del room.service.answers["FindCampaign"]
    row = await room.until(campaign_id, State.SENDING)

    assert (row.external_id, row.run) == ("ext-1", 1)
    assert room.service.called("CreateCampaign") == 1


async def test_send_again_takes_the_campaign_that_turned_up_instead_of_creating_another(room: Room) -> None:
    room.service.fails_after["CreateCampaign"] = [Failure("timeout")]
    room.service.answers["FindCampaign"] = lambda _: None
    campaign_id = await room.send()
    await room.until(campaign_id, State.UNCLEAR)

    del room.service.answers["FindCampaign"]
    await room.campaigns.send_again(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)

    assert set(room.service.sent().values()) == {1}


async def test_without_find_campaign_a_person_is_told_what_to_check(room: Room) -> None:
    room.service.functions.discard(PREFIX + "FindCampaign")
    room.service.fails_after["CreateCampaign"] = [Failure("timeout")]

    campaign_id = await room.send()
    unclear = await room.until(campaign_id, State.UNCLEAR)

    assert unclear.reason == {"code": "create_unknown"}
    assert (await room.campaigns.card(SYSTEM, campaign_id)).actions == ["send-again", "cancel"]
    with pytest.raises(CannotCheckAtService):
        await room.campaigns.check_at_service(SYSTEM, campaign_id)
    assert room.service.called("CreateCampaign") == 1


async def test_silent_service_leaves_the_doubt_and_says_so(room: Room) -> None:
    def silent(_: dict[str, object]) -> None:
        raise Failure("fetch", "connection refused")

    room.service.answers["FindCampaign"] = silent
    room.service.fails_before["CreateCampaign"] = [Failure("fetch")]

    campaign_id = await room.send()
    unclear = await room.until(campaign_id, State.UNCLEAR)

    assert unclear.reason == {"code": "create_unchecked", "text": "connection refused"}
    for ask in (room.campaigns.check_at_service, room.campaigns.send_again):
        with pytest.raises(ServiceDidNotAnswer):
            await ask(SYSTEM, campaign_id)
    assert room.service.called("CreateCampaign") == 1


async def test_module_that_says_no_has_failed_when_the_service_knows_of_no_campaign(room: Room) -> None:
    room.service.fails_before["CreateCampaign"] = [Failure("raised", "not enough money")]

    campaign_id = await room.send()
    failed = await room.until(campaign_id, State.FAILED)

    assert failed.reason is not None and failed.reason["text"] == "not enough money"
    assert room.service.called("CreateCampaign") == 1


async def test_module_that_says_no_where_nobody_can_ask_the_service_leaves_a_doubt(room: Room) -> None:
    room.service.functions.discard(PREFIX + "FindCampaign")
    room.service.fails_after["CreateCampaign"] = [Failure("raised", "KeyError: 'id'")]

    campaign_id = await room.send()
    unclear = await room.until(campaign_id, State.UNCLEAR)
    await until(_count(room.service, "FindCampaign"), lambda asked: asked >= 3)

    assert unclear.reason == {"code": "create_refused", "text": "KeyError: 'id'"}
    assert (await room.row(campaign_id)).reason == unclear.reason
    assert (await room.campaigns.card(SYSTEM, campaign_id)).actions == ["send-again", "cancel"]
    with pytest.raises(CampaignStateForbids):
        await room.campaigns.retry(SYSTEM, campaign_id)
    assert set(room.service.sent().values()) == {1}


@pytest.mark.parametrize("kind", ["raised", "forbidden_host"])
async def test_module_that_stops_before_its_first_request_has_failed_and_may_be_retried(
    room: Room, kind: str
) -> None:
    room.service.functions.discard(PREFIX + "FindCampaign")
    room.service.fails_before["CreateCampaign"] = [Failure(kind, "not approved", reached_service=False)]

    campaign_id = await room.send()
    failed = await room.until(campaign_id, State.FAILED)
    assert (await room.campaigns.card(SYSTEM, campaign_id)).actions == ["retry", "cancel"]
    await room.campaigns.retry(SYSTEM, campaign_id)
    await room.until(campaign_id, State.SENDING)

    assert failed.reason == {
        "code": "module",
        "function": PREFIX + "CreateCampaign",
        "text": "not approved",
    }
    assert room.service.called("FindCampaign") == 0
    assert set(room.service.sent().values()) == {1}


@pytest.mark.parametrize("kind", ["timeout", "fetch", "crashed", "retry_later"])
async def test_creation_cut_short_before_its_first_request_is_made_later(room: Room, kind: str) -> None:
    room.service.fails_before["CreateCampaign"] = [Failure(kind, reached_service=False)]

    await room.until(await room.send(), State.SENDING)

    assert [room.service.called(name) for name in ("CreateCampaign", "FindCampaign")] == [2, 0]
    assert set(room.service.sent().values()) == {1}


async def test_busy_sandbox_never_began_the_call_and_it_is_made_later(room: Room) -> None:
    room.service.fails_before["CreateCampaign"] = [Failure("busy")]

    campaign_id = await room.send()
    await room.until(campaign_id, State.SENDING)

    assert room.service.called("CreateCampaign") == 2
    assert set(room.service.sent().values()) == {1}
    assert room.service.called("FindCampaign") == 0


async def test_machine_that_can_not_run_modules_never_began_the_call(room: Room) -> None:
    room.service.fails_before["CreateCampaign"] = [Failure("unavailable", "no sandbox")]

    campaign_id = await room.send()
    failed = await room.until(campaign_id, State.FAILED)

    assert (failed.reason["code"], failed.creating_at) == ("module", None)
    assert room.service.called("FindCampaign") == 0


async def test_late_answer_of_an_earlier_run_is_noted_and_changes_nothing(room: Room) -> None:
    campaign_id = await room.send()
    row = await room.until(campaign_id, State.SENDING)

    taken = await room.database.write(
        room.campaigns.driver.launch.created, campaign_id, 1, {"externalId": "ext-0"}
    )

    assert taken is False
    assert (await room.row(campaign_id)).external_id == row.external_id
    card = await room.campaigns.card(SYSTEM, campaign_id)
    assert card.history[-1].reason == {"code": "superseded", "run": 1, "external_id": "ext-0"}


@pytest.mark.parametrize("function", ["ExportContacts", "PrepareCampaign", "CreateCampaign"])
@pytest.mark.parametrize("database_kind", ["sqlite"])  # PostgreSQL keeps the engine's tables beside ours
async def test_engine_file_that_is_deleted_in_the_middle_loses_and_repeats_nothing(
    database: Database, settings: Settings, people: Contacts, function: str
) -> None:
    service = Service(chunk=5)
    service.holds[function] = asyncio.Event()
    category_id = await people.create_category(SYSTEM, "Новости")
    async with running(database, settings, people, service, category_id, drain_s=0) as room:
        campaign_id = await room.send()
        await asyncio.wait_for(service.began[function].wait(), 10)
    for path in settings.data_dir.glob(f"{ENGINE_FILE}*"):
        path.unlink()

    service.holds.clear()
    async with running(database, settings, people, service, category_id) as room:
        if function == "CreateCampaign":
            await room.until(campaign_id, State.UNCLEAR)
            await room.campaigns.send_again(SYSTEM, campaign_id)
        await room.until(campaign_id, State.SENDING)

    assert service.sent() == dict.fromkeys(EVERYBODY, 1)


@pytest.mark.parametrize("database_kind", ["sqlite"])  # PostgreSQL keeps the engine's tables beside ours
async def test_older_copy_of_the_engine_file_repeats_nothing(
    database: Database, settings: Settings, people: Contacts, tmp_path: Path
) -> None:
    service = Service(chunk=4)
    service.holds["PrepareCampaign"] = asyncio.Event()
    category_id = await people.create_category(SYSTEM, "Новости")
    async with running(database, settings, people, service, category_id, drain_s=0) as room:
        campaign_id = await room.send()
        await asyncio.wait_for(service.began["PrepareCampaign"].wait(), 10)
    older = _keep_copy(settings, tmp_path / "older")
    service.holds.clear()
    async with running(database, settings, people, service, category_id) as room:
        await room.until(campaign_id, State.SENDING)
    calls = len(service.calls)
    _restore(settings, older)

    async with running(database, settings, people, service, category_id) as room:
        await until(lambda: room.engine.status(f"camp-{campaign_id}-1"), lambda status: status == "finished")
        async with database.read() as connection:
            handed = (await connection.execute(sa.select(chunk.c.state).distinct())).scalars().all()

    assert sorted(handed) == ["handed_over", "looked"]
    launches = [name for name, _ in service.calls[calls:] if not name.startswith(PREFIX + "Get")]
    assert launches == []
    assert service.sent() == dict.fromkeys(EVERYBODY, 1)


async def test_stop_lets_the_call_in_flight_end_and_the_next_life_goes_on_after_it(
    database: Database, settings: Settings, people: Contacts
) -> None:
    service = Service(chunk=4)
    service.holds["PrepareCampaign"] = asyncio.Event()
    category_id = await people.create_category(SYSTEM, "Новости")
    async with running(database, settings, people, service, category_id) as room:
        campaign_id = await room.send()
        await asyncio.wait_for(service.began["PrepareCampaign"].wait(), 10)
        asyncio.get_running_loop().call_later(0.2, service.holds["PrepareCampaign"].set)
    assert service.called("PrepareCampaign") == 1

    async with running(database, settings, people, service, category_id) as room:
        await room.until(campaign_id, State.SENDING)

    assert service.called("PrepareCampaign") == 3
    assert service.sent() == dict.fromkeys(EVERYBODY, 1)


async def test_campaign_whose_run_the_engine_has_finished_gets_a_new_run(room: Room) -> None:
    room.service.holds["PrepareCampaign"] = asyncio.Event()
    campaign_id = await room.send()
    await asyncio.wait_for(room.service.began["PrepareCampaign"].wait(), 10)
    await room.campaigns.pause(SYSTEM, campaign_id)
    room.service.holds.pop("PrepareCampaign").set()
    await until(lambda: room.engine.status(f"camp-{campaign_id}-1"), lambda status: status == "finished")
    await room.database.submit(
        lambda connection: connection.exec_driver_sql("UPDATE campaign SET state = 'preparing'").close()
    )

    row = await room.until(campaign_id, State.SENDING)

    assert row.run == 2
    assert set(room.service.sent().values()) == {1}


def _count(service: Service, function: str):  # type: ignore[no-untyped-def]
    async def count() -> int:
        return service.called(function)

    return count


def _keep_copy(settings: Settings, to: Path) -> Path:
    to.mkdir()
    for path in settings.data_dir.glob(f"{ENGINE_FILE}*"):
        shutil.copy(path, to)
    return to


def _restore(settings: Settings, older: Path) -> None:
    for path in settings.data_dir.glob(f"{ENGINE_FILE}*"):
        path.unlink()
    for path in older.iterdir():
        shutil.copy(path, settings.data_dir)

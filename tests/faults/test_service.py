"""A service that drops, hangs, refuses, moderates: the campaign's state says what is known, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.faults.conftest import at_service, installed
from tests.faults.product import CHUNK, UNISENDER, Desk, Simulator, once
from tests.processes import until

pytestmark = pytest.mark.slow

FATES = ("delivered", "read", "click")
READERS = [f"reader{number}+{FATES[number % 3]}@example.com" for number in range(2 * CHUNK)]
SOURCE = (UNISENDER / "module.py").read_text()
OVER_LIMIT = "api_call_limit_exceeded_for_api_key"


def changed(*changes: tuple[str, str]) -> str:
    """The module's text with some parts replaced."""
    text = SOURCE
    for part, by in changes:
        assert part in text
        text = text.replace(part, by)
    return text


@pytest.fixture(scope="module")
def one_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One installation and one service for all these tests: each looks at campaigns of its own."""
    folder = tmp_path_factory.mktemp("service")
    with at_service(folder) as simulator, installed(folder) as product:
        desk = Desk(product, simulator)
        desk.prepare(READERS)
        yield desk


@pytest.fixture
def desk(one_desk: Desk) -> Iterator[Desk]:
    """The installation with the module as it comes, and the service without faults."""
    yield one_desk
    one_desk.simulator.mend()
    one_desk.save_version(SOURCE)


@pytest.fixture
def simulator(desk: Desk) -> Simulator:
    """The service of the installation."""
    return desk.simulator


def test_faults_around_the_creation_never_send_twice(desk: Desk, simulator: Simulator) -> None:
    impatient = changed(('method="POST", form=form)', 'method="POST", form=form, timeout=1)'))
    desk.save_version(impatient)

    simulator.fault("createCampaign", "drop_after")
    dropped = desk.send("Связь оборвалась после создания")
    assert desk.follow(dropped, "sending", "sent")["run"] == 1

    simulator.fault("createCampaign", "hang")
    hung = desk.send("Сервис создал и замолчал")
    assert desk.follow(hung, "sending", "sent")["run"] == 1

    simulator.fault("createCampaign", "drop_before")
    lost = desk.send("Связь оборвалась до создания")
    assert desk.follow(lost, "unclear")["reason"]["code"] == "create_not_found"
    desk.act(lost, "send-again")
    assert desk.follow(lost, "sending", "sent")["run"] == 2

    simulator.fault("createCampaign", "status", status=500)
    refused = desk.send("Сервис ответил ошибкой")
    card = desk.follow(refused, "unclear")
    assert (card["reason"]["code"], card["run"]) == ("create_not_found", 1)
    desk.act(refused, "send-again")
    assert desk.follow(refused, "sending", "sent")["run"] == 2

    _settled(desk, simulator, dropped, hung, lost, refused)


def test_a_service_that_can_not_be_asked_leaves_the_doubt_and_is_asked_again(
    desk: Desk, simulator: Simulator
) -> None:
    simulator.fault("createCampaign", "drop_after")
    simulator.fault("getCampaigns", "status", status=503, times=10_000, skip=1)
    campaign_id = desk.send("Молчит")
    card = desk.follow(campaign_id, "unclear")
    assert (card["reason"]["code"], card["externalId"]) == ("create_unchecked", None)
    for action in ("check-at-service", "send-again"):
        answer = desk.product.request("POST", f"/campaigns/{campaign_id}/{action}")
        assert (answer.status_code, answer.json()["code"]) == (502, "service_did_not_answer")
    simulator.mend()
    assert desk.follow(campaign_id, "sending", "sent")["run"] == 1

    _settled(desk, simulator, campaign_id)


def test_a_module_that_can_not_look_leaves_it_to_a_person(desk: Desk, simulator: Simulator) -> None:
    desk.save_version(changed(("async def CRM_Marketing_FindCampaign", "async def find_campaign")))
    for kind in ("drop_before", "drop_after"):
        simulator.fault("createCampaign", kind)
        campaign_id = desk.send(f"Без проверки, {kind}")
        card = desk.follow(campaign_id, "unclear")
        assert (card["reason"]["code"], card["run"]) == ("create_unknown", 1)
        assert card["actions"] == ["send-again", "cancel"]
        answer = desk.product.request("POST", f"/campaigns/{campaign_id}/check-at-service")
        assert (answer.status_code, answer.json()["code"]) == (409, "cannot_check_at_service")
        assert desk.card(campaign_id)["state"] == "unclear"
        assert desk.act(campaign_id, "send-again")["run"] == 2
        _settled(desk, simulator, campaign_id)
        calls = [change["toState"] for change in desk.card(campaign_id)["history"]]
        assert calls[:4] == ["draft", "preparing", "unclear", "preparing"]


def test_a_service_that_is_busy_is_waited_for_and_a_person_may_go_on_before(
    desk: Desk, simulator: Simulator
) -> None:
    for method in ("importContacts", "createCampaign"):
        simulator.fault(method, "error", code=OVER_LIMIT)
    waited = desk.send("Лимит вызовов")
    assert desk.follow(waited, "sending", "sent")["run"] == 1

    simulator.fault("importContacts", "drop_before", skip=1)
    simulator.fault("importContacts", "drop_after", skip=1)
    unsteady = desk.send("Связь рвётся")
    assert desk.follow(unsteady, "sending", "sent")["run"] == 1

    simulator.fault("importContacts", "error", code=OVER_LIMIT, times=3, skip=3)
    asked = desk.send("Лимит исчерпан")
    until(lambda: (desk.card(asked)["reason"] or {}).get("code") == "waiting", "the service asks to wait")
    card = desk.card(asked)
    assert (card["state"], OVER_LIMIT in card["reason"]["text"]) == ("preparing", True)
    assert card["progress"]["steps"] == {"exported": 2, "toExport": 2, "prepared": 1, "toPrepare": 2}
    desk.act(asked, "pause")
    simulator.mend()
    desk.act(asked, "resume")
    assert desk.follow(asked, "sending", "sent")["run"] == 2

    _settled(desk, simulator, waited, unsteady, asked)


def test_moderation_holds_approves_and_declines(desk: Desk, simulator: Simulator) -> None:
    approved = desk.send("Одобрят", subject="Осень [модерация]")
    desk.follow(approved, "moderation")
    _decide(desk, simulator, approved, "hold")
    until(lambda: desk.card(approved)["reason"] is not None, "the hold is told")
    assert desk.card(approved)["state"] == "moderation"
    _decide(desk, simulator, approved, "approve")
    desk.follow(approved, "sending", "sent")

    declined = desk.send("Отклонят", subject="Зима [модерация]")
    desk.follow(declined, "moderation")
    _decide(desk, simulator, declined, "decline", "Нет согласия получателей")
    card = desk.follow(declined, "declined")
    assert (card["reason"]["code"], card["actions"]) == ("service", ["retry", "cancel"])
    assert "Нет согласия получателей" in card["reason"]["text"]
    assert simulator.written(declined) == {}
    desk.act(declined, "retry")
    assert desk.follow(declined, "moderation")["run"] == 2
    _decide(desk, simulator, declined, "approve")

    _settled(desk, simulator, approved, declined)


def test_what_is_cancelled_at_the_service_reaches_nobody(desk: Desk, simulator: Simulator) -> None:
    campaign_id = desk.send("Отменят", subject="Осень [модерация]")
    desk.follow(campaign_id, "moderation")
    for action in ("pause", "cancel"):
        answer = desk.product.request("POST", f"/campaigns/{campaign_id}/{action}")
        assert (answer.status_code, answer.json()["code"]) == (409, "too_late_to_pause")
    desk.act(campaign_id, "cancel-at-service")
    assert desk.follow(campaign_id, "cancelled")["actions"] == []
    assert [each["status"] for each in simulator.campaigns(campaign_id)] == ["canceled"]
    assert simulator.written(campaign_id) == {}


def test_a_pause_holds_before_the_creation_and_too_late_is_said(desk: Desk, simulator: Simulator) -> None:
    for skip in (0, 3):  # in the first call of ExportContacts, in the last one of PrepareCampaign
        simulator.fault("importContacts", "delay", seconds=0.5, skip=skip)
        campaign_id = desk.send(f"Пауза {skip}")
        until(lambda: not simulator.awaits("importContacts"), "contacts are being passed")
        assert desk.act(campaign_id, "pause")["actions"] == ["resume", "cancel"]
        desk.follow(campaign_id, "paused")
        assert simulator.campaigns(campaign_id) == []
        assert desk.act(campaign_id, "resume")["run"] == 2
        _settled(desk, simulator, campaign_id)

    simulator.fault("importContacts", "delay", seconds=0.5, skip=2)
    given_up = desk.send("Отмена")
    until(lambda: not simulator.awaits("importContacts"), "the list is being filled")
    desk.act(given_up, "cancel")
    assert desk.follow(given_up, "cancelled")["actions"] == []

    simulator.fault("createCampaign", "delay", seconds=0.5)
    late = desk.send("Поздно")
    until(lambda: not simulator.awaits("createCampaign"), "the campaign is being created")
    for action in ("pause", "cancel"):
        answer = desk.product.request("POST", f"/campaigns/{late}/{action}")
        assert (answer.status_code, answer.json()["code"]) == (409, "too_late_to_pause")
    _settled(desk, simulator, late)
    assert simulator.written(given_up) == {}


def test_an_event_that_comes_before_the_creation_is_over_is_applied(desk: Desk, simulator: Simulator) -> None:
    remembering = '    await remember(request["campaignId"], list_id, external_id)\n'
    desk.save_version(changed((remembering, f'    await call("listHooks")\n{remembering}')))
    simulator.fault("listHooks", "delay", seconds=2.5)
    campaign_id = desk.send("События раньше ответа")
    waiting = _until_waiting(desk)
    card = desk.card(campaign_id)
    assert (card["state"], card["externalId"], card["progress"]["creating"]) == ("preparing", None, True)
    at_service = str(simulator.campaigns(campaign_id)[0]["id"])
    assert {each["action"]["externalId"] for each in waiting} == {at_service}

    _settled(desk, simulator, campaign_id)
    assert desk.product.get("/webhooks/waiting") == []
    for inbox_id in {each["inboxId"] for each in waiting}:
        card = desk.product.get(f"/webhooks/{inbox_id}")
        assert [effect["outcome"] for effect in card["effects"]] == ["applied"] * len(card["actions"])


def test_recipients_of_a_scheduled_campaign_are_those_of_its_hour(desk: Desk, simulator: Simulator) -> None:
    stopped, added = "stopped+read@example.com", "added+read@example.com"
    contacts, segment_id = desk.gather([stopped, "stays+read@example.com"])
    campaign_id = desk.draft("По часам", segmentId=segment_id)
    at = datetime.now(UTC) + timedelta(seconds=2)
    assert desk.act(campaign_id, "send", {"at": at.isoformat()})["state"] == "scheduled"
    desk.product.post("/stop-list", {"address": stopped, "categoryId": desk.category_id})
    contacts.append(desk.product.post("/contacts", {"name": "Новый", "emails": [added]})["id"])
    desk.product.post(f"/segments/{segment_id}/members", {"add": contacts[-1:]})
    desk.settle([campaign_id])
    assert simulator.written(campaign_id) == once([added, "stays+read@example.com"])
    assert desk.card(campaign_id)["exclusions"] == [{"reason": "blocked", "count": 1}]


def _until_waiting(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def come() -> bool:
        found[:] = desk.product.get("/webhooks/waiting")
        return bool(found)

    until(come, "an event waits for its campaign")
    return found


def _decide(desk: Desk, simulator: Simulator, campaign_id: str, decision: str, reason: str = "") -> None:
    """The word of the service's moderator on its latest campaign for one of ours."""
    latest = max(each["id"] for each in simulator.campaigns(campaign_id))
    simulator.post(f"campaigns/{latest}/moderation", {"decision": decision, "reason": reason})


def _settled(desk: Desk, simulator: Simulator, *campaign_ids: str) -> None:
    """Everybody was written to once, and all that the service knows is known here."""
    desk.settle(campaign_ids)
    for campaign_id in campaign_ids:
        assert simulator.written(campaign_id) == once(READERS)
    assert simulator.get("state")["twice"] == 0

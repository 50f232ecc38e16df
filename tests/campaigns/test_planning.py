"""Before a launch: services to choose from, checks with their ways out, test letters, repeats."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.middleware import Middleware
from tests.alerts.post import alerts_of
from tests.campaigns.conftest import Room, until
from tests.campaigns.service_double import ACCOUNT_ID, Failure
from tests.campaigns.test_routes import SignedIn

from vestnik.audit.tables import audit_row
from vestnik.campaigns.planning_routes import router as planning
from vestnik.campaigns.ports import LetterField
from vestnik.campaigns.repeats import Repeats
from vestnik.campaigns.routes import router
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign, delivery, repeat
from vestnik.campaigns.testing import STOPPED
from vestnik.db import now
from vestnik.http.api import routes
from vestnik.http.events import Events
from vestnik.http.faults import HANDLERS
from vestnik.modules.calls.failures import FunctionMissing, TimedOut
from vestnik.people.access import SYSTEM

WEEKLY = {"every": "week", "day": 0, "atTime": "10:00", "zone": "Asia/Yekaterinburg"}


@pytest.fixture
def repeats(room: Room) -> Repeats:
    """The repeats of the room; nothing looks for due ones by itself."""
    campaigns = room.campaigns
    engine = cast(Any, SimpleNamespace(every=lambda *_: None))
    alerts = alerts_of(room.database, room.settings, engine)
    return Repeats(room.database, engine, campaigns.inspector, campaigns.driver, campaigns.tell, alerts)


@pytest.fixture
async def client(room: Room, repeats: Repeats) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with this room alone."""
    services = cast(Any, SimpleNamespace(campaigns=room.campaigns, repeats=repeats, events=Events()))
    app = Starlette(
        routes=routes([planning, router], services),
        middleware=[Middleware(SignedIn)],
        exception_handlers=HANDLERS,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        yield client


async def test_a_service_without_a_needed_function_says_why_it_cannot_be_chosen(
    room: Room, client: httpx.AsyncClient
) -> None:
    offered = (await client.get("/campaigns/services")).json()
    room.service.functions -= {"CRM_Marketing_CreateCampaign", "CRM_Marketing_SendTest"}
    without = (await client.get("/campaigns/services", headers={"accept-language": "en"})).json()

    whole = {
        "id": str(ACCOUNT_ID),
        "title": "Тест",
        "moduleTitle": {"ru": "Тест", "en": "Test"},
        "campaignTypes": ["email"],
        "whyNot": None,
        "canTest": True,
        "knowsSenders": True,
    }
    assert offered == {"items": [whole], "holdSeconds": 10.0}
    assert without["items"][0]["canTest"] is False
    assert "CRM_Marketing_CreateCampaign" in without["items"][0]["whyNot"]


async def test_an_account_that_is_not_open_to_one_is_not_offered_and_not_chosen(
    room: Room, client: httpx.AsyncClient
) -> None:
    chosen = {"accountId": str(ACCOUNT_ID)}
    made = (await client.post("/campaigns", json={"name": "x", "type": "email", **chosen})).json()
    room.service.open = False

    assert (await client.get("/campaigns/services")).json()["items"] == []
    assert (await client.get(f"/campaigns/services/{ACCOUNT_ID}/senders")).status_code == 404
    refused = await client.post("/campaigns", json={"name": "y", "type": "email", **chosen})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_reference")
    # What it has already was chosen by somebody who may.
    kept = await client.patch(f"/campaigns/{made['id']}", json={"name": "z", **chosen})
    assert (kept.status_code, kept.json()["accountId"]) == (200, str(ACCOUNT_ID))


async def test_the_senders_are_those_of_the_service(room: Room, client: httpx.AsyncClient) -> None:
    address = f"/campaigns/services/{ACCOUNT_ID}/senders"
    known = [{"name": "Вестник", "email": "news@example.com", "verified": True}]
    assert (await client.get(address)).json() == {"items": known}

    room.service.fails_before["GetSenders"].append(Failure("timeout"))
    assert (await client.get(address)).json()["code"] == "service_did_not_answer"
    room.service.functions.remove("CRM_Marketing_GetSenders")
    assert (await client.get(address)).json() == {"items": []}


async def test_every_check_that_did_not_pass_says_what_mends_it(
    room: Room, client: httpx.AsyncClient
) -> None:
    id = await room.draft(sender_email="stranger@example.com", subject="", category_id=None)
    answer = (await client.post(f"/campaigns/{id}/preflight")).json()
    fixes = {
        check["code"]: [(fix["text"], fix["step"], fix["path"], fix["change"]) for fix in check["fixes"]]
        for check in answer["checks"]
        if check["level"] != "ok"
    }
    assert fixes == {
        "subject_missing": [("Ввести тему", "letter", None, {})],
        "no_category": [("Выбрать категорию", "recipients", None, {})],
        "sender_unknown": [
            ("Отправить от news@example.com", None, None, {"senderEmail": "news@example.com"}),
            ("Указать отправителя", "letter", None, {}),
        ],
    }

    await client.patch(f"/campaigns/{id}", json={"subject": "Тема", "senderEmail": "news@example.com"})
    assert (await client.post(f"/campaigns/{id}/preflight")).json()["ready"] is True


async def test_values_that_recipients_lack_are_warned_of_with_the_way_to_these_people(
    room: Room, client: httpx.AsyncClient
) -> None:
    id = await room.draft()
    await room.contacts.stop(SYSTEM, "email", "person-1@example.com", None, "test")
    room.around.fields = [
        LetterField("Firm", "company"),
        LetterField("Name", "name"),
        LetterField("Bonus", None, is_known=False),
        LetterField("UnsubscribeUrl", None),
    ]
    answer = (await client.post(f"/campaigns/{id}/preflight")).json()

    path = f"/campaigns/{id}/audience?lacking=company"
    assert answer["ready"] is True
    assert [each for each in answer["checks"] if each["level"] == "warning"] == [
        {
            "code": "value_missing",
            "level": "warning",
            "text": "Поле «Firm» не заполнено у получателей: 11. В их письме это место будет пустым.",
            "fixes": [
                {"text": "Показать этих получателей", "step": None, "path": path, "change": {}},
                {"text": "Выбрать другой шаблон", "step": "letter", "path": None, "change": {}},
            ],
        },
        {
            "code": "fields_unknown",
            "level": "warning",
            "text": "В письме есть поля, которых сервис может не знать: «Bonus». Он отправит их как есть или "
            "пустыми.",
            "fixes": [
                {"text": "Выбрать другой шаблон", "step": "letter", "path": None, "change": {}},
                {"text": "Открыть шаблон", "step": None, "path": "/templates/3", "change": {}},
            ],
        },
    ]
    shown = (await client.get(path, params={"lacking": "company", "limit": 7})).json()
    rest = (await client.get(path, params={"lacking": "company", "after": shown["next"]})).json()
    people = [each["address"] for each in shown["items"] + rest["items"]]
    assert people == [f"person-{number}@example.com" for number in range(12) if number != 1]
    assert rest["next"] is None


async def test_a_letter_that_the_service_does_not_show_is_a_warning_and_one_it_cannot_show_is_none(
    room: Room, client: httpx.AsyncClient
) -> None:
    id = await room.draft()
    about = dict.fromkeys(("module", "function", "action", "reason", "line"), "")
    for problem, codes in ((TimedOut, ["letter_unread"]), (FunctionMissing, [])):
        room.around.fields = problem(**about)
        checks = (await client.post(f"/campaigns/{id}/preflight")).json()["checks"]
        assert [each["code"] for each in checks if each["level"] != "ok"] == codes


async def test_fields_in_the_text_of_an_sms_are_looked_at_too(room: Room, client: httpx.AsyncClient) -> None:
    room.around.fields = [LetterField("Firm", "company"), LetterField("Code", None, is_known=False)]
    id = await room.draft(type="sms", text="{{Firm}}, код {{Code}}", template_id=None)
    checks = (await client.post(f"/campaigns/{id}/preflight")).json()["checks"]
    found = {each["code"]: [fix["step"] for fix in each["fixes"]] for each in checks}
    assert found["text_fields_unknown"] == ["letter"]
    assert "text_value_missing" not in found  # nobody has a phone, so that nobody would get it


async def test_an_sms_without_a_sender_is_warned_of_unless_the_service_has_one(
    room: Room, client: httpx.AsyncClient
) -> None:
    id = await room.draft(type="sms", text="Мы открылись", template_id=None, sender_name="")
    room.service.types = frozenset({"email", "sms"})

    async def warnings() -> set[str]:
        checks = (await client.post(f"/campaigns/{id}/preflight")).json()["checks"]
        return {each["code"] for each in checks if each["level"] == "warning"}

    assert await warnings() == {"sms_sender_missing"}
    room.service.answers["GetSenders"] = lambda _: [{"name": "MAYAK"}]
    assert await warnings() == set()
    room.service.answers["GetSenders"] = lambda _: []
    await client.patch(f"/campaigns/{id}", json={"senderName": "MAYAK"})
    assert await warnings() == set()


async def test_who_is_excluded_is_listed_by_the_reason(room: Room, client: httpx.AsyncClient) -> None:
    id = await room.draft()
    await room.contacts.stop(SYSTEM, "email", "person-4@example.com", None, "test")
    answer = (await client.get(f"/campaigns/{id}/audience", params={"verdict": "blocked"})).json()
    [person] = answer["items"]
    assert (person["name"], person["address"]) == ("Человек 4", "person-4@example.com")
    for wrong in ({"verdict": "rich"}, {"lacking": "fields.a'b"}, {"lacking": "password"}):
        refused = await client.get(f"/campaigns/{id}/audience", params=wrong)
        assert refused.json()["code"] == "invalid_request"


async def test_a_test_letter_goes_to_its_addresses_alone_and_is_counted_nowhere(
    room: Room, client: httpx.AsyncClient
) -> None:
    id = await room.draft()
    await room.contacts.stop(SYSTEM, "email", "person-1@example.com", None, "test")
    room.service.rejected["full@example.com"] = ("Ящик переполнен", "other")
    wanted = ["Me@Example.com", "me@example.com", "person-1@example.com", "full@example.com"]

    answer = await client.post(f"/campaigns/{id}/test", json={"contacts": wanted})

    assert answer.json() == {
        "sent": ["me@example.com"],
        "refused": [
            {"address": "person-1@example.com", "reason": STOPPED["ru"]},
            {"address": "full@example.com", "reason": "Ящик переполнен"},
        ],
    }
    [tested] = room.service.tested
    assert tested["contacts"] == ["me@example.com", "full@example.com"]
    assert (tested["request"]["campaignId"], tested["request"]["recipientCount"]) == (str(id), 2)
    async with room.database.read() as connection:
        deliveries = await connection.scalar(sa.select(sa.func.count()).select_from(delivery))
        actions = list(await connection.scalars(sa.select(audit_row.c.action).order_by(audit_row.c.id)))
    row = await room.row(id)
    assert (row.state, row.recipients, row.sent, deliveries) == (State.DRAFT, 0, 0, 0)
    assert "campaign.tested" in actions


async def test_a_test_letter_is_never_repeated_and_has_a_limit(room: Room, client: httpx.AsyncClient) -> None:
    id = await room.draft()
    body = {"contacts": ["me@example.com"]}
    room.service.fails_after["SendTest"].append(Failure("timeout"))
    assert (await client.post(f"/campaigns/{id}/test", json=body)).status_code == 502
    assert room.service.called("SendTest") == 1

    codes = [(await client.post(f"/campaigns/{id}/test", json=body)).status_code for _ in range(10)]
    assert codes == [200] * 9 + [429]

    room.service.functions.remove("CRM_Marketing_SendTest")
    refused = await client.post(f"/campaigns/{id}/test", json=body)
    assert refused.json()["code"] == "cannot_send_test"


async def _come_due(room: Room, late: timedelta = timedelta(seconds=1)) -> None:
    due = sa.update(repeat).values(next_at=now() - late)
    await room.database.write(lambda connection: connection.execute(due))


async def _issues(room: Room) -> list[Any]:
    query = sa.select(campaign).where(campaign.c.repeat_id.is_not(None)).order_by(campaign.c.id)
    async with room.database.read() as connection:
        return list((await connection.execute(query)).all())


async def test_each_issue_of_a_repeat_is_a_campaign_of_its_own(
    room: Room, client: httpx.AsyncClient, repeats: Repeats
) -> None:
    id = await room.draft(name="Дайджест")
    kept = (await client.put(f"/campaigns/{id}/repeat", json=WEEKLY)).json()["items"]
    assert [(each["campaignId"], each["issues"], each["enabled"]) for each in kept] == [(str(id), 0, True)]

    for number in (1, 2):
        await _come_due(room)
        await repeats.look()
        await repeats.look()
        issues = await _issues(room)
        assert len(issues) == number
        await room.until(issues[-1].id, State.SENDING, State.SENT)

    assert room.service.sent() == {f"person-{index}@example.com": 2 for index in range(12)}
    assert {issue.subject for issue in await _issues(room)} == {"Скидки до 30 %"}
    assert (await room.row(id)).state == State.DRAFT
    [after] = (await client.get("/campaigns/repeats")).json()["items"]
    assert (after["issues"], after["reason"], after["waitingId"]) == (2, None, None)

    assert (await client.delete(f"/campaigns/{id}/repeat")).status_code == 204
    await repeats.look()
    assert len(await _issues(room)) == 2


async def test_the_list_of_categories_tells_of_subscribers_and_issues(
    room: Room, client: httpx.AsyncClient
) -> None:
    other = await room.contacts.create_category(SYSTEM, "Акции")
    evidence = ("form", "example.com")
    people = (await room.contacts.page(SYSTEM, limit=3))[0]
    for person in people:
        await room.contacts.record_consent(SYSTEM, person.id, other, "given", *evidence)
    await room.contacts.record_consent(SYSTEM, people[0].id, other, "withdrawn", *evidence)
    id = await room.draft(category_id=room.category_id)
    await room.draft(category_id=other)
    await room.campaigns.send(SYSTEM, id, None)
    await room.until(id, State.SENDING, State.SENT)

    figures = {each["id"]: each for each in (await client.get("/categories/figures")).json()}

    sent = figures[str(room.category_id)]
    assert (sent["issues"], sent["lastAt"] is not None) == (1, True)
    assert figures[str(other)] == {"id": str(other), "subscribed": 2, "issues": 0, "lastAt": None}
    page = (await client.get(f"/categories/{room.category_id}/issues")).json()
    assert (page["subscribed"], page["total"]) == (sent["subscribed"], sent["issues"])


async def test_an_issue_that_fails_its_check_waits_as_a_draft_and_says_so(
    room: Room, client: httpx.AsyncClient, repeats: Repeats
) -> None:
    id = await room.draft()
    await client.put(f"/campaigns/{id}/repeat", json=WEEKLY)
    room.service.answers["GetSenders"] = lambda _: []
    await _come_due(room)

    await repeats.look()

    [issue] = await _issues(room)
    [after] = (await client.get("/campaigns/repeats")).json()["items"]
    assert (issue.state, room.service.sent()) == (State.DRAFT, {})
    assert (after["waitingId"], after["reason"]["code"]) == (str(issue.id), "not_ready")
    assert "news@example.com" in after["reason"]["text"]

    del room.service.answers["GetSenders"]
    await room.campaigns.send(SYSTEM, issue.id, None)
    await until(lambda: room.row(issue.id), lambda row: row.state in (State.SENDING, State.SENT))
    assert set(room.service.sent().values()) == {1}


async def test_an_issue_that_is_days_late_is_left_out(
    room: Room, client: httpx.AsyncClient, repeats: Repeats
) -> None:
    id = await room.draft()
    await client.put(f"/campaigns/{id}/repeat", json=WEEKLY)
    await _come_due(room, timedelta(days=2))

    await repeats.look()

    [after] = (await client.get("/campaigns/repeats")).json()["items"]
    assert (await _issues(room), after["issues"], after["reason"]["code"]) == ([], 0, "missed")


async def test_a_repeat_that_rests_makes_no_issue_and_a_broken_one_is_refused(
    room: Room, client: httpx.AsyncClient, repeats: Repeats
) -> None:
    id = await room.draft()
    for wrong in ({"day": 7}, {"zone": "Europe/Nowhere"}, {"atTime": "25:00"}):
        assert (await client.put(f"/campaigns/{id}/repeat", json={**WEEKLY, **wrong})).status_code == 422
    await client.put(f"/campaigns/{id}/repeat", json=WEEKLY)
    await client.put(f"/campaigns/{id}/repeat", json={**WEEKLY, "enabled": False})
    [resting] = (await client.get("/campaigns/repeats")).json()["items"]
    assert (resting["enabled"], resting["nextAt"]) == (False, None)

    unready = await room.draft(subject="")
    refused = await client.put(f"/campaigns/{unready}/repeat", json=WEEKLY)
    assert refused.json()["code"] == "campaign_not_ready"


async def test_a_categorys_page_shows_its_issues_and_who_came_and_went(
    room: Room, client: httpx.AsyncClient
) -> None:
    first = await room.send(name="Первый выпуск")
    await room.until(first, State.SENDING, State.SENT)
    last = await room.send(name="Второй выпуск")
    await room.until(last, State.SENDING, State.SENT)
    await room.draft(name="Черновик")
    people = await room.contacts.page(SYSTEM)
    for number, state in ((0, "given"), (1, "given"), (1, "withdrawn")):
        key = people[0][number].id
        await room.contacts.record_consent(SYSTEM, key, room.category_id, cast(Any, state), "form", "test")
    await room.contacts.record_consent(SYSTEM, people[0][2].id, None, "withdrawn", "letter", "test")

    told = (await client.get(f"/categories/{room.category_id}/issues")).json()

    assert [issue["name"] for issue in told["issues"]] == ["Второй выпуск", "Первый выпуск"]
    assert (told["title"], told["total"], told["lastId"]) == ("Новости", 2, str(last))
    assert (told["subscribed"], told["unsubscribed"], len(told["weeks"])) == (1, 1, 12)
    assert [told["weeks"][-1][name] for name in ("gained", "lost")] == [2, 2]
    assert (await client.get("/categories/999/issues")).status_code == 404

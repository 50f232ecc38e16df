"""Mail collectors over HTTP, from the form to the lead."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from tests.application import Browser, Installation
from tests.intake.collectors.letters import order, other
from tests.intake.collectors.servers import Mailbox

from vestnik.intake.collectors.tables import collected_letter, collector_run, mail_collector


def form(mailbox: Mailbox, **changes: Any) -> dict[str, Any]:
    """A collector as the web application sends it."""
    account = mailbox.account()
    return {
        "title": "Заявки с сайта",
        "host": account.host,
        "port": account.port,
        "username": account.username,
        "password": account.password,
        "certificate": account.certificate,
        **changes,
    }


async def done(browser: Browser, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await browser.request(method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_letter_becomes_a_lead_in_the_calendar_of_its_collector(
    installation: Installation, mailbox: Mailbox
) -> None:
    browser = await installation.signed_in("administrator")
    await mailbox.put(other(), order("ORDER: 123"))
    calendar = await done(browser, "POST", "/calendars", {"title": "С сайта", "colour": "teal"}, 201)
    made = await done(
        browser, "POST", "/mail-collectors", form(mailbox, calendarId=calendar["id"]), status=201
    )
    assert (made["calendarId"], made["folder"], made["keyword"]) == (calendar["id"], "INBOX", "ORDER")
    assert made["nextAt"] == made["createdAt"]
    asked = await done(browser, "POST", f"/mail-collectors/{made['id']}/collect")
    assert (asked["asked"], asked["nextAt"]) == (True, None)
    await installation.services.collectors.turns.look_asked()
    await installation.services.intake.inputs.work()
    card = await done(browser, "GET", f"/mail-collectors/{made['id']}")
    run = card["lastRun"]
    counts = (run["state"], run["seen"], run["withKeyword"], run["taken"], run["reason"])
    assert counts == ("done", 2, 1, 1, None)
    assert (card["asked"], card["running"], card["failures"]) == (False, False, 0)
    leads = (await done(browser, "GET", "/leads"))["items"]
    assert [(each["title"], each["email"]) for each in leads] == [
        ("Заказ №123 от 01.06.2019", "buyer@example.org")
    ]
    [letter] = (await done(browser, "GET", f"/mail-collectors/{made['id']}/letters"))["items"]
    assert (letter["outcome"], letter["subject"]) == ("taken", None)
    source = await done(browser, "GET", f"/inputs/{letter['inputId']}")
    assert source["input"]["title"] == "ORDER: 123"
    assert (await done(browser, "GET", f"/mail-collectors/{made['id']}/runs"))["total"] == 1


async def test_a_password_is_never_told_and_goes_only_where_it_went_before(
    installation: Installation, mailbox: Mailbox
) -> None:
    browser = await installation.signed_in("integrator")
    password = mailbox.account().password
    answer = await browser.post("/mail-collectors", form(mailbox))
    assert password not in answer.text
    id = answer.json()["id"]
    for method, path in (("GET", ""), ("POST", "/collect"), ("GET", "/runs")):
        assert password not in (await browser.request(method, f"/mail-collectors/{id}{path}")).text
    kept = form(mailbox, title="Заявки", password=None)
    assert (await done(browser, "PUT", f"/mail-collectors/{id}", kept))["title"] == "Заявки"
    checked = await done(browser, "POST", "/mail-collectors/check", {**kept, "id": id})
    assert (checked["failed"], checked["passed"][-1]) == (None, "letters")
    for elsewhere in (
        {"host": "mail.attacker.example"},
        {"port": 143},
        {"username": "other"},
        {"certificate": None},
    ):
        for method, path, body in (
            ("PUT", f"/mail-collectors/{id}", {**kept, **elsewhere}),
            ("POST", "/mail-collectors/check", {**kept, **elsewhere, "id": id}),
        ):
            refused = await done(browser, method, path, body, status=422)
            assert refused["code"] == "mailbox_password_needed"


async def test_what_no_mailbox_can_be_read_with_is_refused(
    installation: Installation, mailbox: Mailbox
) -> None:
    browser = await installation.signed_in("administrator")
    for changes, code in (
        ({"password": None}, "mailbox_password_needed"),
        ({"after": "move"}, "collector_settings"),
        ({"after": "move", "moveTo": "inbox"}, "collector_settings"),
        ({"after": "mark", "mark": "два слова"}, "collector_settings"),
        ({"after": "delete"}, "collector_settings"),
        ({"username": "a\r\nb LOGIN"}, "collector_settings"),
        ({"certificate": "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----"}, None),
        ({"certificate": "сертификат"}, None),
        ({"calendarId": "1"}, "collector_destination"),
        ({"responsibleId": "999"}, "collector_destination"),
        ({"channelId": "1"}, "collector_destination"),
    ):
        refused = await done(browser, "POST", "/mail-collectors", form(mailbox, **changes), status=422)
        assert refused["code"] == (code or "certificate_unreadable")
    assert (await done(browser, "GET", "/mail-collectors"))["items"] == []


async def test_a_collector_marked_for_removal_is_not_run_and_may_come_back(
    installation: Installation, mailbox: Mailbox
) -> None:
    browser = await installation.signed_in("administrator")
    await mailbox.put(order("ORDER: 1"))
    id = (await done(browser, "POST", "/mail-collectors", form(mailbox), status=201))["id"]
    turns = installation.services.collectors.turns
    marked = await done(browser, "POST", f"/mail-collectors/{id}/removal-mark")
    assert (marked["removalMarkedAt"] is None, marked["nextAt"]) == (False, None)
    refused = await done(browser, "POST", f"/mail-collectors/{id}/collect", status=409)
    assert refused["code"] == "collector_marked_for_removal"
    await turns.look()
    assert (await done(browser, "GET", f"/mail-collectors/{id}"))["lastRun"] is None
    await done(browser, "DELETE", f"/mail-collectors/{id}/removal-mark")
    await turns.look()
    assert (await done(browser, "GET", f"/mail-collectors/{id}"))["lastRun"]["taken"] == 1
    actions = [row["action"] for row in (await done(browser, "GET", "/audit"))["items"]]
    assert [each for each in actions if each.startswith("mail_collector")] == [
        "mail_collector.unmarked",
        "mail_collector.marked",
        "mail_collector.created",
    ]


async def test_the_job_runs_collectors_at_its_times_and_rests_when_it_is_off(
    installation: Installation, mailbox: Mailbox
) -> None:
    browser = await installation.signed_in("administrator")
    turns = installation.services.collectors.turns
    assert await done(browser, "GET", "/mail-collectors/job") == {"on": True, "everyMinutes": 5}
    off = {"on": False, "everyMinutes": 30}
    assert await done(browser, "PUT", "/mail-collectors/job", off) == off
    id = (await done(browser, "POST", "/mail-collectors", form(mailbox), status=201))["id"]
    own = form(mailbox, title="Чаще", everyMinutes=1)
    often = (await done(browser, "POST", "/mail-collectors", own, status=201))["id"]
    await turns.look()
    cards = (await done(browser, "GET", "/mail-collectors"))["items"]
    assert [(each["lastRun"], each["nextAt"]) for each in cards] == [(None, None)] * 2
    await done(browser, "PUT", "/mail-collectors/job", {**off, "on": True})
    await turns.look()
    waits = {}
    for card in (await done(browser, "GET", "/mail-collectors"))["items"]:
        assert card["lastRun"]["state"] == "done"
        waits[card["id"]] = card["nextAt"] > card["lastRun"]["finishedAt"]
        await turns.look()
    assert waits == {id: True, often: True}
    for each in (id, often):
        assert (await done(browser, "GET", f"/mail-collectors/{each}/runs"))["total"] == 1


async def test_collectors_go_with_the_demo(demo_installation: Installation, mailbox: Mailbox) -> None:
    browser = await demo_installation.signed_in("administrator")
    await mailbox.put(order("ORDER: 1"))
    calendar = await done(browser, "POST", "/calendars", {"title": "С сайта", "colour": "teal"}, 201)
    bound = form(mailbox, calendarId=calendar["id"])
    await done(browser, "POST", "/mail-collectors", bound, status=201)
    await done(browser, "POST", "/intake-doors", {"title": "Сайт", "calendarId": calendar["id"]}, status=201)
    await demo_installation.services.collectors.turns.look()
    await demo_installation.services.intake.inputs.work()
    await done(browser, "DELETE", "/demo")
    for table in (mail_collector, collected_letter, collector_run):
        async with demo_installation.services.database.read() as connection:
            assert (await connection.execute(sa.select(table))).all() == []

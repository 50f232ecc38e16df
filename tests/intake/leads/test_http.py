"""The lead inbox over HTTP: added, found, worked on, counted, exported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from tests.application import Installation
from tests.contacts.imports.test_watching import Stream
from tests.intake.leads.conftest import Office

from vestnik.calendars.tables import calendar, calendar_event
from vestnik.db import new_key, now
from vestnik.intake.leads.tables import lead
from vestnik.people.tables import user

INN = "7709745454"
DAY = timedelta(days=1)


def _execute(statement: Any, connection: sa.Connection) -> None:
    connection.execute(statement)


async def test_a_lead_is_added_with_all_that_becomes_of_it(office: Office) -> None:
    card = await office.add(
        title="Баннер", person="Пётр", email="petr@example.ru", phone="89256424290", inn=INN,
        path="Лендинг", utm={"source": "yandex", "medium": "cpc"}, extra={"Скидка": "10 %"},
        lines=[{"item": "Ролап", "quantity": "2", "price": "500.50", "amount": "1000"}],
    )  # fmt: skip
    assert (card["number"], card["status"], card["door"], card["unread"]) == (1, "open", "hand", True)
    assert card["responsible"]["id"] == str(office.admin_id)
    assert card["channel"]["name"] == "Лендинг"
    assert card["client"]["name"] == f"ИНН {INN}"
    assert card["utm"]["source"] == "yandex"
    assert [(each["code"], each["facts"]["computed"]) for each in card["remarks"]] == [
        ("sum_differs", "1001")
    ]
    assert "1001" in card["remarks"][0]["text"]
    assert [each["kind"] for each in card["history"]] == ["created"]
    order = (await office.browser.get(f"/orders/{card['orderId']}")).json()
    assert order["title"] == "Баннер"


async def test_the_same_key_answers_with_the_first_lead_and_other_data_are_refused(office: Office) -> None:
    headers = {"idempotency-key": "abc"}
    first = await office.browser.post("/leads", {"title": "А"}, headers=headers)
    again = await office.browser.post("/leads", {"title": "А"}, headers=headers)
    assert first.json() == again.json()
    other = await office.browser.post("/leads", {"title": "Б"}, headers=headers)
    await office.refused(other, 409, "idempotency_key_reused")
    assert await office.listed() == ["А"]


async def test_leads_are_found_by_what_is_known_of_them(office: Office) -> None:
    await office.add(title="Пётр Ёлкин", phone="8 925 642-42-90", path="Реклама")
    await office.add(title="Анна", email="anna@example.ru", inn="1", description="Пётр")
    other = await office.add(title="Борис")
    await office.does(other["id"], "take")
    assert await office.listed(search="елкин") == ["Пётр Ёлкин"]
    assert await office.listed(search="9256424290") == ["Пётр Ёлкин"]
    assert await office.listed(search="ANNA@") == ["Анна"]
    assert await office.listed(search="3") == ["Борис"]
    assert await office.listed(search="№ 2") == ["Анна"]
    assert await office.listed(status="in_work") == ["Борис"]
    assert await office.listed(hasWarnings="true") == ["Анна"]
    assert await office.listed(unread="false") == ["Борис"]
    assert await office.listed(unassigned="false") == ["Борис"]
    assert await office.listed(unassigned="true") == ["Анна", "Пётр Ёлкин"]
    assert await office.listed(responsibleId=str(office.own_id)) == ["Борис"]
    channel_id = (await office.browser.get("/lead-channels")).json()["items"][0]["id"]
    assert await office.listed(channelId=channel_id) == ["Пётр Ёлкин"]
    assert await office.listed(door="letter") == []
    moment = datetime.now(UTC) + DAY
    assert await office.listed(**{"from": moment.isoformat()}) == []
    assert len(await office.listed(to=moment.isoformat())) == 3
    page = await office.page(search="а", sort="number", limit=1)
    assert [each["title"] for each in page["items"]] == ["Анна"] or page["total"] <= 3
    counts = (await office.page(status="open"))["counts"]
    assert counts == {"open": 2, "inWork": 1, "processed": 0, "closed": 0}


async def test_a_lead_goes_through_its_statuses(office: Office) -> None:
    id = (await office.add(title="А"))["id"]
    taken = await office.does(id, "take")
    assert (taken["status"], taken["responsible"]["id"]) == ("in_work", str(office.own_id))
    assert taken["takenAt"] is not None
    processed = await office.does(id, "process")
    assert (processed["status"], processed["takenAt"]) == ("processed", taken["takenAt"])
    await office.refused(await office.browser.post(f"/leads/{id}/take"), 409, "lead_is_over")
    closed = await office.does(id, "close", {"result": "not_target"})
    assert (closed["status"], closed["result"]) == ("closed", "not_target")
    assert closed["finishedAt"] == processed["finishedAt"]
    again = await office.does(id, "reopen")
    assert (again["status"], again["result"], again["finishedAt"]) == ("in_work", None, None)
    await office.refused(await office.browser.post(f"/leads/{id}/reopen"), 409, "lead_is_not_over")
    noted = await office.does(id, "notes", {"text": "Перезвонить"})
    assert [each["kind"] for each in noted["history"]] == [
        *("note", "reopened", "closed", "processed", "taken", "created"),
    ]
    assert noted["history"][0]["detail"] == {"text": "Перезвонить"}


async def test_giving_a_lead_to_somebody_writes_a_letter_and_moves_the_event(
    office: Office, installation: Installation
) -> None:
    database = installation.services.database
    calendars = [new_key(), new_key()]
    rows = [
        {
            "id": id, "title": "Свой", "kind": "personal", "owner_id": owner, "colour": "blue",
            "is_incoming": False, "created_at": now(), "updated_at": now(),
        }
        for id, owner in zip(calendars, (office.own_id, office.admin_id), strict=True)
    ]  # fmt: skip
    await database.write(lambda connection: connection.execute(sa.insert(calendar), rows))
    id = (await office.add(title="А", responsibleId=str(office.own_id)))["id"]
    card = await office.does(id, "assign", {"userId": str(office.admin_id)})
    assert (card["responsible"]["id"], card["assignedBy"]) == (str(office.admin_id), "person")
    assert card["takenAt"] is None
    async with database.read() as connection:
        event = (await connection.execute(sa.select(calendar_event))).one()
    assert (event.calendar_id, event.person_id) == (calendars[1], office.admin_id)
    gone = sa.update(user).where(user.c.id == office.admin_id).values(disabled=True)
    await database.write(lambda connection: connection.execute(gone))
    answer = await office.browser.post(f"/leads/{id}/assign", {"userId": str(office.admin_id)})
    await office.refused(answer, 422, "unknown_responsible")


async def test_what_a_person_corrected_is_found_and_told_in_the_calendar(
    office: Office, installation: Installation
) -> None:
    id = (await office.add(title="Анна", phone="нет"))["id"]
    answer = await office.browser.patch(f"/leads/{id}", {"title": "Анна Ким", "phone": "+7 925 642-42-90"})
    card = answer.json()
    assert (card["title"], card["remarks"], card["edited"]) == ("Анна Ким", [], ["phone", "title"])
    assert await office.listed(search="79256424290") == ["Анна Ким"]
    async with installation.services.database.read() as connection:
        event = (await connection.execute(sa.select(calendar_event))).one()
    assert event.title == "Заявка № 1: Анна Ким"
    for body, status, code in (
        ({"channelId": "1"}, 422, "unknown_channel"),
        ({"clientId": "1"}, 422, "unknown_client"),
        ({"partnerId": "1"}, 422, "unknown_partner"),
    ):
        await office.refused(await office.browser.patch(f"/leads/{id}", body), status, code)


async def test_a_wrong_inn_is_corrected_by_one_request(office: Office) -> None:
    card = await office.add(title="А", inn=f"ИНН {INN}")
    [remark] = card["remarks"]
    assert (remark["code"], remark["facts"]["suggestion"]) == ("wrong_inn", INN)
    answer = await office.browser.post(f"/leads/{card['id']}/inn", {"inn": "7709745455"})
    await office.refused(answer, 422, "invalid_inn")
    mended = await office.does(card["id"], "inn", {"inn": remark["facts"]["suggestion"]})
    assert (mended["inn"], mended["remarks"], mended["client"]["name"]) == (INN, [], f"ИНН {INN}")


async def test_several_leads_are_changed_at_once_and_those_that_can_t_be_are_counted(office: Office) -> None:
    ids = [(await office.add(title=f"{number}"))["id"] for number in range(3)]
    await office.does(ids[0], "close", {"result": "spam"})
    answer = await office.browser.post("/leads/bulk", {"ids": [*ids, "1"], "action": "take"})
    assert answer.json() == {"changed": 2, "skipped": 2}
    answer = await office.browser.post("/leads/bulk", {"ids": ids, "action": "close", "result": "duplicate"})
    assert answer.json() == {"changed": 3, "skipped": 0}
    for action in ("assign", "close"):
        answer = await office.browser.post("/leads/bulk", {"ids": ids, "action": action})
        await office.refused(answer, 422, "invalid_request")


async def test_a_lead_becomes_client_contact_deal_and_order_in_one_step_and_once(office: Office) -> None:
    id = (await office.add(title="Пётр", company="Ромашка", email="petr@example.ru", phone="89256424290"))[
        "id"
    ]
    wish = {
        "client": {"name": "ООО «Ромашка»", "inn": INN}, "contact": {"name": "Пётр Петров"},
        "deal": {"title": "Вывеска", "sum": "1500.50"}, "order": {},
    }  # fmt: skip
    card = await office.does(id, "convert", wish)
    assert (card["status"], card["client"]["name"], card["contact"]["name"]) == (
        *("processed", "ООО «Ромашка»", "Пётр Петров"),
    )
    assert None not in (card["dealId"], card["orderId"], card["convertedAt"], card["takenAt"])
    person = (await office.browser.get(f"/contacts/{card['contact']['id']}")).json()
    assert person["company"]["id"] == card["client"]["id"]
    assert [each["address"] for each in person["emails"]] == ["petr@example.ru"]
    again = await office.does(id, "convert", {"client": {"name": "Другой"}})
    assert again["client"] == card["client"]
    assert again["history"][0]["kind"] == "converted"
    told = (await office.browser.get(f"/contacts/{card['contact']['id']}/timeline")).json()["items"]
    assert {"lead_created", "lead_processed"} <= {each["kind"] for each in told}
    next_one = await office.add(title="Пётр ещё раз", email="petr@example.ru")
    assert next_one["contact"] == card["contact"]


@pytest.mark.parametrize("sum", ["1e999999", "NaN", "Infinity", "1e40", "1E-400", "1" * 16])
async def test_a_deal_of_a_sum_that_is_not_kept_is_refused(office: Office, sum: str) -> None:
    id = (await office.add(title="А"))["id"]
    wish = {"contact": {"name": "Пётр"}, "deal": {"sum": sum}}
    answer = await office.browser.post(f"/leads/{id}/convert", wish)
    await office.refused(answer, 422, "invalid_request")
    assert (await office.browser.get("/deals")).json()["total"] == 0


async def test_a_deal_needs_a_client_or_a_contact(office: Office) -> None:
    id = (await office.add(title="А"))["id"]
    await office.refused(
        await office.browser.post(f"/leads/{id}/convert", {"deal": {}}), 422, "nothing_to_convert"
    )
    card = await office.card(id)
    assert (card["status"], card["convertedAt"]) == ("open", None)


async def test_the_order_of_a_lead_s_lines_belongs_to_what_the_lead_became(office: Office) -> None:
    card = await office.add(title="Заказ", lines=[{"item": "Ролап"}])
    became = await office.does(
        card["id"], "convert", {"client": {"name": "Ромашка"}, "deal": {}, "order": {}}
    )
    assert became["orderId"] == card["orderId"]
    order = (await office.browser.get(f"/orders/{card['orderId']}")).json()
    assert order["client"]["id"] == became["client"]["id"]
    assert order["deal"]["id"] == became["dealId"]


async def test_figures_tell_how_fast_leads_of_a_source_and_of_a_person_were_answered(
    office: Office, installation: Installation
) -> None:
    ids = [(await office.add(title=f"{number}", path="Реклама"))["id"] for number in range(10)]
    await office.add(title="без источника")
    for number, id in enumerate(ids, 1):
        await office.does(id, "take")
        at = datetime(2026, 11, 1, tzinfo=UTC)
        times = {"created_at": at, "taken_at": at + timedelta(minutes=number)}
        answered = sa.update(lead).where(lead.c.id == int(id)).values(times)
        await installation.services.database.submit(partial(_execute, answered))
    await office.does(ids[0], "close", {"result": "spam"})
    await office.does(ids[1], "close", {"result": "not_target"})
    for number, id in enumerate(ids[:2], 1):
        over = (
            sa.update(lead).where(lead.c.id == int(id)).values(finished_at=at + number * timedelta(hours=1))
        )
        await installation.services.database.submit(partial(_execute, over))
    query = {"from": "2026-10-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
    found = (await office.browser.get("/leads/statistics", params=query)).json()
    by_title = {each["title"]: each for each in found["channels"]}
    ads = by_title["Реклама"]
    assert (ads["total"], ads["inWork"], ads["closed"], ads["spam"], ads["answered"]) == (10, 8, 2, 1, 10)
    assert (ads["medianS"], ads["slowS"]) == (300.0, 540.0)
    assert (ads["other"], ads["notTarget"]) == (0, 1)
    assert ads["finishS"] == 3_600.0
    assert (by_title[None]["total"], by_title[None]["medianS"]) == (1, None)
    people = {each["id"]: each["total"] for each in found["people"]}
    assert people == {str(office.own_id): 10, str(office.admin_id): 1}


async def test_the_month_counts_what_is_to_do_and_what_was_done(
    office: Office, installation: Installation
) -> None:
    ids = [(await office.add(title=f"{number}"))["id"] for number in range(4)]
    await office.does(ids[0], "take")
    await office.does(ids[1], "take")
    await office.does(ids[1], "process")
    old = sa.update(lead).where(lead.c.id == int(ids[2])).values(created_at=now() - 40 * DAY)
    await installation.services.database.write(lambda connection: connection.execute(old))
    month = await installation.services.intake.leads.month()
    assert [(each.login, each.open, each.processed) for each in month] == [
        ("administrator@vestnik.test", 1, 0),
        ("sales_manager@vestnik.test", 1, 1),
    ]


async def test_leads_are_exported_as_a_table(office: Office, installation: Installation) -> None:
    await office.add(title="=1+1", email="a@example.ru", path="Реклама")
    browser = await installation.signed_in("marketer")
    answer = await browser.post("/leads/export", {"status": "open"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, row = answer.text.removeprefix("\ufeff").splitlines()
    assert head.startswith("Номер;Поступила;Статус")
    assert "'=1+1" in row and "Реклама" in row and "Открыт" in row
    async with installation.services.database.read() as connection:
        arrived = (await connection.scalars(sa.select(lead.c.created_at))).one()
    assert f"{arrived.astimezone(ZoneInfo('Europe/Moscow')):%Y-%m-%d %H:%M:%S}" in row
    assert (await browser.post("/leads/export", {"status": "closed"})).text.count("\n") == 1


async def test_who_may_not_export_contacts_exports_no_leads_either(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    refused = await browser.post("/leads/export", {"status": "open"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_the_inbox_tells_of_a_new_lead(office: Office) -> None:
    stream = Stream(office.browser, "/leads/events")
    assert await stream.next() == ("inbox", {"changedAt": None, "newest": 0})
    card = await office.add(title="А")
    assert await stream.next() == ("inbox", {"changedAt": card["updatedAt"], "newest": 1})
    await stream.leave()


async def test_opening_a_lead_is_noted(office: Office) -> None:
    card = await office.add(title="А")
    assert (await office.browser.post(f"/leads/{card['id']}/seen")).status_code == 204
    assert (await office.card(card["id"]))["unread"] is False


async def test_the_directory_of_sources_is_kept_and_merged(
    office: Office, installation: Installation
) -> None:
    admin = await installation.browser()
    await admin.sign_in("administrator@vestnik.test")
    first = await office.add(title="А", path="yandex-direct")
    rules = [{"field": "utm_source", "how": "equals", "value": "Яндекс"}]
    made = await admin.post("/lead-channels", {"title": "Яндекс Директ", "rules": rules})
    assert [(each["title"], each["checked"]) for each in made.json()["items"]] == [
        ("yandex-direct", False),
        ("Яндекс Директ", True),
    ]
    unchecked, kept = made.json()["items"]
    taken = await admin.post("/lead-channels", {"title": "яндекс директ"})
    await office.refused(taken, 409, "channel_title_taken")
    merged = await admin.post(f"/lead-channels/{unchecked['id']}/merge", {"intoId": kept["id"]})
    assert [(each["title"], each["leads"]) for each in merged.json()["items"]] == [("Яндекс Директ", 1)]
    assert (await office.card(first["id"]))["channel"]["id"] == kept["id"]
    assert (await office.add(title="Б", path="Yandex-Direct"))["channel"]["id"] == kept["id"]
    assert (await office.add(title="В", utm={"source": "яндекс"}))["channel"]["id"] == kept["id"]
    itself = await admin.post(f"/lead-channels/{kept['id']}/merge", {"intoId": kept["id"]})
    await office.refused(itself, 409, "channel_not_mergeable")
    archived = await admin.patch(f"/lead-channels/{kept['id']}", {"archived": True, "title": "Директ"})
    assert archived.json()["items"] == []
    assert len((await admin.get("/lead-channels?archived=true")).json()["items"]) == 1


async def test_partners_rules_and_settings_are_kept(office: Office, installation: Installation) -> None:
    admin = await installation.browser()
    await admin.sign_in("administrator@vestnik.test")
    made = await admin.post("/lead-partners", {"title": "Партнёр", "site": "https://www.Partner.ru/a"})
    [partner] = made.json()["items"]
    assert partner["site"] == "partner.ru"
    for site, code, status in (
        ("partner.ru", "partner_site_taken", 409),
        ("нет", "partner_site_invalid", 422),
    ):
        answer = await admin.post("/lead-partners", {"title": "Б", "site": site})
        await office.refused(answer, status, code)
    changed = await admin.patch(f"/lead-partners/{partner['id']}", {"site": "other.ru", "archived": True})
    assert changed.json()["items"] == []

    rule = {"title": "Все", "kind": "round_robin", "people": [str(office.own_id)]}
    [first] = (await admin.post("/lead-assignments", rule)).json()["items"]
    second = (await admin.post("/lead-assignments", {**rule, "title": "Ещё"})).json()["items"][1]
    for body, code in (
        ({**rule, "people": []}, "rule_needs_people"),
        ({**rule, "kind": "by_source"}, "rule_needs_source"),
        ({**rule, "channels": ["999"]}, "unknown_channel"),
        ({**rule, "people": ["999"]}, "unknown_responsible"),
    ):
        await office.refused(await admin.post("/lead-assignments", body), 422, code)
    ordered = await admin.put("/lead-assignments/order", {"ids": [second["id"]]})
    assert [each["title"] for each in ordered.json()["items"]] == ["Ещё", "Все"]
    put = await admin.put(f"/lead-assignments/{first['id']}", {**rule, "cities": ["Пермь"]})
    assert put.json()["items"][1]["cities"] == ["Пермь"]
    assert (await admin.delete(f"/lead-assignments/{second['id']}")).status_code == 204
    assert (await office.add(title="А", city="пермь"))["responsible"]["id"] == str(office.own_id)

    before = (await admin.get("/lead-settings")).json()
    assert (before["coordinatorId"], before["coordinatorNowId"]) == (None, str(office.admin_id))
    given = {"coordinatorId": str(office.own_id), "notify": False}
    assert (await admin.patch("/lead-settings", given)).json()["coordinatorNow"] == "Имя sales_manager"
    assert (await admin.patch("/lead-settings", {"notify": True})).json()["coordinatorId"] == str(
        office.own_id
    )
    await office.refused(await office.browser.patch("/lead-settings", {}), 403, "forbidden")


async def test_a_machine_with_a_key_adds_leads(office: Office, installation: Installation) -> None:
    admin = await installation.browser()
    await admin.sign_in("administrator@vestnik.test")
    made = (await admin.post("/keys", {"name": "Сайт", "rights": ["leads.write", "leads.read"]})).json()
    machine = await installation.browser()
    headers = {"authorization": f"Bearer {made['key']}"}
    answer = await machine.client.post("/api/v1/leads", json={"title": "Сайт"}, headers=headers)
    assert answer.status_code == 201, answer.text
    assert (await office.card(answer.json()["id"]))["door"] == "api"
    assert quote("Сайт") and await office.listed(door="api") == ["Сайт"]


async def test_leads_follow_a_merged_contact_and_stand_on_the_client_s_card(office: Office) -> None:
    first = await office.browser.post("/contacts", {"name": "Пётр", "emails": ["petr@example.ru"]})
    second = await office.browser.post("/contacts", {"name": "Пётр П.", "emails": ["p@example.ru"]})
    kept, other = first.json()["id"], second.json()["id"]
    card = await office.add(title="Вывеска", email="p@example.ru", inn=INN)
    assert card["contact"]["id"] == other
    merged = await office.browser.post(f"/contacts/{kept}/merge", {"otherIds": [other]})
    assert merged.status_code < 300, merged.text
    assert (await office.card(card["id"]))["contact"] == {"id": kept, "name": "Пётр"}
    company = (await office.browser.get(f"/companies/{card['client']['id']}")).json()
    [leads] = [each for each in company["related"] if each["kind"] == "leads"]
    assert (leads["total"], leads["items"][0]["title"]) == (1, "Вывеска")
    assert leads["items"][0]["link"] == f"/leads/{card['id']}"


async def test_matches_are_told_with_the_names_of_today(office: Office) -> None:
    made = await office.browser.post("/contacts", {"name": "Пётр", "emails": ["petr@example.ru"]})
    card = await office.add(title="А", email="petr@example.ru")
    await office.browser.patch(f"/contacts/{made.json()['id']}", {"name": "Пётр Ким"})
    [match] = (await office.card(card["id"]))["matches"]
    assert (match["kind"], match["signal"], match["text"]) == (
        *("contact", "email", "Почта как у контакта «Пётр Ким»"),
    )
    again = await office.add(title="Б", email="petr@example.ru")
    assert (again["duplicateOf"], again["duplicateNumber"]) == (card["id"], 1)
    assert [each["text"] for each in again["matches"]][-1] == "Почта как в заявке № 1"

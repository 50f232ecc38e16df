"""Deals and their stages: numbered, found, moved, closed; one of each source."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation, day_of

from vestnik.companies.service import NewClient, insert_clients
from vestnik.contacts.service import Draft
from vestnik.db import Database
from vestnik.people.access import SYSTEM
from vestnik.people.tables import organisation
from vestnik.sales.deals import NewDeal, store_deal
from vestnik.sales.demo import DEMO, remove_demo
from vestnik.sales.lines import OrderLine
from vestnik.sales.orders import NewOrder, store_order
from vestnik.sales.service import Sales


async def stages(browser: Browser) -> dict[str, str]:
    """Live stages by name."""
    found = (await browser.get("/deals/stages")).json()
    return {each["name"]: each["id"] for each in found if not each["archived"]}


async def made(browser: Browser, **given: Any) -> dict[str, Any]:
    answer = await browser.post("/deals", {"title": "Вывеска", **given})
    assert answer.status_code == 201, answer.text
    deal: dict[str, Any] = answer.json()
    return deal


async def test_a_deal_is_numbered_and_begins_in_the_first_stage(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    [own] = (await browser.get("/contacts/owners")).json()
    company = (await browser.post("/companies", {"name": "Ромашка"})).json()["id"]
    person = (await browser.post("/contacts", {"name": "Анна"})).json()["id"]
    given = {"clientId": company, "contactId": person, "responsibleId": own["id"], "sum": "1250.50"}
    deal = await made(browser, **given)
    assert deal == {
        "id": deal["id"],
        "number": 1,
        "title": "Вывеска",
        "stage": {"id": (await stages(browser))["Новая"], "name": "Новая"},
        "stageKind": "open",
        "sum": "1250.5",
        "currency": "RUB",
        "client": {"id": company, "name": "Ромашка"},
        "contact": {"id": person, "name": "Анна"},
        "responsible": own,
        "source": None,
        "createdAt": deal["createdAt"],
        "updatedAt": deal["createdAt"],
        "closedAt": None,
    }
    assert (await made(browser))["number"] == 2
    assert (await browser.get(f"/deals/{deal['id']}")).json() == deal


async def test_a_deal_is_closed_by_its_stage_and_opened_again(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    deal, of = await made(browser, sum="5"), await stages(browser)
    path = f"/deals/{deal['id']}"
    won = (await browser.patch(path, {"stageId": of["Оплачена"]})).json()
    assert (won["stageKind"], won["closedAt"] is None) == ("won", False)
    lost = (await browser.patch(path, {"stageId": of["Отказ"], "title": " Табличка "})).json()
    assert (lost["stageKind"], lost["closedAt"], lost["title"]) == ("lost", won["closedAt"], "Табличка")
    again = (await browser.patch(path, {"stageId": of["Переговоры"], "sum": None})).json()
    assert (again["stageKind"], again["closedAt"], again["sum"]) == ("open", None, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "ВЫВЕС"}, ["Вывеска"]),
        ({"search": "ежик"}, ["Ёжик"]),
        ({"search": "№ 2"}, ["Ёжик"]),
        ({"search": "2"}, ["Ёжик"]),
        ({"search": "ромаш"}, ["Вывеска"]),
        ({"kind": "won"}, ["Ёжик"]),
        ({"kind": "open"}, ["Стенд", "Вывеска"]),
        ({"sort": "title"}, ["Вывеска", "Ёжик", "Стенд"]),
        ({"sort": "-sum"}, ["Ёжик", "Вывеска", "Стенд"]),
        ({"sort": "-number", "limit": "1", "offset": "1"}, ["Ёжик"]),
        ({"search": "нет такой"}, []),
    ],
)
async def test_deals_are_found_filtered_and_sorted(
    installation: Installation, query: dict[str, str], found: list[str]
) -> None:
    browser = await installation.signed_in("sales_manager")
    company = (await browser.post("/companies", {"name": "Ромашка"})).json()["id"]
    await made(browser, clientId=company, sum="9")
    await made(browser, title="Ёжик", stageId=(await stages(browser))["Оплачена"], sum="10")
    await made(browser, title="Стенд")
    page = (await browser.get("/deals", params=query)).json()
    assert [each["title"] for each in page["items"]] == found
    assert page["total"] == (3 if "sort" in query else len(found))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"title": " "}, "invalid_request"),
        ({"title": "А", "sum": "1,5"}, "invalid_request"),
        ({"title": "А", "sum": "1E5"}, "invalid_request"),
        ({"title": "А", "clientId": "404"}, "unknown_client"),
        ({"title": "А", "contactId": "404"}, "unknown_contact"),
        ({"title": "А", "responsibleId": "404"}, "unknown_responsible"),
        ({"title": "А", "stageId": "404"}, "unknown_stage"),
    ],
)
async def test_a_deal_with_a_mistake_is_refused(
    installation: Installation, body: dict[str, Any], code: str
) -> None:
    browser = await installation.signed_in("sales_manager")
    answer = await browser.post("/deals", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await browser.get("/deals")).json()["total"] == 0
    # A number that was not used is not lost.
    assert (await made(browser))["number"] == 1


async def test_a_source_makes_one_deal_however_many_ask(database: Database) -> None:
    beside = Database(database.url.render_as_string(hide_password=False))
    await beside.start()
    new = NewDeal("Заявка", sum=Decimal("1"), source=("lead", 5))
    ids = await asyncio.gather(
        *(each.write(store_deal, SYSTEM, new) for _ in range(10) for each in (database, beside))
    )
    await beside.stop()
    assert len(set(ids)) == 1
    assert await database.write(store_deal, SYSTEM, NewDeal("Другая", source=("lead", 6))) != ids[0]
    card = await Sales(database).deals.card(SYSTEM, ids[0])
    assert (card.number, card.title, card.source) == (1, "Заявка", ("lead", 5))


async def test_the_first_stages_are_made_once_in_the_organisations_language(database: Database) -> None:
    beside = Database(database.url.render_as_string(hide_password=False))
    await beside.start()
    both = [Sales(each).stages.all(SYSTEM) for each in (database, beside) for _ in range(5)]
    found = await asyncio.gather(*both)
    await beside.stop()
    names = [(each.name, each.kind) for each in found[0]]
    assert names == [
        ("Новая", "open"),
        ("Переговоры", "open"),
        ("Счёт выставлен", "open"),
        ("Оплачена", "won"),
        ("Отказ", "lost"),
    ]
    assert all(each == found[0] for each in found)


async def test_an_english_organisation_has_english_stages(installation: Installation) -> None:
    english = sa.update(organisation).values(language="en")
    await installation.services.database.write(lambda connection: connection.execute(english))
    browser = await installation.signed_in("sales_manager")
    assert list(await stages(browser)) == ["New", "Negotiation", "Invoiced", "Paid", "Declined"]


async def test_stages_are_renamed_ordered_and_archived(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    deal, of = await made(browser), await stages(browser)
    assert (await browser.post("/deals/stages", {"name": " Замер "})).status_code == 201
    taken = await browser.post("/deals/stages", {"name": "замер"})
    assert (taken.status_code, taken.json()["code"], taken.json()["name"]) == (409, "stage_exists", "Замер")
    path = f"/deals/stages/{of['Новая']}"
    assert (await browser.patch(path, {"name": "Переговоры"})).json()["code"] == "stage_exists"
    assert (await browser.patch(path, {"name": "Свежая", "archived": True})).status_code == 200

    ids = [each["id"] for each in (await browser.get("/deals/stages")).json()]
    assert (await browser.put("/deals/stages/order", {"ids": ids[1:]})).json()["code"] == "conflict"
    turned = (await browser.put("/deals/stages/order", {"ids": ids[::-1]})).json()
    assert [(each["name"], each["archived"], each["deals"]) for each in turned] == [
        ("Замер", False, 0),
        ("Отказ", False, 0),
        ("Оплачена", False, 0),
        ("Счёт выставлен", False, 0),
        ("Переговоры", False, 0),
        ("Свежая", True, 1),
    ]
    # The deal stays in the stage; no other comes there, and new ones begin in the first open one.
    assert (await browser.get(f"/deals/{deal['id']}")).json()["stage"]["name"] == "Свежая"
    assert (await browser.post("/deals", {"title": "А", "stageId": of["Новая"]})).json()["code"] == (
        "unknown_stage"
    )
    assert (await made(browser))["stage"]["name"] == "Замер"


async def test_the_last_open_stage_stays(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    of = await stages(browser)
    codes = [
        (await browser.patch(f"/deals/stages/{of[name]}", {"archived": True})).status_code
        for name in ("Новая", "Переговоры", "Счёт выставлен")
    ]
    assert codes == [200, 200, 409]
    assert "Счёт выставлен" in await stages(browser)


async def test_deals_go_into_a_file(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vestnik.sales.listing._EXPORTED_AT_ONCE", 2)
    browser = await installation.signed_in("marketer")
    manager = await installation.signed_in("sales_manager")
    company = (await manager.post("/companies", {"name": "+Ромашка"})).json()["id"]
    deal = await made(manager, clientId=company, sum="1250.50")
    for _ in range(4):
        await made(manager, title="Стенд")
    day = day_of(deal["createdAt"])
    lines = (await browser.get("/deals/export")).content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Номер;Название;Этап;Сумма;Валюта;Клиент;Контакт;Ответственный;Создана;Закрыта"
    assert [line.split(";")[0] for line in lines[1:]] == ["5", "4", "3", "2", "1"]
    assert lines[5] == f"1;Вывеска;Новая;1250,5;RUB;'+Ромашка;;;{day};"
    found = await browser.get("/deals/export", params={"clientId": company})
    assert len(found.text.splitlines()) == 2


async def test_a_merged_contacts_deals_are_the_staying_contacts(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    kept, other = [
        (await browser.post("/contacts", {"name": name, "emails": ["anna@example.ru"]})).json()["id"]
        for name in ("Анна", "Аня")
    ]
    deal = await made(browser, contactId=other)
    order = (await browser.post("/orders", {"title": "Стенд", "contactId": other})).json()
    merged = await browser.post(f"/contacts/{kept}/merge", {"otherIds": [other]})
    assert merged.status_code < 300, merged.text
    for path in (f"/deals/{deal['id']}", f"/orders/{order['id']}"):
        assert (await browser.get(path)).json()["contact"] == {"id": kept, "name": "Анна"}
    # Who is named by the old key is the one that stays.
    assert (await made(browser, contactId=other))["contact"]["id"] == kept


async def test_the_demos_own_go_and_others_stay_without_its_people(installation: Installation) -> None:
    services = installation.services
    database = services.database
    [client] = await database.write(insert_clients, [NewClient("Демо", external_id="demo-1")])
    contact = await services.contacts.create(SYSTEM, Draft(name="Анна", external_id="demo-7"))
    of: Any = {"client_id": client, "contact_id": contact}
    deal = await database.write(store_deal, SYSTEM, NewDeal("Демо", source=(DEMO, 1), **of))
    new = NewOrder("Демо", lines=[OrderLine("Стенд")], deal_id=deal, source=(DEMO, 1), **of)
    order = await database.write(store_order, SYSTEM, new)
    line = (await services.sales.orders.card(SYSTEM, order)).lines[0].id
    await services.sales.tickets.make(SYSTEM, order, [line])
    own = await services.sales.orders.create(SYSTEM, NewOrder("Своя", deal_id=deal, **of))

    await database.write(remove_demo)
    await database.write(remove_demo)

    browser = await installation.signed_in("sales_manager")
    [left] = (await browser.get("/orders")).json()["items"]
    assert (left["id"], left["client"], left["contact"], left["deal"]) == (str(own), None, None, None)
    assert (await browser.get("/deals")).json()["total"] == 0
    assert (await browser.get("/tickets")).json()["total"] == 0

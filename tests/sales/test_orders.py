"""Orders: their lines with the sums as given and as computed, found, changed, made once of a source."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from tests.application import Browser, Installation, day_of

from vestnik.db import Database
from vestnik.people.access import SYSTEM
from vestnik.sales.lines import OrderLine, Work
from vestnik.sales.orders import NewOrder, store_order
from vestnik.sales.service import Sales

ROLLUP = {
    "item": "Ролап 123 22 22",
    "machineCode": "1",
    "resolution": "360 dpi",
    "material": "Баннеры - Эконом (340 гр./м2) - 360 dpi",
    "materialCode": "00-00000021",
    "width": "2",
    "height": "2.5",
    "quantity": "2",
    "price": "500",
    "amount": "1000",
    "works": [{"kind": "Люверсы", "quantity": "2", "description": "шаг 30см"}],
}
DELIVERY = {"item": "Доставка", "isService": True, "quantity": "2", "price": "500", "amount": "1100"}
LAYOUT = "https://demo.solvent.ru/cabinet/print/2019/DAC_noyXsAEV-Cx.jpg"


async def made(browser: Browser, **given: Any) -> dict[str, Any]:
    answer = await browser.post("/orders", {"title": "Заказ №123", **given})
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


async def test_an_order_shows_each_sum_as_given_beside_what_it_comes_to(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    company = (await browser.post("/companies", {"name": "Ромашка"})).json()["id"]
    deal = (await browser.post("/deals", {"title": "Стенд"})).json()
    order = await made(
        browser,
        clientId=company,
        dealId=deal["id"],
        description="Срочно",
        layouts=[LAYOUT],
        lines=[ROLLUP, DELIVERY],
    )
    rollup, delivery = order.pop("lines")
    assert rollup == ROLLUP | {
        "id": rollup["id"],
        "computed": "1000",
        "differs": False,
        "isService": False,
        "extra": {},
        "ticket": None,
    }
    assert (delivery["amount"], delivery["computed"], delivery["differs"]) == ("1100", "1000", True)
    assert order == {
        "id": order["id"],
        "number": 1,
        "title": "Заказ №123",
        "state": "new",
        "sum": "2100",
        "currency": "RUB",
        "client": {"id": company, "name": "Ромашка"},
        "contact": None,
        "deal": {"id": deal["id"], "number": 1, "title": "Стенд"},
        "responsible": None,
        "source": None,
        "createdAt": order["createdAt"],
        "updatedAt": order["createdAt"],
        "closedAt": None,
        "description": "Срочно",
        "layouts": [LAYOUT],
        "dueOn": None,
        "total": {"given": "2100", "computed": "2000", "differs": True},
    }
    [row] = (await browser.get("/orders", params={"dealId": deal["id"], "state": "new"})).json()["items"]
    assert row == {name: order[name] for name in row}


async def test_lines_are_changed_moved_added_and_taken_away(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    order = await made(browser, lines=[ROLLUP, DELIVERY, {"item": "Стенд"}])
    ids = [line["id"] for line in order["lines"]]
    lines = [{**DELIVERY, "id": ids[1], "amount": "1000"}, {"item": "Монтаж"}, {**ROLLUP, "id": ids[0]}]
    changed = (await browser.put(f"/orders/{order['id']}/lines", {"lines": lines})).json()
    assert [(line["item"], line["amount"]) for line in changed["lines"]] == [
        ("Доставка", "1000"),
        ("Монтаж", None),
        ("Ролап 123 22 22", "1000"),
    ]
    assert [line["id"] for line in changed["lines"]][::2] == [ids[1], ids[0]]
    assert (changed["sum"], changed["total"]["differs"]) == ("2000", False)
    other = await made(browser, lines=[{"item": "Чужая"}])
    answer = await browser.post("/orders", {"title": "Ещё", "lines": [{"id": ids[0]}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_line")
    for wrong in ([{"id": other["lines"][0]["id"]}], [{"id": ids[0]}, {"id": ids[0]}], [{"id": ids[2]}]):
        answer = await browser.put(f"/orders/{order['id']}/lines", {"lines": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_line")
    emptied = (await browser.put(f"/orders/{order['id']}/lines", {"lines": []})).json()
    assert (emptied["lines"], emptied["sum"], emptied["total"]["given"]) == ([], None, None)


async def test_who_read_an_order_before_it_was_changed_does_not_overwrite_its_lines(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("sales_manager")
    order = await made(browser, lines=[ROLLUP])
    path, read = f"/orders/{order['id']}/lines", order["updatedAt"]
    mine = {"lines": [{**ROLLUP, "id": order["lines"][0]["id"]}, DELIVERY], "unchangedSince": read}
    saved = (await browser.put(path, mine)).json()
    refused = await browser.put(path, {"lines": [], "unchangedSince": read})
    assert (refused.status_code, refused.json()["code"]) == (409, "order_changed")
    assert (await browser.get(f"/orders/{order['id']}")).json() == saved
    emptied = await browser.put(path, {"lines": [], "unchangedSince": saved["updatedAt"]})
    assert emptied.json()["lines"] == []


async def test_parts_of_an_order_are_changed_and_it_is_closed_by_its_state(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("sales_manager")
    [own] = (await browser.get("/contacts/owners")).json()
    person = (await browser.post("/contacts", {"name": "Анна"})).json()["id"]
    order = await made(browser, layouts=[LAYOUT])
    path = f"/orders/{order['id']}"
    given = {"title": "Ёлка", "contactId": person, "responsibleId": own["id"], "layouts": [], "state": "done"}
    done = (await browser.patch(path, given)).json()
    assert (done["title"], done["contact"], done["responsible"], done["layouts"]) == (
        *("Ёлка", {"id": person, "name": "Анна"}, own, []),
    )
    assert (done["state"], done["closedAt"] is None) == ("done", False)
    again = (await browser.patch(path, {"state": "in_work", "contactId": None})).json()
    assert (again["state"], again["closedAt"], again["contact"]) == ("in_work", None, None)
    assert [each["id"] for each in (await browser.get("/orders?search=елка")).json()["items"]] == [
        order["id"]
    ]
    assert (await browser.patch("/orders/404", {"title": "А"})).status_code == 404
    assert (await browser.patch(path, {"dealId": "404"})).json()["code"] == "unknown_deal"
    assert (await browser.patch(path, {"state": "lost"})).json()["code"] == "invalid_request"


async def test_orders_go_into_a_file(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    deal = (await browser.post("/deals", {"title": "Стенд"})).json()
    order = await made(browser, dealId=deal["id"], lines=[ROLLUP | {"amount": "999.5"}])
    await made(browser, title="Другой")
    answer = await browser.get("/orders/export", params={"search": "123"})
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "Номер;Название;Состояние;Сумма;Валюта;Клиент;Контакт;Ответственный;Сделка;Создан;Закрыт",
        f"1;Заказ №123;Новый;999,5;RUB;;;;1;{day_of(order['createdAt'])};",
    ]


async def test_a_source_makes_one_order_however_many_ask(database: Database) -> None:
    beside = Database(database.url.render_as_string(hide_password=False))
    await beside.start()
    new = NewOrder("Заявка", lines=[OrderLine("Стенд"), OrderLine("Ролап")], source=("lead", 5))
    ids = await asyncio.gather(
        *(each.write(store_order, SYSTEM, new) for _ in range(10) for each in (database, beside))
    )
    await beside.stop()
    assert len(set(ids)) == 1
    card = await Sales(database).orders.card(SYSTEM, ids[0])
    assert (card.order.number, card.order.source) == (1, ("lead", 5))
    assert [each.line.item for each in card.lines] == ["Стенд", "Ролап"]


async def test_whatever_a_web_site_sends_is_kept(database: Database, sales: Sales) -> None:
    work = Work("Люверсы", Decimal("1E+20"), "шаг 30см")
    line = OrderLine(
        "Ролап",
        price=Decimal("1E+40"),
        quantity=Decimal("NaN"),
        amount=Decimal("0.1"),
        works=[work, Work("Карманы", Decimal("0.50"))],
        extra={"Артикул": "17", "Вес": Decimal("1.50"), "Цвета": ["красный", None]},
    )
    id = await database.write(store_order, SYSTEM, NewOrder("Заявка", lines=[line], source=("lead", 1)))
    [stored] = (await sales.orders.card(SYSTEM, id)).lines
    assert stored.line == OrderLine(
        "Ролап",
        amount=Decimal("0.1"),
        works=[Work("Люверсы", None, "шаг 30см (1E+20)"), Work("Карманы", Decimal("0.5"))],
        extra={
            "Артикул": "17",
            "Вес": "1.50",
            "Цвета": ["красный", None],
            "price": "1E+40",
            "quantity": "NaN",
        },
    )


async def test_what_a_sender_said_beside_a_line_stays_when_the_line_is_changed(
    installation: Installation,
) -> None:
    new = NewOrder("Заявка", lines=[OrderLine("Ролап", extra={"Артикул": "17"})], source=("lead", 1))
    id = await installation.services.database.write(store_order, SYSTEM, new)
    browser = await installation.signed_in("sales_manager")
    order = (await browser.get(f"/orders/{id}")).json()
    assert order["source"] == {"kind": "lead", "id": "1"}
    lines = {"lines": [{"id": order["lines"][0]["id"], "item": "Стенд"}]}
    changed = (await browser.put(f"/orders/{id}/lines", lines)).json()
    assert [(line["item"], line["extra"]) for line in changed["lines"]] == [("Стенд", {"Артикул": "17"})]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ({"price": 500}, "$.lines[0].price"),
        ({"price": "1 000"}, "$.lines[0].price"),
        ({"quantity": "1e3"}, "$.lines[0].quantity"),
        ({"amount": "1" * 16}, "$.lines[0].amount"),
        ({"sum": "1"}, "$.lines[0].sum"),
    ],
)
async def test_a_number_that_may_have_been_rounded_is_refused(
    installation: Installation, line: dict[str, Any], path: str
) -> None:
    browser = await installation.signed_in("sales_manager")
    problem = (await browser.post("/orders", {"title": "А", "lines": [line]})).json()
    assert (problem["code"], problem["path"]) == ("invalid_request", path)


async def test_the_contacts_timeline_tells_of_deals_orders_and_tickets(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    person = (await browser.post("/contacts", {"name": "Анна"})).json()["id"]
    deal = (await browser.post("/deals", {"title": "Вывеска", "contactId": person})).json()
    order = await made(browser, contactId=person, lines=[ROLLUP])
    chosen = {"lineIds": [order["lines"][0]["id"]]}
    ticket = (await browser.post(f"/orders/{order['id']}/tickets", chosen)).json()["new"][0]
    await made(browser)
    told = [
        (each["title"], each["link"], each["detail"])
        for each in (await browser.get(f"/contacts/{person}/timeline")).json()["items"]
        if each["kind"].endswith("_created") and each["kind"] != "contact_created"
    ]
    assert told == [
        ("Техкарта № 1", f"/tickets/{ticket['id']}", "Ролап 123 22 22"),
        ("Заказ № 1", f"/orders/{order['id']}", "Заказ №123"),
        ("Сделка № 1", f"/deals/{deal['id']}", "Вывеска"),
    ]

"""Job tickets: one of each line that a person ticked, never a second one; copied, printed, told of."""

from __future__ import annotations

import asyncio
import json

import sqlalchemy as sa
from tests.application import Browser, Installation, day_of
from tests.sales.test_orders import DELIVERY, LAYOUT, ROLLUP, made

from vestnik.db import Database, new_key, now
from vestnik.outgoing.service import forget_wanted
from vestnik.outgoing.tables import endpoint, message
from vestnik.people.access import SYSTEM
from vestnik.sales.lines import OrderLine
from vestnik.sales.orders import NewOrder
from vestnik.sales.service import Sales


async def order_of_three(browser: Browser) -> tuple[str, list[str]]:
    """An order of two goods with a service between them: its key, and those of its lines."""
    order = await made(browser, layouts=[LAYOUT], lines=[ROLLUP, DELIVERY, {"item": "Стенд"}])
    return order["id"], [line["id"] for line in order["lines"]]


async def make(browser: Browser, order_id: str, line_ids: list[str]) -> tuple[list[str], list[str]]:
    """The lines of the tickets that were made now, and of those that were there."""
    answer = await browser.post(f"/orders/{order_id}/tickets", {"lineIds": line_ids})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return [each["lineId"] for each in told["new"]], [each["lineId"] for each in told["known"]]


async def test_goods_are_ticked_services_are_not_and_what_has_a_ticket_is_marked(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("sales_manager")
    id, lines = await order_of_three(browser)

    async def offered() -> list[tuple[str, bool, int | None]]:
        found = (await browser.get(f"/orders/{id}/tickets/offer")).json()
        return [
            (
                each["line"]["item"],
                each["ticked"],
                each["line"]["ticket"] and each["line"]["ticket"]["number"],
            )
            for each in found
        ]

    assert await offered() == [
        ("Ролап 123 22 22", True, None),
        ("Доставка", False, None),
        ("Стенд", True, None),
    ]
    assert await make(browser, id, [lines[1], lines[0]]) == ([lines[0], lines[1]], [])
    assert await offered() == [("Ролап 123 22 22", False, 1), ("Доставка", False, 2), ("Стенд", True, None)]


async def test_a_ticket_is_a_copy_of_its_line(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    [own] = (await browser.get("/contacts/owners")).json()
    id, lines = await order_of_three(browser)
    company = (await browser.post("/companies", {"name": "Ромашка"})).json()["id"]
    await browser.patch(f"/orders/{id}", {"responsibleId": own["id"], "clientId": company})
    await make(browser, id, lines[:1])
    await browser.put(f"/orders/{id}/lines", {"lines": [{"id": lines[0], "item": "Другое"}]})
    [row] = (await browser.get("/tickets")).json()["items"]
    ticket = (await browser.get(f"/tickets/{row['id']}")).json()
    assert (
        row
        == ticket
        == {
            **{name: value for name, value in ROLLUP.items() if name not in ("price", "amount")},
            "id": ticket["id"],
            "number": 1,
            "lineId": lines[0],
            "order": {"id": id, "number": 1, "title": "Заказ №123"},
            "client": {"id": company, "name": "Ромашка"},
            "responsible": own,
            "state": "new",
            "layouts": [LAYOUT],
            "note": "",
            "dueOn": None,
            "overdue": False,
            "createdAt": ticket["createdAt"],
            "updatedAt": ticket["createdAt"],
            "closedAt": None,
        }
    )


async def test_asking_again_makes_no_second_set(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    id, lines = await order_of_three(browser)
    assert await make(browser, id, lines) == (lines, [])
    assert await make(browser, id, [*lines, *lines]) == ([], lines)
    assert [each["number"] for each in (await browser.get("/tickets?sort=number")).json()["items"]] == [
        1,
        2,
        3,
    ]
    other = await made(browser, lines=[{"item": "Чужая"}])
    refused = await browser.post(f"/orders/{id}/tickets", {"lineIds": [other["lines"][0]["id"]]})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_line")
    assert (await browser.post(f"/orders/{id}/tickets", {"lineIds": []})).json()["code"] == "invalid_request"
    assert (await browser.post("/orders/404/tickets", {"lineIds": lines})).status_code == 404


async def test_many_who_ask_at_once_in_two_processes_make_one_set(database: Database) -> None:
    beside = Database(database.url.render_as_string(hide_password=False))
    await beside.start()
    lines = [OrderLine(f"Стенд {number}") for number in range(5)]
    rooms = [Sales(database), Sales(beside)]
    id = await rooms[0].orders.create(SYSTEM, NewOrder("Заказ", lines=lines))
    ids = [each.id for each in (await rooms[0].orders.card(SYSTEM, id)).lines]
    found = await asyncio.gather(*(room.tickets.make(SYSTEM, id, ids) for _ in range(8) for room in rooms))
    await beside.stop()
    _, tickets = await rooms[0].tickets.of_order(SYSTEM, id)
    made_now = [key for each in found for key in each.new]
    assert sorted(made_now) == sorted(each.id for each in tickets)
    assert [each.line_id for each in tickets] == ids
    assert sorted(each.number for each in tickets) == [1, 2, 3, 4, 5]
    assert all(len(each.new) + len(each.known) == 5 for each in found)


async def test_a_line_with_a_ticket_is_not_taken_away(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    id, lines = await order_of_three(browser)
    await make(browser, id, [lines[2]])
    refused = await browser.put(f"/orders/{id}/lines", {"lines": [{"id": lines[0], "item": "Ролап"}]})
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["item"], problem["number"]) == (
        *(409, "line_has_ticket", "Стенд", 1),
    )
    kept = await browser.put(f"/orders/{id}/lines", {"lines": [{"id": lines[2], "item": "Стенд"}]})
    assert (kept.status_code, len(kept.json()["lines"])) == (200, 1)


async def test_a_page_to_print_has_the_order_and_its_tickets_in_the_order_of_the_lines(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("sales_manager")
    id, lines = await order_of_three(browser)
    await make(browser, id, [lines[2]])
    await make(browser, id, [lines[0]])
    printed = (await browser.get(f"/orders/{id}/tickets")).json()
    assert [(each["number"], each["item"]) for each in printed["tickets"]] == [
        (2, "Ролап 123 22 22"),
        (1, "Стенд"),
    ]
    assert printed["order"] == (await browser.get(f"/orders/{id}")).json()


async def test_a_ticket_is_worked_on(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    [own] = (await browser.get("/contacts/owners")).json()
    id, lines = await order_of_three(browser)
    await make(browser, id, lines)
    [first] = (await browser.get("/tickets?search=ролап")).json()["items"]
    path = f"/tickets/{first['id']}"
    given = {"state": "done", "note": "Сложить", "responsibleId": own["id"]}
    done = (await browser.patch(path, given)).json()
    assert (done["state"], done["note"], done["responsible"]) == ("done", "Сложить", own)
    assert done["closedAt"] is not None
    again = (await browser.patch(path, {"state": "in_work", "responsibleId": None})).json()
    assert (again["closedAt"], again["responsible"]) == (None, None)
    assert (await browser.patch(path, {"responsibleId": "404"})).json()["code"] == "unknown_responsible"
    shown = {
        query: [each["number"] for each in (await browser.get(f"/tickets?{query}")).json()["items"]]
        for query in ("state=in_work", "state=new&sort=number", "search=3", f"orderId={id}&sort=item")
    }
    assert shown == {
        "state=in_work": [1],
        "state=new&sort=number": [2, 3],
        "search=3": [3],
        f"orderId={id}&sort=item": [2, 1, 3],
    }


async def test_tickets_go_into_a_file(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    id, lines = await order_of_three(browser)
    await make(browser, id, lines[:1])
    text = (await browser.get("/tickets/export")).content.decode("utf-8-sig")
    ticket = (await browser.get("/tickets")).json()["items"][0]
    assert text.splitlines()[1].split(";") == [
        *("1", "1", "Новая", "", "", "Ролап 123 22 22", "1", "Баннеры - Эконом (340 гр./м2) - 360 dpi"),
        *("00-00000021", "360 dpi", "2", "2,5", "2", "Люверсы 2 шаг 30см", LAYOUT, "", "", ""),
        *(day_of(ticket["createdAt"]), ""),
    ]


async def test_orders_and_tickets_are_told_to_whoever_wants_to_hear(installation: Installation) -> None:
    database = installation.services.database
    await database.write(_listen)
    browser = await installation.signed_in("sales_manager")
    id, lines = await order_of_three(browser)
    await make(browser, id, lines[:1])
    await make(browser, id, lines[:1])
    async with database.read() as connection:
        rows = await connection.execute(sa.select(message.c.kind, message.c.body).order_by(message.c.at))
        told = {row.kind: json.loads(row.body)["data"] for row in rows}
    order, ticket = told["order.created"], told["job_ticket.created"]
    assert (order["id"], order["number"], order["sum"], order["currency"]) == (id, 1, "2100", "RUB")
    assert [(each["item"], each["amount"], each["computed"]) for each in order["lines"]] == [
        ("Ролап 123 22 22", "1000", "1000"),
        ("Доставка", "1100", "1000"),
        ("Стенд", None, None),
    ]
    assert (ticket["orderId"], ticket["lineId"], ticket["machineCode"]) == (id, lines[0], "1")
    assert ticket["works"] == ROLLUP["works"]


def _listen(connection: sa.Connection) -> None:
    """Have an endpoint that wants everything."""
    at = now()
    connection.execute(
        sa.insert(endpoint).values(
            id=new_key(),
            title="ERP",
            url="https://erp.example.ru/",
            kinds=["order.created", "job_ticket.created"],
            private=False,
            secret_sealed=b"",
            enabled=True,
            told=False,
            created_at=at,
            updated_at=at,
        )
    )
    forget_wanted(connection)

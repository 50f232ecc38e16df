"""A letter that was read again: its lines wait beside the order's until a person takes them over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.application import Browser, Installation
from tests.sales.test_orders import made

from vestnik.sales.lines import OrderLine, Work
from vestnik.sales.orders import StoredLine, Ticketed
from vestnik.sales.rereading import changes_between, note_reading

BANNER = OrderLine("Баннер", machine_code="HP-1", quantity=Decimal(2), price=Decimal(500), extra={"Цвет": 4})
ROLLUP = OrderLine("Ролап", quantity=Decimal(1), works=[Work("Люверсы", Decimal(4))])
STAND = OrderLine("Стенд")
TICKET = Ticketed(9, 1, "new")


def told(known: Sequence[tuple[OrderLine, Ticketed | None]], fresh: Sequence[OrderLine]) -> list[Any]:
    stored = [StoredLine(id, line, ticket) for id, (line, ticket) in enumerate(known)]
    return [
        (each.kind, each.before and each.before.id, each.after and each.after.item, list(each.fields))
        for each in changes_between(stored, fresh)
    ]


def test_lines_are_paired_by_what_they_are_and_not_by_where_they_stand() -> None:
    mended = replace(BANNER, quantity=Decimal(3), price=Decimal(450))
    assert told([(BANNER, None), (ROLLUP, None), (STAND, TICKET)], [ROLLUP, OrderLine("Печать"), mended]) == [
        ("same", 1, "Ролап", []),
        ("new", None, "Печать", []),
        ("changed", 0, "Баннер", ["quantity", "price"]),
        ("kept", 2, None, []),
    ]


def test_a_name_that_was_mended_stays_at_its_place_and_what_is_left_out_goes() -> None:
    garbled = replace(BANNER, item="????")
    assert told([(garbled, TICKET), (ROLLUP, None)], [BANNER, ROLLUP]) == [
        ("changed", 0, "Баннер", ["item"]),
        ("same", 1, "Ролап", []),
    ]
    assert told([(garbled, TICKET), (ROLLUP, None)], [BANNER]) == [
        ("new", None, "Баннер", []),
        ("kept", 0, None, []),
        ("gone", 1, None, []),
    ]
    assert told([(STAND, None), (STAND, None)], [STAND, STAND, STAND]) == [
        ("same", 0, "Стенд", []),
        ("same", 1, "Стенд", []),
        ("new", None, "Стенд", []),
    ]
    assert told([(BANNER, None)], [replace(BANNER, extra={}, quantity=Decimal("2.0"))]) == [
        ("same", 0, "Баннер", [])
    ]


async def reading_of(browser: Browser, path: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await browser.get(f"{path}/reading")).json()["reading"]
    return found


async def test_a_person_takes_the_lines_over_once_and_tickets_stay(installation: Installation) -> None:
    database = installation.services.database
    browser = await installation.signed_in("sales_manager")
    given = [
        {"item": "Баннер", "quantity": "2", "price": "500", "amount": "1000"},
        {"item": "Стенд"},
        {"item": "Монтаж"},
    ]
    order = await made(browser, lines=given)
    path, ids = f"/orders/{order['id']}", [each["id"] for each in order["lines"]]
    await browser.post(f"{path}/tickets", {"lineIds": ids[:2]})
    fresh = [
        OrderLine("Доставка", amount=Decimal("0.5")),
        OrderLine("Баннер", quantity=Decimal(3), price=Decimal(500), amount=Decimal(1500)),
    ]
    assert await reading_of(browser, path) is None
    assert await database.write(lambda c: note_reading(c, int(order["id"]), fresh, dry=True)) is True
    assert await reading_of(browser, path) is None
    for _ in range(2):
        assert await database.write(note_reading, int(order["id"]), fresh) is True
    waiting = await reading_of(browser, path)
    assert waiting is not None
    assert [
        (
            each["kind"],
            each["before"] and each["before"]["item"],
            each["after"] and each["after"]["quantity"],
            each["fields"],
            each["ticket"] and each["ticket"]["number"],
        )
        for each in waiting["changes"]
    ] == [
        ("new", None, None, [], None),
        ("changed", "Баннер", "3", ["quantity", "amount"], 1),
        ("kept", "Стенд", None, [], 2),
        ("gone", "Монтаж", None, [], None),
    ]
    untouched = (await browser.get(path)).json()
    assert (untouched["sum"], len(untouched["lines"])) == ("1000", 3)

    seen = {"readAt": waiting["readAt"], "unchangedSince": waiting["unchangedSince"]}
    await browser.patch(path, {"description": "Срочно"})
    late = await browser.post(f"{path}/reading/take", seen)
    assert (late.status_code, late.json()["code"]) == (409, "order_changed")
    waiting = await reading_of(browser, path)
    assert waiting is not None
    seen = {"readAt": waiting["readAt"], "unchangedSince": waiting["unchangedSince"]}
    answers = [await browser.post(f"{path}/reading/take", seen) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    taken = answers[0].json()
    assert answers[1].json() == taken == (await browser.get(path)).json()
    assert [(each["item"], each["quantity"]) for each in taken["lines"]] == [
        *(("Доставка", None), ("Баннер", "3"), ("Стенд", None)),
    ]
    assert [each["id"] for each in taken["lines"]][1:] == ids[:2]
    assert (taken["sum"], await reading_of(browser, path)) == ("1500.5", None)
    tickets = (await browser.get("/tickets?sort=number")).json()["items"]
    assert [(each["item"], each["quantity"]) for each in tickets] == [("Баннер", "2"), ("Стенд", None)]
    history = (await browser.get(f"{path}/history")).json()["items"]
    assert [each["action"] for each in history].count("order.lines_taken") == 1


async def test_a_person_leaves_the_lines_as_they_are(installation: Installation) -> None:
    database = installation.services.database
    browser = await installation.signed_in("sales_manager")
    order = await made(browser, lines=[{"item": "Баннер"}])
    path, id = f"/orders/{order['id']}", int(order["id"])
    await database.write(note_reading, id, [STAND])
    assert [(await browser.delete(f"{path}/reading")).status_code for _ in range(2)] == [204, 204]
    assert (await reading_of(browser, path), (await browser.get(path)).json()) == (None, order)
    history = (await browser.get(f"{path}/history")).json()["items"]
    assert [each["action"] for each in history] == ["order.lines_left", "order.created"]
    await database.write(note_reading, id, [STAND])
    assert await database.write(note_reading, id, [OrderLine("Баннер")]) is False
    assert await reading_of(browser, path) is None

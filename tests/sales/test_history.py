"""Who changed what of a deal, an order or a job ticket, and when: read from the audit."""

from __future__ import annotations

from tests.application import Browser, Installation
from tests.sales.test_orders import ROLLUP, made


async def history(browser: Browser, path: str) -> list[tuple[str, list[str], str | None]]:
    found = (await browser.get(f"{path}/history")).json()
    assert found["total"] == len(found["items"])
    return [(each["action"], each["fields"], each["user"]) for each in found["items"]]


async def test_a_deal_tells_who_moved_it_and_what_else_was_changed(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    [own] = (await browser.get("/contacts/owners")).json()
    stages = {each["name"]: each["id"] for each in (await browser.get("/deals/stages")).json()}
    deal = (await browser.post("/deals", {"title": "Вывеска"})).json()
    path = f"/deals/{deal['id']}"
    for change in (
        {"sum": "100", "responsibleId": own["id"]},
        {"stageId": stages["Переговоры"]},
        {"stageId": stages["Оплачена"]},
        {"stageId": stages["Оплачена"]},
    ):
        await browser.patch(path, change)
    me = own["name"]
    assert await history(browser, path) == [
        ("deal.won", ["stage_id"], me),
        ("deal.moved", ["stage_id"], me),
        ("deal.changed", ["responsible_id", "sum"], me),
        ("deal.created", ["title"], me),
    ]
    page = (await browser.get(f"{path}/history", params={"offset": 1, "limit": 1})).json()
    assert ([each["action"] for each in page["items"]], page["total"]) == (["deal.moved"], 4)
    assert page["items"][0]["byKey"] is False
    assert (await browser.get("/deals/404/history")).status_code == 404


async def test_orders_and_their_tickets_tell_of_states_and_lines(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    order = await made(browser, lines=[ROLLUP])
    path = f"/orders/{order['id']}"
    lines = [{**ROLLUP, "id": order["lines"][0]["id"], "amount": "900"}]
    await browser.put(f"{path}/lines", {"lines": lines})
    await browser.patch(path, {"state": "done", "title": "Другое"})
    assert [each[:2] for each in await history(browser, path)] == [
        ("order.done", ["state", "title"]),
        ("order.changed", ["lines"]),
        ("order.created", ["lines", "title"]),
    ]
    await browser.post(f"{path}/tickets", {"lineIds": [order["lines"][0]["id"]]})
    [ticket] = (await browser.get("/tickets")).json()["items"]
    for change in ({"state": "in_work"}, {"note": "Сложить"}):
        await browser.patch(f"/tickets/{ticket['id']}", change)
    assert [each[:2] for each in await history(browser, f"/tickets/{ticket['id']}")] == [
        ("job_ticket.changed", ["note"]),
        ("job_ticket.in_work", ["state"]),
        ("job_ticket.created", []),
    ]

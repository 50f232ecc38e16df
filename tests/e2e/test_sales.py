"""An order becomes job tickets: which lines, how often, and what stands on the paper."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

ORDER = {
    "title": "Баннеры на выставку",
    "layouts": ["https://example.ru/maket.pdf"],
    "lines": [
        {
            "item": "Баннер",
            "machineCode": "HP-1",
            "material": "Баннерная ткань",
            "materialCode": "BT-440",
            "resolution": "720",
            "width": "3",
            "height": "1.5",
            "quantity": "2",
            "price": "1000",
            "amount": "2500",
            "works": [{"kind": "Люверсы", "quantity": "12"}],
        },
        {"item": "Монтаж", "isService": True, "quantity": "1", "price": "3000", "amount": "3000"},
        {"item": "Доставка", "isService": True, "quantity": "1", "price": "500", "amount": "500"},
    ],
}


def test_manager_makes_job_tickets_of_an_order_once_and_prints_them(
    demo: Site, page: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "sales")
    order = demo.asks(page, "POST", "/orders", ORDER)
    demo.open(page, f"/orders/{order['id']}")
    lines = page.get_by_role("table", name="Строки заказа")
    expect(lines).to_contain_text(re.compile(r"2\s500\s₽\s*по цене и количеству 2\s000\s₽"))
    expect(page.get_by_text(re.compile(r"Итого: 6\s000\s₽"))).to_be_visible()
    layout = page.get_by_role("link", name="https://example.ru/maket.pdf")
    assert layout.get_attribute("rel") == "noopener noreferrer"

    page.get_by_role("button", name="Сформировать техкарты").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox", name="Баннер")).to_be_checked()
    expect(dialog.get_by_role("checkbox", name="Доставка")).not_to_be_checked()
    dialog.get_by_role("checkbox", name="Монтаж").check()
    found = findings(page)
    dialog.get_by_role("button", name="Сформировать 2 техкарты").click()
    expect(dialog.get_by_text("Сформировано 2 техкарты")).to_be_visible()
    found += findings(page)
    dialog.get_by_role("button", name="Закрыть").last.click()

    page.get_by_role("button", name="Сформировать техкарты").click()
    expect(dialog.get_by_text("Уже сформирована:")).to_have_count(2)
    expect(dialog.get_by_role("checkbox")).to_have_count(1)
    line_ids = [each["id"] for each in order["lines"][:2]]
    again = demo.asks(page, "POST", f"/orders/{order['id']}/tickets", {"lineIds": line_ids})
    assert (len(again["new"]), len(again["known"])) == (0, 2)
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Печать техкарт").click()
    sheets = page.get_by_role("region", name=re.compile("^Техкарта № "))
    expect(sheets).to_have_count(2)
    for words in ("Баннер", "HP-1", "BT-440", "3 × 1,5", "Люверсы", "https://example.ru/maket.pdf"):
        expect(sheets.first).to_contain_text(words)
    expect(sheets.last).to_contain_text("Монтаж")
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Печать")).to_be_hidden()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 2
    assert found == []

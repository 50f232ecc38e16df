"""Leads: they arrive before one's eyes, are worked on by keys, become clients; an INN is corrected."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

from vestnik.db import new_key

pytestmark = pytest.mark.slow

ACCOUNT = "Основной аккаунт"


def add(demo: Site, page: Page, **fields: Any) -> Any:
    """A lead as a machine adds it; its key and number."""
    return demo.asks(page, "POST", "/leads", fields)


def test_lead_arrives_live_is_taken_by_a_key_and_becomes_a_client_and_a_deal(
    demo: Site, page: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "sales")
    demo.open(page, "/leads")
    table = page.get_by_role("table", name="Заявки")
    expect(table.get_by_role("link").first).to_be_visible()
    title = f"Вывеска {new_key()}"
    lead = add(demo, page, title=title, person="Лидия Зимина", email=f"l{new_key()}@example.com")
    row = table.get_by_role("row").filter(has_text=title)
    expect(row).to_contain_text("Новая")

    search = page.get_by_role("searchbox", name="Имя, компания")
    search.press("t")  # a letter in a field is a letter
    search.fill("")
    search.blur()
    page.keyboard.press("j")
    expect(row.get_by_role("link")).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_text(f"Заявка № {lead['number']} в работе")).to_be_visible()
    expect(row).to_contain_text("Ответ через")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Горячие клавиши")).to_contain_text("Взять в работу")
    assert findings(page) == []
    page.keyboard.press("Escape")
    expect(row.get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{lead['id']}")

    source = page.get_by_role("region", name="Исходный запрос")
    expect(source).to_contain_text(title)
    expect(page.get_by_role("region", name="Сервисы рассылки")).to_contain_text("Контакта пока нет")
    page.get_by_role("button", name="Оформить").first.click()
    dialog = page.get_by_role("dialog", name=f"Оформить заявку № {lead['number']}")
    expect(dialog.get_by_role("status")).to_contain_text("будет создан контакт «Лидия Зимина»")
    dialog.get_by_label("Новый клиент").check()
    dialog.get_by_text("Частное лицо").click()
    dialog.get_by_label("Сумма, если известна").fill("12 500,50")
    assert findings(page) == []
    dialog.get_by_role("button", name="Оформить").click()
    done = page.get_by_role("dialog", name=f"Заявка № {lead['number']} оформлена")
    for link in ("/companies/", "/contacts/", "/deals/"):
        expect(done.locator(f"a[href*='{link}']")).to_have_count(1)
    done.get_by_role("button", name="Закрыть").last.click()
    expect(page.get_by_text("Обработан", exact=True)).to_be_visible()
    deal = demo.asks(page, "GET", f"/deals/{demo.asks(page, 'GET', '/leads/' + lead['id'])['dealId']}")
    assert deal["sum"].startswith("12500.5")

    page.keyboard.press("c")
    results = page.get_by_role("dialog", name=f"Закрыть заявку № {lead['number']}")
    expect(results.get_by_role("button", name="Не целевой")).to_be_visible()
    page.keyboard.press("3")
    expect(results).to_have_count(0)
    expect(page.get_by_role("region", name="История")).to_contain_text("Закрыта")


def test_wrong_inn_is_corrected_on_the_card_and_leads_to_the_client(
    demo: Site, page: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "sales")
    lead = add(demo, page, title="Каталог", company="ООО «Пример»", inn="7707083894")
    demo.open(page, f"/leads/{lead['id']}")
    warning = page.get_by_role("alert").filter(has_text="контрольная сумма не сходится")
    expect(warning).to_be_visible()
    assert findings(page) == []
    warning.get_by_role("button", name="Исправить").click()
    expect(warning).to_contain_text("В ИНН ошибка")
    warning.get_by_label("Верный ИНН").fill("7707083893")
    warning.get_by_role("button", name="Исправить").click()
    expect(page.get_by_text("ИНН исправлен, клиент найден или создан")).to_be_visible()
    expect(warning).to_have_count(0)
    relations = page.get_by_role("region", name="Кто и с чем связано")
    expect(relations.get_by_role("link").first).to_have_attribute("href", re.compile(r"/companies/\d+$"))


def test_what_services_know_of_a_lead_s_contact_stands_at_the_right_of_its_page(
    demo: Site, page: Page
) -> None:
    demo.enter(page, "sales")
    email = f"panel{new_key()}@example.com"
    contact = demo.asks(page, "POST", "/contacts", {"name": "Инна Панина", "emails": [email]})
    lead = add(demo, page, title="Повторный заказ", email=email)
    demo.open(page, f"/leads/{lead['id']}")
    relations = page.get_by_role("region", name="Кто и с чем связано")
    expect(relations.locator(f"a[href='/contacts/{contact['id']}']").first).to_be_visible()
    panel = page.get_by_role("region", name=ACCOUNT)
    expect(panel.get_by_text("Этого адреса нет ни в одном списке сервиса.")).to_be_visible()
    boxes = panel.bounding_box(), relations.bounding_box()
    assert boxes[0] and boxes[1] and boxes[0]["x"] > boxes[1]["x"] + boxes[1]["width"]
    panel.get_by_role("button", name="Добавить в список").click()
    dialog = page.get_by_role("dialog", name=f"Подписки {email}")
    dialog.get_by_label("Новости").check()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Новости: добавлен")
    page.keyboard.press("Escape")
    expect(panel.get_by_text("Новости (подписан)")).to_be_visible()

    page.set_viewport_size({"width": 390, "height": 844})
    below = panel.bounding_box(), relations.bounding_box()
    assert below[0] and below[1] and below[0]["y"] > below[1]["y"]

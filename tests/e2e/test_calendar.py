"""The calendar: an event is entered, found, moved and deleted; leads stand in it; a link hands it out."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

DAY = "2031-03-12"  # far from what the demo has


def test_events_are_entered_found_moved_and_handed_out(
    demo: Site, page: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "sales")
    demo.open(page, f"/calendar?view=month&date={DAY}")
    expect(page.get_by_role("heading", level=2, name="Март 2031")).to_be_visible()
    page.get_by_role("button", name="Новый общий календарь").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Монтаж")
    dialog.get_by_role("radio", name="Оранжевый").check()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("checkbox", name="Монтаж")).to_be_checked()

    page.get_by_role("button", name="Новое событие", exact=True).click()
    dialog.get_by_label("Название").fill("Вывеска на Ленина")
    dialog.get_by_role("combobox", name="Календарь").click()
    page.get_by_role("option", name="Монтаж").click()
    dialog.get_by_role("button", name="Новое событие").click()
    event = page.get_by_role("button", name=re.compile("Вывеска на Ленина ?, Монтаж"))
    expect(event).to_contain_text("10:00")
    page.get_by_text("Неделя", exact=True).click()
    page.wait_for_url(re.compile(r"view=week"))
    expect(event).to_be_visible()
    page.get_by_text("Список", exact=True).click()
    page.get_by_role("button", name="Вывеска на Ленина").click()
    page.wait_for_url(re.compile(r"event="))
    expect(dialog).to_contain_text("среда, 12 марта, 10:00–11:00")
    page.reload()  # its address is the event's own
    dialog.get_by_role("button", name="Изменить").click()
    dialog.get_by_label("Весь день").check()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog).to_contain_text("Весь день")
    assert findings(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Действия с календарём «Монтаж»").click()
    page.get_by_role("menuitem", name="Секретная ссылка").click()
    dialog.get_by_role("button", name="Создать ссылку").click()
    address = dialog.get_by_label("Адрес iCalendar").input_value()
    feed = page.request.get(address).text()
    assert "SUMMARY:Вывеска на Ленина" in feed
    assert "DTSTART;VALUE=DATE:20310312" in feed
    dialog.get_by_role("button", name="Отключить").click()
    page.get_by_role("dialog", name="Отключить ссылку?").get_by_role("button", name="Отключить").click()
    expect(page.get_by_role("button", name="Создать ссылку")).to_be_visible()
    assert page.request.get(address).status == 404
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Вывеска на Ленина").click()
    dialog.get_by_role("button", name="Удалить").click()
    page.get_by_role("dialog", name="Удалить событие").get_by_role("button", name="Удалить").click()
    expect(page.get_by_text("Событий нет")).to_be_visible()
    page.get_by_role("button", name="Действия с календарём «Монтаж»").click()
    page.get_by_role("menuitem", name="В архив").click()
    page.get_by_role("dialog").get_by_role("button", name="В архив").click()
    expect(page.get_by_role("checkbox", name="Монтаж")).to_have_count(0)


def test_a_lead_stands_in_the_calendar_and_leads_to_its_page(demo: Site, page: Page) -> None:
    demo.enter(page, "sales")
    lead = {"title": "Баннер для календаря", "email": "calendar@example.com"}
    key = demo.asks(page, "POST", "/leads", lead)["id"]
    demo.open(page, "/calendar?view=agenda")
    page.get_by_role("button", name="Баннер для календаря").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Удалить")).to_have_count(0)
    assert dialog.get_by_role("link", name="Открыть заявку").get_attribute("href") == f"/leads/{key}"

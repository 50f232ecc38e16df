"""How leads come in, as a person sets it up: a door that is tried, a mailbox that is collected."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow


def test_a_door_takes_the_documents_example_and_leads_to_its_lead(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/settings/intake?tab=doors")
    page.get_by_role("button", name="Добавить адрес приёма").click()
    page.get_by_label("Название").fill("Калькулятор сайта")
    page.get_by_role("button", name="Создать", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Калькулятор сайта")
    expect(page.get_by_role("textbox", name="Адрес приёма")).to_have_value(re.compile("/intake/"))

    page.get_by_role("button", name="Показать разбор").click()
    expect(page.get_by_role("table", name="Товары")).to_contain_text("Люверсы × 2 шаг 30см")
    page.get_by_role("button", name="Отправить пробу").click()
    page.get_by_role("link", name="Открыть заявку").click()
    expect(page).to_have_url(re.compile(r"/leads/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Заказ №123 от 01.06.2019")

    page.go_back()
    page.get_by_role("button", name="Закрыть адрес").click()
    page.get_by_role("dialog").get_by_role("button", name="Закрыть адрес").click()
    expect(page).to_have_url(re.compile("tab=doors"))
    expect(page.get_by_role("table", name="HTTP-приём")).not_to_contain_text("Калькулятор сайта")


def test_a_collector_is_checked_saved_and_run(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/settings/intake")
    page.get_by_role("link", name="Заказы с сайта").click()
    page.get_by_role("tab", name="Настройки").click()
    page.get_by_role("button", name="Проверить ящик").click()
    expect(page.get_by_role("status").filter(has_text="Ящик доступен")).to_contain_text("«ORDER»")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("Сохранено", exact=True)).to_be_visible()

    page.get_by_role("button", name="Собрать сейчас").click()
    page.get_by_role("tab", name="Запуски").click()
    expect(page.get_by_role("table", name="Запуски")).to_contain_text("вручную")
    page.get_by_role("tab", name="Письма").click()
    page.get_by_role("table", name="Письма").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/leads/inputs/\d+$"))
    expect(page.get_by_role("heading", name="Исходные данные")).to_be_visible()

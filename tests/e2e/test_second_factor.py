"""The second factor and open sessions, as a person finds them on the profile and at the door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import PASSWORD, Site, complaints
from tests.people.factors import code_of

pytestmark = pytest.mark.slow

EMAIL = "marketer@demo.local"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Another device, with nobody signed in."""
    context = browser.new_context(locale="ru-RU", viewport={"width": 390, "height": 844})
    page = context.new_page()
    wrong = complaints(page)
    yield page
    context.close()
    assert wrong == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def enter_password(demo: Site, page: Page) -> None:
    page.goto(f"{demo.address}/login")
    page.get_by_label("Электронная почта").fill(EMAIL)
    page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()


def turn_on(page: Page, findings: Callable[[Page], list[str]]) -> str:
    """Go through the dialog of the profile; the app's secret."""
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Включить", exact=True).click()
    dialog.get_by_label("Нынешний пароль").fill(PASSWORD)
    dialog.get_by_role("button", name="Далее").click()
    expect(dialog.get_by_role("img", name="QR-код для приложения")).to_be_visible()
    secret = dialog.get_by_label("Ключ").input_value()
    assert findings(page) == []
    dialog.get_by_label("Код из приложения").fill(code_of(secret))
    dialog.get_by_role("button", name="Подтвердить").click()
    expect(dialog.get_by_role("listitem")).to_have_count(10)
    assert findings(page) == []
    return secret


def test_a_person_turns_on_the_second_factor_and_signs_in_with_a_code(
    demo: Site, page: Page, phone: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "marketer")
    demo.enter(phone, "marketer")
    page.get_by_role("button", name=re.compile("^Меню пользователя")).click()
    page.get_by_role("menuitem", name="Профиль").click()
    sessions = page.get_by_role("table", name="Сеансы").get_by_role("row")
    expect(sessions.filter(has_text="этот")).to_have_count(1)
    expect(sessions.get_by_role("button", name=re.compile("^Завершить"))).not_to_have_count(0)

    secret = turn_on(page, findings)
    recovery = page.get_by_role("dialog").get_by_role("listitem").first.inner_text()
    page.get_by_role("checkbox", name="Коды сохранены").check()
    page.get_by_role("dialog").get_by_role("button", name="Закрыть").last.click()
    expect(page.get_by_text("Осталось 10 запасных кодов.")).to_be_visible()
    expect(sessions).to_have_count(2)  # the head, and this one: all others have ended

    enter_password(demo, phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Подтвердите вход")
    assert (findings(phone), fits(phone)) == ([], True)
    phone.get_by_role("textbox", name="Код").fill("000000")
    phone.get_by_role("button", name="Войти").click()
    expect(phone.get_by_role("alert")).to_contain_text("Код не подходит")
    phone.get_by_role("textbox", name="Код").fill(code_of(secret, 1))  # it was turned on by the present one
    phone.get_by_role("button", name="Войти").click()
    phone.wait_for_url("**/start")

    page.get_by_role("button", name="Выключить").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Нынешний пароль").fill(PASSWORD)
    dialog.get_by_role("textbox", name="Код").fill(recovery)
    dialog.get_by_role("button", name="Выключить").click()
    expect(page.get_by_role("button", name="Включить", exact=True)).to_be_visible()


def test_where_it_is_required_it_is_set_up_at_the_door_and_an_administrator_takes_it_off(
    demo: Site, page: Page, phone: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/settings")
    page.get_by_role("switch", name="Второй фактор обязателен для всех").check(force=True)
    expect(page.get_by_text("Сохранено")).to_be_visible()

    enter_password(demo, phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Включите второй фактор")
    expect(phone.get_by_role("img", name="QR-код для приложения")).to_be_visible()
    assert (findings(phone), fits(phone)) == ([], True)
    phone.get_by_label("Код из приложения").fill(code_of(phone.get_by_label("Ключ").input_value()))
    phone.get_by_role("button", name="Подтвердить").click()
    assert (findings(phone), fits(phone)) == ([], True)
    phone.get_by_role("checkbox", name="Коды сохранены").check()
    phone.get_by_role("button", name="Войти").click()
    phone.wait_for_url("**/start")

    demo.asks(page, "PATCH", "/settings", {"secondFactorRequired": False})
    demo.open(page, "/users?search=marketer")
    page.get_by_role("table", name="Пользователи").get_by_role("link").click()
    page.get_by_role("button", name="Снять второй фактор").click()
    page.get_by_role("dialog").get_by_role("button", name="Снять второй фактор").click()
    expect(page.get_by_text("Этот человек входит только по паролю.")).to_be_visible()
    page.get_by_role("button", name="Завершить все").click()
    page.get_by_role("dialog").get_by_role("button", name="Завершить все").click()
    expect(page.get_by_text("Открытых сеансов нет")).to_be_visible()
    assert findings(page) == []

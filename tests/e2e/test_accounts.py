"""Connecting an account of a service, in a browser: from a card to a first sync, by whoever may."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

from vestnik_simulator.options import SECOND_API_KEY

pytestmark = pytest.mark.slow


@pytest.fixture
def connected(demo: Site, page: Page) -> Iterator[None]:
    """Takes away what a test connects, so that the next finds the demo as it was."""
    demo.enter(page, "admin")
    before = {row["id"] for row in demo.asks(page, "GET", "/accounts")["items"]}
    yield
    page.context.clear_cookies()
    demo.enter(page, "admin")
    for row in demo.asks(page, "GET", "/accounts")["items"]:
        if row["id"] not in before:
            demo.asks(page, "DELETE", f"/accounts/{row['id']}")


def begin(demo: Site, page: Page, key: str) -> None:
    """Choose the service and enter the simulator's address with a key."""
    simulator = demo.asks(page, "GET", "/session")["simulatorUrl"]
    demo.open(page, "/accounts")
    page.get_by_role("link", name="Подключить аккаунт").click()
    page.get_by_role("radio", name=re.compile("Unisender")).click()
    page.get_by_role("button", name="Далее").click()
    page.get_by_label("Название аккаунта").fill("Третий")
    page.get_by_label("Адрес API").fill(simulator)
    page.get_by_label("Ключ API").fill(key)
    page.get_by_role("button", name="Проверить подключение").click()


def test_an_account_is_connected_in_one_go_and_leads_to_a_first_sync(
    demo: Site, page: Page, connected: None, findings: Callable[[Page], list[str]]
) -> None:
    begin(demo, page, "a key that is none at all")

    page.get_by_role("switch", name="Разрешить http://127.0.0.1").locator("xpath=..").click()
    page.get_by_role("dialog").get_by_role("button", name="Пустить").click()
    check = page.get_by_role("button", name="Проверить подключение")
    expect(check).to_be_enabled()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert findings(page) == []
    check.click()
    expect(page.get_by_text("Сервис не принял ключ API.").first).to_be_visible()
    expect(page.get_by_label("Название аккаунта")).to_have_value("Третий")
    assert findings(page) == []
    demo.open(page, "/accounts")
    page.get_by_role("link", name="Продолжить подключение: Третий").click()
    expect(page.get_by_label("Название аккаунта")).to_have_value("Третий")
    page.get_by_label("Ключ API").fill(SECOND_API_KEY)
    page.get_by_role("button", name="Проверить подключение").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("уже подключён как «Пробный аккаунт»")
    dialog.get_by_role("button", name="Подключить ещё раз").click()

    expect(page.get_by_text("Аккаунт «Третий» подключён")).to_be_visible()
    expect(page.get_by_role("region", name="Категории и списки сервиса")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("link", name="Начать синхронизацию").click()
    page.wait_for_url(re.compile(r"/syncs/new\?accountId="))
    expect(page.get_by_role("heading", level=1)).to_have_text("Новая синхронизация")


def test_a_marketer_connects_accounts_once_an_administrator_grants_it(
    demo: Site, page: Page, connected: None
) -> None:
    users = demo.asks(page, "GET", "/users?limit=200")["items"]
    marketer = next(user for user in users if user["email"] == "marketer@demo.local")
    roles = f"/users/{marketer['id']}"
    page.context.clear_cookies()
    demo.enter(page, "marketer")
    demo.open(page, "/accounts")
    expect(page.get_by_role("link", name="Подключить аккаунт")).to_have_count(0)

    page.context.clear_cookies()
    demo.enter(page, "admin")
    demo.asks(page, "PATCH", roles, {"roles": ["marketer", "connector"]})
    try:
        page.context.clear_cookies()
        demo.enter(page, "marketer")
        begin(demo, page, SECOND_API_KEY)
        page.get_by_role("dialog").get_by_role("button", name="Подключить ещё раз").click()
        expect(page.get_by_role("heading", name="Попросите администратора")).to_be_visible()
        link = page.get_by_label("Ссылка для администратора").input_value()
        assert re.fullmatch(rf"{demo.address}/accounts/\d+#hosts", link)
    finally:
        page.context.clear_cookies()
        demo.enter(page, "admin")
        demo.asks(page, "PATCH", roles, {"roles": ["marketer"]})


def test_an_account_is_opened_to_chosen_people_alone(demo: Site, page: Page, connected: None) -> None:
    account = demo.asks(page, "GET", "/accounts?search=Пробный")["items"][0]["id"]
    demo.open(page, f"/accounts/{account}")
    part = page.get_by_role("region", name="Кто может выбирать")
    try:
        part.get_by_role("radio", name="Только выбранные").click()
        part.get_by_role("combobox", name="Выберите людей").click()
        page.get_by_role("option", name="Сергей Орлов").click()
        page.keyboard.press("Escape")
        part.get_by_role("button", name="Сохранить").click()
        expect(page.get_by_text("Сохранено")).to_be_visible()
        demo.open(page, "/accounts")
        expect(page.get_by_role("row", name=re.compile("Пробный"))).to_contain_text("1 человек")
        page.context.clear_cookies()
        demo.enter(page, "marketer")
        demo.open(page, "/accounts")
        expect(page.get_by_role("link", name="Основной аккаунт")).to_be_visible()
        expect(page.get_by_role("link", name="Пробный аккаунт")).to_have_count(0)
    finally:
        page.context.clear_cookies()
        demo.enter(page, "admin")
        demo.asks(page, "PATCH", f"/accounts/{account}", {"openTo": None})


def test_a_limit_of_contacts_is_entered_by_hand(demo: Site, page: Page, connected: None) -> None:
    account = demo.asks(page, "GET", "/accounts?search=Пробный")["items"][0]["id"]
    demo.open(page, f"/accounts/{account}")
    part = page.get_by_role("region", name="Тариф")
    part.get_by_label("Предел контактов").fill("5000")
    part.get_by_role("button", name="Сохранить").click()
    expect(part).to_contain_text(re.compile(r"0 из 5\s000 контактов"))
    part.get_by_label("Предел контактов").fill("")
    part.get_by_role("button", name="Сохранить").click()
    expect(part).to_contain_text("писем")


@pytest.mark.parametrize("old", ["/integrations", "/settings/integrations"])
def test_integrations_and_my_accounts_are_one_page(demo: Site, page: Page, old: str) -> None:
    demo.enter(page, "admin")
    demo.open(page, old)
    page.wait_for_url("**/accounts")
    expect(page.get_by_role("heading", level=1)).to_have_text("Мои аккаунты")

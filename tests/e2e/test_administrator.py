"""An administrator's way: people, keys for programs, addresses that modules may reach, and the journal."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import Site, complaints

pytestmark = pytest.mark.slow


@pytest.fixture
def second_page(browser: Browser) -> Iterator[Page]:
    """A browser of somebody else."""
    context = browser.new_context(locale="ru-RU", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    wrong = complaints(page)
    yield page
    context.close()
    assert wrong == []


def test_a_new_colleague_enters_sees_what_the_role_may_and_is_kept_out_again(
    demo: Site, page: Page, second_page: Page
) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/users")
    page.get_by_role("button", name="Новый пользователь").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Имя", exact=True).fill("Вера Новикова")
    dialog.get_by_label("Электронная почта").fill("vera@demo.local")
    dialog.get_by_label("Пароль", exact=True).fill("vestnik-demo")
    dialog.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("row", name=re.compile("Вера Новикова"))).to_contain_text("Маркетолог")

    demo.enter(second_page, "vera")
    expect(second_page.get_by_role("link", name="Рассылки")).to_be_visible()
    expect(second_page.get_by_role("link", name="Пользователи")).to_have_count(0)

    page.get_by_role("button", name="Изменить: Вера Новикова").click()
    dialog.get_by_role("switch", name="Может входить").click()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("row", name=re.compile("Вера Новикова"))).to_contain_text("Отключён")
    second_page.goto(f"{demo.address}/campaigns")
    second_page.wait_for_url("**/login?next=*")

    demo.open(page, "/audit")
    journal = page.get_by_role("table", name="Журнал действий")
    expect(journal.get_by_role("row", name=re.compile("Ольга Белова")).first).to_be_visible()


def test_a_key_is_shown_once_opens_what_it_may_and_is_taken_back(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/keys")
    page.get_by_role("button", name="Новый ключ").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Сайт")
    dialog.get_by_label("Рассылки: чтение").check()
    dialog.get_by_role("button", name="Создать ключ").click()
    expect(dialog).to_contain_text("больше он не будет показан")
    key = dialog.get_by_role("textbox", name="Ключ").input_value()
    dialog.get_by_role("button", name="Закрыть").last.click()

    def statuses() -> list[int]:
        bearer = {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=f"{demo.address}/api/v1", headers=bearer, trust_env=False) as client:
            return [client.get(path).status_code for path in ("/campaigns", "/contacts")]

    assert statuses() == [200, 403]
    expect(page.get_by_text(key)).to_have_count(0)
    page.get_by_role("button", name="Действия с ключом Сайт").click()
    page.get_by_role("menuitem", name="Отозвать").click()
    page.get_by_role("dialog").get_by_role("button", name="Отозвать").click()
    expect(page.get_by_text("Ключ отозван")).to_be_visible()
    assert statuses() == [401, 401]


def test_a_module_reaches_an_address_only_while_it_is_approved(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/accounts")
    page.get_by_role("link", name="Пробный аккаунт").click()
    approval = page.get_by_role("switch", name="Разрешить http://127.0.0.1")
    for approved, said in ((False, "не разреш"), (True, "Сервис отвечает, ключи подходят")):
        approval.locator("xpath=..").click()
        if approved:  # it lies in the organisation's own network
            dialog = page.get_by_role("dialog")
            expect(dialog).to_contain_text("не видно из интернета")
            dialog.get_by_role("button", name="Пустить").click()
        expect(approval).to_be_checked(checked=approved)
        page.get_by_role("button", name="Проверить подключение").click()
        expect(page.get_by_text(re.compile(said)).first).to_be_visible()
    expect(page.get_by_text("внутренняя сеть")).to_be_visible()
    expect(page.get_by_role("switch", name="Пускать в сеть организации: http://127.0.0.1")).to_be_checked()

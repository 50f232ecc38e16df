"""Every page: clean for assistive technology in both languages, both schemes, on a desk and in a hand."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import PASSWORD, Site, complaints
from tests.processes import Command

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("language", "scheme", "width"), [("ru", "light", 1440), ("en", "dark", 390)])
def test_pages_are_clean_for_assistive_technology_and_no_wider_than_the_screen(
    demo: Site,
    browser: Browser,
    findings: Callable[[Page], list[str]],
    language: str,
    scheme: str,
    width: int,
) -> None:
    context = browser.new_context(locale="ru-RU", viewport={"width": width, "height": 900})
    page = context.new_page()
    found = complaints(page)
    demo.enter(page, "admin")
    if language == "en":
        page.get_by_text("EN", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Where to start")
        page.get_by_role("button", name="Dark theme").click()
    for path in demo.pages(page):
        demo.open(page, path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme
        assert page.locator("html").get_attribute("lang") == language
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{path} is {too_wide} px too wide"] if too_wide > 0 else []
        found += findings(page)
    if language == "en":  # the other tests find the person as the demo made it
        page.get_by_text("RU", exact=True).click()
        page.get_by_role("button", name="Светлая тема").click()
        page.wait_for_load_state("networkidle")
    context.close()
    assert found == []


def test_pages_are_reached_by_keyboard_alone(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/campaigns")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Перейти к содержимому")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("table", name="Рассылки").wait_for()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('table a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))


def test_unknown_addresses_and_lost_sessions_say_what_to_do(demo: Site, page: Page) -> None:
    page.goto(f"{demo.address}/audit")
    page.wait_for_url("**/login?next=*")
    demo.enter(page, "admin")
    demo.open(page, "/campaigns/1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Не найдено")
    demo.open(page, "/no-such-page")
    expect(page.get_by_role("heading", level=1)).to_have_text("Такой страницы нет")


def test_language_and_theme_chosen_before_signing_in_stay_the_persons_own(demo: Site, page: Page) -> None:
    page.goto(f"{demo.address}/login")
    page.get_by_text("EN", exact=True).click()
    page.get_by_role("button", name="Dark theme").click()
    page.get_by_label("E-mail").fill("sales@demo.local")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Where to start")
    user = page.request.get(f"{demo.address}/api/v1/session").json()["user"]
    assert (user["language"], user["theme"]) == ("en", "dark")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Where to start")
    page.get_by_text("RU", exact=True).click()
    page.get_by_role("button", name="Светлая тема").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("С чего начать")
    page.wait_for_load_state("networkidle")


def test_visitor_of_the_demo_becomes_another_person_by_one_click(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    page.get_by_role("button", name="Стать: Интегратор").click()
    expect(page.get_by_text("Ваша роль — Интегратор")).to_be_visible()
    page.get_by_role("region", name="Администратор").get_by_role("button", name="Увидеть всё это").click()
    page.wait_for_url("**/audit")
    expect(page.get_by_role("table", name="Журнал действий")).to_contain_text("Вошёл")


def test_killed_server_comes_back_before_the_visitors_eyes(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    page.get_by_role("button", name="Убить процесс").click()
    expect(page.get_by_text("Сервер убит, ждём его возвращения…")).to_be_visible()
    expect(page.get_by_text(re.compile("Сервер снова на связи через")).first).to_be_visible(timeout=60_000)


def test_first_start_makes_an_organisation_and_its_administrator(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    running = Command(tmp_path_factory.mktemp("fresh")).start("up")
    link = re.search(r"http://\S+/setup\?token=\S+", running.line("/setup?token="))
    assert link is not None
    page.goto(link[0])
    page.get_by_label("Название организации").fill("Книжный дом")
    page.get_by_role("button", name="Далее").click()
    page.get_by_label("Имя", exact=True).fill("Анна Петрова")
    page.get_by_label("Электронная почта").fill("anna@example.com")
    page.get_by_label("Пароль", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Далее").click()
    page.get_by_role("button", name="Пропустить и закончить").click()
    page.wait_for_url("**/campaigns")
    expect(page.get_by_text("Книжный дом")).to_be_visible()
    page.goto(link[0])
    expect(page.get_by_role("alert")).to_be_visible()
    running.stop()

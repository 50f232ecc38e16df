"""Every page: clean for assistive technology in both languages, both schemes, on a desk and in a hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import BEHIND, DETAILS, PAGES, PASSWORD, Site, complaints
from tests.processes import Command

pytestmark = pytest.mark.slow


def test_every_page_of_the_web_app_is_walked() -> None:
    router = (Path(__file__).parents[2] / "web" / "src" / "router.tsx").read_text()
    declared = set(re.findall(r'(?:(?:page|sales|paper|byLink)\(|path: )"(/[^"]+)"', router))
    declared -= {"/login", "/setup"}
    declared -= {"/forgotten", "/reset", "/invitation"}  # by test_entrance.py
    walked = {path.partition("?")[0] for path in PAGES}
    for room in DETAILS:
        one = f"/{room.partition('?')[0]}/$id"
        walked |= {one, *(one + behind.partition("?")[0] for behind in BEHIND.get(room, ()))}
    assert walked == declared


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
        expect(page.locator("html")).to_have_css("color-scheme", scheme)
        assert page.locator("html").get_attribute("lang") == language
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{path} is {too_wide} px too wide"] if too_wide > 0 else []
        found += findings(page)
    if language == "en":  # the other tests find the person as the demo made it
        demo.forget_choices(page)
    context.close()
    assert found == []


#: On which page, what to press one after the other: then a window or a menu is open.
OPENED = (
    ("/campaigns", "button Меню пользователя"),
    ("/campaigns?state=scheduled", "link Неделя скидок", "button Ещё"),
    ("/campaigns?state=scheduled", "link Неделя скидок", "button Ещё", "menuitem Отменить"),
    ("/campaigns?search=Подарок", "link Подарок", "tab Получатели", "button Показать события"),
    (
        *("/campaigns?search=Сезонная", "link Сезонная", "link Продолжить", "button Далее"),
        *("radio В назначенное", "button Дата и время"),
    ),
    ("/templates", "button Импортировать"),
    ("/categories", "button Новая категория"),
    ("/engagement", "button Сделать сегмент: Спящие"),
    ("/syncs", "link VIP", "button Ещё", "menuitem Удалить"),
    ("/accounts", "link Основной аккаунт", "button Сменить адрес"),
    ("/leads", "button Новая заявка"),
    ("/leads?status=open", "button Действия с заявкой", "menuitem Назначить"),
    ("/leads?status=open", "link № ", "button Закрыть с результатом"),
    ("/leads?status=open", "link № ", "button Оформить"),
)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_windows_and_menus_are_clean_for_assistive_technology(
    demo: Site,
    browser: Browser,
    findings: Callable[[Page], list[str]],
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    context = browser.new_context(
        locale="ru-RU", color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    found = complaints(page)
    demo.enter(page, "admin")
    for path, *steps in OPENED:
        demo.open(page, path)
        for step in steps:
            role, _, name = step.partition(" ")
            page.get_by_role(cast(Any, role), name=re.compile(f"^{name}")).first.click()
        page.get_by_role("dialog").or_(page.get_by_role("menu")).first.wait_for()
        found += [f"{path}, {steps[-1]}: {each}" for each in findings(page)]
    if width < 500:
        demo.open(page, "/campaigns")
        expect(page.locator("nav[inert]")).to_have_count(1)  # out of sight, it takes no focus
        page.get_by_role("banner").get_by_role("button", name="Меню", exact=True).click()
        expect(page.get_by_role("navigation").get_by_role("link", name="Вовлечённость")).to_be_in_viewport()
        found += findings(page)
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
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.get_by_role("link", name="Контакты", exact=True).click()
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
    demo.forget_choices(page)


def test_language_and_theme_chosen_in_another_browser_are_the_pages_own(demo: Site, page: Page) -> None:
    demo.enter(page, "sales")
    demo.asks(page, "PATCH", "/session/user", {"language": "en", "theme": "dark"})
    demo.open(page, "/start")
    expect(page.get_by_role("heading", level=1)).to_have_text("Where to start")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    demo.forget_choices(page)


def test_visitor_of_the_demo_becomes_another_person_by_one_click(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    page.get_by_role("button", name="Стать: Интегратор").click()
    expect(page.get_by_text("Ваша роль — Интегратор")).to_be_visible()
    page.get_by_role("region", name="Администратор").get_by_role("button", name="Увидеть всё это").click()
    page.wait_for_url("**/audit")
    table = page.get_by_role("table", name="Журнал действий")
    expect(table.get_by_role("cell", name="Вход", exact=True).first).to_be_visible()


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

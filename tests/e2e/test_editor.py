"""The module editor in a browser, with the language server behind it."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect
from tests import procfs
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

READY = "Языковой сервер готов"
TEXT = "Код модуля"
#: On an idle machine a mark takes 0.5 s and a list of completions 0.2 s; a loaded one is no failure.
SECONDS = 20_000


@pytest.fixture
def editor(demo: Site, page: Page) -> Iterator[Locator]:
    """A new module's text, its cursor at the end, and its language server ready."""
    demo.enter(page, "integrator")
    token = page.request.get(f"{demo.address}/api/v1/session").json()["csrf"]
    headers = {"x-csrf-token": token, "origin": demo.address}
    created = page.request.post(
        f"{demo.address}/api/v1/modules", data={"name": "edited", "title": "Правка"}, headers=headers
    )
    module_id = created.json()["id"]
    demo.open(page, f"/modules/{module_id}")
    text = page.get_by_label(TEXT)
    expect(page.get_by_text(READY)).to_be_visible(timeout=SECONDS)
    text.click()
    page.keyboard.press("Control+End")
    yield text
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{demo.address}/modules", wait_until="commit")
    page.request.delete(f"{demo.address}/api/v1/modules/{module_id}", headers=headers)


def marks(page: Page) -> Locator:
    return page.locator(".cm-gutter-lint .cm-lint-marker")


def lines(page: Page) -> list[str]:
    """The lines of the text that are in view."""
    return page.locator(f"[aria-label='{TEXT}'] .cm-line").all_inner_texts()


def wait_for_line(page: Page, line: str) -> None:
    expect(page.locator(f"[aria-label='{TEXT}'] .cm-line").filter(has_text=line).first).to_be_visible(
        timeout=SECONDS
    )


def offered(page: Page, label: str) -> Locator:
    return page.locator(".cm-tooltip-autocomplete li").get_by_text(label, exact=True)


def test_a_wrong_name_is_marked_in_the_margin_while_it_is_typed(page: Page, editor: Locator) -> None:
    expect(marks(page)).to_have_count(0)
    page.keyboard.type("\nanswer = nothing_known")
    expect(marks(page)).to_have_count(1, timeout=SECONDS)
    marks(page).hover()
    expect(page.locator(".cm-tooltip-lint")).to_contain_text("Имя «nothing_known» не определено")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Замечания")).to_contain_text(
        "Имя «nothing_known» не определено", timeout=SECONDS
    )
    page.keyboard.press("Control+Home")
    expect(page.get_by_text("Строка 1, столбец 1")).to_be_visible()
    page.keyboard.press("F8")
    expect(page.get_by_text("Строка 81, столбец 23")).to_be_visible()


def test_a_dot_offers_what_the_value_has_and_quotes_the_keys_of_the_contract(
    page: Page, editor: Locator
) -> None:
    page.keyboard.type("\nimport json\n\njson.")
    expect(offered(page, "dumps")).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Backspace")
    page.keyboard.press("Control+Backspace")
    page.keyboard.type('result: CRM_Marketing_CampaignStats = {"del')
    expect(offered(page, "delivered")).to_be_visible(timeout=SECONDS)
    time.sleep(0.1)  # CodeMirror takes no key for a list that has just appeared
    page.keyboard.press("Enter")
    page.keyboard.type('1, "')
    expect(offered(page, "opened")).to_be_visible(timeout=SECONDS)
    assert offered(page, "delivered").count() == 0
    wait_for_line(page, 'result: CRM_Marketing_CampaignStats = {"delivered": 1, ""}')


def test_a_name_of_the_sdk_brings_its_import_and_its_parameters(page: Page, editor: Locator) -> None:
    page.keyboard.type("\nfetc")
    expect(offered(page, "fetch")).to_be_visible(timeout=SECONDS)
    time.sleep(0.1)  # CodeMirror takes no key for a list that has just appeared
    page.keyboard.press("Enter")
    page.keyboard.type("(")
    expect(page.locator(".cm-lsp-signature-tooltip")).to_contain_text("url: str", timeout=SECONDS)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Home")
    wait_for_line(page, "    fetch,")


def test_enter_ends_the_line_where_the_word_offered_is_typed_already(page: Page, editor: Locator) -> None:
    page.keyboard.type("\nimport json")
    expect(offered(page, "json").first).to_be_visible(timeout=SECONDS)
    time.sleep(0.1)  # CodeMirror takes no key for a list that has just appeared
    page.keyboard.press("Enter")
    page.keyboard.type("done = 1")
    wait_for_line(page, "done = 1")
    assert lines(page)[-2:] == ["import json", "done = 1"]


def test_hover_definition_references_and_renaming_are_at_hand(page: Page, editor: Locator) -> None:
    page.keyboard.type("\ndef helper(word: str) -> str:\n'''Says <img src=x onerror=alert(1)> **it**.'''\n")
    page.keyboard.type("return word\n\n")
    page.keyboard.press("Home")
    page.keyboard.type("said = helper('a')\nhelper(said)")
    editor.get_by_text("helper", exact=True).last.hover()
    hover = page.locator(".cm-lsp-hover-tooltip")
    expect(hover).to_contain_text("def helper(word: str) -> str", timeout=SECONDS)
    assert hover.locator("img").count() == 0
    editor.get_by_text("helper", exact=True).last.click()
    page.keyboard.press("F12")
    expect(page.get_by_text("Строка 81, столбец 5")).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Shift+F12")
    expect(page.get_by_role("listbox", name="Где используется").get_by_role("option")).to_have_count(3)
    page.keyboard.press("Escape")
    page.keyboard.press("F2")
    page.get_by_label("Новое имя").fill("spoken")
    page.keyboard.press("Enter")
    wait_for_line(page, "spoken(said)")
    assert lines(page)[-2:] == ["said = spoken('a')", "spoken(said)"]


def test_the_definition_of_a_type_is_shown_in_the_types_of_the_sdk(page: Page, editor: Locator) -> None:
    page.keyboard.press("Control+Home")
    editor.get_by_text("CRM_Marketing_CampaignStats").first.click(position={"x": 80, "y": 8})
    page.keyboard.press("F12")
    types = page.get_by_role("dialog", name="vestnik_sdk.pyi")
    expect(types).to_contain_text("class CRM_Marketing_CampaignStats(TypedDict):", timeout=SECONDS)
    page.keyboard.press("Escape")
    expect(types).to_be_hidden()


def test_the_keyboard_formats_and_the_cursor_stays(page: Page, editor: Locator) -> None:
    page.keyboard.type("\nimport json\nvalue={'a':json}")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Alt+F")
    wait_for_line(page, 'value = {"a": json}')
    page.keyboard.type("  # here")
    page.keyboard.type("\n)")
    page.get_by_role("button", name="Форматировать").click()
    expect(page.get_by_text("Сначала исправьте синтаксис")).to_be_visible(timeout=SECONDS)
    assert lines(page)[-3:-1] == ['value = {"a": json}  # here', ")"]


def test_a_missing_function_is_put_into_the_text(page: Page, editor: Locator) -> None:
    page.get_by_role("button", name="Добавить CRM_Marketing_CheckAccount").click()
    expect(editor).to_contain_text("async def CRM_Marketing_CheckAccount() -> CRM_Marketing_AccountCheck:")
    expect(page.get_by_role("button", name="Запустить CRM_Marketing_CheckAccount")).to_be_visible(
        timeout=SECONDS
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_keys_are_in_a_dialog_that_everybody_can_read(
    page: Page, editor: Locator, scheme: Literal["light", "dark"], findings: Callable[[Page], list[str]]
) -> None:
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
    # The bracket closes the list of completions, which is moved through by keys that the text takes.
    page.keyboard.type("\nanswer = (nothing_known)")
    expect(marks(page)).to_have_count(1, timeout=SECONDS)
    expect(page.get_by_role("listbox")).to_have_count(0)
    assert findings(page) == []
    page.keyboard.press("F1")
    keys = page.get_by_role("dialog", name="Клавиши редактора")
    expect(keys).to_contain_text("Переименовать везде")
    expect(keys).to_have_css("opacity", "1")
    assert findings(page) == []


def test_a_language_server_that_dies_comes_back_and_the_text_is_whole(page: Page, editor: Locator) -> None:
    page.keyboard.type("\nvalue = 1")
    for child in language_servers():
        os.kill(child, signal.SIGKILL)
    page.keyboard.type("\nother = nothing_known")
    expect(page.get_by_text(READY)).to_be_visible(timeout=2 * SECONDS)
    expect(marks(page)).to_have_count(1, timeout=2 * SECONDS)
    assert lines(page)[-2:] == ["value = 1", "other = nothing_known"]


def test_a_marketer_is_shown_neither_modules_nor_their_text(demo: Site, page: Page) -> None:
    demo.enter(page, "integrator")
    modules = page.request.get(f"{demo.address}/api/v1/modules").json()["items"]
    module_id = next(each["id"] for each in modules if each["name"] == "unisender")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    demo.enter(page, "marketer")
    expect(page.get_by_role("link", name="Рассылки").first).to_be_visible()
    expect(page.get_by_role("link", name="Модули")).to_have_count(0)
    page.goto(f"{demo.address}/modules/{module_id}")
    expect(page.get_by_text("Нет права").first).to_be_visible()
    expect(page.get_by_label(TEXT)).to_have_count(0)
    assert sockets == []


def language_servers() -> list[int]:
    """The language servers that were started by servers of this process."""
    return [
        process
        for process in procfs.descendants(os.getpid())
        if any(word.endswith(b"pyrefly") for word in procfs.command(process)[:1])
    ]


def test_text_is_checked_run_saved_and_published_without_a_mouse(page: Page, editor: Locator) -> None:
    page.keyboard.type("\nanswer = wrong")
    problems = page.get_by_role("region", name="Замечания")
    expect(problems).to_contain_text("Имя «wrong» не определено", timeout=SECONDS)
    page.keyboard.press("F8")
    page.keyboard.type("1")
    expect(problems).not_to_contain_text("wrong", timeout=SECONDS)
    place = page.get_by_text(re.compile(r"^Строка \d+, столбец \d+$"))
    before = place.inner_text()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert", name="Функция не реализована")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.get_by_label("Что изменилось")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("черновик: версия 2", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(editor).to_be_focused()
    expect(place).to_have_text(before)
    expect(page.get_by_role("alert", name="Функция не реализована")).to_be_visible()
    page.keyboard.press("Escape")
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent") == "Опубликовать":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Опубликовать")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("действует версия 2", exact=True)).to_be_visible()


def test_the_manifest_is_edited_and_becomes_the_form_of_an_account(editor: Locator, page: Page) -> None:
    page.get_by_role("tab", name="Настройки").click()
    page.get_by_role("button", name="Изменить module.json").click()
    manifest = page.get_by_role("dialog").get_by_role("textbox", name="module.json")
    save = page.get_by_role("dialog").get_by_role("button", name="Сохранить")
    manifest.fill("{")
    expect(page.get_by_role("dialog")).to_contain_text("Это ещё не JSON-объект")
    expect(save).to_be_disabled()
    head = '{"name": "edited", "title": {"ru": "Правка", "en": "Edit"}, "version": "1.0.0", '
    manifest.fill(f'{head}"hosts": 5}}')
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("hosts")
    region = '{"type": "string", "title": {"ru": "Регион", "en": "Region"}}'
    settings = f'{{"type": "object", "properties": {{"region": {region}}}}}'
    manifest.fill(f'{head}"settings": {settings}}}')
    save.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Регион")).to_be_visible()

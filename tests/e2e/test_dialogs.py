"""What opens over the pages of contacts: clean for assistive technology, and the focus comes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import Site, complaints

pytestmark = pytest.mark.slow

#: A page, or one thing of a kind as the API finds it, and what is pressed on it one after the other.
OPENED: Sequence[tuple[str, Sequence[Sequence[str]]]] = (
    (
        "/contacts",
        (
            ["button:Фильтры"],
            ["combobox:Клиент"],
            ["button:Столбцы"],
            ["button:Виды"],
            ["button:Виды", "menuitem:Сохранить как вид"],
            ["button:Новый контакт"],
            ["checkbox:Выбрать всех на странице"],
            ["button:Действия", "menuitem:Записать согласие"],
        ),
    ),
    (
        "/contacts/*",
        (
            ["button:Изменить"],
            ["button:Журнал согласий"],
            ["button:Заблокировать"],
            ["button:Ещё действия", "menuitem:Удалить данные"],
        ),
    ),
    ("/contacts/duplicates", (["button:Объединить"],)),
    ("/segments/*", (["button:Добавить условие"], ["combobox:Поле"])),
    ("/companies", (["button:Новый клиент"],)),
    ("/fields", (["button:Новое поле"],)),
    ("/users", (["button:Новый пользователь"],)),
    ("/keys", (["button:Новый ключ"], ["button:Действия с ключом", "menuitem:Отозвать"])),
)
#: What is part of the page itself.
BESIDE = ("button:Фильтры", "button:Столбцы", "checkbox:Выбрать", "button:Добавить")
OVER = "[role=dialog]:visible, [role=menu]:visible, [role=listbox]:visible"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_what_opens_over_pages_is_clean_and_gives_the_focus_back(
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
    for path, openings in OPENED:
        if path.endswith("*"):
            items = page.request.get(f"{demo.address}/api/v1{path.removesuffix('/*')}").json()["items"]
            path = path.replace("*", items[0]["id"])
        demo.open(page, path)
        expect(page.locator("html")).to_have_css("color-scheme", scheme)
        for steps in openings:
            for step in steps:
                role, _, name = step.partition(":")
                kind: Any = role
                page.get_by_role(kind, name=re.compile(f"^{name}")).first.click()
            if not steps[-1].startswith(BESIDE):
                page.locator(OVER).first.wait_for()
            where = f"{path}, {steps[-1]}"
            too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [f"{where}: {too_wide} px too wide"] if too_wide > 0 else []
            found += [f"{where}: {each}" for each in findings(page)]
            page.keyboard.press("Escape")
            expect(page.locator(OVER)).to_have_count(0)
            expect(page.locator(":focus"), where).to_have_count(1)
    context.close()
    assert found == []

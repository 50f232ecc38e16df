"""An integrator's way: the module's editor, a function tried, versions, and modules that come and go."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e import studio
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

BROKEN_LIST = """

async def CRM_Marketing_ImportTemplates(offset: int, limit: int):
    return [{"externalId": "1"}]
"""
OWN_MODULE = '''"""A service of our own."""


async def CRM_Marketing_ImportTemplates(offset: int, limit: int):
    return []
'''


def test_errors_stand_in_the_margin_with_line_and_column(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    studio.type_at_the_end(page, "\nimport os\n")
    problem = page.get_by_role("region", name="Замечания").get_by_role("button")
    expect(problem).to_contain_text(re.compile(r"^\d+:8"))
    expect(problem).to_contain_text("нельзя импортировать")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    studio.type_at_the_end(page, "def f(:\n")
    expect(page.get_by_role("region", name="Замечания")).to_contain_text("синтаксис")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Модули", exact=True).first.click()
    page.wait_for_url("**/modules")


def test_wrong_signature_is_marked_at_its_name(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    studio.type_at_the_end(page, '\n\nasync def CRM_Marketing_GetTemplateHTML(id: str):\n    return ""\n')
    problem = page.get_by_role("region", name="Замечания").get_by_role("button").filter(has_text="параметры")
    expect(problem).to_contain_text(re.compile(r"^\d+:1"))
    expect(problem).to_contain_text("templateExternalId")
    problem.click()
    line = page.get_by_role("textbox", name="Код модуля").locator(".cm-activeLine")
    expect(line).to_contain_text("CRM_Marketing_GetTemplateHTML(id: str)")


def test_module_is_uploaded_switched_and_deleted(demo: Site, page: Page, tmp_path: Path) -> None:
    source = tmp_path / "own_service.py"
    source.write_text(OWN_MODULE)
    demo.enter(page, "integrator")
    demo.open(page, "/modules")
    page.get_by_role("button", name="Загрузить").click()
    page.get_by_label("Файл модуля").set_input_files(source)
    page.wait_for_url(re.compile(r"/modules/\d+$"))
    expect(page.get_by_role("region", name="Замечания")).to_contain_text("нет функции")
    studio.delete_module(page)
    expect(page.get_by_text("own_service")).to_have_count(0)


def test_archive_of_a_module_is_uploaded_with_its_manifest(demo: Site, page: Page, tmp_path: Path) -> None:
    manifest = {"name": "pigeon", "title": {"ru": "Голубь", "en": "Pigeon"}, "version": "1.0.0"}
    with zipfile.ZipFile(tmp_path / "pigeon.zip", "w") as archive:
        archive.writestr("pigeon/module.json", json.dumps(manifest))
        archive.writestr("pigeon/module.py", OWN_MODULE)
    demo.enter(page, "integrator")
    demo.open(page, "/modules")
    page.get_by_role("button", name="Загрузить").click()
    page.get_by_label("Файл модуля").set_input_files(tmp_path / "pigeon.zip")
    page.wait_for_url(re.compile(r"/modules/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Голубь")
    studio.delete_module(page)
    expect(page.get_by_text("Голубь")).to_have_count(0)


def test_marketer_is_told_in_a_sentence_what_the_module_did_wrong(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    before = studio.live_number(page)
    studio.type_at_the_end(page, BROKEN_LIST)
    number = studio.save_version(page)
    studio.publish(page, f"Опубликовать версию {number}", number)
    demo.open(page, "/start")
    page.get_by_role("button", name="Стать: Маркетолог").click()
    expect(page.get_by_text("Ваша роль — Маркетолог")).to_be_visible()
    demo.open(page, "/templates")
    page.get_by_role("button", name="Импортировать").click()
    page.get_by_role("dialog").get_by_role("button", name="Начать импорт").click()
    sentence = page.get_by_role("dialog").get_by_role("alert")
    expect(sentence).to_contain_text("Модуль «Unisender»")
    expect(sentence).to_contain_text("$[0].name")
    expect(sentence).to_contain_text("Ничего не применено")
    demo.open(page, "/start")
    page.get_by_role("button", name="Стать: Интегратор").click()
    expect(page.get_by_text("Ваша роль — Интегратор")).to_be_visible()
    demo.open(page, "/modules")
    page.get_by_role("link", name=re.compile("Unisender")).click()
    studio.put_back(page, before)


def test_module_is_switched_off_and_on(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    page.get_by_role("button", name="Выключить").click()
    expect(page.get_by_text("Выключен", exact=True)).to_be_visible()
    page.get_by_role("button", name="Включить").click()
    expect(page.get_by_text("Включён", exact=True)).to_be_visible()


def test_stored_webhook_is_shown_whole_and_replayed(demo: Site, page: Page) -> None:
    demo.enter(page, "integrator")
    demo.open(page, "/webhooks?state=applied")
    page.get_by_role("table", name="Вебхуки").get_by_role("link").first.click()
    expect(page.get_by_role("region", name="Заголовки")).to_contain_text("POST /hooks/unisender")
    expect(page.get_by_role("region", name="Действия")).to_be_visible()
    page.get_by_role("button", name="Разобрать заново").click()
    expect(page.get_by_text("Разобран заново").first).to_be_visible()

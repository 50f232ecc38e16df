"""An integrator's way: the module's editor, a function tried, versions, and modules that come and go."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

BROKEN_RETURN = """

async def CRM_Marketing_GetCampaignStats(campaignExternalId: str):
    log.info("asked for " + campaignExternalId)
    return {"sent": "many", "delivered": 3}
"""
BROKEN_LIST = """

async def CRM_Marketing_ImportTemplates(offset: int, limit: int):
    return [{"externalId": "1"}]
"""
OWN_MODULE = '''"""A service of our own."""


async def CRM_Marketing_ImportTemplates(offset: int, limit: int):
    return []
'''


def _open_module(demo: Site, page: Page) -> None:
    demo.enter(page, "integrator")
    demo.open(page, "/modules")
    page.get_by_role("link", name=re.compile("Unisender")).click()
    expect(page.get_by_text("Замечаний нет")).to_be_visible()


def _type_at_the_end(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Код модуля").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def _choose_function(page: Page, name: str) -> None:
    page.get_by_role("tab", name="Функции").click()
    page.get_by_role("button", name=f"Запустить CRM_Marketing_{name}", exact=True).click()


def _save_version(page: Page) -> None:
    page.get_by_role("button", name="Сохранить версию").click()
    page.get_by_role("dialog").get_by_role("button", name="Сохранить версию").click()
    expect(page.get_by_text(re.compile(r"Версия \d+ сохранена")).first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def _delete_module(page: Page) -> None:
    page.get_by_role("button", name="Ещё действия").click()
    page.get_by_role("menuitem", name="Удалить модуль").click()
    page.get_by_role("dialog").get_by_role("button", name="Удалить").click()
    page.wait_for_url("**/modules")


def test_errors_stand_in_the_margin_with_line_and_column(demo: Site, page: Page) -> None:
    _open_module(demo, page)
    _type_at_the_end(page, "\nimport os\n")
    problem = page.get_by_role("region", name="Замечания").get_by_role("button")
    expect(problem).to_contain_text(re.compile(r"^\d+:8"))
    expect(problem).to_contain_text("нельзя импортировать")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    _type_at_the_end(page, "def f(:\n")
    expect(page.get_by_role("region", name="Замечания")).to_contain_text("синтаксис")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Модули", exact=True).first.click()
    page.wait_for_url("**/modules")


def test_wrong_signature_is_marked_at_its_name(demo: Site, page: Page) -> None:
    _open_module(demo, page)
    _type_at_the_end(page, '\n\nasync def CRM_Marketing_GetTemplateHTML(id: str):\n    return ""\n')
    problem = page.get_by_role("region", name="Замечания").get_by_role("button").filter(has_text="параметры")
    expect(problem).to_contain_text(re.compile(r"^\d+:1"))
    expect(problem).to_contain_text("templateExternalId")
    problem.click()
    line = page.get_by_role("textbox", name="Код модуля").locator(".cm-activeLine")
    expect(line).to_contain_text("CRM_Marketing_GetTemplateHTML(id: str)")


def test_function_is_run_on_sample_arguments_and_secrets_stay_sealed(demo: Site, page: Page) -> None:
    _open_module(demo, page)
    _choose_function(page, "ImportTemplates")
    page.get_by_role("button", name="Запустить", exact=True).click()
    expect(page.get_by_text("выполнено", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Результат")).to_contain_text("externalId")
    page.get_by_role("tab", name="HTTP · 1").click()
    page.get_by_role("button", name=re.compile("POST http")).click()
    request = page.get_by_role("region", name="Запрос")
    expect(request).to_contain_text("[sealed:api_key]")


def test_broken_contract_names_the_path_and_what_belongs_there(demo: Site, page: Page) -> None:
    _open_module(demo, page)
    _type_at_the_end(page, BROKEN_RETURN)
    _choose_function(page, "GetCampaignStats")
    page.get_by_role("button", name="Запустить", exact=True).click()
    failure = page.get_by_role("alert").filter(has_text="не соответствует контракту")
    expect(failure).to_contain_text("$.sent")
    expect(failure).to_contain_text("целое число")
    expect(page.get_by_role("region", name="Журнал")).to_contain_text("asked for")


def test_version_is_saved_compared_and_rolled_back(demo: Site, page: Page) -> None:
    _open_module(demo, page)
    _type_at_the_end(page, "\n# A remark.\n")
    page.get_by_text("Изменения", exact=True).click()
    expect(page.locator(".cm-insertedLine, .cm-changedLine").first).to_be_visible()
    page.get_by_role("button", name="Сохранить версию").click()
    page.get_by_label("Что изменилось").fill("Примечание")
    page.get_by_role("dialog").get_by_role("button", name="Сохранить версию").click()
    expect(page.get_by_text("версия 2", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Версии").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Примечание")
    page.get_by_role("button", name="Взять в редактор").nth(1).click()
    page.get_by_role("button", name="Сохранить версию").click()
    page.get_by_role("dialog").get_by_role("button", name="Сохранить версию").click()
    expect(page.get_by_text("версия 3", exact=True)).to_be_visible()


def test_module_is_uploaded_switched_and_deleted(demo: Site, page: Page, tmp_path: Path) -> None:
    source = tmp_path / "own_service.py"
    source.write_text(OWN_MODULE)
    demo.enter(page, "integrator")
    demo.open(page, "/modules")
    page.get_by_role("button", name="Загрузить").click()
    page.get_by_label("Файл модуля").set_input_files(source)
    page.wait_for_url(re.compile(r"/modules/\d+$"))
    expect(page.get_by_role("region", name="Замечания")).to_contain_text("нет функции")
    _delete_module(page)
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
    _delete_module(page)
    expect(page.get_by_text("Голубь")).to_have_count(0)


def test_marketer_is_told_in_a_sentence_what_the_module_did_wrong(demo: Site, page: Page) -> None:
    _open_module(demo, page)
    _type_at_the_end(page, BROKEN_LIST)
    _save_version(page)
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
    page.get_by_role("tab", name="Версии").click()
    page.get_by_role("button", name="Взять в редактор").nth(1).click()
    _save_version(page)
    expect(page.get_by_text("Замечаний нет")).to_be_visible()


def test_module_is_switched_off_and_on(demo: Site, page: Page) -> None:
    _open_module(demo, page)
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

"""The studio: functions tried on samples and webhooks, calls replayed, versions rehearsed and published."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e import studio
from tests.e2e.conftest import Site, complaints

pytestmark = pytest.mark.slow

BROKEN_RETURN = """

async def CRM_Marketing_GetCampaignStats(campaignExternalId: str):
    log.info("asked for " + campaignExternalId)
    return {"sent": 12, "delivered": "many"}
"""
ANOTHER_RESULT = """

templates = CRM_Marketing_ImportTemplates


async def CRM_Marketing_ImportTemplates(offset: int, limit: int):
    return [{**one, "name": "Ours"} for one in await templates(offset, limit)]
"""
TABS = ("run", "calls", "tests", "versions", "hosts", "settings")


def test_broken_return_value_is_marked_at_its_path(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    studio.type_at_the_end(page, BROKEN_RETURN)
    studio.choose_function(page, "GetCampaignStats")
    studio.run(page)
    expect(page.get_by_role("alert").filter(has_text="не соответствует контракту")).to_contain_text(
        "$.delivered"
    )
    wrong = page.get_by_role("region", name="Результат").locator("[data-wrong]")
    expect(wrong).to_have_count(1)
    expect(wrong).to_contain_text('"delivered": "many"')
    expect(wrong).to_contain_text("Ожидалось: целое число")
    expect(wrong).to_contain_text("Получено:")
    page.get_by_role("tab", name="Журнал · 1").click()
    expect(page.get_by_role("region", name="Журнал")).to_contain_text("asked for 4711")


def test_request_that_may_change_something_goes_out_only_with_consent(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    studio.choose_function(page, "ImportTemplates")
    studio.run(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("POST")
    expect(dialog).to_contain_text("/ru/api/listTemplates")
    dialog.get_by_role("button", name="Отмена").click()
    expect(page.get_by_role("alert")).to_contain_text("Нужно согласие на запрос")
    studio.run(page, consent=True)
    expect(page.get_by_text("выполнено", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Результат")).to_contain_text("externalId")


def test_requests_stand_in_a_waterfall_and_are_copied_as_curl_still_sealed(demo: Site, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    studio.open_module(demo, page)
    studio.choose_function(page, "ImportTemplates")
    studio.run(page, consent=True)
    page.get_by_role("tab", name="HTTP · 1").click()
    requests = page.get_by_role("list", name="Запросы HTTP")
    requests.get_by_role("button", name=re.compile("200 *POST")).click()
    expect(page.get_by_role("region", name="Запрос")).to_contain_text("[sealed:api_key]")
    expect(page.get_by_role("region", name="Ответ")).to_contain_text("content-type: application/json")
    page.get_by_role("button", name="Копировать как curl").click()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith("curl --globoff 'http://127.0.0.1:")
    assert "--data-raw 'api_key=[sealed:api_key]&" in command


def test_arguments_are_filled_in_as_a_form_or_as_json(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    studio.choose_function(page, "ImportTemplates")
    page.get_by_role("textbox", name="limit").fill("1")
    page.get_by_text("JSON", exact=True).click()
    expect(page.get_by_role("textbox", name="Аргументы (JSON)")).to_contain_text('"limit": 1')
    studio.run(page, consent=True)
    expect(page.get_by_role("region", name="Результат").get_by_text('"externalId"')).to_have_count(1)


def test_pasted_webhook_becomes_actions_or_names_the_wrong_line(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    page.get_by_text("Текст запроса", exact=True).click()
    field = page.get_by_label("Запрос целиком")
    field.fill('POST /hooks/unisender HTTP/1.1\nContent-Type: application/json\n{"auth": "?"}')
    expect(page.get_by_text('Строка 3: «{"auth": "?"}» — не заголовок')).to_be_visible()
    expect(page.get_by_role("button", name="Запустить", exact=True)).to_be_disabled()
    field.fill("GET /hooks/unisender HTTP/1.1\n\n")
    studio.run(page)
    expect(page.get_by_text("выполнено", exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="Функция")).to_have_value(re.compile("ParseWebhookRequest"))


def test_stored_webhook_is_run_and_taken_as_text(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    webhook = studio.applied_webhook(demo, page)
    demo.open(page, f"/modules/{studio.module_id(page)}?webhook={webhook}")
    expect(studio.run_whole(page)).to_contain_text('"type": "updateDeliveryStatus"')
    page.get_by_role("button", name="Как текст").click()
    expect(page.get_by_label("Запрос целиком")).to_have_value(re.compile("^POST /hooks/unisender"))
    expect(studio.run_whole(page)).to_contain_text('"type": "updateDeliveryStatus"')


def test_recorded_call_is_replayed_against_the_text_and_kept_as_a_test(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    calls = studio.open_tab(page, "Вызовы")
    calls.get_by_role("combobox", name="Функция").fill("ImportTemplates")
    page.get_by_role("option", name="ImportTemplates", exact=True).click()
    calls.get_by_role("button", name=re.compile("ImportTemplates")).first.click()
    calls.get_by_role("button", name="Повторить на тексте из редактора").click()
    replay = calls.get_by_role("region", name="Повтор вызова")
    expect(replay).to_contain_text("Результат тот же")
    calls.get_by_role("button", name="Сохранить как тест").click()
    page.get_by_label("Имя теста").fill("templates-stay")
    page.get_by_role("button", name="Сохранить тест").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    studio.type_at_the_end(page, ANOTHER_RESULT)
    calls.get_by_role("button", name="Повторить на тексте из редактора").click()
    expect(replay).to_contain_text("Результат другой")
    expect(replay.get_by_role("list", name="Отличия")).to_contain_text("$[0].name")
    tests = studio.open_tab(page, "Тесты")
    tests.get_by_role("button", name="Запустить все").click()
    kept = tests.get_by_role("listitem").filter(has_text="templates-stay")
    expect(kept).to_contain_text("не прошёл")
    expect(kept.get_by_role("list", name="Отличия")).to_contain_text("$[0].name")
    tests.get_by_role("button", name="Удалить тест templates-stay").click()
    page.get_by_role("dialog").get_by_role("button", name="Удалить").click()
    expect(kept).to_have_count(0)


def test_arguments_of_a_recorded_call_are_run_again(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    module = studio.module_id(page)
    demo.open(page, f"/modules/{module}?tab=calls&call={studio.call_with_actions(demo, page, module)}")
    calls = page.get_by_role("tabpanel", name="Вызовы", exact=True)
    calls.get_by_role("tab", name="Аргументы").click()
    expect(calls.get_by_role("region", name="Аргументы")).to_contain_text('"method": "POST"')
    calls.get_by_role("button", name="Взять в запуск").click()
    studio.run(page)
    expect(page.get_by_role("region", name="Результат")).to_contain_text('"actions"')


def test_draft_is_rehearsed_published_with_a_tick_and_rolled_back(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    before = studio.live_number(page)
    studio.type_at_the_end(page, studio.LOSSES)
    draft = studio.save_version(page, "Первое действие лишнее")
    expect(page.get_by_text(f"действует версия {before}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Опубликовать", exact=True).click()
    dialog = page.get_by_role("dialog")
    action = dialog.get_by_role("button", name="Опубликовать")
    expect(dialog.get_by_role("alert")).to_contain_text("Действий потеряется:")
    expect(action).to_be_disabled()
    dialog.get_by_role("button", name=re.compile("Отличаются *ParseWebhookRequest")).first.click()
    expect(dialog.get_by_role("list", name="Отличия").first).to_contain_text("$.actions[0]")
    dialog.get_by_label("Так и задумано, опубликовать").check()
    action.click()
    expect(page.get_by_text(f"действует версия {draft}", exact=True)).to_be_visible()
    studio.put_back(page, before)


def test_versions_show_who_saved_them_and_are_compared_side_by_side(demo: Site, page: Page) -> None:
    studio.open_module(demo, page)
    studio.type_at_the_end(page, "\n# A remark.\n")
    number = studio.save_version(page, "Примечание")
    versions = studio.open_tab(page, "Версии")
    expect(versions).to_contain_text("Примечание")
    expect(versions).to_contain_text("Илья Громов")
    versions.get_by_role("button", name=f"Сравнить версию {studio.live_number(page)}", exact=True).click()
    dialog = page.get_by_role("dialog", name="Изменения")
    expect(dialog.locator(".cm-merge-b .cm-changedLine")).not_to_have_count(0)
    dialog.get_by_role("combobox", name="Стало").click()
    page.get_by_role("option", name=re.compile(f"^версия {number}$")).click()
    expect(dialog.locator(".cm-merge-b")).to_contain_text("# A remark.")
    dialog.get_by_role("button", name="Закрыть").click()
    before = studio.live_number(page)
    with page.expect_download() as download:
        versions.get_by_role("link", name=f"Скачать версию {number} архивом").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        assert {name.rpartition("/")[2] for name in archive.namelist()} >= {"module.json", "module.py"}
        [text] = [name for name in archive.namelist() if name.endswith("module.py")]
        assert archive.read(text).decode().endswith("# A remark.\n")
    versions.get_by_role("button", name=f"Взять в редактор версию {before}").click()
    newest = studio.save_version(page)
    studio.publish(page, f"Опубликовать версию {newest}", newest)


def test_new_module_has_seven_functions_and_is_published_by_switching_it_on(demo: Site, page: Page) -> None:
    demo.enter(page, "integrator")
    demo.open(page, "/modules")
    page.get_by_role("button", name="Новый модуль").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Голубиная почта")
    dialog.get_by_label("Имя").fill("pigeon_post")
    dialog.get_by_role("button", name="Создать").click()
    page.wait_for_url(re.compile(r"/modules/\d+$"))
    required = page.get_by_role("region", name=re.compile("^Функции: 7 из"))
    expect(required.get_by_role("button", name=re.compile("^Запустить "))).to_have_count(7)
    expect(page.get_by_role("textbox", name="Код модуля")).to_contain_text(re.compile("[а-я]{4,}"))
    expect(page.get_by_text("не опубликован", exact=True)).to_be_visible()
    studio.run(page)
    expect(page.get_by_role("alert", name="Функция не реализована")).to_be_visible()
    page.get_by_role("button", name="Включить").click()
    expect(page.get_by_text("действует версия 1", exact=True)).to_be_visible()
    required.get_by_role("button", name="Добавить CRM_Marketing_CheckAccount").click()
    expect(page.get_by_text("не сохранено", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("^Функции: 8 из"))).to_be_visible()
    studio.save_version(page)
    studio.delete_module(page)


def test_bundled_module_shows_its_hosts_and_is_forked(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/modules")
    page.get_by_role("button", name="Каталог модулей").click()
    entry = page.get_by_role("article", name="Unisender")
    expect(entry).to_contain_text("https://api.unisender.com:443")
    entry.get_by_role("button", name="Сделать копию").click()
    page.get_by_label("Имя").fill("unisender_ours")
    page.get_by_role("dialog", name="Копия модуля").get_by_role("button", name="Сделать копию").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Unisender (unisender_ours)")
    expect(page.get_by_text("не опубликован", exact=True)).to_be_visible()
    studio.delete_module(page)


@pytest.mark.parametrize(("language", "scheme", "width"), [("ru", "light", 1440), ("en", "dark", 390)])
def test_every_tab_is_clean_for_assistive_technology_and_no_wider_than_the_screen(
    demo: Site,
    browser: Browser,
    findings: Callable[[Page], list[str]],
    language: str,
    scheme: str,
    width: int,
) -> None:
    context = browser.new_context(locale="ru-RU", viewport={"width": width, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    found = complaints(page)
    demo.enter(page, "admin")
    if language == "en":
        page.get_by_text("EN", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Where to start")
        page.get_by_role("button", name="Dark theme").click()
    modules = page.request.get(f"{demo.address}/api/v1/modules").json()["items"]
    module = next(each["id"] for each in modules if each["name"] == "unisender")
    call = page.request.get(f"{demo.address}/api/v1/modules/{module}/calls?kind=ok").json()["items"][0]["id"]
    for search in (*(f"tab={tab}" for tab in TABS), f"tab=calls&call={call}"):
        demo.open(page, f"/modules/{module}?{search}")
        page.wait_for_load_state("networkidle")
        expect(page.locator("html")).to_have_css("color-scheme", scheme)
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{search} is {too_wide} px too wide"] if too_wide > 0 else []
        found += [f"{search}: {one}" for one in findings(page)]
    if language == "en":  # the other tests find the person as the demo made it
        demo.forget_choices(page)
    context.close()
    assert found == []

"""A marketer keeps a list of a service as a segment has it: plan, run, report, guard, and the end of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

LONG_MS = 60_000
SEGMENT = "Пробная группа"


def choose(page: Page, field: str, option: str) -> None:
    """Choose an option of a field by the beginning of its name."""
    page.get_by_role("combobox", name=re.compile(f"^{field}")).click()
    page.get_by_role("option", name=re.compile(f"^{option}")).click()


def ended(page: Page, number: int) -> None:
    """Wait for the end of a run, as the sync's history tells it."""
    row = page.get_by_role("table", name="Запуски").get_by_role("row", name=re.compile(f"Запуск {number}"))
    expect(row).to_contain_text("Завершён", timeout=LONG_MS)


def test_marketer_syncs_a_segment_with_a_new_list(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")

    demo.open(page, "/segments")
    page.get_by_role("link", name=SEGMENT, exact=True).click()
    page.get_by_role("region", name="Синхронизации").get_by_role("link", name="Новая синхронизация").click()
    expect(page.get_by_text(re.compile(r"^Сейчас 200"))).to_be_visible()
    choose(page, "Аккаунт", "Пробный аккаунт")
    page.get_by_role("radio", name="Создать новый").check()
    expect(page.get_by_label("Название нового списка")).to_have_value(SEGMENT)
    expect(page.get_by_role("radio", name="Точное соответствие")).to_contain_text("{c, d, e}")
    expect(page.get_by_role("radio", name="Объединение")).to_contain_text("{a, b, c, d, e}")
    expect(page.get_by_role("radio", name="Вычитание")).to_contain_text("{a, b}")
    page.get_by_role("button", name="Показать план").click()

    plan = page.get_by_role("region", name="План изменений")
    run = plan.get_by_role("button", name="Сохранить и запустить")
    expect(run).to_be_visible(timeout=LONG_MS)
    expect(plan).to_contain_text("Почему не переданы")
    expect(plan).to_contain_text("Из списка никто не будет исключён.")
    run.click()
    expect(page.get_by_text("Работает", exact=True)).to_be_visible()
    ended(page, 1)
    address = page.url

    page.get_by_role("link", name="Запуск 1").click()
    expect(page.get_by_role("region", name="Отчёт о синхронизации")).to_contain_text("Сверено с сервисом")
    refused = page.get_by_role("region", name="Отклонено сервисом")
    expect(refused).to_contain_text("Role address is refused")
    with page.expect_download() as download:
        refused.get_by_role("link", name="Скачать CSV").click()
    assert "Role address is refused" in download.value.path().read_text("utf-8-sig")
    refused.get_by_role("button", name="Повторить только эти").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Запуск 2")
    expect(page.get_by_text("Завершён", exact=True).first).to_be_visible(timeout=LONG_MS)

    # The letters of alerts name a run without quotes; the newest one is another.
    (*_, first) = demo.asks(page, "GET", f"/syncs/{address.rpartition('/')[2]}/runs")["items"]
    demo.open(page, f"/syncs/{first['syncId']}/run?run={first['id']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Запуск 1")

    # A list of the name is there now: it is not doubled.
    demo.open(page, "/syncs/new")
    expect(page.get_by_text("Чтобы продолжить, выберите: сегмент")).to_be_visible()
    expect(page.get_by_role("button", name="Показать план")).to_be_disabled()
    choose(page, "Сегмент", SEGMENT)
    choose(page, "Аккаунт", "Пробный аккаунт")
    page.get_by_role("radio", name="Создать новый").check()
    expect(page.get_by_text(f"В сервисе уже есть список «{SEGMENT}»")).to_be_visible()

    # Everybody would leave the list: the guard asks first, and says how many.
    page.goto(f"{address}/edit")
    page.get_by_role("radio", name="Вычитание").click()
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url(address)
    page.get_by_role("button", name="Запустить сейчас").click()
    waiting = page.get_by_role("region", name="Запуск ждёт вашего решения")
    expect(waiting).to_contain_text("Предохранитель", timeout=LONG_MS)
    waiting.get_by_role("button", name=re.compile(r"^Исключить \d+ и запустить")).click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Исключение — не отписка")
    question.get_by_role("button", name=re.compile(r"^Исключить \d+ и запустить")).click()
    ended(page, 3)

    page.get_by_role("link", name=f"Сегмент «{SEGMENT}»").click()
    page.get_by_role("button", name="Пересчитать").click()
    expect(page.get_by_text("Пересчитываем")).to_be_visible()

    page.goto(address)
    page.get_by_role("button", name="Ещё").click()
    page.get_by_role("menuitem", name="Удалить").click()
    page.get_by_role("dialog").get_by_role("button", name="Удалить").click()
    page.wait_for_url("**/syncs")
    expect(page.get_by_role("table", name="Синхронизации").get_by_role("link", name=SEGMENT)).to_have_count(0)


def test_a_draft_is_thrown_away_and_a_sync_rests_and_goes_on(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/syncs/new")
    page.get_by_role("radio", name="Все клиенты").click()
    choose(page, "Аккаунт", "Пробный аккаунт")
    page.get_by_role("radio", name="Создать новый").check()
    expect(page.get_by_label("Название нового списка")).to_have_value("Все клиенты")
    page.get_by_role("radio", name="Все контакты").click()
    expect(page.get_by_label("Название нового списка")).to_have_value("Все контакты")
    page.get_by_role("button", name="Показать план").click()
    page.get_by_role("button", name="Не сохранять").click()
    page.wait_for_url("**/syncs")
    table = page.get_by_role("table", name="Синхронизации")
    expect(table.get_by_role("link", name="Все контакты")).to_have_count(0)

    # Everybody would leave the list: the plan says so and asks. Saved without running, nobody stopped it.
    demo.open(page, "/syncs/new")
    choose(page, "Сегмент", "Гости выставки")
    choose(page, "Аккаунт", "Читательский клуб")
    choose(page, "Список в сервисе", "Клуб читателей")
    page.get_by_role("radio", name="Точное соответствие").click()
    page.get_by_role("button", name="Показать план").click()
    plan = page.get_by_role("region", name="План изменений")
    expect(plan.get_by_role("alert")).to_contain_text("больше, чем допускает предохранитель", timeout=LONG_MS)
    plan.get_by_role("button", name=re.compile(r"^Исключить \d+ и запустить")).click()
    expect(page.get_by_role("dialog")).to_contain_text("% списка")
    page.get_by_role("dialog").get_by_role("button", name="Отмена").click()
    plan.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.get_by_role("table", name="Запуски")).to_contain_text("План сохранён, не запускался")
    page.get_by_role("button", name="Ещё").click()
    page.get_by_role("menuitem", name="Удалить").click()
    page.get_by_role("dialog").get_by_role("button", name="Удалить").click()
    page.wait_for_url("**/syncs")

    table.get_by_role("link", name="VIP").click()
    page.get_by_role("button", name="Приостановить").click()
    expect(page.get_by_text("Приостановлена", exact=True)).to_be_visible()
    page.get_by_role("button", name="Возобновить").click()
    expect(page.get_by_text("Работает", exact=True)).to_be_visible()


def test_an_editor_sees_syncs_and_changes_none(demo: Site, page: Page) -> None:
    demo.enter(page, "editor")
    demo.open(page, "/syncs")
    expect(page.get_by_role("link", name="Новая синхронизация")).to_have_count(0)
    page.get_by_role("table", name="Синхронизации").get_by_role("link", name="VIP").click()
    expect(page.get_by_role("region", name="Запуски")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Запустить|Приостановить|Ещё"))).to_have_count(0)

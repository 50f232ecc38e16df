"""A marketer's campaigns after the first: other times, pauses, copies, SMS, repeats, results; an editor."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site
from tests.e2e.test_marketer import choose

pytestmark = pytest.mark.slow

LONG_MS = 90_000
READY = "Сезонная распродажа"


def ask(demo: Site, page: Page, method: str, path: str, **body: Any) -> Any:
    """What the API answers the person who is signed in."""
    csrf = page.request.get(f"{demo.address}/api/v1/session").json()["csrf"]
    answer = page.request.fetch(
        f"{demo.address}/api/v1{path}", method=method, data=body, headers={"x-csrf-token": csrf}
    )
    assert answer.ok, answer.text()
    return answer.json() if answer.body() else None


def open_copy(demo: Site, page: Page, name: str) -> str:
    """A copy of the ready draft, at its check; its key."""
    found = page.request.get(f"{demo.address}/api/v1/campaigns?search={READY}").json()["items"]
    ready = next(each for each in found if each["name"] == READY)
    made: str = ask(demo, page, "POST", f"/campaigns/{ready['id']}/copy", name=name)["id"]
    demo.open(page, f"/campaigns/{made}/edit?tab=check")
    expect(page.get_by_role("region", name="Получатели")).to_contain_text("Получат")
    return made


def to_its_time(page: Page) -> None:
    """From the check to the time, which is there once the check is."""
    page.get_by_role("button", name="Далее").click()
    expect(page.get_by_role("region", name="Когда отправить").get_by_role("button").last).to_be_enabled()


@pytest.fixture
def simulator(demo: Site, page: Page) -> Iterator[str]:
    """Where the service is told what to do wrong; in the end it is well again."""
    demo.enter(page, "marketer")
    address: str = page.request.get(f"{demo.address}/api/v1/session").json()["simulatorUrl"]
    yield f"{address}/_simulator"
    page.request.delete(f"{address}/_simulator/faults")


def test_campaign_waits_for_a_time_of_another_zone_rests_and_is_cancelled(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    open_copy(demo, page, "Для Нью-Йорка")
    to_its_time(page)
    page.get_by_role("radio", name="В назначенное время").check()
    zone = page.get_by_role("combobox", name="Часовой пояс")
    zone.fill("New_York")
    page.get_by_role("option", name="America/New_York").click()
    expect(page.get_by_text("По времени организации (Europe/Moscow)")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Запланировать для \d+")).click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    told = page.get_by_role("main").get_by_role("alert")
    expect(told).to_contain_text("Рассылка запланирована")
    expect(told).to_contain_text("America/New_York")

    page.get_by_role("button", name="Приостановить").click()
    expect(told).to_contain_text("Рассылка приостановлена")
    page.get_by_role("button", name="Продолжить").click()
    expect(told).to_contain_text("Рассылка запланирована")
    page.get_by_role("button", name="Ещё").click()
    page.get_by_role("menuitem", name="Отменить").click()
    page.get_by_role("dialog").get_by_role("button", name="Отменить").click()
    expect(page.get_by_text("Отменена", exact=True).first).to_be_visible()
    expect(told).to_have_count(0)


def test_hand_over_that_the_service_delays_is_paused_resumed_and_done(
    demo: Site, page: Page, simulator: str
) -> None:
    page.request.post(
        f"{simulator}/faults", data={"method": "importContacts", "kind": "status", "times": 1000}
    )
    made = open_copy(demo, page, "С остановкой")
    ask(demo, page, "POST", f"/campaigns/{made}/send")
    demo.open(page, f"/campaigns/{made}")
    told = page.get_by_role("main").get_by_role("alert")
    expect(told).to_contain_text("Сервис просит подождать", timeout=LONG_MS)
    page.get_by_role("button", name="Приостановить").click()
    expect(told).to_contain_text("Рассылка приостановлена")
    page.request.delete(f"{simulator}/faults")
    page.get_by_role("button", name="Продолжить").click()
    expect(page.get_by_text("Отправлена", exact=True)).to_be_visible(timeout=LONG_MS)
    page.get_by_role("tab", name="Письмо и история").click()
    history = page.get_by_role("region", name="История")
    expect(history.get_by_text("Приостановлена", exact=True)).to_be_visible()


def test_sent_campaign_is_copied_and_changed_while_it_stays_as_it_was(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/campaigns?state=sent&search=Скидка")
    page.get_by_role("link", name="Скидка 20 % на визитки").click()
    page.get_by_role("button", name="Создать копию").click()
    page.wait_for_url("**/edit")
    name = page.get_by_label("Название рассылки")
    expect(name).to_have_value("Скидка 20 % на визитки (копия)")
    name.fill("Скидка 25 % на визитки")
    page.get_by_role("button", name="Сохранить черновик").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Скидка 25 % на визитки")
    expect(page.get_by_text("Это черновик")).to_be_visible()
    demo.open(page, "/campaigns?search=визитки")
    table = page.get_by_role("table", name="Рассылки")
    expect(table.get_by_role("row", name=re.compile("Скидка 20 %"))).to_contain_text("Отправлена")
    expect(table.get_by_role("row", name=re.compile("Скидка 25 %"))).to_contain_text("Черновик")


def test_sms_is_written_checked_and_sent(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/campaigns/new")
    page.get_by_label("Название рассылки").fill("SMS из браузера")
    page.get_by_text("SMS", exact=True).click()
    page.get_by_role("radio", name=re.compile("Основной аккаунт")).click()
    page.get_by_role("button", name="Далее").click()
    page.get_by_role("radio", name=re.compile("^Пробная группа")).check()
    page.get_by_role("radio", name=re.compile("^Акции")).check()
    page.get_by_role("button", name="Далее").click()
    page.get_by_role("textbox", name="Текст SMS").fill("Скидка ждёт вас до пятницы. " * 3)
    expect(page.get_by_text("84 символа · 2 SMS каждому")).to_be_visible()
    page.get_by_role("combobox", name="Имя отправителя").fill("Mayak")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Далее").click()
    audience = page.get_by_role("region", name="Получатели")
    expect(audience).to_contain_text("Нет адреса")
    to_its_time(page)
    expect(page.get_by_role("button", name=re.compile(r"^Отправить \d+ получател"))).to_be_enabled()
    made = page.request.get(f"{demo.address}/api/v1/campaigns?search=браузера").json()["items"][0]["id"]
    ask(demo, page, "POST", f"/campaigns/{made}/send")
    demo.open(page, f"/campaigns/{made}")
    expect(page.get_by_text("Отправлена", exact=True)).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Открыли", exact=True)).to_have_count(0)
    page.get_by_role("tab", name="Получатели").click()
    expect(page.get_by_role("table", name="Получатели").get_by_role("row").nth(1)).to_contain_text("+7945")


def test_campaign_is_repeated_rests_and_is_repeated_no_more(
    demo: Site, page: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "marketer")
    open_copy(demo, page, "Раз в месяц")
    to_its_time(page)
    page.get_by_role("radio", name="Повторять").check()
    page.get_by_text("Каждый месяц", exact=True).click()
    page.get_by_label("Число месяца").fill("31")
    assert findings(page) == []
    page.get_by_role("button", name="Включить повтор").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    told = page.get_by_role("main").get_by_role("alert")
    expect(told).to_contain_text("Следующий выпуск")
    expect(told).to_contain_text("Каждый месяц: 31-го числа или в последний день, 10:00.")
    page.get_by_role("button", name="Приостановить повтор").click()
    expect(told).to_contain_text("Повтор приостановлен")
    page.get_by_role("button", name="Возобновить повтор").click()
    expect(told).to_contain_text("Следующий выпуск")
    page.get_by_role("button", name="Прекратить повтор").click()
    expect(page.get_by_text("Это черновик")).to_be_visible()


def test_repeat_leads_to_its_issues_and_a_category_to_the_next_one(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/campaigns?state=draft")
    row = page.get_by_role("row", name=re.compile("Новости недели"))
    expect(row).to_contain_text("повторяется, следующий выпуск")
    row.get_by_role("link").click()
    page.get_by_role("link", name="4 выпуска").click()
    issues = page.get_by_role("table", name="Рассылки").get_by_role(
        "row", name=re.compile(r"Новости недели · \d")
    )
    expect(issues).to_have_count(4)

    demo.open(page, "/categories")
    page.get_by_role("link", name="Новости", exact=True).click()
    expect(page.get_by_role("region", name="Подписчики по неделям").locator("svg").first).to_be_visible()
    latest = page.get_by_role("table", name="Выпуски").get_by_role("link").first.inner_text()
    page.get_by_role("button", name="Новый выпуск из последнего").click()
    page.wait_for_url("**/edit")
    expect(page.get_by_label("Название рассылки")).to_have_value(f"{latest} (копия)")


def test_results_lead_to_the_people_behind_them_and_into_a_file(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/campaigns?search=Подарок")
    page.get_by_role("link", name="Подарок для постоянных клиентов").click()
    links = page.get_by_role("table", name="Переходы по ссылкам")
    expect(links.get_by_role("row")).to_have_count(4)
    page.get_by_role("table", name="По доменам").get_by_role("link", name="inbox.example.net").click()
    log = page.get_by_role("table", name="Получатели").get_by_role("row")
    expect(log.nth(1)).to_contain_text("@inbox.example.net")
    choose(page, "Что сделал", "Перешёл по ссылке")
    expect(log.filter(has_not_text="Переход по ссылке")).to_have_count(1)  # the head alone
    shown = log.count() - 1
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Скачать CSV").click()
    text = Path(downloading.value.path()).read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))[1:]
    assert len(rows) == shown > 0
    assert all("@inbox.example.net" in ";".join(row) for row in rows)
    page.get_by_role("button", name="Убрать фильтр").click()
    expect(log).not_to_have_count(shown + 1)
    log.nth(1).get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("Переход")


def test_those_who_sleep_become_a_segment(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/engagement")
    choose(page, "Период", "30 дней")
    page.get_by_role("region", name="Спящие").get_by_role(
        "button", name=re.compile("Сделать сегмент")
    ).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название сегмента").fill("Разбудить")
    dialog.get_by_role("button", name="Создать сегмент").click()
    expect(page.get_by_text(re.compile(r"Сегмент «Разбудить» создан: \d"))).to_be_visible()
    demo.open(page, "/segments")
    expect(page.get_by_role("row", name=re.compile("Разбудить"))).to_contain_text(re.compile(r"\d"))


def test_import_of_letters_that_the_service_stops_says_why_and_is_repeated(
    demo: Site, page: Page, simulator: str
) -> None:
    page.request.post(
        f"{simulator}/faults", data={"method": "listTemplates", "kind": "error", "code": "access_denied"}
    )
    demo.open(page, "/templates")
    page.get_by_role("button", name="Импортировать").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Начать импорт").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Импорт остановлен")
    expect(dialog.get_by_role("alert")).to_contain_text("остановился с ошибкой")
    dialog.get_by_role("button", name="Закрыть").last.click()
    last = page.get_by_role("region", name="Последний импорт")
    last.get_by_role("button", name="Повторить импорт: Основной аккаунт").click()
    expect(last).to_contain_text("66 шаблонов")
    expect(last.get_by_role("alert")).to_have_count(0)


def test_editor_prepares_a_campaign_and_cannot_send_it(demo: Site, page: Page) -> None:
    demo.enter(page, "editor")
    made = open_copy(demo, page, "Готовит редактор")
    expect(page.get_by_text("Тестовые письма отправляет тот, кто может отправлять рассылки.")).to_be_visible()
    page.get_by_role("button", name="Далее").click()
    expect(page.get_by_text("Вы готовите рассылки, а отправляет их маркетолог")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"^Отправить \d+"))).to_be_disabled()
    demo.open(page, f"/campaigns/{made}")
    expect(page.get_by_role("link", name="Продолжить")).to_be_visible()
    demo.open(page, "/campaigns?state=scheduled")
    page.get_by_role("link", name="Неделя скидок").click()
    expect(page.get_by_role("button", name="Создать копию")).to_be_visible()
    expect(page.get_by_role("button", name="Приостановить")).to_have_count(0)

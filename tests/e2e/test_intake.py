"""How leads come in, as a person sets it up: doors, forms, signatures, mailboxes, sources, rules."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

JSON = {"content-type": "application/json"}


@pytest.fixture
def shop() -> Iterator[ThreadingHTTPServer]:
    """Somebody's site, of another origin: each page of it is `shop.html`."""

    class Page(BaseHTTPRequestHandler):
        server: Any

        def do_GET(self) -> None:
            body = f"<!doctype html><meta charset=utf-8><title>Сайт</title>{self.server.html}".encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: the test says what was wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    vars(server)["html"] = ""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_door_takes_the_documents_example_and_leads_to_its_lead(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/settings/intake?tab=doors")
    page.get_by_role("button", name="Добавить адрес приёма").click()
    page.get_by_label("Название").fill("Калькулятор сайта")
    page.get_by_role("button", name="Создать", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Калькулятор сайта")
    expect(page.get_by_role("textbox", name="Адрес приёма")).to_have_value(re.compile("/intake/"))

    page.get_by_role("button", name="Показать разбор").click()
    expect(page.get_by_role("table", name="Товары")).to_contain_text("Люверсы × 2 шаг 30см")
    page.get_by_role("button", name="Отправить пробу").click()
    page.get_by_role("link", name="Открыть заявку").click()
    expect(page).to_have_url(re.compile(r"/leads/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Заказ №123 от 01.06.2019")

    page.go_back()
    page.get_by_role("button", name="Закрыть адрес").click()
    page.get_by_role("dialog").get_by_role("button", name="Закрыть адрес").click()
    expect(page).to_have_url(re.compile("tab=doors"))
    expect(page.get_by_role("table", name="HTTP-приём")).not_to_contain_text("Калькулятор сайта")


def test_a_collector_is_checked_saved_and_run(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/settings/intake")
    page.get_by_role("link", name="Заказы с сайта").click()
    page.get_by_role("tab", name="Настройки").click()
    page.get_by_role("button", name="Проверить ящик").click()
    expect(page.get_by_role("status").filter(has_text="Ящик доступен")).to_contain_text("«ORDER»")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("Сохранено", exact=True)).to_be_visible()

    page.get_by_role("button", name="Собрать сейчас").click()
    page.get_by_role("tab", name="Запуски").click()
    expect(page.get_by_role("table", name="Запуски")).to_contain_text("вручную")
    page.get_by_role("tab", name="Письма").click()
    page.get_by_role("table", name="Письма").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/leads/inputs/\d+$"))
    expect(page.get_by_role("heading", name="Исходные данные")).to_be_visible()


def test_a_form_of_another_site_takes_people_and_no_machines_and_programs_sign(
    demo: Site, page: Page, shop: ThreadingHTTPServer
) -> None:
    site = f"http://127.0.0.1:{shop.server_port}"
    demo.enter(page, "admin")
    made = demo.asks(page, "POST", "/intake-doors", {"title": "Форма магазина"})
    demo.open(page, f"/settings/doors/{made['id']}")
    page.get_by_text("HTML", exact=True).click()
    code = page.get_by_role("region", name="Код для сайта").locator("pre")
    expect(page.get_by_text("Поля-ловушки нет")).to_be_visible()
    page.get_by_role("combobox", name="Разрешённые сайты").fill(site)
    page.get_by_label("Поле-ловушка").fill("website")
    page.get_by_role("button", name="Сохранить").click()
    expect(code).to_contain_text('name="website"')
    vars(shop)["html"] = code.inner_text()

    visitor = page.context.new_page()
    visitor.goto(f"{site}/contacts")
    expect(visitor.get_by_role("textbox")).to_have_count(3)  # nobody is told of the trap
    visitor.get_by_label("Имя").fill("Анна Заречная")
    visitor.get_by_label("Электронная почта").fill("zarechnaya@example.com")
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("button", name="Отправить")).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(visitor).to_have_url(f"{site}/")
    visitor.get_by_label("Имя").fill("Программа")
    visitor.locator("[name=website]").evaluate("field => field.value = 'https://spam.example'")
    visitor.get_by_role("button", name="Отправить").click()
    expect(visitor).to_have_url(f"{site}/")
    visitor.close()
    demo.open(page, "/leads/inputs")
    rows = page.get_by_role("row").filter(has_text="Форма магазина")
    expect(rows.filter(has_text="Прочитано")).to_have_count(1)
    expect(rows.filter(has_text="Отложено")).to_contain_text("«website»")

    demo.open(page, f"/settings/doors/{made['id']}")
    body = '{"Тема":"Подписанная заявка","Телефон":"+7 925 000 00-00"}'.encode()

    def knock(secret: str) -> int:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = JSON | {"x-signature": f"sha256={signature}"}
        return page.request.post(made["url"], data=body, headers=headers).status

    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Создать секрет").click()
    first = dialog.get_by_label("Секрет").input_value()
    dialog.get_by_role("button", name="Готово").click()
    assert (knock(first), knock("another")) == (202, 401)
    page.get_by_role("button", name="Заменить секрет").click()
    dialog.get_by_role("button", name="Заменить секрет").click()
    second = dialog.get_by_label("Секрет").input_value()
    dialog.get_by_role("button", name="Готово").click()
    assert (knock(first), knock(second)) == (401, 202)
    page.get_by_role("button", name="Не требовать подпись").click()
    dialog.get_by_role("button", name="Не требовать подпись").click()
    expect(page.get_by_text("Подпись не требуется.")).to_be_visible()
    assert knock(first) == 202
    demo.asks(page, "DELETE", f"/intake-doors/{made['id']}")


def test_unreadable_messages_are_read_together_sources_merged_and_rules_put_in_order(
    demo: Site, page: Page
) -> None:
    demo.enter(page, "admin")
    door = demo.asks(page, "POST", "/intake-doors", {"title": "Слова сайта"})
    for number in (1, 2):
        page.request.post(door["url"], data=f'{{"Zagolovok": "Витрина {number}"}}', headers=JSON)
    demo.open(page, "/leads/inputs?state=unreadable")
    rows = page.get_by_role("row").filter(has_text="Слова сайта")
    expect(rows).to_have_count(2)
    mapping = [{"target": "title", "names": ["Zagolovok"]}]
    demo.asks(page, "PATCH", f"/intake-doors/{door['id']}", {"mapping": mapping})
    page.get_by_label("Выбрать все на странице").check()
    page.get_by_role("button", name="Разобрать ещё раз").click()
    done = page.get_by_role("status").filter(has_text="Прочитано 2 сообщения")
    expect(done.get_by_role("link").first).to_contain_text("Сообщение №")
    expect(rows).to_have_count(0)
    demo.asks(page, "DELETE", f"/intake-doors/{door['id']}")

    for title in ("Листовка", "Листовки"):
        demo.asks(page, "POST", "/lead-channels", {"title": title, "rules": []})
    demo.open(page, "/settings/intake?tab=sources")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Объединить «Листовка» с другим").click()
    dialog.get_by_role("combobox", name="С каким источником").fill("Листовки")
    page.get_by_role("option", name="Листовки").click()
    dialog.get_by_role("button", name="Объединить", exact=True).click()
    expect(page.get_by_text("Источники объединены")).to_be_visible()
    expect(page.get_by_role("button", name="Изменить «Листовка»")).to_have_count(0)
    page.get_by_role("button", name="Убрать «Листовки» в архив").click()
    expect(page.get_by_role("button", name="Вернуть «Листовки» из архива")).to_be_visible()

    people = [demo.asks(page, "GET", "/session")["user"]["id"]]
    for title in ("Правило А", "Правило Б"):
        rule = {"title": title, "kind": "round_robin", "people": people, "enabled": False}
        demo.asks(page, "POST", "/lead-assignments", rule)
    demo.open(page, "/settings/intake?tab=distribution")
    page.get_by_role("button", name="Опустить «Правило А»").press("Enter")
    rules = page.get_by_role("listitem").filter(has_text="Правило")
    expect(rules).to_contain_text(["Правило Б", "Правило А"])
    expect(page.get_by_role("button", name="Опустить «Правило А»")).to_be_focused()
    for title in ("Правило А", "Правило Б"):
        page.get_by_role("button", name=f"Удалить «{title}»").click()
        dialog.get_by_role("button", name="Удалить").click()
        expect(rules.filter(has_text=title)).to_have_count(0)

"""Outgoing webhooks: an own system is entered, tried, told of a lead, and told again of what it missed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook
from tests.e2e.conftest import Site
from tests.outgoing.receiver import Receiver, Say

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def test_an_own_system_hears_of_leads_and_of_what_it_missed(
    demo: Site, page: Page, receiver: Receiver, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/settings/webhooks")
    page.get_by_role("button", name="Добавить вебхук").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Склад")
    dialog.get_by_role("textbox", name="Адрес").fill(receiver.url)
    dialog.get_by_role("button", name="Добавить").click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # no https, and on this machine
    dialog.get_by_label("Адрес во внутренней сети").check()
    dialog.get_by_role("button", name="Добавить").click()
    secret = dialog.get_by_label("Секрет").input_value()
    dialog.get_by_role("link", name="Открыть вебхук").click()

    page.get_by_role("button", name="Отправить пример").click()
    dialog.get_by_role("button", name="Отправить", exact=True).click()
    expect(dialog.get_by_text("Сообщение принято: ответ 204")).to_be_visible()
    assert findings(page) == []
    message = Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)
    assert (message["type"], message["test"]) == ("lead.created", True)
    page.keyboard.press("Escape")

    receiver.answer = lambda number: Say(410)
    lead = {"title": "Стеллаж", "email": "shelf@example.com"}
    demo.asks(page, "POST", "/leads", lead)
    expect(page.get_by_text("Вебхук отключён автоматически")).to_be_visible()
    receiver.answer = lambda number: Say()
    page.get_by_role("button", name="Включить").click()
    page.get_by_role("button", name="Отправить недоставленные").click()
    dialog.get_by_role("button", name="Отправить ещё раз").click()
    row = page.get_by_role("row").nth(1)
    expect(row).to_contain_text("Доставлено")
    missed, again = receiver.got[1], receiver.got[-1]
    assert again.headers["webhook-id"] == missed.headers["webhook-id"]
    assert Webhook(secret).verify(again.body, again.headers)["data"]["title"] == "Стеллаж"
    row.get_by_role("button", name="Открыть").click()
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Ещё", exact=True).click()
    page.get_by_role("menuitem", name="Удалить").click()
    asked = page.get_by_role("dialog", name="Удалить «Склад»")
    asked.get_by_role("button", name="Удалить").click()
    page.wait_for_url(re.compile(r"/settings/webhooks$"))
    expect(page.get_by_role("link", name="Склад")).to_have_count(0)

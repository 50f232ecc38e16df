"""A visitor of the demo kills the server in the middle of a launch and looks at both sides."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

LONG_MS = 60_000


def test_campaign_goes_on_after_a_kill_and_nobody_is_written_to_twice(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/campaigns?state=draft")
    page.get_by_role("link", name="Новые часы работы").click()
    page.get_by_role("link", name="Продолжить").click()
    page.get_by_role("button", name="Далее").click()
    page.get_by_role("button", name=re.compile(r"^Отправить \d")).click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))

    expect(page.get_by_text(re.compile(r"Контакты: [1-9]\d* из \d+ частей"))).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Убить процесс").click()
    expect(page.get_by_text(re.compile("Сервер снова на связи через")).first).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Отправляется", exact=True)).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_test_id("progress")).to_contain_text(
        re.compile(r"^Отправлено: [1-9]\d* из"), timeout=LONG_MS
    )

    demo.open(page, "/start")
    simulator = page.get_by_role("link", name="Открыть имитатор").get_attribute("href")
    assert simulator is not None
    page.goto(simulator)
    twice = page.locator(".twice")
    expect(twice).to_have_class(re.compile("good"))
    expect(twice.locator("b")).to_have_text("0")
    expect(page.get_by_role("cell", name="С понедельника работаем до девяти вечера")).to_be_visible()

"""A visitor of the demo has the site send its letters, and follows them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

LEAD = re.compile(r"/leads/\d+$")


def test_a_letter_of_the_site_is_followed_to_its_lead_order_tickets_event_and_notification(
    demo: Site, page: Page
) -> None:
    demo.enter(page, "sales")
    demo.open(page, "/start")
    card = page.get_by_role("region", name="Заказ с сайта: проследить до конца")
    card.get_by_role("button", name="Отправить письмо ORDER: 123").click()
    # Until the next page is there, the one before is hidden, and is as it was for whoever goes back at once.
    elsewhere = page.get_by_role("heading", level=1).filter(has_not_text="С чего начать")
    steps = card.get_by_role("list", name="Что стало из письма").get_by_role("listitem")
    expect(steps.last).to_have_text(re.compile("Письмо ответственному: Сергей Орлов"))
    expect(steps).to_have_count(4)

    with page.expect_popup() as opened:
        steps.last.get_by_role("link").click()
    letter = opened.value
    expect(letter.get_by_text("Поступила заявка. Вы ответственный.")).to_be_visible()
    link = letter.get_by_role("link", name="/leads/").get_attribute("href")
    letter.close()

    steps.nth(0).get_by_role("button").click()
    page.wait_for_url(LEAD)
    expect(elsewhere).to_be_visible()
    assert page.url == link
    lead = demo.asks(page, "GET", page.url.removeprefix(demo.address))
    page.go_back()

    steps.nth(1).get_by_role("button").click()
    page.wait_for_url(re.compile(rf"/orders/{lead['orderId']}$"))
    expect(elsewhere).to_be_visible()
    offered = demo.asks(page, "GET", f"/orders/{lead['orderId']}/tickets/offer")
    lines = [each["line"]["id"] for each in offered if each["ticked"]]
    demo.asks(page, "POST", f"/orders/{lead['orderId']}/tickets", {"lineIds": lines})
    page.go_back()
    expect(steps.nth(1)).to_contain_text("сформировано 2 техкарты")

    steps.nth(2).get_by_role("button").click()
    page.wait_for_url("**/calendar?*")
    event = page.get_by_role("dialog", name=re.compile(f"Заявка № {lead['number']}"))
    expect(event).to_contain_text("Климов Андрей Сергеевич")


def test_a_broken_letter_leads_to_what_could_not_be_read(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/start")
    card = page.get_by_role("region", name="Заказ с сайта: проследить до конца")
    card.get_by_role("button", name="Отправить испорченное письмо").click()
    expect(card.get_by_text(re.compile("JSON обрывается"))).to_be_visible()
    card.get_by_role("button", name="Открыть непрочитанное").click()
    page.wait_for_url(re.compile(r"/leads/inputs/\d+$"))
    unread = demo.asks(page, "GET", page.url.removeprefix(f"{demo.address}/leads"))["input"]
    assert (unread["state"], unread["title"]) == ("unreadable", "ORDER: 124")

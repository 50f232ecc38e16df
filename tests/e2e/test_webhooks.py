"""The webhook inspector: found by filters that the address keeps, replayed as a set, taken to the studio."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow
COUNT = 12


def send(page: Page, site: Site, count: int) -> None:
    """Webhooks as the service sends them, with a signature that the module does not accept."""
    account = page.request.get(f"{site.address}/api/v1/accounts").json()["items"][0]["id"]
    address = page.request.get(f"{site.address}/api/v1/accounts/{account}").json()["webhookUrl"]
    for number in range(count):
        answer = page.request.post(address, data={"auth": "0" * 32, "events_by_user": [], "n": number})
        assert answer.status == 403


def newest(page: Page, site: Site) -> list[dict[str, Any]]:
    """The webhooks that came last, as the list has them; a campaign that is under way may add its own."""
    items: list[dict[str, Any]] = page.request.get(
        f"{site.address}/api/v1/webhooks?limit={COUNT}&state=applied"
    ).json()["items"]
    return items


def test_a_filtered_set_is_counted_asked_about_and_replayed(demo: Site, page: Page) -> None:
    demo.enter(page, "integrator")
    send(page, demo, COUNT)
    sent = newest(page, demo)
    demo.open(page, "/webhooks?state=applied&from=2026-01-01T00:00:00Z")
    expect(page.get_by_label("С какого времени").first).to_contain_text("2026")
    page.get_by_role("button", name="Разобрать отобранные").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"Под фильтр подход\S+ [\d\s]+ вебхук"))
    dialog.get_by_role("button", name=re.compile(r"Разобрать \d+")).click()
    done = page.get_by_text(re.compile(r"\d+ вебхук\S* разобран\S* заново"))
    expect(done).to_be_visible(timeout=60_000)  # earlier tests of the run have left thousands
    cards = [page.request.get(f"{demo.address}/api/v1/webhooks/{row['id']}").json() for row in sent]
    assert [card["attempts"] for card in cards] == [row["attempts"] + 1 for row in sent]

    page.get_by_role("button", name="Сбросить").click()
    page.wait_for_url(re.compile(r"/webhooks$"))


def test_time_is_chosen_in_a_calendar_whose_controls_have_names(
    demo: Site, page: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "integrator")
    demo.open(page, "/webhooks")
    page.get_by_role("button", name="С какого времени").click()
    page.get_by_role("button", name="Следующий месяц").wait_for()
    page.get_by_role("dialog").evaluate(
        "dialog => Promise.all(dialog.getAnimations().map(one => one.finished))"
    )
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["width"] < 400
    assert box["x"] >= 0
    assert findings(page) == []


def test_a_webhook_is_taken_to_the_studio_and_to_a_shell(demo: Site, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    demo.enter(page, "integrator")
    send(page, demo, 1)
    row = page.request.get(f"{demo.address}/api/v1/webhooks?state=applied").json()["items"][0]
    demo.open(page, f"/webhooks/{row['id']}")
    page.get_by_role("button", name="Копировать как curl").click()
    expect(page.get_by_role("button", name="Скопировано")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert f"{demo.address}/hooks/unisender/TOKEN" in command
    assert '"events_by_user"' in command
    page.get_by_role("link", name="Взять как пример").click()
    page.wait_for_url(re.compile(r"/modules/\d+\?webhook="))
    expect(page.get_by_label("Полученный вебхук").first).to_be_visible()

"""What a person does in the studio of a module, in steps that several tests take."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Site

#: Wraps the function above it: the first action is lost, the others get a reason.
LOSSES = """

whole = CRM_Marketing_ParseWebhookRequest


async def CRM_Marketing_ParseWebhookRequest(request):
    result = await whole(request)
    return {"actions": [{**one, "reason": "ours"} for one in result["actions"][1:]]}
"""


def open_module(demo: Site, page: Page, *, who: str = "integrator") -> None:
    """Open the demo's module in the studio, as somebody, and wait until its text is checked."""
    demo.enter(page, who)
    demo.open(page, "/modules")
    page.get_by_role("link", name=re.compile("Unisender")).click()
    page.get_by_role("region", name="Замечания").get_by_text("Замечаний нет").wait_for()


def type_at_the_end(page: Page, text: str) -> None:
    """Add to the text in the editor."""
    page.get_by_role("textbox", name="Код модуля").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def choose_function(page: Page, name: str) -> None:
    """Take a function of the list into the panel of runs."""
    page.get_by_role("button", name=f"Запустить CRM_Marketing_{name}", exact=True).click()


def run(page: Page, *, consent: bool = False) -> None:
    """Run the chosen function; with consent let its requests go to the service."""
    page.get_by_role("button", name="Запустить", exact=True).click()
    if consent:
        page.get_by_role("dialog").get_by_role("button", name="Отправить").click()


def open_tab(page: Page, name: str) -> Locator:
    """A tab of the panel beside the text."""
    page.get_by_role("tab", name=name, exact=True).click()
    return page.get_by_role("tabpanel", name=name, exact=True)


def save_version(page: Page, note: str = "") -> int:
    """Save the text as a draft; the version's number."""
    page.get_by_role("button", name="Сохранить версию").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Что изменилось").fill(note)
    dialog.get_by_role("button", name="Сохранить версию").click()
    badge = page.get_by_text(re.compile(r"^черновик: версия \d+$"))
    badge.wait_for()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return int(badge.inner_text().rpartition(" ")[2])


def publish(page: Page, button: str, number: int) -> None:
    """Publish a version after its rehearsal, whatever that shows; `button` is in the versions' tab."""
    open_tab(page, "Версии").get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    tick = dialog.get_by_label("Так и задумано, опубликовать")
    action = dialog.get_by_role("button", name="Опубликовать", disabled=False)
    tick.or_(action).first.wait_for()
    if tick.count():
        tick.check()
    action.click()
    expect(page.get_by_text(f"действует версия {number}", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def put_back(page: Page, number: int) -> None:
    """Roll back to a version, and make its text the newest one again, as the other tests find it."""
    publish(page, f"Откатить до версии {number}", number)
    open_tab(page, "Версии").get_by_role("button", name=f"Взять в редактор версию {number}").click()
    newest = save_version(page)
    publish(page, f"Опубликовать версию {newest}", newest)


def live_number(page: Page) -> int:
    """The number of the live version, as the studio says it."""
    return int(page.get_by_text(re.compile(r"^действует версия \d+$")).inner_text().rpartition(" ")[2])


def delete_module(page: Page) -> None:
    """Delete the module that is open."""
    page.get_by_role("button", name="Ещё действия").click()
    page.get_by_role("menuitem", name="Удалить модуль").click()
    page.get_by_role("dialog").get_by_role("button", name="Удалить").click()
    page.wait_for_url("**/modules")

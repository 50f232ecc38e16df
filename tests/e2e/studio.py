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


def module_id(page: Page) -> str:
    """The id of the module that is open."""
    found = re.search(r"/modules/(\d+)", page.url)
    assert found is not None
    return found[1]


def applied_webhook(demo: Site, page: Page) -> str:
    """The id of a stored webhook that told of deliveries; the newest may be one that another test sent."""
    api = f"{demo.address}/api/v1/webhooks"
    rows = page.request.get(f"{api}?state=applied&limit=200").json()["items"]
    for row in rows:
        actions = page.request.get(f"{api}/{row['id']}").json()["actions"] if row["actionCount"] else []
        if any(action["type"] == "updateDeliveryStatus" for action in actions):
            return str(row["id"])
    raise AssertionError(f"none of the newest {len(rows)} applied webhooks tells of a delivery")


def call_with_actions(demo: Site, page: Page, module: str) -> str:
    """The id of a recorded call that made actions of a webhook, not a refusal of its signature."""
    api = f"{demo.address}/api/v1/modules/{module}/calls"
    asked = "function=CRM_Marketing_ParseWebhookRequest&kind=ok&limit=200"
    rows = page.request.get(f"{api}?{asked}").json()["items"]
    for row in rows:
        if page.request.get(f"{api}/{row['id']}").json()["result"].get("actions"):
            return str(row["id"])
    raise AssertionError(f"none of the newest {len(rows)} calls gave actions")


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


def run_whole(page: Page) -> Locator:
    """Run the chosen function; its result, with everything open that long results hide."""
    with page.expect_response(re.compile(r"/modules/\d+/run$")):
        run(page)
    result = page.get_by_role("region", name="Результат")
    result.wait_for()
    hidden = result.get_by_role("button", expanded=False)
    while hidden.count():
        hidden.first.click()
    return result


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

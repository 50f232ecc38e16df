"""A demo as a visitor finds it, and a browser to visit it with."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from tests.processes import Command

PASSWORD = "vestnik-demo"
PAGES = (
    *("/start", "/campaigns", "/campaigns/new", "/templates", "/categories", "/engagement"),
    *("/contacts", "/contacts/duplicates", "/stop-list", "/companies", "/segments", "/segments/new"),
    *("/syncs", "/syncs/new"),
    *("/leads", "/leads/statistics"),
    *("/imports", "/imports/schedules"),
    *("/deals", "/orders", "/tickets", "/tickets/print"),
    *("/calendar", "/leads/inputs"),
    *("/modules", "/accounts", "/accounts/new", "/webhooks", "/settings/webhooks"),
    *("/settings/intake", "/settings/intake?tab=doors", "/settings/intake?tab=classic"),
    *("/settings/intake?tab=distribution", "/settings/intake?tab=sources", "/settings/collectors/new"),
    *("/profile", "/users", "/fields", "/keys", "/embedding", "/settings", "/system", "/audit"),
    *("/erasures", "/retention"),
)
#: A thing of each kind, as the API finds it; and what stands behind its first page.
DETAILS = (
    *(
        "campaigns?state=draft",
        "campaigns?state=scheduled",
        "campaigns?state=sent",
        "campaigns?state=declined",
    ),
    *("templates", "categories", "segments", "contacts", "companies"),
    "syncs",
    "leads",
    *("leads/inputs?state=unreadable", "settings/collectors", "settings/doors"),
    *("imports", "imports/schedules"),
    *("deals", "orders", "tickets"),
    *("modules", "accounts", "webhooks", "settings/webhooks"),
    "users",
)
#: Rooms that the API calls otherwise than the page does.
ASKED = {
    "settings/webhooks": "outgoing-webhooks",
    "leads/inputs?state=unreadable": "inputs?state=unreadable",
    "settings/collectors": "mail-collectors",
    "settings/doors": "intake-doors",
}
BEHIND = {
    "tickets": ("/print",),
    "settings/collectors": ("?tab=letters", "?tab=settings"),
    "settings/webhooks": ("?tab=settings", "?tab=examples"),
    "campaigns?state=draft": ("/edit", "/edit?tab=check", "/audience"),
    "syncs": ("/edit", "/run"),
    "campaigns?state=sent": ("?tab=deliveries", "?tab=details"),
}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
#: What WCAG asks up to level AA; the rest of axe's rules are its own taste.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Answers of 4xx and 5xx, a killed server's streams, and scripts of letters, which are kept from running.
HARMLESS = ("Failed to load resource", "Blocked script execution")
#: Two files of tests share the processors of a machine that has two.
expect.set_options(timeout=20_000)
#: A page may take so long to come to rest: what opens fades in for a fifth of a second on an idle machine.
REST_S = 5.0
STATIC = Path(__file__).parents[2] / "platform" / "vestnik" / "static"


#: Lines of a page's outline that a failure shows: a log of CI holds several failures.
OUTLINE_LINES = 30


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Of the page that Playwright prints with a failure, keep what begins with its content."""
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, AssertionError):
        said, title, outline = str(error).partition("Aria snapshot:")
        lines = outline.splitlines()
        start = next((number for number, line in enumerate(lines) if line.startswith("- main")), 0)
        error.args = (said + title + "\n".join(["", *lines[start : start + OUTLINE_LINES]]).rstrip(),)
    return (yield)


@dataclass
class Site:
    """A running installation and how to enter it."""

    address: str

    def enter(self, page: Page, who: str) -> None:
        """Sign in by the form, as the demo's person with this name before the @."""
        page.goto(f"{self.address}/login")
        page.get_by_label("Электронная почта").fill(f"{who}@demo.local")
        page.get_by_label("Пароль", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Войти", exact=True).click()
        page.wait_for_url("**/start")

    def open(self, page: Page, path: str) -> None:
        """Open a page and wait until its heading is there and nothing is on its way."""
        page.goto(self.address + path)
        page.locator("h1").wait_for()
        expect(page.locator("[role=status][aria-label='Загрузка…']")).to_have_count(0, timeout=20_000)

    def asks(self, page: Page, method: str, path: str, data: Any = None) -> Any:
        """What the API answers to whoever is signed in; None where it answers nothing."""
        api = f"{self.address}/api/v1"
        token = page.request.get(f"{api}/session").json()["csrf"]
        headers = {"x-csrf-token": token, "origin": self.address}
        answer = page.request.fetch(api + path, method=method, headers=headers, data=data)
        assert answer.ok, answer.text()
        return answer.json() if answer.body() else None

    def forget_choices(self, page: Page) -> None:
        """Give the signed-in person the language and the theme that the demo made them with."""
        page.wait_for_load_state("networkidle")
        self.asks(page, "PATCH", "/session/user", {"language": "ru", "theme": "auto"})

    def pages(self, page: Page) -> list[str]:
        """The addresses of all pages: of the lists, and of one thing of each kind."""
        found = [*PAGES]
        for room in DETAILS:
            answer = page.request.get(f"{self.address}/api/v1/{ASKED.get(room, room)}").json()
            items = answer["items"] if isinstance(answer, dict) else answer
            one = f"/{room.partition('?')[0]}/{items[0]['id']}"
            found += [one, *(one + behind for behind in BEHIND.get(room, ()))]
        return found


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """The web application; without it there is nothing to test."""
    assert (STATIC / "index.html").is_file(), "the web application is not built: run “make install”"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One demo for all tests: each leaves the demo's people, modules and accounts as it found them."""
    running = Command(tmp_path_factory.mktemp("demo")).start("up", "--demo")
    running.line("demo is ready")
    yield Site(running.address)
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For each file anew: while it is there its event loop runs, and no asynchronous test could."""
    names = ("chromium", "google-chrome", "chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        missing = "NO BROWSER TEST IS RUN: there is no Chromium. Install one, or name it in CHROMIUM."
        if os.environ.get("VESTNIK_REQUIRE_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose scripts fail no test silently, and which the content security policy refuses nothing."""
    context = browser.new_context(locale="ru-RU", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    wrong = complaints(page)
    yield page
    context.close()
    assert wrong == []


def complaints(page: Page) -> list[str]:
    """What the browser will complain of: failed scripts, the console's errors, the policy's refusals.

    An answer that says no is no error of the page: tests ask for what is not there, or not allowed.
    """
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(HARMLESS):
            wrong.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    return wrong


@pytest.fixture(scope="session")
def axe_source() -> str:
    folder = Path(axe_playwright_python.__file__).parent
    return next(folder.rglob("axe.min.js")).read_text()


@pytest.fixture
def findings(axe_source: str) -> Callable[[Page], list[str]]:
    """What axe finds wrong on the page when it has come to rest, in one line each.

    A window that fades in has too little contrast while it does: only what stays is a finding.
    """

    def look(page: Page) -> list[str]:
        run = "tags => axe.run(document, {runOnly: tags, iframes: false})"
        return [
            f"{page.url}: {found['id']}: {node['target']}: {' '.join(node['failureSummary'].split())}"
            for found in page.evaluate(run, WCAG)["violations"]
            for node in found["nodes"]
        ]

    def find(page: Page) -> list[str]:
        page.evaluate(axe_source)
        deadline = time.monotonic() + REST_S
        while (found := look(page)) and time.monotonic() < deadline:
            page.wait_for_timeout(200)
        return found

    return find

"""The first load of the web application in headless Chromium: what crosses the wire, and when it can be used.

Each round is a new browser context: nothing cached. "Interactive" is the end of the last task of over 50 ms
(what Chromium calls a long task) before QUIET_MS without one and without a request, or the first paint of
content when there was none. `slow` is a processor four times slower behind 10 Mbit/s and 40 ms.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks import installation as site
from vestnik.settings import Settings

ROUNDS = 3
QUIET_MS = 3_000
PAGES = {"login": "/login", "campaigns": "/campaigns", "contacts": "/contacts", "templates": "/templates"}
SLOW = {"latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8, "offline": False}
SLOWER = 4
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_PASSWORD = "vestnik-demo"  # noqa: S105 - the demo's own, printed in the README
_WATCH = """
window.longTasks = [];
const end = each => each.startTime + each.duration;
new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(end)))
  .observe({type: "longtask", buffered: true});
window.largest = 0;
new PerformanceObserver(list => { window.largest = list.getEntries().at(-1).startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
"""
_READ = """() => ({
  painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  largest: window.largest,
  lastTask: Math.max(0, ...window.longTasks),
})"""


def run() -> dict[str, Any]:
    """Kilobytes as they were transferred, and milliseconds: first paint, largest paint, interactive."""
    names = ("chromium", "google-chrome", "chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise LookupError("there is no Chromium to measure with")
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(Settings.from_environment({}), data_dir=Path(folder))
        settings = replace(settings, database_url=f"sqlite:///{Path(folder) / 'vestnik.db'}")
        port = site.free_port()
        command = [sys.executable, "-m", "vestnik", "up", "--demo"]
        with site.serving(command, settings, port), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
            try:
                return _measured(browser, f"http://127.0.0.1:{port}")
            finally:
                browser.close()


def _measured(browser: Browser, address: str) -> dict[str, Any]:
    kept = _signed_in(browser, address)
    found: dict[str, Any] = {}
    for name, path in PAGES.items():
        state = None if path == "/login" else kept
        for slow in (False, True):
            rounds = [_load(browser, address + path, state, slow) for _ in range(ROUNDS)]
            found[f"{name}_slow" if slow else name] = _medians(rounds)
    return found


def _signed_in(browser: Browser, address: str) -> Any:
    """The cookies of the demo's marketer, who is there once the demo is."""
    context = browser.new_context()
    person = {"email": "marketer@demo.local", "password": _PASSWORD}
    deadline = time.monotonic() + 60
    while not context.request.post(f"{address}/api/v1/session", data=person).ok:
        if time.monotonic() > deadline:
            raise TimeoutError("the demo's marketer could not sign in")
        time.sleep(0.5)
    state = context.storage_state()
    context.close()
    return state


def _load(browser: Browser, url: str, state: Any, slow: bool) -> dict[str, float]:
    context: BrowserContext = browser.new_context(storage_state=state, locale="ru-RU")
    page = context.new_page()
    page.add_init_script(_WATCH)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    if slow:
        wire.send("Network.emulateNetworkConditions", SLOW)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url)
    page.locator("h1").first.wait_for()
    read = _settled(page, sizes)
    context.close()
    return {
        "transferred_kb": round(sum(sizes) / 1000, 1),
        "requests": len(sizes),
        "first_paint_ms": round(read["painted"]),
        "largest_paint_ms": round(read["largest"]),
        "interactive_ms": round(max(read["painted"], read["lastTask"])),
    }


def _settled(page: Page, sizes: Sequence[float]) -> dict[str, float]:
    """What the page has measured, once nothing has come and no long task has ended for QUIET_MS."""
    before: tuple[int, float] | None = None
    while True:
        read: dict[str, float] = page.evaluate(_READ)
        now = (len(sizes), read["lastTask"])
        if now == before:
            return read
        before = now
        page.wait_for_timeout(QUIET_MS)


def _medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: median(each[name] for each in rounds) for name in rounds[0]}

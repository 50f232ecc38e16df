"""Take a picture of every page of a running demo: `python tools/screenshots.py FOLDER [ADDRESS]`.

Russian in the light theme and English in the dark one, each on a desk and on a phone; the pictures
are for looking at, never for committing. Start the demo with `vestnik up --demo` before.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

PASSWORD = "vestnik-demo"  # noqa: S105  (the demo prints it)
LOOKS = (("ru", "light"), ("en", "dark"))
SCREENS: Mapping[str, tuple[int, int]] = {"desk": (1440, 900), "phone": (390, 844)}
#: What is opened by its address alone; pages of one thing are found through the API.
PAGES: Mapping[str, str] = {
    "start": "/start", "campaigns": "/campaigns", "campaign-new": "/campaigns/new", "templates": "/templates",
    "contacts": "/contacts", "segments": "/segments", "categories": "/categories", "modules": "/modules",
    "accounts": "/accounts", "account-new": "/accounts/new", "webhooks": "/webhooks", "users": "/users",
    "keys": "/keys", "settings": "/settings", "audit": "/audit",
}  # fmt: skip
DETAILS: Mapping[str, str] = {
    "campaign-draft": "campaigns?state=draft", "campaign-sent": "campaigns?state=sent",
    "campaign-declined": "campaigns?state=declined", "template": "templates", "contact": "contacts",
    "module": "modules", "account": "accounts", "webhook": "webhooks",
}  # fmt: skip


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000", help="of the demo")
    parser.add_argument("--only", default="", help="a part of the names of the pages to take")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with browser() as chromium:
        for screen, (width, height) in SCREENS.items():
            for language, theme in LOOKS:
                context = chromium.new_context(
                    base_url=given.address, viewport={"width": width, "height": height}, locale="ru-RU"
                )
                page = context.new_page()
                _enter(page, language, theme)
                for name, path in _paths(page).items():
                    if given.only in name:
                        picture = given.folder / f"{name}-{screen}-{language}-{theme}.png"
                        _take(page, path, picture)
                context.close()
    return 0


def _enter(page: Page, language: str, theme: str) -> None:
    """Sign in by the form: the page takes language and theme from the person who enters."""
    form = {"email": "admin@demo.local", "password": PASSWORD}
    token = call(page, "POST", "session", form)["csrf"]
    call(page, "PATCH", "session/user", {"language": language, "theme": theme}, token)
    page.context.clear_cookies()
    page.goto("/login")
    page.locator("input[type=email]").fill(form["email"])
    page.locator("input[type=password]").fill(form["password"])
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/start")


def _take(page: Page, path: str, picture: Path) -> None:
    page.goto(path)
    page.locator("h1").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=picture, full_page=True)
    print(picture.name, flush=True)


def _paths(page: Page) -> dict[str, str]:
    found = dict(PAGES)
    for name, listing in DETAILS.items():
        items = call(page, "GET", listing)["items"]
        if items:
            found[name] = f"/{listing.partition('?')[0]}/{items[0]['id']}"
    return found


def call(page: Page, method: str, path: str, body: object = None, token: str = "") -> Any:
    """What the API answers to whoever is signed in on the page."""
    answer = page.request.fetch(
        f"/api/v1/{path}", method=method, data=body, headers={"x-csrf-token": token} if token else {}
    )
    if not answer.ok:
        raise SystemExit(f"{method} {path}: {answer.status} {answer.text()[:300]}")
    return answer.json()


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    names = ("chromium", "google-chrome", "chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield chromium
        finally:
            chromium.close()


if __name__ == "__main__":
    sys.exit(main())

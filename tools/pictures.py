"""Take the pictures of the documents: `python -m tools.pictures`, or with a folder for them behind it.

Starts a demo of its own for each language, on a free port and in a folder that goes away with it, and enters
as the people of the demo. A picture is WebP, which Chromium makes of what it sees. Takes two minutes.
"""

from __future__ import annotations

import argparse
import base64
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from playwright.sync_api import Browser, Page, ViewportSize
from tools.screenshots import PASSWORD, browser, call

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
LOCALES: Mapping[str, str] = {"ru": "ru-RU", "en": "en-GB"}
SCREEN: ViewportSize = {"width": 1280, "height": 800}
#: Pixels of the picture for one of the page.
DENSITY = 1.5
QUALITY = 0.82
#: Within this the demo is where the picture wants it.
PATIENCE_S = 120.0
#: What one can see by waiting alone is there once nothing has been asked for so long.
CALM_MS = 1_500

READY = "Сезонная распродажа"
RESULTS = "Подарок для постоянных клиентов"


def sign_in(page: Page) -> None:
    """The demo's door, before anybody has entered: in the language that one chooses there."""
    page.goto("/login")
    language = page.evaluate("navigator.language").partition("-")[0]
    page.get_by_text(language.upper(), exact=True).click()


def start(page: Page) -> None:
    """Where to start, as a marketer."""
    page.goto("/start")


def check(page: Page) -> None:
    """The check of the draft: who will get it, and why the others won't."""
    page.goto(f"/campaigns/{campaign(page, READY)}/edit?tab=check")


def campaign_sent(page: Page) -> None:
    """The draft once it is sent: its own events come from the simulator meanwhile."""
    key = campaign(page, READY)
    token = call(page, "GET", "session")["csrf"]
    call(page, "POST", f"campaigns/{key}/send", {}, token)
    until(lambda: call(page, "GET", f"campaigns/{key}")["state"] == "sent")
    page.goto(f"/campaigns/{key}")


def results(page: Page) -> None:
    """Statistics of a campaign of last week."""
    page.goto(f"/campaigns/{campaign(page, RESULTS)}")


def contact(page: Page) -> None:
    """A good client with two addresses, and what the services know of them."""
    found = call(page, "GET", "contacts?limit=1000")["items"]
    several = [each for each in found if len(each["emails"]) > 1]
    known = next((each for each in several if each["fields"].get("vip")), several[0])
    page.goto(f"/contacts/{known['id']}")


def studio(page: Page) -> None:
    """The module of the demo in the studio."""
    found = call(page, "GET", "modules")["items"]
    key = next(each["id"] for each in found if each["name"] == "unisender")
    page.goto(f"/modules/{key}")
    page.locator(".cm-content, .monaco-editor").first.wait_for()


def webhook(page: Page) -> None:
    """A request of the service, and what became of it."""
    found = call(page, "GET", "webhooks?state=applied&limit=20")["items"]
    page.goto(f"/webhooks/{found[0]['id']}")


def lead(page: Page) -> None:
    """The lead that comes of a letter of the site, with its order."""
    token = call(page, "GET", "session")["csrf"]
    sent = call(page, "POST", "demo/letters", {"kind": "order"}, token)
    path = f"demo/letters/{sent['validity']}/{sent['number']}"
    until(lambda: call(page, "GET", path)["leadId"] is not None)
    page.goto(f"/leads/{call(page, 'GET', path)['leadId']}")


def system(page: Page) -> None:
    """How the installation is."""
    page.goto("/system")


#: Each picture: who looks, and at what; in the order of the page of first steps.
PICTURES: Mapping[str, tuple[str | None, Callable[[Page], None]]] = {
    "sign-in": (None, sign_in),
    "start": ("marketer", start),
    "check": ("marketer", check),
    "sent": ("marketer", campaign_sent),
    "results": ("marketer", results),
    "contact": ("marketer", contact),
    "studio": ("integrator", studio),
    "webhook": ("integrator", webhook),
    "lead": ("sales", lead),
    "system": ("admin", system),
}


def main() -> int:
    """Take all pictures, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="where the pictures go")
    parser.add_argument("--only", nargs="*", default=[*PICTURES], choices=PICTURES, help="names of pictures")
    given = parser.parse_args()
    with browser() as chromium:
        for language in LOCALES:
            with demo() as address:
                folder = given.folder / language
                folder.mkdir(parents=True, exist_ok=True)
                for name in given.only:
                    size = take(chromium, address, language, name, folder / f"{name}.webp")
                    print(f"{language}/{name}: {size / 1000:.0f} kB", flush=True)
    return 0


def take(chromium: Browser, address: str, language: str, name: str, picture: Path) -> int:
    """Enter, go there, and write the picture; its size in bytes."""
    who, there = PICTURES[name]
    context = chromium.new_context(
        base_url=address,
        viewport=SCREEN,
        device_scale_factor=DENSITY,
        locale=LOCALES[language],
        color_scheme="light",
    )
    page = context.new_page()
    if who is not None:
        _enter(page, who, language)
    there(page)
    page.locator("h1").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(CALM_MS)
    taken = base64.b64encode(page.screenshot(animations="disabled", caret="hide")).decode()
    context.close()
    written = _as_webp(chromium, taken)
    picture.write_bytes(written)
    return len(written)


def until(holds: Callable[[], bool]) -> None:
    """Ask again until it holds."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            raise SystemExit("The demo did not come so far.")
        time.sleep(0.5)


def campaign(page: Page, name: str) -> str:
    """The key of the demo's campaign of this name."""
    found = call(page, "GET", f"campaigns?search={name}")["items"]
    return str(next(each["id"] for each in found if each["name"] == name))


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo that ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        port = _port()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("VESTNIK_")}
        environ |= {"VESTNIK_DATA_DIR": folder, "VESTNIK_PORT": str(port)}
        environ["PYTHONPATH"] = str(ROOT / "platform")
        command = [sys.executable, "-m", "vestnik", "up", "--demo"]
        with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
            try:
                said = cast(IO[str], process.stderr)
                if not any("demo is ready" in line for line in said):
                    raise SystemExit("The demo did not start.")
                threading.Thread(target=said.read, daemon=True).start()
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait()


def _port() -> int:
    """A free port with a free one after it, of those that the kernel gives to nobody by itself."""
    for port in range(8_000, 10_000, 2):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise SystemExit("No port is free.")


def _enter(page: Page, who: str, language: str) -> None:
    form = {"email": f"{who}@demo.local", "password": PASSWORD}
    token = call(page, "POST", "session", form)["csrf"]
    call(page, "PATCH", "session/user", {"language": language, "theme": "light"}, token)


def _as_webp(chromium: Browser, png: str) -> bytes:
    page = chromium.new_page()
    told = page.evaluate(
        """async ([png, quality]) => {
            const picture = new Image();
            picture.src = `data:image/png;base64,${png}`;
            await picture.decode();
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
            canvas.getContext("2d").drawImage(picture, 0, 0);
            return canvas.toDataURL("image/webp", quality).split(",")[1];
        }""",
        [png, QUALITY],
    )
    page.close()
    return base64.b64decode(told)


if __name__ == "__main__":
    sys.exit(main())

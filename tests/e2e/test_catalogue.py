"""The catalogue in an installation of its own: modules installed with their addresses, updated, copied."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.app.test_first_start import set_up
from tests.e2e import studio
from tests.e2e.conftest import Site
from tests.processes import Command

pytestmark = pytest.mark.slow

UNISENDER = Path(__file__).parents[2] / "user_modules" / "unisender"
VERSION = json.loads((UNISENDER / "module.json").read_text())["version"]


@dataclass
class Administrator:
    """The administrator of a new installation, in a browser and as a program of theirs."""

    site: Site
    page: Page

    def catalogue(self) -> Locator:
        """Unisender in the catalogue."""
        self.site.open(self.page, "/modules")
        self.page.get_by_role("button", name="Каталог модулей").first.click()
        return self.page.get_by_role("article", name="Unisender")

    def asks(self, path: str, **body: Any) -> Any:
        """The answer of the API to what the administrator sends."""
        api = f"{self.site.address}/api/v1"
        token = self.page.request.get(f"{api}/session").json()["csrf"]
        headers = {"x-csrf-token": token, "origin": self.site.address}
        answer = self.page.request.post(f"{api}{path}", headers=headers, **body)
        assert answer.ok, answer.text()
        return json.loads(answer.body() or b"null")

    def installs(self) -> str:
        """Install Unisender; the module's id."""
        return str(self.asks("/modules/catalogue/unisender/install", data={"approveHosts": True})["id"])


@pytest.fixture
def administrator(page: Page, tmp_path: Path) -> Iterator[Administrator]:
    """Somebody who has just set Vestnik up, with no module yet."""
    running = Command(tmp_path / "data").start("up")
    name, _, token = set_up(running)["cookie"].partition("=")
    page.context.add_cookies([{"name": name, "value": token, "url": running.address}])
    yield Administrator(Site(running.address), page)
    page.close()  # before the server ends, whose loss it would complain of
    running.stop()


@pytest.mark.parametrize("approved", [True, False])
def test_a_module_is_installed_and_its_addresses_approved_by_one_click(
    administrator: Administrator, page: Page, approved: bool
) -> None:
    entry = administrator.catalogue()
    choice = entry.get_by_role("checkbox", name="Разрешить эти адреса")
    expect(choice).to_be_checked()
    choice.set_checked(approved)
    entry.get_by_role("button", name="Установить").click()
    page.wait_for_url(re.compile(r"/modules/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Unisender")
    page.get_by_role("button", name="Включить").click()
    expect(page.get_by_text("действует версия 1", exact=True)).to_be_visible()
    settings = {"api_key": "a key of eight letters", "base_url": "https://api.unisender.com"}
    account = {"moduleId": studio.module_id(page), "title": "Основной", "settings": settings}
    account_id = administrator.asks("/accounts", data=account)["id"]
    administrator.site.open(page, f"/accounts/{account_id}")
    approval = page.get_by_role("switch", name="Разрешить https://api.unisender.com")
    expect(approval).to_be_checked(checked=approved)


def test_a_newer_bundled_version_is_offered_and_becomes_a_draft(
    administrator: Administrator, page: Page
) -> None:
    module_id = administrator.installs()
    entry = administrator.catalogue()
    expect(entry).to_contain_text("Установлен")
    expect(entry.get_by_role("button", name="Обновить")).to_have_count(0)

    archive = {"name": "unisender.zip", "mimeType": "application/zip", "buffer": older_version()}
    administrator.asks("/modules/upload", multipart={"file": archive})
    administrator.asks(f"/modules/{module_id}/enable")
    entry = administrator.catalogue()
    expect(entry).to_contain_text("есть обновление")
    entry.get_by_role("button", name="Обновить").click()
    page.wait_for_url(re.compile(rf"/modules/{module_id}\?tab=versions$"))
    expect(page.get_by_text("Новая версия из поставки сохранена черновиком: версия 3")).to_be_visible()
    expect(page.get_by_text("действует версия 2", exact=True)).to_be_visible()
    expect(page.get_by_text("черновик: версия 3", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="Код модуля")).not_to_contain_text("# An older text.")

    entry = administrator.catalogue()
    expect(entry).to_contain_text(VERSION)
    expect(entry.get_by_role("button", name="Обновить")).to_have_count(0)


def older_version() -> bytes:
    """Unisender as an archive of a version before the bundled one."""
    manifest = json.loads((UNISENDER / "module.json").read_text()) | {"version": "0.9.0"}
    source = "# An older text.\n" + (UNISENDER / "module.py").read_text()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("unisender/module.json", json.dumps(manifest))
        archive.writestr("unisender/module.py", source)
    return buffer.getvalue()


def test_a_copy_of_a_bundled_module_is_edited_and_no_update_touches_it(
    administrator: Administrator, page: Page
) -> None:
    module_id = administrator.installs()
    administrator.catalogue().get_by_role("button", name="Сделать копию").click()
    dialog = page.get_by_role("dialog", name="Копия модуля")
    expect(dialog).to_contain_text("Обновления из поставки его не коснутся")
    dialog.get_by_label("Имя").fill("unisender_ours")
    dialog.get_by_role("button", name="Сделать копию").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Unisender (unisender_ours)")
    assert studio.module_id(page) != module_id
    page.get_by_role("region", name="Замечания").get_by_text("Замечаний нет").wait_for()
    studio.type_at_the_end(page, "\n# Ours.\n")
    assert studio.save_version(page, "Наша правка") == 2
    copy = page.request.get(f"{administrator.site.address}/api/v1/modules/{studio.module_id(page)}").json()
    assert (copy["name"], copy["bundled"]) == ("unisender_ours", False)
    administrator.site.open(page, f"/modules/{module_id}")
    page.get_by_role("region", name="Замечания").get_by_text("Замечаний нет").wait_for()
    page.get_by_role("textbox", name="Код модуля").click()
    page.keyboard.press("Control+End")
    expect(page.get_by_role("textbox", name="Код модуля")).not_to_contain_text("# Ours.")

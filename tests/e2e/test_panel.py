"""The provider panel: on a contact's page, and in the frame of a page that is not ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect
from tests.e2e.conftest import Site, complaints

from vestnik.db import now
from vestnik.lists.embed_links import signature_of

pytestmark = pytest.mark.slow

ACCOUNT = "Основной аккаунт"
FRAMING = (
    '<!doctype html><html lang="ru"><title>CRM</title><h1>Клиент</h1>'
    '<iframe title="Вестник" src="{}" width="420" height="820"></iframe>'
)


@pytest.fixture
def foreign() -> Iterator[Callable[[str], str]]:
    """A page of another site with the given address in a frame; its own address."""
    pages: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (pages[-1] if pages else "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    origin = f"http://localhost:{server.server_address[1]}"

    def framing(address: str) -> str:
        pages.append(FRAMING.format(address.replace("&", "&amp;")))
        return origin

    yield framing
    server.shutdown()
    serving.join()
    server.server_close()


def test_contact_is_put_into_lists_and_taken_out_again(
    demo: Site, page: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "marketer")
    name, [first, second] = make_contact(demo, page, 2)
    block = open_contact(demo, page, name)
    tabs = block.get_by_role("tab")
    expect(tabs).to_have_text([first, second])
    expect(block.get_by_text("Этого адреса нет ни в одном списке сервиса.")).to_be_visible()
    assert findings(page) == []

    block.get_by_role("button", name="Добавить в список").click()
    dialog = page.get_by_role("dialog", name=f"Подписки {first}")
    news, sales = dialog.get_by_label("Новости"), dialog.get_by_label("Акции")
    expect(dialog.get_by_role("button", name="Сохранить")).to_be_disabled()
    news.check()
    sales.check()
    expect(dialog.get_by_text("Изменения: +2")).to_be_visible()
    dialog.get_by_role("button", name="Вернуть исходные").click()
    expect(news).not_to_be_checked()
    expect(dialog.get_by_text("Изменений нет")).to_be_visible()
    news.check()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Новости: добавлен")
    assert findings(page) == []
    news.uncheck()
    sales.check()
    expect(dialog.get_by_text("Изменения: +1 \N{MINUS SIGN}1")).to_be_visible()
    dialog.get_by_role("button", name="Вернуть исходные").click()
    page.keyboard.press("Escape")
    expect(block.get_by_text("Новости (подписан)")).to_be_visible()
    expect(block.get_by_text("Обновлено: только что")).to_be_visible()

    # The other address is asked about when its tab is opened, by keyboard as well.
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused()
    expect(block.get_by_text("Новости (подписан)")).to_be_visible()
    page.keyboard.press("Enter")
    expect(block.get_by_text("Этого адреса нет ни в одном списке сервиса.")).to_be_visible()
    tabs.first.click()

    block.get_by_role("button", name="Подписать или отписать").click()
    dialog.get_by_label("Новости (подписан)").uncheck()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Новости: исключён")
    page.keyboard.press("Escape")
    expect(block.get_by_text("Новости (подписан)")).to_have_count(0)


def test_list_that_a_person_left_opens_by_fresh_consent_alone(
    demo: Site, page: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.enter(page, "marketer")
    name, [email] = make_contact(demo, page, 1)
    block = open_contact(demo, page, name)
    page.get_by_role("switch", name="Подписка «Новости»").focus()
    page.keyboard.press("Space")
    note = page.get_by_role("dialog")
    note.get_by_label("Как человек это выбрал").fill("Просьба по телефону")
    note.get_by_role("button", name="Записать").click()
    expect(note).to_have_count(0)

    block.get_by_role("button", name="Добавить в список").click()
    dialog = page.get_by_role("dialog", name=f"Подписки {email}")
    expect(dialog.get_by_role("checkbox", name="Новости")).to_be_disabled()
    expect(dialog.get_by_text("Вернуть его можно только с новым согласием.")).to_be_visible()
    dialog.get_by_role("button", name="Есть новое согласие: Новости").click()
    expect(dialog.get_by_text("Изменения: +1")).to_be_visible()
    assert findings(page) == []
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog.get_by_text("Напишите, как получено согласие")).to_be_visible()
    expect(dialog.get_by_text("Укажите время")).to_be_visible()


def test_panel_works_in_the_frame_of_a_site_that_its_key_allows_and_in_no_other(
    demo: Site,
    browser: Browser,
    page: Page,
    findings: Callable[[Page], list[str]],
    foreign: Callable[[str], str],
) -> None:
    demo.enter(page, "admin")
    _, [email] = make_contact(demo, page, 1)
    origin = foreign("")
    demo.open(page, "/embedding")
    page.get_by_role("button", name="Новый ключ").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Служба поддержки")
    dialog.get_by_label("Сайты").fill(origin)
    dialog.get_by_label("Разрешить менять подписки").check()
    dialog.get_by_role("button", name="Создать ключ").click()
    secret = dialog.get_by_label("Секрет").input_value()
    assert secret in dialog.get_by_role("region", name="Пример: Python").inner_text()
    assert findings(page) == []
    dialog.get_by_role("button", name="Закрыть").last.click()
    key = page.get_by_role("row", name="Служба поддержки").locator("code").inner_text()
    address = signed(demo, secret, key, email)

    stranger = browser.new_context(locale="ru-RU").new_page()
    wrong = complaints(stranger)
    stranger.goto(foreign(address))
    frame = stranger.frame_locator("iframe")
    block = account(frame)
    expect(block.get_by_text("Этого адреса нет ни в одном списке сервиса.")).to_be_visible()
    block.get_by_role("button", name="Добавить в список").click()
    choosing = frame.get_by_role("dialog")
    choosing.get_by_label("Новости").check()
    choosing.get_by_role("button", name="Сохранить").click()
    expect(choosing.get_by_role("alert")).to_contain_text("Новости: добавлен")
    choosing.get_by_role("button", name="Закрыть").last.click()
    expect(block.get_by_text("Новости (подписан)")).to_be_visible()
    assert stranger.context.cookies() == []
    assert wrong == []
    stranger.goto(address)
    expect(account(stranger).get_by_text("Новости (подписан)")).to_be_visible()
    assert findings(stranger) == []

    # The same page under a name that the key does not list.
    stranger.goto(foreign(address).replace("localhost", "127.0.0.1"))
    expect(stranger.get_by_role("heading", name="Клиент")).to_be_visible()
    expect(stranger.frame_locator("iframe").get_by_text(ACCOUNT)).to_have_count(0)
    stranger.context.close()

    page.get_by_role("button", name="Отозвать ключ Служба поддержки").click()
    page.get_by_role("dialog").get_by_role("button", name="Отозвать").click()
    expect(page.get_by_text("Ключ отозван")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", name="Ссылка недействительна")).to_be_visible()


def make_contact(demo: Site, page: Page, emails: int) -> tuple[str, list[str]]:
    """A new contact with so many e-mail addresses; its address in the web application, and those."""
    token = page.request.get(f"{demo.address}/api/v1/session").json()["csrf"]
    mark = now().strftime("%H%M%S%f")
    addresses = [f"panel{place}.{mark}@example.com" for place in range(emails)]
    made = page.request.post(
        f"{demo.address}/api/v1/contacts",
        data={"name": f"Панельный {mark}", "emails": addresses},
        headers={"X-CSRF-Token": token},
    )
    assert made.ok, made.text()
    return f"/contacts/{made.json()['id']}", addresses


def open_contact(demo: Site, page: Page, path: str) -> Locator:
    """The block of the demo's main account on a contact's page."""
    demo.open(page, path)
    return account(page)


def account(of: Page | FrameLocator) -> Locator:
    return of.get_by_role("region", name=ACCOUNT)


def signed(demo: Site, secret: str, key: str, email: str) -> str:
    """A link to the panel that is good for an hour."""
    until = str(int((now() + timedelta(hours=1)).timestamp()))
    parameters = {"key": key, "email": email, "until": until, "language": "ru"}
    query = urlencode(sorted(parameters.items()), quote_via=quote)
    return f"{demo.address}/embed/contact?{query}&signature={signature_of(secret, parameters)}"

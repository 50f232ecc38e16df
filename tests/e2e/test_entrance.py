"""Ways in for who has no session: new passwords and invitations, by letters through a real mail server."""

from __future__ import annotations

import email
import email.policy
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import PASSWORD, Site, complaints
from tests.mailbox import Mailbox
from tests.processes import free_port

pytestmark = pytest.mark.slow

NEW = "the next pass phrase"


class Post:
    """The demo's mail server, and what it was given."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()

    def link(self, page: Page) -> str:
        """The address that the newest letter leads to, once there is one; the letter is taken out."""
        for _ in range(100):
            if self.mailbox.envelopes:
                break
            page.wait_for_timeout(100)  # the page's own events are heard meanwhile
        content = self.mailbox.envelopes.pop().content
        parse = cast(Any, email.message_from_bytes)
        text: str = parse(content, policy=email.policy.default).get_content()
        found = re.search(r"https?://\S+#\S+", text)
        assert found is not None, text
        return found[0]


@pytest.fixture
def post(demo: Site, page: Page) -> Iterator[Post]:
    """The demo with a mail server of the test's own while the test lasts."""
    post = Post()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = Controller(post.mailbox, hostname="127.0.0.1", port=free_port())
        server.start()
    smtp = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "vestnik@example.org"}
    demo.enter(page, "admin")
    own = demo.asks(page, "GET", "/settings")["smtp"]
    demo.asks(page, "PATCH", "/settings", {"smtp": smtp})
    yield post
    demo.enter(page, "admin")
    demo.asks(page, "PATCH", "/settings", {"smtp": {each: own[each] for each in (*smtp, "senderName")}})
    server.stop()


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A phone of somebody who has no session."""
    context = browser.new_context(locale="ru-RU", viewport={"width": 390, "height": 844})
    page = context.new_page()
    wrong = complaints(page)
    yield page
    context.close()
    assert wrong == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_who_forgot_the_password_sets_a_new_one_by_the_letter(
    demo: Site, page: Page, post: Post, stranger: Page, findings: Callable[[Page], list[str]]
) -> None:
    stranger.goto(f"{demo.address}/login")
    stranger.get_by_role("link", name="Забыли пароль?").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Забыли пароль?")
    stranger.get_by_label("Электронная почта").fill("marketer@demo.local")
    assert (findings(stranger), fits(stranger)) == ([], True)
    stranger.get_by_role("button", name="Прислать письмо").click()
    expect(stranger.get_by_role("status")).to_contain_text("Проверьте почту")
    assert findings(stranger) == []

    link = post.link(stranger)
    stranger.goto(link)
    expect(stranger.get_by_label("Электронная почта")).to_have_value("marketer@demo.local")
    stranger.get_by_label("Новый пароль", exact=True).fill("короткий")
    stranger.get_by_role("button", name="Задать пароль").click()
    expect(stranger.get_by_text("Нужно хотя бы 10 символов")).to_be_visible()
    assert (findings(stranger), fits(stranger)) == ([], True)
    stranger.get_by_label("Новый пароль", exact=True).fill(NEW)
    stranger.get_by_role("button", name="Задать пароль").click()
    expect(stranger.get_by_role("status")).to_contain_text("Пароль изменён")
    stranger.get_by_role("link", name="Войти").click()
    stranger.get_by_label("Электронная почта").fill("marketer@demo.local")
    stranger.get_by_label("Пароль", exact=True).fill(NEW)
    stranger.get_by_role("button", name="Войти", exact=True).click()
    stranger.wait_for_url("**/start")

    stranger.goto("about:blank")
    stranger.goto(link)
    expect(stranger.get_by_role("alert")).to_contain_text("Ссылка не действует")
    assert findings(stranger) == []
    person = demo.asks(page, "GET", "/users?search=marketer")["items"][0]
    demo.asks(page, "PATCH", f"/users/{person['id']}", {"password": PASSWORD})


def test_who_is_invited_chooses_name_and_password_and_is_in(
    demo: Site, page: Page, post: Post, stranger: Page, findings: Callable[[Page], list[str]]
) -> None:
    demo.open(page, "/users")
    page.get_by_role("button", name="Пригласить", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Электронная почта").fill("nina@demo.local")
    assert findings(page) == []
    dialog.get_by_role("button", name="Пригласить", exact=True).click()
    invited = page.get_by_role("table", name="Приглашены")
    expect(invited.get_by_role("row", name=re.compile("nina@demo.local"))).to_contain_text(
        "Письмо отправлено"
    )
    assert findings(page) == []

    stranger.goto(post.link(stranger))
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Добро пожаловать")
    stranger.get_by_label("Ваше имя").fill("Нина Заречная")
    stranger.get_by_label("Пароль", exact=True).fill(NEW)
    assert (findings(stranger), fits(stranger)) == ([], True)
    stranger.get_by_role("button", name="Войти", exact=True).click()
    stranger.wait_for_url("**/start")
    demo.open(page, "/users")
    expect(page.get_by_role("row", name=re.compile("Нина Заречная"))).to_contain_text("Маркетолог")
    expect(invited).to_have_count(0)
    person = demo.asks(page, "GET", "/users?search=nina")["items"][0]
    demo.asks(page, "DELETE", f"/users/{person['id']}")

    demo.asks(page, "PATCH", "/settings", {"smtp": None})
    demo.open(page, "/users")
    page.get_by_role("button", name="Пригласить", exact=True).click()
    dialog.get_by_label("Электронная почта").fill("ivan@demo.local")
    dialog.get_by_role("button", name="Пригласить", exact=True).click()
    link = dialog.get_by_role("textbox", name="Ссылка").input_value()
    assert re.fullmatch(re.escape(demo.address) + r"/invitation#\S{43}", link)
    assert findings(page) == []
    dialog.get_by_role("button", name="Закрыть").last.click()
    page.get_by_role("button", name="Действия с приглашением ivan@demo.local").click()
    page.get_by_role("menuitem", name="Отозвать").click()
    dialog.get_by_role("button", name="Отозвать").click()
    expect(page.get_by_text("Приглашение отозвано")).to_be_visible()
    expect(invited).to_have_count(0)

"""Ways in for who has no session: a new password by a letter through a real mail server."""

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

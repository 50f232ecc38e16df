"""A forgotten password: a letter through a real mail server, a link that works once, what strangers learn."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import time
from datetime import timedelta
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.application import PASSWORD, Browser, Installation, problem_of
from tests.mailbox import Mailbox
from tests.people.mail import with_mail

from vestnik.audit.tables import audit_row
from vestnik.db import now
from vestnik.people.access import SYSTEM
from vestnik.people.entrance import ADDRESS_LINKS
from vestnik.people.link_tables import password_reset
from vestnik.people.resets import ACCOUNT_LETTERS, ADDRESS_LETTERS, LINK_LASTS
from vestnik.people.tables import user
from vestnik.people.tokens import digest
from vestnik.people.users import NewUser, add_user

EMAIL = "marketer@vestnik.test"
NEW = "the next pass phrase"
#: How often a time is taken on a busy machine.
ROUNDS = 40


class Post:
    """An installation with outgoing mail, and the letters that it sends."""

    def __init__(self, installation: Installation, mailbox: Mailbox) -> None:
        self.installation, self.mailbox = installation, mailbox

    async def asked(self, address: str = EMAIL, ip: str = "203.0.113.7") -> Any:
        """The answer to who forgot the password."""
        return await (await self.installation.browser(ip)).post("/session/forgotten", {"email": address})

    async def seconds(self, address: str, visitor: int) -> float:
        """How long the answer to who forgot the password takes."""
        browser = await self.installation.browser(f"198.51.100.{visitor}")
        started = time.perf_counter()
        await browser.post("/session/forgotten", {"email": address})
        return time.perf_counter() - started

    async def letters(self) -> list[Any]:
        """Every letter that was sent until now, those that are due with them."""
        await self.installation.services.entrance.resets.outbox.send_due()
        parse = cast(Any, email.message_from_bytes)
        return [parse(each.content, policy=email.policy.default) for each in self.mailbox.envelopes]

    async def link(self, address: str = EMAIL) -> str:
        """The token of the link in a new letter."""
        assert (await self.asked(address)).status_code == 204
        return token_in((await self.letters())[-1])

    async def check(self, token: str) -> tuple[int, str]:
        """What the link's page is told of it."""
        answer = await (await self.installation.browser()).post("/session/reset/check", {"token": token})
        return answer.status_code, answer.json().get("code") or answer.json()["email"]

    async def complete(self, token: str, password: str = NEW) -> int:
        """The status of setting a password by a link."""
        form = {"token": token, "password": password}
        return (await (await self.installation.browser()).post("/session/reset", form)).status_code

    async def write(self, statement: sa.Executable) -> None:
        await self.installation.services.database.write(lambda connection: connection.execute(statement))


def token_in(letter: Any) -> str:
    found = re.search(r"http://vestnik\.test/reset#(\S{43})\s", letter.get_content())
    assert found is not None, letter.get_content()
    return found[1]


@pytest.fixture
async def post(installation: Installation, smtp: dict[str, Any], mailbox: Mailbox) -> Post:
    """An organisation with a mail server and a marketer."""
    await with_mail(installation, smtp)
    await installation.add_user("marketer")
    return Post(installation, mailbox)


async def test_a_letter_brings_a_link_that_sets_a_new_password_and_ends_every_session(post: Post) -> None:
    elsewhere = await post.installation.browser()
    await elsewhere.sign_in(EMAIL)
    assert (await post.asked(" Marketer@VESTNIK.test ")).status_code == 204
    [letter] = await post.letters()
    assert (letter["to"], letter["subject"]) == (EMAIL, "Новый пароль в Вестнике")
    assert "Ссылка действует 30 минут и только один раз." in letter.get_content()
    token = token_in(letter)
    assert await post.check(token) == (200, EMAIL)
    browser = await post.installation.browser()
    answer = await browser.post("/session/reset", {"token": token, "password": NEW})
    assert (answer.status_code, "set-cookie" in answer.headers) == (204, False)  # who has the link signs in
    assert (await elsewhere.get("/session")).status_code == 401
    old = await browser.post("/session", {"email": EMAIL, "password": PASSWORD})
    assert (old.status_code, old.json()["code"]) == (401, "wrong_password")
    await browser.sign_in(EMAIL, NEW)


async def test_the_letter_is_in_the_language_of_its_reader(post: Post) -> None:
    await post.write(user.update().values(language="en"))
    await post.link()
    [letter] = await post.letters()
    assert letter["subject"] == "A new password for Vestnik"
    assert "The link is valid for 30 minutes, and once." in letter.get_content()


async def test_a_stranger_and_whoever_may_not_enter_get_the_same_answer_and_no_letter(post: Post) -> None:
    await post.installation.add_user("editor")
    await post.write(user.update().where(user.c.email == "editor@vestnik.test").values(disabled=True))
    answers = [
        await post.asked(address)
        for address in ("nobody@vestnik.test", "editor@vestnik.test", "no address", EMAIL)
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
    assert [letter["to"] for letter in await post.letters()] == [EMAIL]


async def test_who_has_no_account_is_answered_in_the_same_time(post: Post) -> None:
    people = [f"person{number}@vestnik.test" for number in range(ROUNDS)]

    def add(connection: sa.Connection) -> None:
        for address in people:
            add_user(connection, SYSTEM, NewUser(address, "Имя", PASSWORD, ["editor"]), "no password")

    await post.installation.services.database.write(add)
    somebody, nobody = float("inf"), float("inf")
    for number, address in enumerate(people):  # in turn: whatever else the machine does, it does to both
        somebody = min(somebody, await post.seconds(address, number))
        nobody = min(nobody, await post.seconds(f"nobody{number}@vestnik.test", number))
        if number > 3 and 0.5 < somebody / nobody < 2:  # a busy machine needs more of them
            break
    assert 0.5 < somebody / nobody < 2
    async with post.installation.services.database.read() as connection:
        rows = (await connection.execute(sa.select(password_reset))).all()
    assert len(rows) == 2 * (number + 1)  # the same is written, whoever has the address


async def test_a_link_works_once(post: Post) -> None:
    token = await post.link()
    statuses = await asyncio.gather(*(post.complete(token, f"{NEW} {number}") for number in range(3)))
    assert sorted(statuses) == [204, 403, 403]
    assert await post.check(token) == (403, "reset_link_invalid")


async def test_an_older_link_an_expired_one_and_a_made_up_one_are_no_links(post: Post) -> None:
    older, newer = await post.link(), await post.link()
    assert await post.check(newer) == (200, EMAIL)
    assert await post.check(older) == (403, "reset_link_invalid")
    assert await post.check("nonsense") == (403, "reset_link_invalid")
    past = now() - timedelta(seconds=1)
    await post.write(password_reset.update().values(expires_at=past))
    assert await post.check(newer) == (403, "reset_link_invalid")
    assert await post.complete(newer) == 403


@pytest.mark.parametrize(
    "changes",
    [{"email_folded": "new@vestnik.test"}, {"password_hash": "another"}, {"disabled": True}],
    ids=["another address", "another password", "may not enter"],
)
async def test_a_link_ends_with_what_it_was_made_for(post: Post, changes: dict[str, Any]) -> None:
    token = await post.link()
    await post.write(user.update().values(changes))
    assert await post.check(token) == (403, "reset_link_invalid")
    assert await post.complete(token) == 403


async def test_a_refused_password_leaves_the_link_usable(post: Post) -> None:
    token = await post.link()
    assert await post.complete(token, "short") == 422
    assert await post.complete(token) == 204


async def test_the_database_holds_no_link(post: Post) -> None:
    token = await post.link()
    async with post.installation.services.database.read() as connection:
        row = (await connection.execute(sa.select(password_reset))).one()
    assert row.token_digest == digest(token)
    assert token not in str(tuple(row))
    assert LINK_LASTS - timedelta(minutes=1) < row.expires_at - now() <= LINK_LASTS


async def test_letters_to_one_account_and_by_one_visitor_are_limited(post: Post) -> None:
    at_once, each_s = ACCOUNT_LETTERS
    addresses = [f"203.0.113.{number}" for number in range(int(at_once) + 1)]
    for address in (EMAIL, "nobody@vestnik.test"):
        statuses = [(await post.asked(address, ip)).status_code for ip in addresses]
        assert statuses == [204] * int(at_once) + [429]
    limited = await post.asked(f" {EMAIL.upper()}", "203.0.113.200")
    assert 0 < problem_of(limited)["retry_after_s"] <= each_s
    assert len(await post.letters()) == 1  # of letters that were asked for at once the newest goes out
    by_visitor = [
        (await post.asked(f"{number}@vestnik.test", "203.0.113.100")).status_code
        for number in range(int(ADDRESS_LETTERS[0]) + 1)
    ]
    assert by_visitor == [204] * int(ADDRESS_LETTERS[0]) + [429]


async def test_who_guesses_links_is_slowed_down_and_nobody_else(post: Post) -> None:
    token = await post.link()
    stranger = await post.installation.browser("203.0.113.66")
    form = {"token": "x" * 43, "password": NEW}
    statuses = [
        (await stranger.post("/session/reset", form)).status_code for _ in range(int(ADDRESS_LINKS[0]) + 1)
    ]
    assert statuses == [403] * int(ADDRESS_LINKS[0]) + [429]
    assert (await stranger.post("/session/reset/check", {"token": token})).status_code == 429
    for _ in range(int(ADDRESS_LINKS[0]) + 1):  # a link that is one is not counted
        assert await post.check(token) == (200, EMAIL)


async def test_without_outgoing_mail_the_page_says_whom_to_ask(installation: Installation) -> None:
    await installation.add_user("marketer")
    browser: Browser = await installation.browser()
    assert (await browser.get("/session/welcome")).json()["resetByMail"] is False
    for address in (EMAIL, "nobody@vestnik.test"):
        answer = await browser.post("/session/forgotten", {"email": address})
        assert (answer.status_code, answer.json()["code"]) == (409, "reset_needs_mail")


async def test_a_letter_that_would_come_too_late_is_not_sent(post: Post) -> None:
    assert (await (await post.installation.browser()).get("/session/welcome")).json()["resetByMail"] is True
    assert (await post.asked()).status_code == 204
    await post.write(password_reset.update().values(at=now() - LINK_LASTS - timedelta(seconds=1)))
    assert await post.letters() == []
    await post.write(password_reset.update().values(at=now() - 3 * LINK_LASTS))
    await post.installation.services.entrance.resets.sweep()
    async with post.installation.services.database.read() as connection:
        assert (await connection.execute(sa.select(password_reset))).all() == []


async def test_the_audit_tells_of_the_letter_and_of_the_new_password(post: Post) -> None:
    assert await post.complete(await post.link()) == 204
    async with post.installation.services.database.read() as connection:
        rows = await connection.execute(
            sa.select(audit_row).where(audit_row.c.action.like("user.%reset%")).order_by(audit_row.c.id)
        )
        found = [(row.action, row.user_id is None, row.object_id is not None, row.fields) for row in rows]
    assert found == [("user.reset_sent", True, True, []), ("user.password_reset", False, True, ["password"])]

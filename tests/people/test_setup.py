"""The first start: a link that works once, an organisation, its administrator, and a test letter."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from tests.application import ORIGIN, PASSWORD, Installation
from tests.mailbox import Mailbox

from vestnik.db import now
from vestnik.mail import Letter
from vestnik.people.tables import organisation, setup_link


def form(token: str, **changes: Any) -> dict[str, Any]:
    return {
        "token": token,
        "organisation": "Ромашка",
        "language": "en",
        "timezone": "Asia/Yekaterinburg",
        "baseUrl": "https://mail.example.org/",
        "name": "Ольга",
        "email": "olga@example.org",
        "password": PASSWORD,
    } | changes


async def link(installation: Installation) -> str:
    token = await installation.services.people.setup.issue_link()
    assert token is not None
    return token


async def test_the_link_creates_the_organisation_and_signs_its_administrator_in(
    empty_installation: Installation,
) -> None:
    token = await link(empty_installation)
    browser = await empty_installation.browser()
    suggestion = (await browser.get("/setup", params={"token": token})).json()
    assert (suggestion["timezone"], suggestion["baseUrl"]) == ("Europe/Moscow", ORIGIN)
    assert "Asia/Yekaterinburg" in suggestion["timezones"]
    card = browser.keep_session(await browser.post("/setup", form(token)))
    assert (card["user"]["role"], card["user"]["email"]) == ("administrator", "olga@example.org")
    assert card["organisation"] == {
        "name": "Ромашка",
        "timezone": "Asia/Yekaterinburg",
        "language": "en",
    }
    settings = (await browser.get("/settings")).json()
    assert (settings["baseUrl"], settings["smtp"], settings["demo"]) == (
        "https://mail.example.org",
        None,
        False,
    )


async def test_the_link_works_once(empty_installation: Installation) -> None:
    token = await link(empty_installation)
    browsers = [await empty_installation.browser() for _ in range(3)]
    answers = await asyncio.gather(
        *(browser.post("/setup", form(token, email=f"{n}@example.org")) for n, browser in enumerate(browsers))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403]
    assert await empty_installation.services.people.setup.issue_link() is None


async def test_a_newer_link_an_expired_one_and_a_wrong_one_are_no_links(
    empty_installation: Installation,
) -> None:
    browser = await empty_installation.browser()

    async def answer(token: str) -> tuple[int, str]:
        response = await browser.get("/setup", params={"token": token})
        return response.status_code, response.json().get("code", "")

    older, newer = await link(empty_installation), await link(empty_installation)
    assert await answer(newer) == (200, "")
    assert await answer(older) == (403, "setup_link_invalid")
    assert await answer("nonsense") == (403, "setup_link_invalid")
    past = setup_link.update().values(expires_at=now() - timedelta(seconds=1))
    await empty_installation.services.database.write(lambda c: c.execute(past))
    assert await answer(newer) == (403, "setup_link_invalid")


async def test_a_refused_form_leaves_the_link_usable(empty_installation: Installation) -> None:
    token = await link(empty_installation)
    browser = await empty_installation.browser()
    for changes in (
        {"password": "short"},
        {"email": "nobody"},
        {"timezone": "Mars/Olympus"},
        {"baseUrl": "ftp://x"},
        {"organisation": "  "},
    ):
        assert (await browser.post("/setup", form(token, **changes))).status_code == 422
    async with empty_installation.services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(organisation)) == 0
    assert (await browser.post("/setup", form(token))).status_code == 200


async def test_a_test_letter_goes_out_before_anything_is_stored(
    empty_installation: Installation, smtp: dict[str, Any], mailbox: Mailbox
) -> None:
    token = await link(empty_installation)
    browser = await empty_installation.browser()
    body = {"token": token, "smtp": smtp, "to": "olga@example.org"}
    assert (await browser.post("/setup/test-letter", body)).status_code == 204
    letter = mailbox.letter()
    assert (letter["from"], letter["to"], letter["subject"]) == (
        '"Вестник, «Ромашка»" <vestnik@example.org>',
        "olga@example.org",
        "Пробное письмо от Вестника",
    )
    assert (await browser.post("/setup", form(token, smtp=smtp))).status_code == 200
    await empty_installation.services.mail.send(Letter("olga@example.org", "Hello", "Text"))
    assert len(mailbox.envelopes) == 2


async def test_a_test_letter_needs_the_link_or_the_right(
    installation: Installation, smtp: dict[str, Any], mailbox: Mailbox
) -> None:
    body = {"smtp": smtp, "to": "olga@example.org"}
    stranger = await installation.browser()
    assert (await stranger.post("/setup/test-letter", body)).status_code == 401
    assert (await stranger.post("/setup/test-letter", body | {"token": "nonsense"})).status_code == 403
    marketer = await installation.signed_in("marketer")
    assert (await marketer.post("/setup/test-letter", body)).status_code == 403
    assert mailbox.envelopes == []
    administrator = await installation.signed_in("administrator")
    assert (await administrator.post("/setup/test-letter", body)).status_code == 204
    assert len(mailbox.envelopes) == 1

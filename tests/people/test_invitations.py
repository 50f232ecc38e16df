"""Invitations: a letter or a link to hand over, a name and a password of one's own, and an end to each."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from datetime import timedelta
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.application import PASSWORD, Browser, Installation, problem_of
from tests.mailbox import Mailbox
from tests.people.mail import with_mail

from vestnik.audit.tables import audit_row
from vestnik.db import now
from vestnik.people.access import SYSTEM, rights_of
from vestnik.people.entrance import ADDRESS_LINKS
from vestnik.people.invitations import ADDRESS_LETTERS, KEPT_FOR, LINK_LASTS, OPEN
from vestnik.people.link_tables import invitation
from vestnik.people.tables import user
from vestnik.people.tokens import digest

EMAIL = "Vera@Vestnik.Test"
FORM = {"email": EMAIL, "roles": ["sales_manager", "marketer"], "language": "en"}


class Desk:
    """An organisation, its administrator, and who was invited."""

    def __init__(self, installation: Installation, administrator: Browser, mailbox: Mailbox) -> None:
        self.installation, self.administrator, self.mailbox = installation, administrator, mailbox

    async def invite(self, **changes: Any) -> dict[str, Any]:
        """The answer to the administrator, who invites."""
        answer = await self.administrator.post("/invitations", FORM | changes)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def token(self, **changes: Any) -> str:
        """The token of the link that the administrator is shown."""
        return token_in((await self.invite(**changes))["link"])

    async def waiting(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.administrator.get("/invitations")).json()["items"]
        return items

    async def state(self) -> str:
        """How the only invitation is doing."""
        [card] = await self.waiting()
        return cast(str, card["state"])

    async def letters(self) -> list[Any]:
        """Every letter that was sent until now, those that are due with them."""
        await self.installation.services.entrance.invitations.outbox.send_due()
        parse = cast(Any, email.message_from_bytes)
        return [parse(each.content, policy=email.policy.default) for each in self.mailbox.envelopes]

    async def check(self, token: str) -> tuple[int, str]:
        """What the link's page is told of it."""
        answer = await (await self.installation.browser()).post("/session/invitation/check", {"token": token})
        return answer.status_code, answer.json().get("code") or answer.json()["email"]

    async def accept(self, token: str, **changes: Any) -> Any:
        form = {"token": token, "name": "Вера", "password": PASSWORD} | changes
        return await (await self.installation.browser()).post("/session/invitation", form)

    async def write(self, statement: sa.Executable) -> None:
        await self.installation.services.database.write(lambda connection: connection.execute(statement))


def token_in(text: str) -> str:
    found = re.search(r"http://vestnik\.test/invitation#(\S{43})(\s|$)", text)
    assert found is not None, text
    return found[1]


@pytest.fixture
async def desk(installation: Installation, mailbox: Mailbox) -> Desk:
    """Without outgoing mail: links are handed over."""
    return Desk(installation, await installation.signed_in("administrator"), mailbox)


@pytest.fixture
async def post(desk: Desk, smtp: dict[str, Any]) -> Desk:
    """With outgoing mail."""
    await with_mail(desk.installation, smtp)
    return desk


async def test_without_mail_the_link_is_shown_once_and_lets_in_who_chooses_name_and_password(
    desk: Desk,
) -> None:
    made = await desk.invite()
    card = made["invitation"]
    assert card == {
        "id": card["id"],
        "email": EMAIL,
        "roles": ["marketer", "sales_manager"],
        "language": "en",
        "state": "shown",
        "invitedBy": "Имя administrator",
        "at": card["at"],
        "expiresAt": card["expiresAt"],
    }
    assert await desk.waiting() == [card]
    token = token_in(made["link"])
    browser = await desk.installation.browser()
    offer = await browser.post("/session/invitation/check", {"token": token})
    assert offer.json() == {"email": EMAIL, "organisation": "Ромашка", "language": "en"}
    form = {"token": token, "name": " Вера ", "password": PASSWORD}
    session = browser.keep_session(await browser.post("/session/invitation", form))
    person = session["user"]
    assert (person["name"], person["email"], person["language"]) == ("Вера", EMAIL, "en")
    assert person["rights"] == sorted(rights_of(["marketer", "sales_manager"]))
    assert await desk.waiting() == []
    await (await desk.installation.browser()).sign_in("vera@vestnik.test")


async def test_with_mail_a_letter_brings_the_link_in_the_language_that_was_chosen(post: Desk) -> None:
    made = await post.invite()
    assert (made["link"], made["invitation"]["state"]) == (None, "sending")
    [letter] = await post.letters()
    assert (letter["to"], letter["subject"]) == (EMAIL, "An invitation to Vestnik")
    text = letter.get_content()
    assert "Имя administrator invites you to Vestnik (Ромашка)." in text
    assert "The link is valid for 7 days, and once." in text
    [card] = await post.waiting()
    assert card["state"] == "sent"
    assert (await post.accept(token_in(text))).status_code == 200
    await post.invite(email="boris@vestnik.test", language="ru")
    assert (await post.letters())[1]["subject"] == "Приглашение в Вестник"


async def test_a_link_works_once(desk: Desk) -> None:
    token = await desk.token()
    answers = await asyncio.gather(*(desk.accept(token) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403]
    assert await desk.check(token) == (403, "invitation_invalid")


async def test_an_expired_a_withdrawn_and_a_made_up_link_are_no_links(desk: Desk) -> None:
    made = await desk.invite()
    token, id = token_in(made["link"]), made["invitation"]["id"]
    assert await desk.check(token) == (200, EMAIL)
    assert await desk.check("nonsense") == (403, "invitation_invalid")
    await desk.write(invitation.update().values(expires_at=now() - timedelta(seconds=1)))
    assert (await desk.check(token), await desk.state()) == ((403, "invitation_invalid"), "expired")
    assert (await desk.accept(token)).status_code == 403
    again = (await desk.administrator.post(f"/invitations/{id}/send-again")).json()
    assert (await desk.check(token_in(again["link"])), await desk.state()) == ((200, EMAIL), "shown")
    assert (await desk.administrator.delete(f"/invitations/{id}")).status_code == 204
    assert await desk.check(token_in(again["link"])) == (403, "invitation_invalid")
    assert (await desk.administrator.delete(f"/invitations/{id}")).status_code == 404


async def test_sending_again_ends_the_link_of_the_letter_before(post: Desk) -> None:
    id = (await post.invite())["invitation"]["id"]
    [first] = await post.letters()
    assert (await post.administrator.post(f"/invitations/{id}/send-again")).json()["link"] is None
    [_, second] = await post.letters()
    older, newer = (token_in(letter.get_content()) for letter in (first, second))
    assert (await post.check(older), await post.check(newer)) == ((403, "invitation_invalid"), (200, EMAIL))


async def test_a_letter_that_is_refused_is_tried_again_and_the_list_says_so(post: Desk) -> None:
    id = (await post.invite(email="nobody@vestnik.test"))["invitation"]["id"]
    assert (await post.letters(), await post.state()) == ([], "delayed")
    await post.write(invitation.update().values(at=now() - timedelta(days=4), next_at=now()))
    assert (await post.letters(), await post.state()) == ([], "unsent")
    await post.administrator.post(f"/invitations/{id}/send-again")
    assert await post.state() == "sending"


async def test_who_is_a_user_or_invited_already_is_not_invited(desk: Desk) -> None:
    token = await desk.token()
    again = await desk.administrator.post("/invitations", FORM | {"email": " vera@vestnik.test"})
    assert (again.status_code, again.json()["code"]) == (409, "invited_already")
    assert (await desk.accept(token)).status_code == 200
    known = await desk.administrator.post("/invitations", FORM)
    assert (known.status_code, known.json()["code"]) == (409, "email_taken")
    wrong: tuple[dict[str, Any], ...] = ({"email": "vera"}, {"roles": []}, {"roles": ["emperor"]})
    for changes in wrong:
        assert (await desk.administrator.post("/invitations", FORM | changes)).status_code == 422


async def test_whoever_is_added_otherwise_is_invited_no_more(desk: Desk) -> None:
    first, second = await desk.token(), await desk.token(email="boris@vestnik.test")
    added = {"email": "vera@vestnik.test", "name": "Вера", "password": PASSWORD, "roles": ["editor"]}
    id = (await desk.administrator.post("/users", added)).json()["id"]
    assert [card["email"] for card in await desk.waiting()] == ["boris@vestnik.test"]
    await desk.administrator.patch(f"/users/{id}", {"email": "Boris@vestnik.test"})
    assert await desk.waiting() == []
    for token in (first, second):
        assert await desk.check(token) == (403, "invitation_invalid")


async def test_what_is_refused_leaves_the_link_usable(desk: Desk) -> None:
    token = await desk.token()
    for changes in ({"password": "short"}, {"name": "  "}):
        assert (await desk.accept(token, **changes)).status_code == 422
    assert (await desk.accept(token)).status_code == 200


async def test_nobody_invites_to_rights_that_they_lack(desk: Desk) -> None:
    _, key = await desk.installation.services.people.keys.add(SYSTEM, "personnel", ["users.manage"])
    machine = await desk.installation.browser()
    machine.headers["authorization"] = f"Bearer {key}"
    id = (await desk.invite())["invitation"]["id"]
    for method, path, body in (
        ("POST", "/invitations", FORM),
        ("POST", f"/invitations/{id}/send-again", None),
        ("DELETE", f"/invitations/{id}", None),
    ):
        answer = await machine.request(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await desk.state() == "shown"


@pytest.mark.parametrize(
    "changes", [{"disabled": True}, {"roles": ["marketer"]}], ids=["disabled", "no right"]
)
async def test_an_invitation_ends_with_the_right_of_who_made_it(desk: Desk, changes: dict[str, Any]) -> None:
    token = await desk.token()
    await desk.installation.add_user("administrator", "olga@vestnik.test")
    maker = user.c.email == "administrator@vestnik.test"
    await desk.write(user.update().where(maker).values(changes))
    assert await desk.check(token) == (403, "invitation_invalid")
    assert (await desk.accept(token)).status_code == 403
    await desk.administrator.sign_in("olga@vestnik.test")
    [card] = await desk.waiting()
    assert card["state"] == "expired"
    again = (await desk.administrator.post(f"/invitations/{card['id']}/send-again")).json()
    assert (again["invitation"]["state"], again["invitation"]["invitedBy"]) == ("shown", "Имя administrator")
    assert (await desk.accept(token_in(again["link"]))).status_code == 200


async def test_the_database_holds_no_link(desk: Desk) -> None:
    token = await desk.token()
    async with desk.installation.services.database.read() as connection:
        row = (await connection.execute(sa.select(invitation))).one()
    assert row.token_digest == digest(token)
    assert LINK_LASTS - timedelta(minutes=1) < row.expires_at - now() <= LINK_LASTS


async def test_letters_to_one_address_and_guessing_links_are_limited(desk: Desk) -> None:
    made = await desk.invite()
    path = f"/invitations/{made['invitation']['id']}/send-again"
    answers = [await desk.administrator.post(path) for _ in range(int(ADDRESS_LETTERS[0]))]
    assert [each.status_code for each in answers] == [200] * (int(ADDRESS_LETTERS[0]) - 1) + [429]
    token = token_in(answers[-2].json()["link"])
    stranger = await desk.installation.browser("203.0.113.66")
    form = {"token": "x" * 43, "name": "Никто", "password": PASSWORD}
    statuses = [
        (await stranger.post("/session/invitation", form)).status_code for _ in range(int(ADDRESS_LINKS[0]))
    ]
    assert statuses == [403] * int(ADDRESS_LINKS[0])
    # Links of every kind count together.
    for path in ("/session/invitation/check", "/session/reset/check"):
        assert (await stranger.post(path, {"token": token})).status_code == 429
    assert await desk.check(token) == (200, EMAIL)


async def test_invitations_that_wait_are_limited_and_forgotten_after_a_while(desk: Desk) -> None:
    await desk.write(
        invitation.insert().values(
            [
                {
                    "id": number,
                    "email": f"{number}@vestnik.test",
                    "email_folded": f"{number}@vestnik.test",
                    "roles": ["editor"],
                    "language": "ru",
                    "at": now(),
                    "tries": 0,
                }
                for number in range(1, OPEN + 1)
            ]
        )
    )
    refused = await desk.administrator.post("/invitations", FORM)
    assert (refused.status_code, problem_of(refused)["limit"]) == (409, OPEN)
    await desk.write(invitation.update().values(at=now() - KEPT_FOR - timedelta(seconds=1)))
    await desk.installation.services.entrance.invitations.sweep()
    assert await desk.waiting() == []


async def test_the_audit_tells_of_every_step_and_of_no_address(desk: Desk) -> None:
    id = (await desk.invite())["invitation"]["id"]
    again = (await desk.administrator.post(f"/invitations/{id}/send-again")).json()
    assert (await desk.accept(token_in(again["link"]))).status_code == 200
    withdrawn = (await desk.invite(email="boris@vestnik.test"))["invitation"]["id"]
    await desk.administrator.delete(f"/invitations/{withdrawn}")
    async with desk.installation.services.database.read() as connection:
        rows = await connection.execute(
            sa.select(audit_row).where(audit_row.c.action.like("invitation.%")).order_by(audit_row.c.id)
        )
        found = [(row.action, row.kind, row.fields) for row in rows]
    assert found == [
        ("invitation.added", "invitation", ["email", "roles"]),
        ("invitation.sent_again", "invitation", []),
        ("invitation.accepted", "user", []),
        ("invitation.added", "invitation", ["email", "roles"]),
        ("invitation.withdrawn", "invitation", []),
    ]


async def test_the_demos_invitations_end_with_the_demo(
    demo_installation: Installation, mailbox: Mailbox
) -> None:
    desk = Desk(demo_installation, await demo_installation.signed_in("administrator"), mailbox)
    token = await desk.token()
    assert (await desk.administrator.delete("/demo")).status_code < 300
    assert await desk.check(token) == (403, "invitation_invalid")
    async with demo_installation.services.database.read() as connection:
        assert (await connection.execute(sa.select(invitation))).all() == []

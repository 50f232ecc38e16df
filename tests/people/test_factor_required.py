"""Where the organisation asks everybody for a second factor, and where an administrator takes one off."""

from __future__ import annotations

import email
import email.policy
from typing import Any, cast

from tests.application import PASSWORD, Installation
from tests.mailbox import Mailbox
from tests.people.factors import code_of, enrolled, password_entered, refusal, some_time_later
from tests.people.mail import with_mail
from tests.people.test_factors import EMAIL, WRONG, card, enters, has_factor, noted, require

from vestnik.people.access import SYSTEM


async def test_whoever_has_none_sets_it_up_before_there_is_a_session(installation: Installation) -> None:
    await installation.add_user("marketer")
    await require(installation)
    browser = await installation.browser()
    answer = await browser.post("/session", {"email": EMAIL, "password": PASSWORD})
    assert refusal(answer) == (403, "second_factor_missing")
    for method, path in (("GET", "/session"), ("GET", "/sessions"), ("PATCH", "/session/user")):
        assert (await browser.request(method, path, {})).status_code == 401  # no rights meanwhile
    assert await enters(browser, WRONG) == (403, "step_over")  # there is no code to enter yet

    secret = (await browser.post("/session/enrolment")).json()["secret"]
    wrong = await browser.post("/session/enrolment/confirm", {"code": WRONG})
    assert refusal(wrong) == (422, "code_wrong")
    assert (await browser.get("/session")).status_code == 401
    done = await browser.post("/session/enrolment/confirm", {"code": code_of(secret)})
    assert (done.status_code, len(done.json()["codes"])) == (200, 10)
    assert (await browser.get("/session")).json()["user"]["email"] == EMAIL
    assert "vestnik_step" not in browser.client.cookies
    assert await noted(installation, "factor") == ["user.factor_on"]

    again = await password_entered(installation, EMAIL)
    assert await enters(again, done.json()["codes"][0]) == (200, EMAIL)


async def test_nobody_sets_up_a_second_one_in_place_of_a_code(installation: Installation) -> None:
    _, app = await has_factor(installation)
    await require(installation)
    stranger = await password_entered(installation, EMAIL)  # who knows the password alone
    assert refusal(await stranger.post("/session/enrolment")) == (403, "step_over")
    confirm = await stranger.post("/session/enrolment/confirm", {"code": app.code()})
    assert refusal(confirm) == (403, "step_over")
    assert (await stranger.get("/session")).status_code == 401
    nobody = await installation.browser()
    assert refusal(await nobody.post("/session/enrolment")) == (403, "step_over")


async def test_two_who_know_the_password_set_up_one_second_factor(installation: Installation) -> None:
    await installation.add_user("marketer")
    await require(installation)
    first, second = [await password_entered(installation, EMAIL) for _ in range(2)]
    older = (await first.post("/session/enrolment")).json()["secret"]
    newer = (await second.post("/session/enrolment")).json()["secret"]
    late = await first.post("/session/enrolment/confirm", {"code": code_of(older)})
    assert refusal(late) == (422, "code_wrong")
    assert (await second.post("/session/enrolment/confirm", {"code": code_of(newer)})).status_code == 200
    assert refusal(await first.post("/session/enrolment")) == (403, "step_over")


async def test_where_it_is_required_it_is_moved_and_not_turned_off(installation: Installation) -> None:
    desk, app = await has_factor(installation)
    await require(installation)
    assert (await card(desk))["required"] is True
    off = await desk.post("/session/factor/off", {"password": PASSWORD, "code": app.code()})
    assert refusal(off) == (409, "factor_required")
    await enrolled(desk, app.code())


async def test_the_setting_is_an_administrators_and_is_noted(installation: Installation) -> None:
    marketer = await installation.signed_in("marketer")
    administrator = await installation.signed_in("administrator")
    change = {"secondFactorRequired": True}
    assert refusal(await marketer.patch("/settings", change)) == (403, "forbidden")
    assert (await administrator.get("/settings")).json()["secondFactorRequired"] is False
    assert (await administrator.patch("/settings", change)).json()["secondFactorRequired"] is True
    assert await noted(installation, "organisation") == ["organisation.changed"]
    assert (await marketer.get("/session")).status_code == 200  # asked for at the next sign-in


async def test_who_accepts_an_invitation_sets_it_up_too(installation: Installation) -> None:
    await require(installation)
    invitations = installation.services.entrance.invitations
    _, link = await invitations.add(SYSTEM, "vera@vestnik.test", ["editor"], "ru")
    assert link is not None
    browser = await installation.browser()
    form = {"token": link.partition("#")[2], "name": "Вера", "password": PASSWORD}
    accepted = await browser.post("/session/invitation", form)
    assert refusal(accepted) == (403, "second_factor_missing")
    assert (await browser.get("/session")).status_code == 401
    secret = (await browser.post("/session/enrolment")).json()["secret"]
    assert (await browser.post("/session/enrolment/confirm", {"code": code_of(secret)})).status_code == 200
    assert (await browser.get("/session")).json()["user"]["email"] == "vera@vestnik.test"


async def test_a_password_that_was_reset_still_asks_for_the_code(
    installation: Installation, smtp: dict[str, Any], mailbox: Mailbox
) -> None:
    _, app = await has_factor(installation)
    await with_mail(installation, smtp)
    browser = await installation.browser()
    assert (await browser.post("/session/forgotten", {"email": EMAIL})).status_code == 204
    [letter] = await letters(installation, mailbox)
    token = letter.get_content().partition("/reset#")[2].split()[0]
    new = {"token": token, "password": "the next pass phrase"}
    assert (await browser.post("/session/reset", new)).status_code == 204
    answer = await browser.post("/session", {"email": EMAIL, "password": "the next pass phrase"})
    assert refusal(answer) == (403, "second_factor_needed")
    assert await enters(browser, app.code()) == (200, EMAIL)


async def letters(installation: Installation, mailbox: Mailbox) -> list[Any]:
    """Every letter that was sent until now, those that are due with them."""
    entrance = installation.services.entrance
    for outbox in (entrance.resets.outbox, entrance.factor_letters.outbox):
        await outbox.send_due()
    parse = cast(Any, email.message_from_bytes)
    return [parse(each.content, policy=email.policy.default) for each in mailbox.envelopes]


async def test_an_administrator_takes_it_off_and_the_person_is_told(
    installation: Installation, smtp: dict[str, Any], mailbox: Mailbox
) -> None:
    desk, app = await has_factor(installation)
    await with_mail(installation, smtp)
    administrator = await installation.signed_in("administrator")
    path = f"/users/{(await desk.get('/session')).json()['user']['id']}/factor"
    before = await card(administrator, path)
    assert (before["since"] is not None, before["codesLeft"]) == (True, 10)
    waiting = await password_entered(installation, EMAIL)
    assert (await administrator.delete(path)).status_code == 204
    assert await card(administrator, path) == {"since": None, "codesLeft": 0, "required": False}
    assert await enters(waiting, app.code()) == (403, "step_over")
    await (await installation.browser()).sign_in(EMAIL)
    [letter] = await letters(installation, mailbox)
    assert (letter["to"], letter["subject"]) == (EMAIL, "Второй фактор в Вестнике выключен")
    assert "http://vestnik.test/profile" in letter.get_content()
    assert await noted(installation, "factor_taken") == ["user.factor_taken_off"]
    assert refusal(await administrator.delete(path)) == (409, "factor_off")


async def test_without_outgoing_mail_it_is_taken_off_and_nobody_is_told(installation: Installation) -> None:
    desk, _ = await has_factor(installation)
    user_id = int((await desk.get("/session")).json()["user"]["id"])
    await installation.services.people.factors.take_off(SYSTEM, user_id)
    await installation.services.entrance.factor_letters.outbox.send_due()
    await (await installation.browser()).sign_in(EMAIL)


async def test_nobody_takes_it_off_themselves_or_off_who_has_more_rights(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    await enrolled(administrator)
    await some_time_later(installation)
    path = f"/users/{(await administrator.get('/session')).json()['user']['id']}/factor"
    assert refusal(await administrator.delete(path)) == (409, "factor_own")
    _, key = await installation.services.people.keys.add(SYSTEM, "personnel", ["users.manage"])
    machine = await installation.browser()
    machine.headers["authorization"] = f"Bearer {key}"
    assert refusal(await machine.delete(path)) == (403, "forbidden")
    marketer = await installation.signed_in("marketer")
    for answer in (await marketer.get(path), await marketer.delete(path)):
        assert refusal(answer) == (403, "forbidden")
    for answer in (await administrator.get("/users/0/factor"), await administrator.delete("/users/0/factor")):
        assert answer.status_code == 404

"""The second factor: turning it on and off, signing in by it, and what strangers can't do about it."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa
from tests.application import PASSWORD, Browser, Installation
from tests.people.factors import App, code_of, enrolled, password_entered, refusal, some_time_later

from vestnik.audit.tables import audit_row
from vestnik.db import now
from vestnik.people.access import SYSTEM
from vestnik.people.factor_tables import recovery_code, second_factor, sign_in_step
from vestnik.people.factors import ADDRESS_CODES, PERSON_CODES, STEP_LASTS, TRIES
from vestnik.people.tables import user
from vestnik.people.tokens import digest

EMAIL = "marketer@vestnik.test"
WRONG = "000000"


async def write(installation: Installation, statement: sa.Executable) -> None:
    await installation.services.database.write(lambda connection: connection.execute(statement))


async def rows_of(installation: Installation, table: sa.Table) -> list[Any]:
    async with installation.services.database.read() as connection:
        return list(await connection.execute(sa.select(table).order_by(*table.primary_key)))


async def noted(installation: Installation, part: str) -> list[str]:
    rows = await rows_of(installation, audit_row)
    return [row.action for row in rows if part in row.action]


async def card(browser: Browser, path: str = "/session/factor") -> dict[str, Any]:
    return cast(dict[str, Any], (await browser.get(path)).json())


async def has_factor(installation: Installation) -> tuple[Browser, App]:
    """A marketer with a second factor, whose next code is a new one."""
    browser = await installation.signed_in("marketer")
    app = await enrolled(browser)
    await some_time_later(installation)
    return browser, app


async def require(installation: Installation) -> None:
    await installation.services.people.organisation.change(SYSTEM, {"second_factor_required": True})


async def enters(browser: Browser, code: str) -> tuple[int, str]:
    """The status of a code after the password, and the address of whoever is in then, or the problem."""
    answer = await browser.post("/session/code", {"code": code})
    document = answer.json()
    return answer.status_code, document.get("code") or document["user"]["email"]


async def test_a_person_turns_it_on_and_signs_in_with_password_and_code(installation: Installation) -> None:
    desk = await installation.signed_in("marketer")
    assert await card(desk) == {"since": None, "codesLeft": 0, "required": False}
    begun = await desk.post("/session/factor", {"password": PASSWORD})
    enrolment = begun.json()
    assert enrolment["address"] == (
        "otpauth://totp/Vestnik%20vestnik.test:marketer%40vestnik.test?digits=6"
        f"&secret={enrolment['secret']}&algorithm=SHA1&issuer=Vestnik%20vestnik.test&period=30"
    )
    size = len(enrolment["qr"])
    assert {(len(row), *set(row)) for row in enrolment["qr"]} <= {
        (size, "0", "1"),
        (size, "1", "0"),
        (size, "1"),
    }
    assert (await card(desk))["since"] is None  # not before the app has shown a code
    done = await desk.post("/session/factor/confirm", {"code": code_of(enrolment["secret"])})
    assert (done.status_code, len(done.json()["codes"])) == (200, 10)
    found = await card(desk)
    assert (found["since"] is not None, found["codesLeft"]) == (True, 10)

    await some_time_later(installation)
    phone = await installation.browser()
    answer = await phone.post("/session", {"email": EMAIL, "password": PASSWORD})
    assert refusal(answer) == (403, "second_factor_needed")
    assert (await phone.get("/session")).status_code == 401  # there is no session before the code
    assert await enters(phone, WRONG) == (422, "code_wrong")
    assert await enters(phone, f" {code_of(enrolment['secret'])[:3]} {code_of(enrolment['secret'])[3:]}") == (
        200,
        EMAIL,
    )
    assert (await phone.get("/session")).status_code == 200
    assert await noted(installation, "factor") == ["user.factor_on"]
    assert await noted(installation, "session.") == ["session.begun", "session.code_refused", "session.begun"]


async def test_turning_it_on_ends_every_other_session(installation: Installation) -> None:
    desk = await installation.signed_in("marketer")
    elsewhere = await installation.browser()
    await elsewhere.sign_in(EMAIL)
    await enrolled(desk)
    assert ((await desk.get("/session")).status_code, (await elsewhere.get("/session")).status_code) == (
        200,
        401,
    )


async def test_the_cookie_of_the_step_is_out_of_reach_and_opens_nothing(installation: Installation) -> None:
    await has_factor(installation)
    browser = await installation.browser(origin="https://vestnik.test")
    answer = await browser.post("/session", {"email": EMAIL, "password": PASSWORD})
    [cookie] = answer.headers.get_list("set-cookie")
    parts = [part.strip() for part in cookie.split(";")]
    assert parts[1:] == ["HttpOnly", "Max-Age=300", "Path=/api/v1/session", "SameSite=strict", "Secure"]
    token = parts[0].removeprefix("vestnik_step=")
    [row] = await rows_of(installation, sign_in_step)
    assert (row.token_digest, row.tries) == (digest(token), 0)
    for cookie in (f"vestnik_session={token}", f"vestnik_step={token}"):
        stranger = await installation.browser()
        refused = await stranger.get("/session", headers={"cookie": cookie})
        assert refusal(refused) == (401, "not_signed_in")


async def test_a_code_signs_in_once(installation: Installation) -> None:
    _, app = await has_factor(installation)
    browsers = [await password_entered(installation, EMAIL, f"203.0.113.{number}") for number in range(3)]
    code = app.code()
    answers = await asyncio.gather(*(enters(browser, code) for browser in browsers))
    assert sorted(answers) == [(200, EMAIL), (422, "code_wrong"), (422, "code_wrong")]
    again = await password_entered(installation, EMAIL)
    assert await enters(again, app.code(1)) == (200, EMAIL)


async def test_a_step_signs_in_once(installation: Installation) -> None:
    _, app = await has_factor(installation)
    browser = await password_entered(installation, EMAIL)
    step = browser.client.cookies["vestnik_step"]
    assert await enters(browser, app.code()) == (200, EMAIL)
    assert "vestnik_step" not in browser.client.cookies
    stranger = await installation.browser()
    stranger.headers["cookie"] = f"vestnik_step={step}"
    assert await enters(stranger, app.recovery[0]) == (403, "step_over")


async def test_each_recovery_code_signs_in_once(installation: Installation) -> None:
    desk, app = await has_factor(installation)
    first = app.recovery[0].upper().replace("-", " ")
    assert await enters(await password_entered(installation, EMAIL), first) == (200, EMAIL)
    assert await enters(await password_entered(installation, EMAIL), app.recovery[0]) == (422, "code_wrong")
    assert await enters(await password_entered(installation, EMAIL), app.recovery[1]) == (200, EMAIL)
    assert (await card(desk))["codesLeft"] == 8
    assert await noted(installation, "recovery") == ["session.recovery_code_used"] * 2


async def test_a_recovery_code_is_its_owners_alone(installation: Installation) -> None:
    _, app = await has_factor(installation)
    other = await installation.signed_in("editor")
    await enrolled(other)
    step = await password_entered(installation, "editor@vestnik.test")
    assert await enters(step, app.recovery[0]) == (422, "code_wrong")


async def test_new_recovery_codes_take_the_place_of_the_old(installation: Installation) -> None:
    desk, app = await has_factor(installation)
    proof = {"password": PASSWORD, "code": app.code()}
    made = (await desk.post("/session/factor/codes", proof)).json()["codes"]
    assert (len(made), set(made) & set(app.recovery)) == (10, set())
    assert await enters(await password_entered(installation, EMAIL), app.recovery[0]) == (422, "code_wrong")
    assert await enters(await password_entered(installation, EMAIL), made[9]) == (200, EMAIL)


async def test_a_step_ends_after_its_time_its_tries_and_another_password(installation: Installation) -> None:
    _, app = await has_factor(installation)
    late = await password_entered(installation, EMAIL)
    [row] = await rows_of(installation, sign_in_step)
    assert timedelta(0) < row.expires_at - now() <= STEP_LASTS
    await write(installation, sign_in_step.update().values(expires_at=now() - timedelta(seconds=1)))
    assert await enters(late, app.code()) == (403, "step_over")
    tried = await password_entered(installation, EMAIL)
    await write(installation, sign_in_step.update().values(tries=TRIES - 1))
    assert await enters(tried, WRONG) == (422, "code_wrong")
    assert await enters(tried, app.code()) == (403, "step_over")
    changed = await password_entered(installation, EMAIL)
    await write(installation, user.update().values(password_hash="another"))
    assert await enters(changed, app.code()) == (403, "step_over")
    assert await enters(await installation.browser(), app.code()) == (403, "step_over")


async def test_whoever_is_disabled_meanwhile_does_not_get_in(installation: Installation) -> None:
    _, app = await has_factor(installation)
    browser = await password_entered(installation, EMAIL)
    await write(installation, user.update().values(disabled=True))
    assert await enters(browser, app.code()) == (403, "step_over")


async def test_guessing_codes_is_slowed_down_for_the_person_wherever_it_comes_from(
    installation: Installation,
) -> None:
    _, app = await has_factor(installation)
    statuses = []
    for number in range(int(PERSON_CODES[0]) + 1):
        browser = await password_entered(installation, EMAIL, f"203.0.113.{number}")
        statuses.append((await browser.post("/session/code", {"code": WRONG})).status_code)
    assert statuses == [422] * int(PERSON_CODES[0]) + [429]
    for code in (app.code(), app.recovery[0]):
        limited = await browser.post("/session/code", {"code": code})
        assert (limited.status_code, 0 < limited.json()["retry_after_s"] <= PERSON_CODES[1]) == (429, True)


async def test_guessing_steps_is_slowed_down_by_address(installation: Installation) -> None:
    _, app = await has_factor(installation)
    stranger = await installation.browser("198.51.100.9")
    stranger.headers["cookie"] = "vestnik_step=made-up"
    statuses = [
        (await stranger.post("/session/code", {"code": WRONG})).status_code
        for _ in range(int(ADDRESS_CODES[0]) + 1)
    ]
    assert statuses == [403] * int(ADDRESS_CODES[0]) + [429]
    assert await enters(await password_entered(installation, EMAIL), app.code()) == (200, EMAIL)


async def test_the_right_code_is_never_counted(installation: Installation) -> None:
    _, app = await has_factor(installation)
    for code in app.recovery[: int(PERSON_CODES[0]) + 2]:
        assert await enters(await password_entered(installation, EMAIL), code) == (200, EMAIL)


async def test_turning_it_off_asks_for_password_and_code(installation: Installation) -> None:
    desk, app = await has_factor(installation)
    for form, refused in (
        ({"password": "another pass phrase", "code": app.code()}, (422, "present_password_wrong")),
        ({"password": PASSWORD, "code": WRONG}, (422, "code_wrong")),
    ):
        assert refusal(await desk.post("/session/factor/off", form)) == refused
    done = await desk.post("/session/factor/off", {"password": PASSWORD, "code": app.code()})
    assert done.status_code == 204
    assert await card(desk) == {"since": None, "codesLeft": 0, "required": False}
    await (await installation.browser()).sign_in(EMAIL)
    again = await desk.post("/session/factor/off", {"password": PASSWORD, "code": app.code()})
    assert refusal(again) == (409, "factor_off")
    assert await noted(installation, "factor") == ["user.factor_on", "user.factor_off"]


async def test_moving_to_another_phone_asks_for_a_code_of_the_present_one(installation: Installation) -> None:
    desk, app = await has_factor(installation)
    for code, refused in ((None, (403, "second_factor_needed")), (WRONG, (422, "code_wrong"))):
        answer = await desk.post("/session/factor", {"password": PASSWORD, "code": code})
        assert refusal(answer) == refused
    moved = await enrolled(desk, app.code())
    await some_time_later(installation)
    assert await enters(await password_entered(installation, EMAIL), app.code()) == (422, "code_wrong")
    assert await enters(await password_entered(installation, EMAIL), moved.code()) == (200, EMAIL)


async def test_a_secret_that_was_shown_too_long_ago_is_not_confirmed(installation: Installation) -> None:
    desk = await installation.signed_in("marketer")
    wrong = await desk.post("/session/factor", {"password": "another pass phrase"})
    assert refusal(wrong) == (422, "present_password_wrong")
    secret = (await desk.post("/session/factor", {"password": PASSWORD})).json()["secret"]
    assert refusal(await desk.post("/session/factor/confirm", {"code": WRONG})) == (422, "code_wrong")
    await write(installation, second_factor.update().values(new_until=now()))
    late = await desk.post("/session/factor/confirm", {"code": code_of(secret)})
    assert refusal(late) == (409, "enrolment_over")


async def test_secrets_are_sealed_and_recovery_codes_are_hashes(installation: Installation) -> None:
    _, app = await has_factor(installation)
    [factor] = await rows_of(installation, second_factor)
    vault = installation.services.vault
    assert vault.decrypt(factor.secret, f"user:{factor.user_id}:second_factor") == base64.b32decode(
        app.secret
    )
    assert base64.b32decode(app.secret) not in factor.secret
    stored = {row.code_hash for row in await rows_of(installation, recovery_code)}
    plain = [code.replace("-", "") for code in app.recovery]
    assert stored == {vault.keyed_hash("recovery code", f"{factor.user_id}:{code}") for code in plain}


async def test_keys_of_machines_ask_for_no_code(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    made = await administrator.post("/keys", {"name": "machine", "rights": ["templates.read"]})
    await enrolled(administrator)
    await require(installation)
    machine = await installation.browser()
    machine.headers = {"authorization": f"Bearer {made.json()['key']}"}
    assert (await machine.get("/templates")).status_code == 200
    for answer in (
        await machine.get("/session/factor"),
        await machine.post("/session/factor", {"password": PASSWORD}),
        await machine.post("/session/factor/confirm", {"code": WRONG}),
    ):
        assert refusal(answer) == (401, "not_signed_in")

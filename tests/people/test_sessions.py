"""Signing in and out, sessions, and what a cookie is worth."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from tests.application import PASSWORD, Browser, Installation, problem_of

from vestnik.db import now
from vestnik.people.access import rights_of
from vestnik.people.sessions import ACCOUNT_ATTEMPTS, IDLE, LONGEST
from vestnik.people.tables import session, user
from vestnik.people.tokens import digest


def sign_in_form(email: str = "marketer@vestnik.test", password: str = PASSWORD) -> dict[str, str]:
    return {"email": email, "password": password}


def token_of(browser: Browser) -> str:
    token = browser.client.cookies.get("vestnik_session")
    assert token is not None
    return token


async def test_a_marketer_signs_in_and_reads_the_session(installation: Installation) -> None:
    user_id = await installation.add_user("marketer")
    browser = await installation.browser()
    card = await browser.sign_in(" Marketer@VESTNIK.test ")
    expected: dict[str, Any] = {
        "user": {
            "id": str(user_id),
            "name": "Имя marketer",
            "email": "marketer@vestnik.test",
            "role": "marketer",
            "roles": ["marketer"],
            "language": "ru",
            "theme": "auto",
            "rights": sorted(rights_of(["marketer"])),
        },
        "organisation": {"name": "Ромашка", "timezone": "Europe/Moscow", "language": "ru"},
        "demo": False,
        "simulatorUrl": None,
        "csrf": card["csrf"],
    }
    assert card == expected
    assert (await browser.get("/session")).json() == expected


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(installation: Installation) -> None:
    await installation.add_user("marketer")
    plain = await (await installation.browser()).post("/session", sign_in_form())
    safe = await (await installation.browser(origin="https://vestnik.test")).post("/session", sign_in_form())
    parts = [part.strip() for part in plain.headers["set-cookie"].split(";")][1:]
    assert parts == ["HttpOnly", "Max-Age=7776000", "Path=/", "SameSite=lax"]
    assert safe.headers["set-cookie"].endswith("; Secure")


async def test_the_database_holds_no_token(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    async with installation.services.database.read() as connection:
        row = (await connection.execute(sa.select(session))).one()
    assert row.token_digest == digest(token_of(browser))
    assert (row.ip, row.agent) == ("203.0.113.7", "a test")


async def test_a_wrong_password_and_a_wrong_address_get_the_same_answer(installation: Installation) -> None:
    await installation.add_user("marketer")
    browser = await installation.browser()
    wrong = await browser.post("/session", sign_in_form(password="another pass phrase"))
    nobody = await browser.post("/session", sign_in_form(email="nobody@vestnik.test"))
    assert (wrong.status_code, problem_of(wrong)) == (nobody.status_code, problem_of(nobody))
    assert problem_of(wrong) == {
        "type": "urn:vestnik:problem:wrong_password",
        "title": "Не удалось войти",
        "status": 401,
        "detail": "Адрес почты или пароль не подходят.",
        "code": "wrong_password",
    }


async def test_nobody_costs_as_much_time_as_somebody(installation: Installation) -> None:
    await installation.add_user("marketer")

    browser = await installation.browser()
    spent: dict[str, list[float]] = {"marketer@vestnik.test": [], "nobody@vestnik.test": []}
    for _ in range(5):
        for email, seconds in spent.items():  # in turn: whatever else the machine does, it does to both
            started = time.perf_counter()
            await browser.post("/session", sign_in_form(email, "another pass phrase"))
            seconds.append(time.perf_counter() - started)
    somebody, nobody = (min(seconds) for seconds in spent.values())
    assert 0.4 < somebody / nobody < 2.5


async def test_signing_out_ends_the_session_and_takes_the_cookie_back(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    token = token_of(browser)
    assert (await browser.delete("/session")).status_code == 204
    assert "vestnik_session" not in browser.client.cookies
    again = await browser.get("/session", headers={"cookie": f"vestnik_session={token}"})
    assert again.status_code == 401


async def test_signing_in_again_ends_the_older_session_of_the_browser(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    older = token_of(browser)
    await browser.sign_in("marketer@vestnik.test")
    assert token_of(browser) != older
    assert await installation.services.people.by_cookie(older) is None


async def test_a_session_slides_forward_and_ends_at_its_longest(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")

    async def set_times(created: timedelta, seen: timedelta) -> None:
        values = {
            "created_at": now() - created,
            "seen_at": now() - seen,
            "expires_at": now() + timedelta(hours=1),
        }
        await installation.services.database.write(lambda c: c.execute(session.update().values(values)))

    async def expires_in() -> timedelta:
        assert (await browser.get("/session")).status_code == 200
        async with installation.services.database.read() as connection:
            expires_at: datetime | None = await connection.scalar(sa.select(session.c.expires_at))
        assert expires_at is not None
        return expires_at - now()

    await set_times(created=timedelta(days=1), seen=timedelta(minutes=1))
    assert await expires_in() <= timedelta(hours=1)
    await set_times(created=timedelta(days=1), seen=timedelta(minutes=11))
    assert IDLE - timedelta(minutes=1) < await expires_in() <= IDLE
    await set_times(created=LONGEST - timedelta(days=2), seen=timedelta(days=1))
    assert timedelta(days=1) < await expires_in() <= timedelta(days=2)


async def test_an_expired_session_is_no_session(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    await installation.services.database.write(
        lambda c: c.execute(session.update().values(expires_at=now() - timedelta(seconds=1)))
    )
    assert (await browser.get("/session")).status_code == 401


async def test_attempts_on_one_account_are_limited_even_with_the_right_password(
    installation: Installation,
) -> None:
    await installation.add_user("marketer")
    attempts = int(ACCOUNT_ATTEMPTS[0])
    answers = []
    for number in range(attempts + 1):
        browser = await installation.browser(ip=f"203.0.113.{number}")
        answers.append(await browser.post("/session", sign_in_form(password="another pass phrase")))
    assert [answer.status_code for answer in answers] == [401] * attempts + [429]
    limited = await (await installation.browser(ip="203.0.113.200")).post("/session", sign_in_form())
    assert limited.status_code == 429
    assert limited.headers["retry-after"] == str(limited.json()["retry_after_s"])
    assert 0 < limited.json()["retry_after_s"] <= ACCOUNT_ATTEMPTS[1]


async def test_the_right_password_is_never_counted(installation: Installation) -> None:
    await installation.add_user("marketer")
    browser = await installation.browser()
    for _ in range(int(ACCOUNT_ATTEMPTS[0]) + 2):
        await browser.sign_in("marketer@vestnik.test")


async def test_a_password_hashed_with_less_work_is_hashed_anew_at_sign_in(installation: Installation) -> None:
    await installation.add_user("marketer")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await installation.services.database.write(lambda c: c.execute(user.update().values(password_hash=weak)))
    await (await installation.browser()).sign_in("marketer@vestnik.test")
    found = await installation.services.people.users.find("marketer@vestnik.test")
    assert found is not None
    assert found.password_hash.startswith("$argon2id$v=19$m=19456,t=3,p=1$")


async def test_a_person_changes_name_language_and_theme(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    answer = await browser.patch("/session/user", {"name": "Анна", "language": "en", "theme": "dark"})
    person = answer.json()["user"]
    assert (person["name"], person["language"], person["theme"]) == ("Анна", "en", "dark")
    refusal = await browser.get("/users")
    assert refusal.json()["detail"] == "This needs the right “users.manage”. An administrator grants it."


async def test_a_new_own_password_ends_the_other_sessions_only(installation: Installation) -> None:
    here = await installation.signed_in("marketer")
    elsewhere = await installation.browser()
    await elsewhere.sign_in("marketer@vestnik.test")
    wrong = await here.post("/session/password", {"current": "not this one", "new": "the next pass phrase"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "present_password_wrong")
    done = await here.post("/session/password", {"current": PASSWORD, "new": "the next pass phrase"})
    assert done.status_code == 204
    assert (await here.get("/session")).status_code == 200
    assert (await elsewhere.get("/session")).status_code == 401
    await elsewhere.sign_in("marketer@vestnik.test", "the next pass phrase")


async def test_a_short_password_is_refused(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    answer = await browser.post("/session/password", {"current": PASSWORD, "new": "short"})
    assert (answer.status_code, answer.json()["code"], answer.json()["min_length"]) == (
        422,
        "password_too_short",
        10,
    )


async def test_the_demo_changes_roles_in_one_click(demo_installation: Installation) -> None:
    await demo_installation.add_user("integrator")
    await demo_installation.add_user("marketer")
    browser = await demo_installation.browser()
    card = browser.keep_session(await browser.post("/session/demo", {"role": "integrator"}))
    assert (card["demo"], card["user"]["role"]) == (True, "integrator")
    assert "demo.play" in card["user"]["rights"]
    card = browser.keep_session(await browser.post("/session/demo", {"role": "marketer"}))
    assert card["user"]["role"] == "marketer"


async def test_outside_the_demo_nobody_gets_in_without_a_password(installation: Installation) -> None:
    await installation.add_user("administrator")
    answer = await (await installation.browser()).post("/session/demo", {"role": "administrator"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_a_demo")


async def test_the_sign_in_page_learns_the_name_and_no_more(installation: Installation) -> None:
    answer = await (await installation.browser()).get("/session/welcome")
    assert answer.json() == {
        "organisation": "Ромашка",
        "language": "ru",
        "demo": False,
        "setupNeeded": False,
        "resetByMail": False,
    }

"""Where people are signed in: what they see of it, and what they and administrators end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import PASSWORD, Browser, Installation

from vestnik.audit.tables import audit_row
from vestnik.db import now
from vestnik.people.access import SYSTEM
from vestnik.people.agents import device_of
from vestnik.people.factor_tables import sign_in_step
from vestnik.people.tables import session

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1 Version/19.1 Safari/604.1"


async def phone_of(installation: Installation, role: str = "marketer") -> Browser:
    """A second device of somebody who is signed in already."""
    browser = await installation.browser("198.51.100.4")
    browser.headers["user-agent"] = PHONE
    await browser.sign_in(f"{role}@vestnik.test")
    return browser


async def listed(browser: Browser, path: str = "/sessions") -> list[dict[str, Any]]:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.get("/session")).status_code == 200


async def own_id(browser: Browser) -> str:
    return str((await browser.get("/session")).json()["user"]["id"])


async def ended(installation: Installation) -> list[tuple[Any, ...]]:
    """Who ended whose sessions, as the audit tells it."""
    async with installation.services.database.read() as connection:
        statement = sa.select(audit_row).where(audit_row.c.action == "session.ended").order_by(audit_row.c.id)
        rows = await connection.execute(statement)
        return [(row.user_id, row.kind, row.object_id, row.fields) for row in rows]


async def test_a_person_sees_where_they_are_signed_in(installation: Installation) -> None:
    desk = await installation.signed_in("marketer")
    await phone_of(installation)
    await installation.signed_in("editor")
    phone, here = await listed(desk)
    assert phone == {
        "id": phone["id"],
        "device": "Safari 19, iPhone",
        "agent": PHONE,
        "ip": "198.51.100.4",
        "since": phone["seenAt"],
        "seenAt": phone["seenAt"],
        "present": False,
    }
    assert (here["device"], here["ip"], here["present"]) == ("a", "203.0.113.7", True)


async def test_a_person_ends_one_session_and_that_device_is_out_at_once(installation: Installation) -> None:
    desk = await installation.signed_in("marketer")
    phone = await phone_of(installation)
    there = next(each["id"] for each in await listed(desk) if not each["present"])
    assert (await desk.delete(f"/sessions/{there}")).status_code == 204
    assert (await is_signed_in(phone), await is_signed_in(desk)) == (False, True)
    assert (await desk.delete(f"/sessions/{there}")).status_code == 404
    user_id = int(await own_id(desk))
    assert await ended(installation) == [(user_id, "user", user_id, [])]


async def test_a_person_ends_all_other_sessions_together(installation: Installation) -> None:
    desk = await installation.signed_in("marketer")
    phones = [await phone_of(installation) for _ in range(2)]
    answer = await desk.delete("/sessions")
    assert (answer.status_code, answer.json()) == (200, {"ended": 2})
    assert [await is_signed_in(each) for each in (*phones, desk)] == [False, False, True]
    assert (await desk.delete("/sessions")).json() == {"ended": 0}
    assert len(await ended(installation)) == 1  # what changed nothing is not noted


async def test_nobody_ends_the_session_of_somebody_else_by_its_number(installation: Installation) -> None:
    marketer = await installation.signed_in("marketer")
    editor = await installation.signed_in("editor")
    [there] = await listed(editor)
    assert (await marketer.delete(f"/sessions/{there['id']}")).status_code == 404
    path = f"/users/{await own_id(editor)}/sessions"
    for answer in (
        await marketer.get(path),
        await marketer.delete(path),
        await marketer.delete(f"{path}/{there['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await is_signed_in(editor)


async def test_an_administrator_sees_and_ends_the_sessions_of_others(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    desk = await installation.signed_in("marketer")
    phone = await phone_of(installation)
    path = f"/users/{await own_id(desk)}/sessions"
    there = await listed(administrator, path)
    assert [each["present"] for each in there] == [False, False]
    assert (await administrator.delete(f"{path}/{there[0]['id']}")).status_code == 204
    assert (await is_signed_in(phone), await is_signed_in(desk)) == (False, True)
    assert (await administrator.delete(path)).json() == {"ended": 1}
    assert not await is_signed_in(desk)
    doer = int(await own_id(administrator))
    assert [row[0] for row in await ended(installation)] == [doer, doer]
    own = f"/users/{await own_id(administrator)}/sessions"
    assert (await administrator.delete(own)).json() == {"ended": 0}
    assert await is_signed_in(administrator)


async def test_a_session_belongs_to_the_user_in_the_path(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    marketer = await installation.signed_in("marketer")
    [there] = await listed(marketer)
    path = f"/users/{await own_id(administrator)}/sessions/{there['id']}"
    assert (await administrator.delete(path)).status_code == 404
    assert await is_signed_in(marketer)
    for answer in (
        await administrator.get("/users/0/sessions"),
        await administrator.delete("/users/0/sessions"),
    ):
        assert answer.status_code == 404


async def test_nobody_ends_the_sessions_of_who_has_more_rights(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    _, key = await installation.services.people.keys.add(SYSTEM, "personnel", ["users.manage"])
    machine = await installation.browser()
    machine.headers["authorization"] = f"Bearer {key}"
    path = f"/users/{await own_id(administrator)}/sessions"
    [there] = await listed(machine, path)
    for answer in (await machine.delete(path), await machine.delete(f"{path}/{there['id']}")):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await is_signed_in(administrator)
    for answer in (await machine.get("/sessions"), await machine.delete("/sessions")):
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_new_password_leaves_one_session_in_the_list(installation: Installation) -> None:
    desk = await installation.signed_in("marketer")
    await phone_of(installation)
    body = {"current": PASSWORD, "new": "the next pass phrase"}
    assert (await desk.post("/session/password", body)).status_code == 204
    assert [each["present"] for each in await listed(desk)] == [True]


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (PHONE, "Safari 19, iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox 145, Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36",
            "Chrome 150, Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0", "Edge 150, Windows"),
        (
            "Mozilla/5.0 (Linux; Android 16; K) Chrome/148.0 YaBrowser/26.9.1 Safari/537",
            "Yandex Browser 26, Android",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "macOS"),
        ("curl/8.14.1", "curl"),
        ("Mozilla/5.0 (<script>)", None),
        ("", None),
    ],
)
def test_a_device_is_named_in_few_words(agent: str, device: str | None) -> None:
    assert device_of(agent) == device


async def test_what_is_over_is_forgotten(installation: Installation) -> None:
    services = installation.services
    over, stays = await installation.signed_in("marketer"), await installation.signed_in("sales_manager")
    user_id, other_id = int(await own_id(over)), int(await own_id(stays))
    step: dict[str, Any] = {"user_id": user_id, "made_for": b"", "tries": 0}
    later = now() + timedelta(minutes=5)
    steps = [
        step | {"token_digest": b"over", "expires_at": now()},
        step | {"token_digest": b"stays", "expires_at": later},
    ]
    ended = session.update().where(session.c.user_id == user_id).values(expires_at=now())

    def pass_by(connection: sa.Connection) -> None:
        connection.execute(ended)
        connection.execute(sign_in_step.insert(), steps)

    await services.database.write(pass_by)
    await services.people.open_sessions.sweep()
    async with services.database.read() as connection:
        left = (await connection.scalars(sa.select(session.c.user_id))).all()
        assert list(left) == [other_id]
        assert (await connection.scalars(sa.select(sign_in_step.c.token_digest))).all() == [b"stays"]

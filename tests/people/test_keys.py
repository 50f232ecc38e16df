"""API keys: made once, used by machines, revoked for good."""

from __future__ import annotations

import sqlalchemy as sa
from tests.application import Browser, Installation

from vestnik.people.access import SYSTEM
from vestnik.people.tables import api_key
from vestnik.people.tokens import digest


async def make(browser: Browser, *rights: str) -> dict[str, str]:
    answer = await browser.post("/keys", {"name": "сайт", "rights": list(rights)})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def machine(installation: Installation, key: str) -> Browser:
    client = await installation.browser()
    client.headers = {"authorization": f"Bearer {key}", "accept-language": "en"}
    return client


async def test_a_machine_works_with_its_key_and_within_its_rights(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    made = await make(administrator, "users.manage", "contacts.read")
    client = await machine(installation, made["key"])
    assert (await client.get("/users")).json()["total"] == 1
    refused = await client.get("/audit")
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "This needs the right “audit.read”. An administrator grants it.",
    )
    session = (await client.get("/session")).json()
    assert (session["user"]["id"], session["user"]["name"], session["csrf"]) == (None, "сайт", None)
    assert session["user"]["rights"] == ["contacts.read", "users.manage"]


async def test_an_unsafe_request_with_a_key_needs_no_csrf_token(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    client = await machine(installation, (await make(administrator, "keys.manage"))["key"])
    assert (await client.post("/keys", {"name": "x", "rights": ["keys.manage"]})).status_code == 201


async def test_the_list_shows_a_prefix_and_the_database_a_digest(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    made = await make(administrator, "contacts.read")
    page = (await administrator.get("/keys")).json()
    assert page["total"] == 1
    assert page["items"][0] == {
        "id": made["id"],
        "name": "сайт",
        "prefix": made["key"][:10],
        "rights": ["contacts.read"],
        "createdAt": page["items"][0]["createdAt"],
        "usedAt": None,
    }
    async with installation.services.database.read() as connection:
        assert await connection.scalar(sa.select(api_key.c.key_digest)) == digest(made["key"])


async def test_its_last_use_is_remembered(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    client = await machine(installation, (await make(administrator, "contacts.read"))["key"])
    await client.get("/session")
    assert (await administrator.get("/keys")).json()["items"][0]["usedAt"] is not None


async def test_a_revoked_or_a_made_up_key_is_refused(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    made = await make(administrator, "contacts.read")
    client = await machine(installation, made["key"])
    assert (await client.get("/session")).status_code == 200
    assert (await administrator.delete(f"/keys/{made['id']}")).status_code == 204
    assert (await client.get("/session")).status_code == 401
    assert (await (await machine(installation, "vst_nonsense")).get("/session")).status_code == 401
    assert (await administrator.delete(f"/keys/{made['id']}")).status_code == 404


async def test_a_key_has_only_rights_that_exist_and_that_its_maker_has(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    unknown = await administrator.post("/keys", {"name": "x", "rights": ["all"]})
    assert (unknown.status_code, unknown.json()["code"], unknown.json()["right"]) == (
        422,
        "unknown_right",
        "all",
    )
    limited = await machine(installation, (await make(administrator, "keys.manage"))["key"])
    greedy = await limited.post("/keys", {"name": "x", "rights": ["users.manage"]})
    assert (greedy.status_code, greedy.json()["code"]) == (403, "forbidden")


async def test_a_key_ends_with_the_user_who_made_it_and_so_does_one_that_it_made(
    installation: Installation,
) -> None:
    administrator = await installation.signed_in("administrator")
    leaving = await installation.add_user("administrator", "leaving@vestnik.test")
    browser = await installation.browser()
    await browser.sign_in("leaving@vestnik.test")
    first = await machine(installation, (await make(browser, "audit.read", "keys.manage"))["key"])
    second = await machine(installation, (await make(first, "audit.read"))["key"])
    assert [(await each.get("/audit")).status_code for each in (first, second)] == [200, 200]
    disable = {"disabled": True}
    assert (await administrator.patch(f"/users/{leaving}", disable)).status_code == 200
    assert [(await each.get("/audit")).status_code for each in (first, second)] == [401, 401]
    assert (await administrator.patch(f"/users/{leaving}", {"disabled": False})).status_code == 200
    assert (await first.get("/audit")).status_code == 200


async def test_a_key_never_has_more_rights_than_its_maker_has_now(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    demoted = await installation.add_user("administrator", "demoted@vestnik.test")
    browser = await installation.browser()
    await browser.sign_in("demoted@vestnik.test")
    client = await machine(installation, (await make(browser, "audit.read", "contacts.read"))["key"])
    assert (await administrator.patch(f"/users/{demoted}", {"roles": ["marketer"]})).status_code == 200
    assert (await client.get("/session")).json()["user"]["rights"] == ["contacts.read"]
    assert (await client.get("/audit")).status_code == 403


async def test_a_key_of_the_system_stands_for_nobody(installation: Installation) -> None:
    _, key = await installation.services.people.keys.add(SYSTEM, "команда", ["audit.read"])
    assert (await (await machine(installation, key)).get("/audit")).status_code == 200


async def test_a_key_has_the_right_to_play_only_while_there_is_a_demo(
    demo_installation: Installation,
) -> None:
    administrator = await demo_installation.signed_in("administrator")
    client = await machine(demo_installation, (await make(administrator, "demo.play"))["key"])
    assert (await client.get("/session")).json()["user"]["rights"] == ["demo.play"]

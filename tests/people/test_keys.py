"""API keys: made once, used by machines, revoked for good."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from tests.application import Browser, Installation

from vestnik.db import now
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
        "createdBy": "Имя administrator",
        "usedAt": None,
        "usedFrom": None,
        "expiresAt": None,
        "state": "valid",
    }
    async with installation.services.database.read() as connection:
        assert await connection.scalar(sa.select(api_key.c.key_digest)) == digest(made["key"])


async def test_its_last_use_is_remembered(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    client = await machine(installation, (await make(administrator, "contacts.read"))["key"])
    await client.get("/session")
    shown = (await administrator.get("/keys")).json()["items"][0]
    assert shown["usedAt"] is not None
    assert shown["usedFrom"] == "203.0.113.7"


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


async def expire(installation: Installation, key_id: str, at: datetime) -> None:
    """Have a key's term end at another time."""
    own = sa.update(api_key).where(api_key.c.id == int(key_id)).values(expires_at=at)
    await installation.services.database.write(lambda connection: connection.execute(own))


async def states(browser: Browser, query: str = "") -> list[tuple[str, str]]:
    found = (await browser.get(f"/keys{query}")).json()
    assert found["total"] == len(found["items"])
    return [(each["id"], each["state"]) for each in found["items"]]


async def test_an_expired_key_is_refused_by_its_own_name(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    term = (now() + timedelta(days=30)).isoformat()
    body = {"name": "сайт", "rights": ["contacts.read"], "expiresAt": term}
    made = (await administrator.post("/keys", body)).json()
    client = await machine(installation, made["key"])
    assert (await client.get("/session")).status_code == 200
    ended = now().replace(microsecond=0) - timedelta(seconds=1)
    await expire(installation, made["id"], ended)
    refused = await client.get("/session")
    assert refused.status_code == 401
    assert (refused.json()["code"], refused.json()["name"]) == ("key_expired", "сайт")
    assert refused.json()["expired_at"] == ended.isoformat(timespec="seconds")
    assert await states(administrator) == [(made["id"], "expired")]


async def test_a_term_is_neither_over_at_once_nor_endless(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    for days in (-1, 0, 4_000):
        body = {
            "name": "x",
            "rights": ["contacts.read"],
            "expiresAt": (now() + timedelta(days=days)).isoformat(),
        }
        refused = await administrator.post("/keys", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "expiry_passed")


async def test_a_replaced_key_works_for_a_day_beside_its_successor(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    old = await make(administrator, "contacts.read")
    answer = await administrator.post(f"/keys/{old['id']}/replace")
    assert answer.status_code == 201
    new = answer.json()
    for key in (old["key"], new["key"]):
        card = (await (await machine(installation, key)).get("/session")).json()
        assert (card["user"]["name"], card["user"]["rights"]) == ("сайт", ["contacts.read"])
    assert await states(administrator) == [(new["id"], "valid"), (old["id"], "replaced")]
    ends = (await administrator.get("/keys?state=replaced")).json()["items"][0]["expiresAt"]
    assert timedelta(hours=23) < datetime.fromisoformat(ends) - now() <= timedelta(hours=24)
    await expire(installation, old["id"], now())
    assert (await (await machine(installation, old["key"])).get("/session")).status_code == 401
    assert (await administrator.post(f"/keys/{old['id']}/replace")).status_code == 404


async def test_nobody_replaces_a_key_that_may_more_than_they(
    installation: Installation,
) -> None:
    administrator = await installation.signed_in("administrator")
    strong = await make(administrator, "users.manage")
    limited = await machine(installation, (await make(administrator, "keys.manage"))["key"])
    refused = await limited.post(f"/keys/{strong['id']}/replace")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_keys_are_found_by_state_and_by_words(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    kept, soon, over = [await make(administrator, "contacts.read") for _ in range(3)]
    await expire(installation, soon["id"], now() + timedelta(days=3))
    await expire(installation, over["id"], now() - timedelta(days=3))
    assert await states(administrator) == [
        (soon["id"], "expiring"),
        (kept["id"], "valid"),
        (over["id"], "expired"),
    ]
    for each, state in ((kept, "valid"), (soon, "expiring"), (over, "expired")):
        assert await states(administrator, f"?state={state}") == [(each["id"], state)]
    assert await states(administrator, f"?search={kept['key'][:10]}") == [(kept["id"], "valid")]
    assert await states(administrator, "?search=нет") == []

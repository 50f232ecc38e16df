"""Users: who may add and change them, and what can't be undone by mistake."""

from __future__ import annotations

from typing import Any

from tests.application import PASSWORD, Browser, Installation

from vestnik.people.access import RIGHTS, ROLES, SYSTEM, rights_of

NEW: dict[str, Any] = {
    "name": "Анна Ёлкина",
    "email": "Anna@Vestnik.Test",
    "password": "a long pass phrase",
    "roles": ["sales_manager", "marketer"],
}


async def added(browser: Browser, **changes: Any) -> dict[str, Any]:
    answer = await browser.post("/users", NEW | changes)
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()
    return card


async def refusal(browser: Browser, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = await browser.request(method, path, body)
    return answer.status_code, answer.json()["code"]


async def test_an_administrator_adds_a_user_who_signs_in(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    card = await added(administrator)
    assert card == {
        "id": card["id"],
        "name": "Анна Ёлкина",
        "email": "Anna@Vestnik.Test",
        "role": "marketer",
        "roles": ["marketer", "sales_manager"],
        "language": "ru",
        "disabled": False,
        "createdAt": card["createdAt"],
        "seenAt": None,
    }
    assert (await administrator.get(f"/users/{card['id']}")).json() == card
    browser = await installation.browser()
    await browser.sign_in("anna@vestnik.test")


async def test_an_address_is_taken_in_any_spelling(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    await added(administrator)
    taken = await administrator.post("/users", NEW | {"email": " ANNA@vestnik.test"})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    other = await added(administrator, email="boris@vestnik.test")
    body = {"email": "Anna@vestnik.test"}
    assert await refusal(administrator, "PATCH", f"/users/{other['id']}", body) == (409, "email_taken")


async def test_what_is_no_address_is_refused(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    for email in ("anna", "anna@", "@vestnik.test", "an na@vestnik.test", "anna@vest@nik", "a@b\nc"):
        assert await refusal(administrator, "POST", "/users", NEW | {"email": email}) == (
            422,
            "email_invalid",
        )


async def test_users_are_found_by_any_part_of_name_or_address(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    await added(administrator)
    for search in ("елкин", "ЁЛКИНА", "anna@"):
        page = (await administrator.get("/users", params={"search": search})).json()
        assert [user["name"] for user in page["items"]] == ["Анна Ёлкина"]
    assert (await administrator.get("/users", params={"search": "%"})).json() == {"items": [], "total": 0}
    page = (await administrator.get("/users", params={"sort": "-email", "limit": "1"})).json()
    assert (page["items"][0]["email"], page["total"]) == ("Anna@Vestnik.Test", 2)


async def test_only_the_right_to_manage_users_reaches_them(installation: Installation) -> None:
    marketer = await installation.signed_in("marketer")
    someone = await installation.add_user("integrator")
    for method, path, body in (
        ("GET", "/users", None),
        ("POST", "/users", NEW),
        ("GET", f"/users/{someone}", None),
        ("PATCH", f"/users/{someone}", {"name": "Другое"}),
        ("DELETE", f"/users/{someone}", None),
    ):
        assert await refusal(marketer, method, path, body) == (403, "forbidden")


async def test_disabling_a_user_ends_the_sessions_and_refuses_new_ones(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    marketer = await installation.signed_in("marketer")
    user_id = (await marketer.get("/session")).json()["user"]["id"]
    assert (await administrator.delete(f"/users/{user_id}")).status_code == 204
    assert await refusal(marketer, "GET", "/session") == (401, "not_signed_in")
    sign_in = {"email": "marketer@vestnik.test", "password": PASSWORD}
    assert await refusal(await installation.browser(), "POST", "/session", sign_in) == (401, "wrong_password")
    await administrator.patch(f"/users/{user_id}", {"disabled": False})
    await (await installation.browser()).sign_in("marketer@vestnik.test")


async def test_a_new_password_from_the_administrator_ends_the_sessions(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    marketer = await installation.signed_in("marketer")
    user_id = (await marketer.get("/session")).json()["user"]["id"]
    await administrator.patch(f"/users/{user_id}", {"password": "the next pass phrase"})
    assert await refusal(marketer, "GET", "/session") == (401, "not_signed_in")
    await marketer.sign_in("marketer@vestnik.test", "the next pass phrase")


async def test_roles_change_at_once(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    marketer = await installation.signed_in("marketer")
    user_id = (await marketer.get("/session")).json()["user"]["id"]
    await administrator.patch(f"/users/{user_id}", {"roles": ["sales_manager"]})
    rights = (await marketer.get("/session")).json()["user"]["rights"]
    assert "campaigns.send" not in rights


async def test_the_last_administrator_stays(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    own_id = (await administrator.get("/session")).json()["user"]["id"]
    for method, body in (("DELETE", None), ("PATCH", {"disabled": True}), ("PATCH", {"roles": ["marketer"]})):
        answer = await refusal(administrator, method, f"/users/{own_id}", body)
        assert answer == (409, "last_administrator")
    await added(administrator, roles=["administrator"])
    assert (await administrator.delete(f"/users/{own_id}")).status_code == 204


async def test_nobody_gives_or_takes_over_rights_that_they_lack(installation: Installation) -> None:
    administrator_id = await installation.add_user("administrator")
    keys = installation.services.people.keys
    _, key = await keys.add(SYSTEM, "personnel", ["users.manage"])
    machine = await installation.browser()
    machine.headers["authorization"] = f"Bearer {key}"
    body = NEW | {"roles": ["administrator"]}
    assert await refusal(machine, "POST", "/users", body) == (403, "forbidden")
    for changes in ({"password": "the next pass phrase"}, {"email": "mine@vestnik.test"}, {"disabled": True}):
        answer = await refusal(machine, "PATCH", f"/users/{administrator_id}", changes)
        assert answer == (403, "forbidden")


def test_a_role_is_a_set_of_known_rights_and_the_administrator_has_all_but_the_demos() -> None:
    assert all(rights_of([role]) <= RIGHTS for role in ROLES)
    assert rights_of(["administrator"]) == RIGHTS - {"demo.play"}
    assert rights_of(["a role of a later version"]) == frozenset()


async def test_unknown_users_are_not_found(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    assert await refusal(administrator, "GET", "/users/999") == (404, "not_found")
    assert await refusal(administrator, "PATCH", "/users/999", {"name": "x"}) == (404, "not_found")
    assert await refusal(administrator, "GET", f"/users/{2**63}") == (404, "not_found")

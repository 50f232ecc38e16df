"""Connecting accounts: who may choose one before it works, what is asked twice, and what is asked once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.egress.conftest import Server
from tests.modules.conftest import KEY, MANIFEST, Site

from vestnik.people.access import Actor, rights_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "https://api.example.com"
SOURCE = """
from vestnik_sdk import fetch, settings


async def CRM_Marketing_CheckAccount():
    answer = await fetch(settings.base_url)
    if answer.ok:
        return {"ok": True}
    return {"ok": False, "message": "The key was not accepted.", "setting": "api_key"}


async def CRM_Marketing_EnsureWebhook(url):
    return {"url": url, "active": True}
"""
#: What it asks for lies in no private network.
PUBLIC: dict[str, Any] = {**MANIFEST, "hosts": [{"pattern": "{settings.base_url}", "secrets": ["api_key"]}]}
MARKETER = Actor(7, "marketer", rights_of(["marketer"]), "en")


def body(module_id: int, title: str, **more: Any) -> dict[str, Any]:
    """An account to connect."""
    settings = {"base_url": SERVICE, "api_key": KEY, **more.pop("settings", {})}
    return {"moduleId": str(module_id), "title": title, "settings": settings, **more}


async def approval(site: Site, account_id: str) -> list[tuple[str, bool]]:
    """The addresses of an account, and whether they are open."""
    lines = (await site.get(f"/accounts/{account_id}/hosts"))["items"]
    return [(line["pattern"], line["approved"]) for line in lines]


async def approve(site: Site, account_id: str) -> None:
    """Approve what an account's module asks for."""
    lines = (await site.get(f"/accounts/{account_id}/hosts"))["items"]
    choices = [
        {name: line[name] for name in ("pattern", "scheme", "port", "privateNetwork")} | {"approved": True}
        for line in lines
    ]
    site.ok(await site.request("PUT", f"/accounts/{account_id}/hosts", {"items": choices}))


async def test_nobody_may_choose_an_account_before_its_service_has_accepted_it(
    site: Site, server: Server, address: str
) -> None:
    server.answers(status="401 Unauthorized")
    account_id = await site.account(await site.module(SOURCE), address)
    told = await site.post(f"/accounts/{account_id}/check")
    accounts = site.modules.accounts
    before = [row.id for row in await accounts.usable(MARKETER)]
    [row] = (await site.get("/accounts"))["items"]
    server.answers()

    await site.post(f"/accounts/{account_id}/check")

    assert told == {"ok": False, "message": "The key was not accepted.", "setting": "api_key"}
    assert (before, row["connected"], row["state"]) == ([], False, "failing")
    assert [row.id for row in await accounts.usable(MARKETER)] == [account_id]
    server.answers(status="401 Unauthorized")
    await site.post(f"/accounts/{account_id}/check")
    card = await site.get(f"/accounts/{account_id}")
    assert (card["connected"], card["state"]) == (True, "failing")


async def test_an_account_that_is_not_connected_is_out_of_sight_for_who_does_not_manage_it(
    site: Site, address: str
) -> None:
    await site.account(await site.module(SOURCE), address)
    own = (await site.get("/accounts"))["total"]
    site.role, site.user_id = "marketer", 2
    assert (own, (await site.get("/accounts"))["total"]) == (1, 0)


async def test_it_is_known_that_the_webhooks_address_was_set_until_it_changes(
    site: Site, server: Server, address: str
) -> None:
    server.answers()
    account_id = await site.account(await site.module(SOURCE), address)
    told = [(await site.get(f"/accounts/{account_id}"))["webhookSet"]]
    await site.post(f"/accounts/{account_id}/check")
    told.append((await site.get(f"/accounts/{account_id}"))["webhookSet"])
    told.append((await site.post(f"/accounts/{account_id}/rotate-token"))["webhookSet"])
    assert told == [False, True, False]


async def test_the_same_login_is_connected_again_only_when_that_is_confirmed(site: Site) -> None:
    module_id = await site.module(SOURCE, PUBLIC)
    await site.post("/accounts", body(module_id, "Основной"))

    refused = await site.refused("POST", "/accounts", body(module_id, "Второй"))
    slash = {"base_url": f"{SERVICE}/"}
    same = await site.refused("POST", "/accounts", body(module_id, "Третий", settings=slash))
    other = await site.post("/accounts", body(module_id, "Другой", settings={"api_key": KEY[::-1]}))
    changed = {"settings": {"base_url": SERVICE, "api_key": KEY}}
    patched = await site.refused("PATCH", f"/accounts/{other['id']}", changed)
    again = await site.post("/accounts", body(module_id, "Второй", twice=True))

    assert refused[:2] == same[:2] == patched[:2] == (409, "account_connected_already")
    assert KEY not in str(refused)
    assert (again["title"], (await site.get("/accounts"))["total"]) == ("Второй", 3)
    site.ok(await site.request("PATCH", f"/accounts/{again['id']}", changed))


async def test_a_second_account_needs_no_approval_of_what_is_open_to_the_first(site: Site) -> None:
    module_id = await site.module(SOURCE, PUBLIC)
    first = await site.post("/accounts", body(module_id, "Первый"))
    asked = await approval(site, first["id"])
    await approve(site, first["id"])

    second = await site.post("/accounts", body(module_id, "Второй", twice=True))
    elsewhere = {"base_url": "https://elsewhere.example.com"}
    third = await site.post("/accounts", body(module_id, "Третий", settings=elsewhere))

    assert asked == [("api.example.com", False)]
    assert await approval(site, second["id"]) == [("api.example.com", True)]
    assert await approval(site, third["id"]) == [("elsewhere.example.com", False)]
    corrected = {"settings": {"base_url": SERVICE, "api_key": KEY}, "twice": True}
    site.ok(await site.request("PATCH", f"/accounts/{third['id']}", corrected))
    assert await approval(site, third["id"]) == [("api.example.com", True)]


async def test_what_lies_in_a_private_network_is_asked_for_each_account(site: Site) -> None:
    module_id = await site.module(SOURCE)
    first = await site.post("/accounts", body(module_id, "Первый"))
    await approve(site, first["id"])
    second = await site.post("/accounts", body(module_id, "Второй", twice=True))
    assert await approval(site, second["id"]) == [("api.example.com", False)]


async def test_another_secret_for_an_open_address_has_to_be_approved(site: Site) -> None:
    module_id = await site.module(SOURCE, PUBLIC)
    first = await site.post("/accounts", body(module_id, "Первый"))
    await approve(site, first["id"])
    live = (await site.get(f"/modules/{module_id}"))["live"]
    token = {"type": "string", "secret": True, "title": {"ru": "Токен", "en": "Token"}}
    settings = PUBLIC["settings"]
    wider = {
        **PUBLIC,
        "settings": {**settings, "properties": {**settings["properties"], "token": token}},
        "hosts": [{"pattern": "{settings.base_url}", "secrets": ["api_key", "token"]}],
    }
    await site.save(module_id, live["source"], wider)

    second = await site.post("/accounts", body(module_id, "Второй", twice=True))

    assert await approval(site, second["id"]) == [("api.example.com", False)]

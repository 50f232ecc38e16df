"""Who connects accounts, who may use them, and what is known of plan and usage."""

from __future__ import annotations

from typing import Any

import pytest
from tests.modules.conftest import KEY, Site
from tests.modules.test_accounts import SERVICE, UNKNOWN

from vestnik.audit.tables import audit_row
from vestnik.modules import ModuleCallFailed
from vestnik.people.access import SYSTEM, Actor, rights_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = {"plan": "Старт", "subscriberCount": 640, "sendLimit": 5000, "sentCount": 1200}
CHECK = "async def CRM_Marketing_CheckAccount():\n    return {'ok': True}\n"
TELLS = CHECK + f"async def CRM_Marketing_GetAccount():\n    return {ACCOUNT!r}\n"


async def connected(site: Site, source: str = CHECK) -> str:
    """A new account of a new module, connected by whoever the site's person is; it counts as checked."""
    module_id = await site.module(source) if site.role == "administrator" else await _module(site, source)
    settings = {"base_url": SERVICE, "api_key": KEY}
    card = await site.post("/accounts", {"moduleId": str(module_id), "title": "Мой", "settings": settings})
    await site.modules.accounts.connected(int(card["id"]))
    return str(card["id"])


async def _module(site: Site, source: str) -> int:
    role, site.role = site.role, "administrator"
    module_id = await site.module(source)
    site.role = role
    return module_id


async def change(site: Site, account_id: str, **what: Any) -> Any:
    """The card of an account after a change."""
    return site.ok(await site.request("PATCH", f"/accounts/{account_id}", what))


# Who connects


async def test_a_marketer_connects_accounts_once_it_is_granted(site: Site) -> None:
    module_id = await site.module(CHECK)
    body = {"moduleId": str(module_id), "title": "x", "settings": {"base_url": SERVICE, "api_key": KEY}}
    site.role, site.user_id = "marketer", 2
    assert (await site.refused("POST", "/accounts", body))[:2] == (403, "forbidden")
    site.role = "marketer connector"
    card = await site.post("/accounts", body)
    assert (card["manages"], card["webhookUrl"].startswith("https://")) == (True, True)
    assert await site.post(f"/accounts/{card['id']}/check") == {"ok": True, "message": "", "setting": None}


async def test_who_connects_accounts_changes_those_alone(site: Site) -> None:
    others = await connected(site)
    site.role, site.user_id = "marketer connector", 2
    own = (await site.get(f"/accounts/{others}"))["manages"]
    assert own is False
    for method, path, body in (
        ("PATCH", f"/accounts/{others}", {"title": "чужой"}),
        ("DELETE", f"/accounts/{others}", None),
        ("POST", f"/accounts/{others}/check", None),
        ("POST", f"/accounts/{others}/rotate-token", None),
        ("POST", f"/accounts/{others}/lists", {"title": "x"}),
        ("POST", f"/accounts/{others}/lists/import", None),
        ("PUT", f"/accounts/{others}/lists/1", {"categoryId": None}),
    ):
        assert (await site.refused(method, path, body))[:2] == (403, "forbidden"), path


async def test_hosts_stay_an_administrators_decision(site: Site) -> None:
    site.role, site.user_id = "marketer connector", 2
    account_id = await connected(site)
    refused = await site.refused("PUT", f"/accounts/{account_id}/hosts", {"items": []})
    assert refused[:2] == (403, "forbidden")


async def test_the_services_to_connect_to_are_modules_that_are_switched_on(site: Site) -> None:
    account_id = await connected(site)
    site.role, site.user_id = "marketer connector", 2
    [service] = (await site.get("/accounts/services"))["items"]
    assert (service["name"], service["functions"], service["accounts"]) == (
        "courier",
        ["CRM_Marketing_CheckAccount"],
        1,
    )
    assert service["settingsSchema"]["required"] == ["base_url", "api_key"]
    card = await site.get(f"/accounts/{account_id}")
    await site.modules.library.enable(SYSTEM, int(card["moduleId"]), False)
    assert await site.get("/accounts/services") == {"items": [], "total": 0}


# Who may use it


async def test_an_account_is_out_of_sight_for_whom_it_is_not_open_to(site: Site) -> None:
    account_id = await connected(site)
    assert (await change(site, account_id, openTo=["3"]))["openTo"] == ["3"]
    listed = {}
    for user_id in (2, 3):
        site.role, site.user_id = "marketer", user_id
        listed[user_id] = [row["id"] for row in (await site.get("/accounts"))["items"]]
    assert listed == {2: [], 3: [account_id]}
    site.user_id = 2
    for path in ("", "/lists", "/hosts"):
        assert (await site.refused("GET", f"/accounts/{account_id}{path}"))[0] == 404
    assert (await site.refused("POST", f"/accounts/{account_id}/usage"))[0] == 404
    site.role, site.user_id = "administrator", 1
    await change(site, account_id, openTo=None)
    site.role, site.user_id = "marketer", 2
    assert (await site.get(f"/accounts/{account_id}"))["openTo"] is None


async def test_machines_use_what_is_open_to_everybody_or_what_they_may_manage(site: Site) -> None:
    account_id = int(await connected(site))
    await change(site, str(account_id), openTo=["3"])
    for role, sees in (("marketer", []), ("integrator", [account_id])):
        machine = Actor(None, "машина", rights_of([role]), key_id=9)
        assert [row.id for row in await site.modules.accounts.usable(machine)] == sees


# Plan and usage


async def test_a_check_tells_plan_and_usage(site: Site) -> None:
    account_id = await connected(site, TELLS)
    assert (await site.get(f"/accounts/{account_id}"))["usage"] == UNKNOWN
    await site.post(f"/accounts/{account_id}/check")
    usage = (await site.get(f"/accounts/{account_id}"))["usage"]
    told = {"plan": "Старт", "used": 640, "lettersLimit": 5000, "lettersSent": 1200}
    assert usage == {**UNKNOWN, **told, "at": usage["at"]}
    assert usage["at"] is not None


async def test_a_limit_entered_by_hand_counts_before_what_the_service_tells(site: Site) -> None:
    account_id = await connected(site, TELLS.replace("'plan'", "'subscriberLimit': 900, 'plan'"))
    await site.post(f"/accounts/{account_id}/usage")
    seen = []
    for limit in (1000, 0, None):
        usage = (await change(site, account_id, contactLimit=limit))["usage"]
        kept = await site.modules.accounts.usage(int(account_id))
        assert (kept.limit, kept.limit_by_hand) == (usage["limit"], usage["limitByHand"])
        seen.append((usage["limit"], usage["limitByHand"], usage["used"]))
    assert seen == [(1000, True, 640), (0, True, 640), (900, False, 640)]


async def test_a_change_of_one_thing_leaves_the_others(site: Site) -> None:
    account_id = await connected(site)
    await change(site, account_id, contactLimit=1000)
    await change(site, account_id, openTo=["3"])
    card = await change(site, account_id, title="Другой")
    assert (card["title"], card["usage"]["limit"], card["openTo"]) == ("Другой", 1000, ["3"])


async def test_a_module_that_cannot_tell_leaves_usage_unknown(site: Site) -> None:
    account_id = await connected(site)
    assert await site.post(f"/accounts/{account_id}/usage") == UNKNOWN


async def test_a_service_that_fails_leaves_what_was_known(site: Site) -> None:
    account_id = int(await connected(site, TELLS))
    await site.modules.ask_usage(account_id)
    card = await site.get(f"/accounts/{account_id}")
    await site.save(int(card["moduleId"]), TELLS.split("    return {'plan'")[0] + "    return 1 / 0\n")
    with pytest.raises(ModuleCallFailed):
        await site.modules.ask_usage(account_id)
    assert (await site.modules.accounts.usage(account_id)).used == 640


async def test_who_may_use_it_and_the_limit_are_in_the_log(site: Site) -> None:
    account_id = await connected(site)
    await change(site, account_id, openTo=["3"], contactLimit=5)
    async with site.database.read() as connection:
        newest = audit_row.select().order_by(audit_row.c.id.desc()).limit(1)
        row = (await connection.execute(newest)).one()
    assert (row.action, sorted(row.fields)) == ("account.changed", ["contact_limit", "open_to"])

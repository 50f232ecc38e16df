"""Accounts over HTTP: settings, secrets that never come back, approved addresses, webhooks, lists."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.modules.conftest import BASE_URL, KEY, MANIFEST, Site

from vestnik.modules import ModuleCallFailed
from vestnik.modules.accounts.values import AccountChanges
from vestnik.modules.tables import account_secret
from vestnik.people.access import SYSTEM

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATS = "CRM_Marketing_GetCampaignStats"
SOURCE = f"async def {STATS}(campaignExternalId):\n    return {{'sent': 1}}\n"
SERVICE = "https://api.example.com"

#: Nobody has told anything of the plan.
UNKNOWN = {
    "plan": None,
    "limit": None,
    "limitByHand": False,
    "used": None,
    "lettersLimit": None,
    "lettersSent": None,
    "balance": None,
    "currency": None,
    "at": None,
}


async def added(site: Site, **settings: Any) -> dict[str, Any]:
    """A new account of a new module, as the API shows it."""
    module_id = await site.module(SOURCE)
    values = {"base_url": SERVICE, "api_key": KEY, **settings}
    body = {"moduleId": str(module_id), "title": "Основной", "settings": values}
    card: dict[str, Any] = await site.post("/accounts", body)
    return card


async def test_an_account_is_shown_without_its_secrets(site: Site) -> None:
    card = await added(site, size=7)
    assert card == {
        "id": card["id"],
        "title": "Основной",
        "moduleId": card["moduleId"],
        "moduleName": "courier",
        "moduleTitle": {"ru": "Курьер", "en": "Courier"},
        "state": "unchecked",
        "campaignTypes": ["email"],
        "checkedAt": None,
        "createdAt": card["createdAt"],
        "usage": UNKNOWN,
        "openTo": None,
        "manages": True,
        "connected": True,
        "settings": {"base_url": SERVICE, "size": 7},
        "settingsSchema": MANIFEST["settings"],
        "secretsSet": ["api_key"],
        "webhookUrl": card["webhookUrl"],
        "webhooksArrive": True,
        "webhookSet": False,
        "checkMessage": None,
    }
    page = await site.get("/accounts")
    assert [row["id"] for row in page["items"]] == [card["id"]]
    assert KEY not in json.dumps([card, page])
    assert KEY not in await site.everything_stored()


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"base_url": None}, "$.base_url"),
        ({"base_url": "nonsense"}, "$.base_url"),
        ({"api_key": ""}, "$.api_key"),
        ({"api_key": "short-1"}, "$.api_key"),
        ({"size": "5"}, "$.size"),
        ({"other": 1}, "$.other"),
    ],
)
async def test_settings_that_break_the_manifest_are_explained(
    site: Site, settings: dict[str, Any], path: str
) -> None:
    module_id = await site.module(SOURCE)
    values = {"base_url": SERVICE, "api_key": KEY, **settings}
    answer = await site.request(
        "POST", "/accounts", {"moduleId": str(module_id), "title": "x", "settings": values}
    )
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["path"]) == (422, "settings_invalid", path)
    assert "short-1" not in answer.text
    assert (await site.get("/accounts"))["total"] == 0


async def test_a_secret_that_is_left_out_stays_and_a_new_one_replaces_it(site: Site) -> None:
    card = await added(site)
    account_id = int(card["id"])
    path = f"/accounts/{account_id}"

    async def key() -> str:
        ready = await site.modules.registry.ready(account_id)
        assert ready is not None
        return ready.secrets["api_key"].value

    changed = site.ok(
        await site.request("PATCH", path, {"title": "Другой", "settings": {"base_url": SERVICE}})
    )
    assert (changed["title"], changed["settings"], await key()) == ("Другой", {"base_url": SERVICE}, KEY)
    site.ok(
        await site.request("PATCH", path, {"settings": {"base_url": SERVICE, "api_key": "another-key-1"}})
    )
    assert await key() == "another-key-1"
    assert (await site.refused("PATCH", path, {"settings": {}}))[:2] == (422, "settings_invalid")


async def test_a_secret_is_bound_to_its_account_and_can_be_entered_again(site: Site) -> None:
    one = await added(site)
    two = await site.post(
        "/accounts",
        {
            "moduleId": one["moduleId"],
            "title": "Второй",
            "settings": {"base_url": SERVICE, "api_key": "x" * 20},
        },
    )

    def swap(connection: Any) -> None:
        rows = {row.account_id: row.sealed for row in connection.execute(account_secret.select())}
        own = account_secret.c.account_id == int(one["id"])
        connection.execute(account_secret.update().where(own).values(sealed=rows[int(two["id"])]))

    await site.database.write(swap)
    await site.modules.registry.refresh()
    account_id = int(one["id"])
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, STATS, {"campaignExternalId": "1"}, lane="bulk")
    assert caught.value.kind == "unavailable"
    changes = {"settings": {"base_url": SERVICE, "api_key": KEY}}
    site.ok(await site.request("PATCH", f"/accounts/{account_id}", changes))
    result = await site.modules.call(account_id, STATS, {"campaignExternalId": "1"}, lane="bulk")
    assert result == {"sent": 1}


async def test_a_deleted_account_is_gone_with_its_secrets(site: Site) -> None:
    card = await added(site)
    token = card["webhookUrl"].rpartition("/")[2]
    site.ok(await site.request("DELETE", f"/accounts/{card['id']}"))
    assert (await site.refused("GET", f"/accounts/{card['id']}"))[0] == 404
    assert site.modules.account_id_by_token("courier", token) is None
    async with site.database.read() as connection:
        assert (await connection.execute(account_secret.select())).all() == []


async def test_a_module_that_has_accounts_is_not_deleted(site: Site) -> None:
    card = await added(site)
    path = f"/modules/{card['moduleId']}"
    assert (await site.refused("DELETE", path))[:2] == (409, "module_has_accounts")
    assert (await site.get("/accounts"))["total"] == 1
    site.ok(await site.request("DELETE", f"/accounts/{card['id']}"))
    site.ok(await site.request("DELETE", path))


async def test_an_account_that_something_needs_is_not_deleted(site: Site) -> None:
    card = await added(site)
    uses = {int(card["id"]): ["Осенние скидки"]}
    site.modules.accounts.keep_while(lambda _connection, account_id: uses.get(account_id, []))
    assert (await site.refused("DELETE", f"/accounts/{card['id']}"))[:2] == (409, "account_in_use")
    assert (await site.get(f"/accounts/{card['id']}"))["title"] == card["title"]
    uses.clear()
    site.ok(await site.request("DELETE", f"/accounts/{card['id']}"))


async def test_an_account_is_disabled_while_its_module_is(site: Site) -> None:
    card = await added(site)
    await site.post(f"/modules/{card['moduleId']}/disable")
    assert (await site.get(f"/accounts/{card['id']}"))["state"] == "disabled"
    assert await site.modules.sending_accounts("email") == []
    await site.post(f"/modules/{card['moduleId']}/enable")
    assert [facts.id for facts in await site.modules.sending_accounts("email")] == [int(card["id"])]
    assert await site.modules.sending_accounts("sms") == []


# The webhook's address


async def test_a_webhook_address_leads_to_its_account_until_it_is_changed(site: Site) -> None:
    card = await added(site)
    account_id, find = int(card["id"]), site.modules.account_id_by_token
    start = f"{BASE_URL}/hooks/courier/"
    assert card["webhookUrl"].startswith(start)
    token = card["webhookUrl"].removeprefix(start)
    assert len(token) == 32
    assert (find("courier", token), find("other", token), find("courier", token[:-1])) == (
        account_id,
        None,
        None,
    )
    rotated = await site.post(f"/accounts/{account_id}/rotate-token")
    newer = rotated["webhookUrl"].removeprefix(start)
    assert (find("courier", token), find("courier", newer)) == (None, account_id)
    assert newer not in await site.everything_stored()


async def test_only_those_who_manage_accounts_see_the_webhook_address(site: Site) -> None:
    card = await added(site)
    site.role = "marketer"
    assert (await site.get(f"/accounts/{card['id']}"))["webhookUrl"] == ""
    assert (await site.refused("POST", f"/accounts/{card['id']}/rotate-token"))[0] == 403


# Addresses


def choice(host: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What the web application sends back of a line."""
    names = ("pattern", "scheme", "port", "privateNetwork", "approved")
    return {name: host[name] for name in names} | changes


async def test_requested_addresses_wait_for_an_administrator(site: Site) -> None:
    card = await added(site)
    path = f"/accounts/{card['id']}/hosts"
    [host] = (await site.get(path))["items"]
    assert host == {
        "pattern": "api.example.com",
        "scheme": "https",
        "port": 443,
        "privateNetwork": True,
        "secrets": ["api_key"],
        "approved": False,
        "requested": True,
        "approvedBy": None,
        "approvedAt": None,
    }
    body = {"items": [choice(host, approved=True)]}
    site.role = "integrator"
    assert (await site.refused("PUT", path, body))[:2] == (403, "forbidden")
    site.role = "administrator"
    [approved] = site.ok(await site.request("PUT", path, body))["items"]
    assert approved == {
        **host,
        "approved": True,
        "approvedBy": "Имя administrator",
        "approvedAt": approved["approvedAt"],
    }
    [again] = site.ok(await site.request("PUT", path, body))["items"]
    assert again == approved
    [taken_back] = site.ok(await site.request("PUT", path, {"items": [choice(host)]}))["items"]
    assert taken_back == host


async def test_an_administrator_opens_the_private_network_for_a_name_that_did_not_ask(site: Site) -> None:
    narrow = {**MANIFEST, "hosts": [{"pattern": "{settings.base_url}"}]}
    account_id = await site.account(await site.module(SOURCE, narrow), SERVICE)
    path = f"/accounts/{account_id}/hosts"
    for private in (True, False):
        [host] = (await site.get(path))["items"]
        body = {"items": [choice(host, privateNetwork=private, approved=True)]}
        [shown] = site.ok(await site.request("PUT", path, body))["items"]
        assert (shown["approved"], shown["privateNetwork"]) == (True, private)
        ready = await site.modules.registry.ready(account_id)
        assert ready is not None
        assert [approval.private for approval in ready.policy.approvals] == [private]


async def test_an_address_beside_the_manifest_gets_no_secret(site: Site) -> None:
    card = await added(site)
    path = f"/accounts/{card['id']}/hosts"
    extra = {"pattern": "*.cdn.example.com", "scheme": "https", "port": 443, "privateNetwork": False}
    page = site.ok(await site.request("PUT", path, {"items": [{**extra, "approved": True}]}))
    assert [(line["pattern"], line["requested"], line["secrets"]) for line in page["items"]] == [
        ("api.example.com", True, ["api_key"]),
        ("*.cdn.example.com", False, []),
    ]


@pytest.mark.parametrize(
    ("pattern", "private"), [("*", False), ("*.com", False), ("*.example.com", True), ("a b", False)]
)
async def test_a_pattern_that_opens_too_much_is_refused(site: Site, pattern: str, private: bool) -> None:
    card = await added(site)
    line = {"pattern": pattern, "scheme": "https", "port": 443, "privateNetwork": private, "approved": True}
    refused = await site.refused("PUT", f"/accounts/{card['id']}/hosts", {"items": [line]})
    assert refused[:2] == (422, "address_invalid")


async def test_a_version_that_asks_for_more_waits_for_approval_again(site: Site) -> None:
    """An integrator who may publish can't widen what an administrator approved."""
    narrow = {**MANIFEST, "hosts": [{"pattern": "{settings.base_url}"}]}
    module_id = await site.module(SOURCE, narrow)
    account_id = await site.account(module_id, SERVICE)
    [host] = (await site.get(f"/accounts/{account_id}/hosts"))["items"]
    assert (host["approved"], host["secrets"], host["privateNetwork"]) == (True, [], False)
    await site.save(module_id, SOURCE, MANIFEST)
    [host] = (await site.get(f"/accounts/{account_id}/hosts"))["items"]
    assert (host["approved"], host["secrets"], host["privateNetwork"]) == (False, ["api_key"], True)
    ready = await site.modules.registry.ready(account_id)
    assert ready is not None
    assert ready.secrets["api_key"].approvals == []
    assert [approval.private for approval in ready.policy.approvals] == [False]


async def test_an_address_of_this_machine_asks_for_the_private_network_by_itself(site: Site) -> None:
    """So that an administrator who approves what is asked for has approved something that works."""
    narrow = {**MANIFEST, "hosts": [{"pattern": "{settings.base_url}"}]}
    account_id = await site.account(
        await site.module(SOURCE, narrow), "http://127.0.0.1:8071", approved=False
    )
    path = f"/accounts/{account_id}/hosts"
    for _ in range(2):
        lines = (await site.get(path))["items"]
        assert [(line["pattern"], line["privateNetwork"]) for line in lines] == [("127.0.0.1", True)]
        names = ("pattern", "scheme", "port", "privateNetwork", "secrets")
        kept = [{**{name: line[name] for name in names}, "approved": True} for line in lines]
        site.ok(await site.request("PUT", path, {"items": kept}))
    ready = await site.modules.registry.ready(account_id)
    assert ready is not None
    assert [approval.private for approval in ready.policy.approvals] == [True]


async def test_an_address_from_changed_settings_is_not_approved(site: Site) -> None:
    module_id = await site.module(SOURCE)
    account_id = await site.account(module_id, SERVICE)
    changes = {"base_url": "https://evil.example.net"}
    await site.modules.accounts.change(SYSTEM, account_id, AccountChanges(settings=changes))
    lines = (await site.get(f"/accounts/{account_id}/hosts"))["items"]
    assert [(line["pattern"], line["approved"], line["requested"]) for line in lines] == [
        ("evil.example.net", False, True),
        ("api.example.com", True, False),
    ]


# Lists


async def test_lists_at_the_service_stand_for_categories(site: Site) -> None:
    card = await added(site)
    account_id, modules = int(card["id"]), site.modules
    for external, title, category in (("10", "Новости", 7), ("11", "Прочее", None)):
        await site.database.write(modules.map_list, account_id, external, title, category)
    await site.database.write(modules.map_list, account_id, "10", "Новости и акции", None)
    page = await site.get(f"/accounts/{account_id}/lists")
    assert [{name: line[name] for name in line if name != "id"} for line in page["items"]] == [
        {"externalId": "10", "title": "Новости и акции", "categoryId": "7", "categoryName": "Новости"},
        {"externalId": "11", "title": "Прочее", "categoryId": None, "categoryName": None},
    ]
    assert dict(modules.categories_of_lists(account_id)) == {"10": 7}
    assert (await modules.list_of_category(account_id, 7), await modules.list_of_category(account_id, 8)) == (
        "10",
        None,
    )
    await modules.registry.refresh()
    assert dict(modules.categories_of_lists(account_id)) == {"10": 7}


# Other processes


async def test_a_change_of_another_process_is_seen(site: Site) -> None:
    """Several servers share one PostgreSQL; on SQLite there is only one."""
    if site.database.on_sqlite:
        return
    card = await added(site)
    account_id, token = int(card["id"]), card["webhookUrl"].rpartition("/")[2]
    async with site.another_process() as other:
        assert other.account_id_by_token("courier", token) == account_id
        assert await other.ready(account_id) is not None
        await site.post(f"/accounts/{account_id}/rotate-token")
        await site.post(f"/modules/{card['moduleId']}/disable")
        async with asyncio.timeout(10):
            while other.account_id_by_token("courier", token) is not None:
                await asyncio.sleep(0.02)
        ready = await other.ready(account_id)
        assert ready is not None
        assert not ready.enabled


async def test_a_later_manifest_makes_no_other_part_of_a_secret_public(site: Site) -> None:
    def manifest(pattern: str) -> dict[str, Any]:
        key = MANIFEST["settings"]["properties"]["api_key"] | {"publicPart": pattern}
        properties = MANIFEST["settings"]["properties"] | {"api_key": key}
        return MANIFEST | {"settings": MANIFEST["settings"] | {"properties": properties}}

    async def part() -> str | None:
        ready = await site.modules.registry.ready(account_id)
        assert ready is not None
        return ready.settings.get("api_key_part")

    first, second = "^([a-z0-9]{8})", "^[a-z0-9]{8}([a-z0-9]{8})"
    module_id = await site.module("", manifest(first))
    settings = {"base_url": SERVICE, "api_key": KEY}
    card = await site.post(
        "/accounts", {"moduleId": str(module_id), "title": "Основной", "settings": settings}
    )
    account_id = int(card["id"])
    found = [await part()]
    await site.save(module_id, "", manifest(second))
    found.append(await part())
    site.ok(await site.request("PATCH", f"/accounts/{account_id}", {"settings": settings}))
    found.append(await part())
    assert found == [KEY[:8], None, KEY[8:16]]

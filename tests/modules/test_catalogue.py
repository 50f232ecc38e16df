"""The catalogue: modules installed with their addresses, updated, copied, and taken along."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.egress.conftest import Server
from tests.modules.conftest import KEY, MANIFEST, Site, archive, packed

from vestnik.audit.tables import audit_row as audit
from vestnik.modules.accounts.values import HostChoice, HostLine
from vestnik.people.access import SYSTEM, Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATS = "CRM_Marketing_GetCampaignStats"
SOURCE = f"async def {STATS}(campaignExternalId):\n    return {{'sent': 1}}\n"

API = {"scheme": "https", "pattern": "api.unisender.com", "port": 443, "secrets": ["api_key"]}
FILES = {"scheme": "https", "pattern": "*.unisender.com", "port": 443, "secrets": []}


async def install(site: Site, *, approve: bool) -> int:
    """Install Unisender; the module's id."""
    body = {"approveHosts": approve}
    return int((await site.post("/modules/catalogue/unisender/install", body))["id"])


async def approved(site: Site, module_id: int, **settings: str) -> list[dict[str, Any]]:
    """The addresses that a new account of a module has from the start."""
    values = {"api_key": KEY, "base_url": "https://api.unisender.com", **settings}
    account_id = await site.modules.accounts.create(SYSTEM, module_id, "A", values)
    lines = await site.modules.accounts.hosts(SYSTEM, account_id)
    return [_seen(line) for line in lines if line.approved]


def _seen(line: HostLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in ("scheme", "pattern", "port", "secrets")}


def entry_of(page: Any) -> tuple[Any, ...]:
    """What the catalogue tells of Unisender."""
    entry = next(each for each in page["items"] if each["name"] == "unisender")
    return tuple(entry[name] for name in ("version", "installed", "moduleId", "updateAvailable"))


def bundle(site: Site, **changes: Any) -> None:
    """Change what the manifest of Unisender says in the catalogue."""
    file = site.bundled / "unisender" / "module.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def unpacked(data: bytes) -> dict[str, str]:
    """The files of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name).decode() for name in found.namelist()}


# Installing


async def test_addresses_approved_at_the_installation_are_open_for_accounts_made_later(site: Site) -> None:
    module_id = await install(site, approve=True)
    assert await approved(site, module_id) == [API, FILES]


async def test_without_approval_an_account_begins_with_no_address(site: Site) -> None:
    module_id = await install(site, approve=False)
    assert await approved(site, module_id) == []


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, [API, FILES | {"secrets": ["api_key"]}]),
        ({"approved": False}, [API]),
        ({"secrets": []}, [API]),
    ],
)
async def test_what_an_administrator_withdraws_does_not_come_back_for_a_new_account(
    site: Site, changes: dict[str, Any], left: list[dict[str, Any]]
) -> None:
    own = {"pattern": "{settings.base_url}", "secrets": ["api_key"]}
    bundle(site, hosts=[own, {"pattern": "*.unisender.com", "secrets": ["api_key"]}])
    module_id = await install(site, approve=True)
    values = {"api_key": KEY, "base_url": "https://api.unisender.com"}
    account_id = await site.modules.accounts.create(SYSTEM, module_id, "A", values)
    choices = [
        HostChoice(line.scheme, line.pattern, line.port, line.private, line.approved)
        for line in await site.modules.accounts.hosts(SYSTEM, account_id)
    ]
    choices[1] = replace(choices[1], **changes)
    await site.modules.accounts.approve(SYSTEM, account_id, choices)
    assert await approved(site, module_id) == left
    async with site.database.read() as connection:
        withdrawn = sa.select(audit.c.object_id).where(audit.c.action == "module.hosts_withdrawn")
        assert list(await connection.scalars(withdrawn)) == ([module_id] if changes else [])


async def test_an_address_that_the_account_names_itself_is_not_approved_with_the_module(site: Site) -> None:
    module_id = await install(site, approve=True)
    for base_url in ("https://api.example.com", "http://api.unisender.com", "http://127.0.0.1:8080"):
        assert await approved(site, module_id, base_url=base_url) == [FILES]


async def test_an_address_in_a_private_network_is_not_approved_with_the_module(site: Site) -> None:
    bundle(site, hosts=[{"pattern": "10.0.0.1"}, {"pattern": "mail.example.com", "private": True}])
    module_id = await install(site, approve=True)
    assert await approved(site, module_id) == []


@pytest.mark.parametrize(
    ("role", "approve", "status"),
    [("integrator", True, 403), ("integrator", False, 201), ("administrator", True, 201)],
)
async def test_only_who_approves_addresses_installs_with_them(
    site: Site, role: Role, approve: bool, status: int
) -> None:
    site.role = role
    answer = await site.request("POST", "/modules/catalogue/unisender/install", {"approveHosts": approve})
    assert answer.status_code == status
    assert (await site.get("/modules"))["total"] == (status == 201)


async def test_a_later_version_opens_no_other_address_and_sends_no_other_secret(site: Site) -> None:
    module_id = await install(site, approve=True)
    live = (await site.get(f"/modules/{module_id}"))["live"]
    hosts = [{"pattern": "*.unisender.com", "secrets": ["api_key"]}, {"pattern": "evil.example.com"}]
    manifest = {**live["manifest"], "hosts": hosts}
    await site.save(module_id, live["source"], manifest)
    account_id = await site.modules.accounts.create(
        SYSTEM, module_id, "A", {"api_key": KEY, "base_url": "https://api.unisender.com"}
    )
    lines = await site.modules.accounts.hosts(SYSTEM, account_id)
    assert [(line.pattern, line.approved) for line in lines] == [
        ("*.unisender.com", False),
        ("evil.example.com", False),
    ]
    ready = await site.modules.registry.ready(account_id)
    assert ready is not None
    assert ready.secrets["api_key"].approvals == []


# Updating


async def test_a_newer_bundled_version_becomes_a_draft(site: Site) -> None:
    module_id = await install(site, approve=False)
    await site.post(f"/modules/{module_id}/enable")
    assert entry_of(await site.get("/modules/catalogue")) == ("1.4.0", True, str(module_id), False)
    path = f"/modules/{module_id}/update"
    assert (await site.refused("POST", path))[:2] == (409, "nothing_to_update")
    bundle(site, version="1.10.0")
    assert entry_of(await site.get("/modules/catalogue")) == ("1.10.0", True, str(module_id), True)
    draft = await site.post(path)
    assert (draft["number"], draft["note"], draft["live"]) == (2, "1.10.0", False)
    card = await site.get(f"/modules/{module_id}")
    assert (card["version"], card["latestVersionId"], card["hasDraft"]) == (1, draft["id"], True)
    assert entry_of(await site.get("/modules/catalogue")) == ("1.10.0", True, str(module_id), False)
    assert (await site.refused("POST", path))[:2] == (409, "nothing_to_update")


async def test_versions_are_compared_as_numbers(site: Site) -> None:
    bundle(site, version="1.9.0")
    module_id = await install(site, approve=False)
    for version, newer in (("1.10.0", True), ("1.8.99", False), ("2.0.0", True), ("0.99.0", False)):
        bundle(site, version=version)
        assert entry_of(await site.get("/modules/catalogue"))[3] is newer
    assert entry_of(await site.get("/modules/catalogue"))[2] == str(module_id)


async def test_a_module_of_ones_own_is_not_updated_from_the_catalogue(site: Site) -> None:
    module_id = await site.module(SOURCE, {**MANIFEST, "name": "unisender"})
    bundle(site, version="9.0.0")
    assert entry_of(await site.get("/modules/catalogue")) == ("9.0.0", True, str(module_id), False)
    assert (await site.refused("POST", f"/modules/{module_id}/update"))[:2] == (409, "nothing_to_update")
    other = await site.module(SOURCE)
    assert (await site.refused("POST", f"/modules/{other}/update"))[:2] == (409, "nothing_to_update")


# Copying


async def test_a_copy_has_the_live_text_and_a_name_of_its_own(site: Site) -> None:
    module_id = await site.module(SOURCE)
    await site.draft(module_id, SOURCE + "# draft\n")
    copy = await site.post(f"/modules/{module_id}/fork", {"name": "my_courier"})
    assert (copy["name"], copy["bundled"], copy["enabled"], copy["version"]) == (
        "my_courier",
        False,
        False,
        1,
    )
    assert copy["title"] == {"ru": "Курьер (my_courier)", "en": "Courier (my_courier)"}
    assert copy["live"]["source"] == SOURCE
    assert copy["live"]["manifest"]["hosts"] == MANIFEST["hosts"]
    taken = await site.refused("POST", f"/modules/{module_id}/fork", {"name": "my_courier"})
    assert taken[:2] == (409, "module_name_taken")


# Taking along


async def test_an_exported_module_is_taken_by_another_installation(site: Site) -> None:
    module_id = await site.module(SOURCE)
    answer = await site.request("GET", f"/modules/{module_id}/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="courier-1.zip"'
    files = unpacked(answer.content)
    assert sorted(files) == ["courier/README.md", "courier/module.json", "courier/module.py"]
    assert files["courier/module.py"] == SOURCE
    assert files["courier/README.md"].startswith("# Courier\n")
    await site.request("DELETE", f"/modules/{module_id}")
    there = site.ok(await site.upload("courier-1.zip", answer.content))
    assert (there["created"], there["live"]["source"], there["live"]["manifest"]) == (True, SOURCE, MANIFEST)


async def test_a_chosen_version_is_exported_and_the_same_text_gives_the_same_bytes(site: Site) -> None:
    module_id = await site.module(SOURCE)
    draft = await site.draft(module_id, SOURCE + "# draft\n")
    path = f"/modules/{module_id}/export?versionId={draft}"
    first, second = await site.request("GET", path), await site.request("GET", path)
    assert unpacked(first.content)["courier/module.py"] == SOURCE + "# draft\n"
    assert first.content == second.content
    assert (await site.refused("GET", f"/modules/{module_id}/export?versionId=999"))[0] == 404


TEST = json.dumps(
    {
        "vestnik": "test",
        "function": STATS,
        "arguments": {"campaignExternalId": "c-1"},
        "settings": {},
        "secrets": [],
        "clock_us": 1_700_000_000_000_000,
        "seed": 1,
        "operations": [],
        "expected": {"sent": 1},
    }
)


async def test_tests_travel_with_the_module_and_its_copies(site: Site) -> None:
    files = {"module.json": json.dumps(MANIFEST), "module.py": SOURCE}
    files |= {"tests/counts.json": TEST, "tests/other.json": "{}", "tests/deep/x.json": TEST}
    module_id = site.ok(await site.upload("courier.zip", archive(files)))["id"]
    copy = (await site.post(f"/modules/{module_id}/fork", {"name": "copy"}))["id"]
    for id, name in ((module_id, "courier"), (copy, "copy")):
        exported = unpacked((await site.request("GET", f"/modules/{id}/export")).content)
        tests = {name: text for name, text in exported.items() if "/tests/" in name}
        assert tests == {f"{name}/tests/counts.json": TEST}


async def test_tests_are_exported_for_those_who_may_write_modules(site: Site) -> None:
    files = {"module.json": json.dumps(MANIFEST), "module.py": SOURCE, "tests/counts.json": TEST}
    module_id = site.ok(await site.upload("courier.zip", archive(files)))["id"]
    found = {}
    site.role = "integrator"
    for site.lacks in ("", "modules.write"):
        data = (await site.request("GET", f"/modules/{module_id}/export")).content
        with zipfile.ZipFile(io.BytesIO(data)) as exported:
            found[site.lacks] = ("courier/tests/counts.json" in exported.namelist(), exported.comment)
    assert found == {"": (True, b""), "modules.write": (False, b"tests left out: 1")}


async def test_an_archive_of_a_module_that_is_here_becomes_its_draft(site: Site) -> None:
    module_id = await site.module(SOURCE)
    live = (await site.get(f"/modules/{module_id}"))["liveVersionId"]
    answer = site.ok(await site.upload("courier.zip", packed(SOURCE + "# two\n")))
    assert (answer["id"], answer["created"], answer["hasDraft"]) == (str(module_id), False, True)
    assert (answer["liveVersionId"], answer["saved"]["id"]) == (live, answer["latestVersionId"])
    assert (answer["saved"]["number"], answer["saved"]["live"], answer["saved"]["note"]) == (
        2,
        False,
        "courier.zip",
    )


async def test_tests_of_an_archive_are_read_within_a_limit(site: Site) -> None:
    files = {"module.json": json.dumps(MANIFEST), "module.py": SOURCE, "tests/a.json": " " * 34_000_000}
    answer = await site.upload("courier.zip", archive(files))
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


# Addresses and what they are used for


FETCHING = f"""
from vestnik_sdk import fetch, settings


async def {STATS}(campaignExternalId):
    for _ in range(2):
        await fetch(settings.base_url + '/a')
    try:
        await fetch('https://other.example.com/')
    except Exception:
        pass
    return {{'sent': 1}}
"""


async def test_addresses_tell_who_may_and_who_uses_them(site: Site, address: str, server: Server) -> None:
    module_id = await site.module(FETCHING)
    page = await site.get(f"/modules/{module_id}/hosts")
    asked = {"scheme": "https", "pattern": "{settings.base_url}", "port": 443, "requested": True}
    assert page["items"] == [asked | {"accounts": [], "usedBy": []}]
    account_id = await site.account(module_id, address)
    closed = await site.account(module_id, "https://api.example.com", approved=False)
    await site.modules.call(account_id, STATS, {"campaignExternalId": "1"}, lane="interactive")
    await site.modules.recorder.flush()
    page = await site.get(f"/modules/{module_id}/hosts")
    seen = {item["pattern"]: item for item in page["items"]}
    used = seen["127.0.0.1"]
    assert (used["scheme"], used["port"], used["requested"]) == ("http", server.port, True)
    approval = {"title": "Основной", "private": True, "secrets": ["api_key"]}
    assert used["accounts"] == [{"accountId": str(account_id), "approved": True} | approval]
    assert [(use["function"], use["count"]) for use in used["usedBy"]] == [(STATS, 2)]
    assert seen["api.example.com"]["accounts"] == [{"accountId": str(closed), "approved": False} | approval]
    assert seen["api.example.com"]["usedBy"] == []
    other = seen["other.example.com"]
    assert (other["requested"], other["accounts"], other["usedBy"][0]["count"]) == (False, [], 1)


async def test_addresses_are_for_who_reads_accounts(site: Site) -> None:
    module_id = await site.module(SOURCE)
    site.role, site.lacks = "integrator", "accounts.read"
    assert (await site.refused("GET", f"/modules/{module_id}/hosts"))[0] == 403
    site.lacks = ""
    assert (await site.get(f"/modules/{module_id}/hosts"))["total"] == 1

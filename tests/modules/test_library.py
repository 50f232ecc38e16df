"""Modules over HTTP: made, uploaded, checked, saved, switched on and off, deleted."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from tests.modules.conftest import MANIFEST, Site, archive, packed

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATS = "CRM_Marketing_GetCampaignStats"
SOURCE = f"async def {STATS}(campaignExternalId):\n    return {{'sent': 1}}\n"


async def test_a_new_module_begins_with_the_scaffold_and_is_off(site: Site) -> None:
    site.role = "integrator"
    card = await site.post("/modules", {"name": "my_service", "title": " Мой сервис "})
    live = card["live"]
    title = {"ru": "Мой сервис", "en": "Мой сервис"}
    assert card == {
        "id": card["id"],
        "name": "my_service",
        "title": title,
        "description": {"ru": "", "en": ""},
        "enabled": False,
        "bundled": False,
        "version": 1,
        "accounts": 0,
        "updatedAt": card["updatedAt"],
        "suspendedAt": None,
        "liveVersionId": None,
        "latestVersionId": live["id"],
        "hasDraft": True,
        "functions": card["functions"],
        "live": {
            "id": live["id"],
            "number": 1,
            "note": "",
            "author": "Имя integrator",
            "createdAt": live["createdAt"],
            "live": False,
            "source": live["source"],
            "manifest": {"name": "my_service", "title": title, "version": "0.1.0"},
        },
    }
    assert STATS in card["functions"]
    assert "not implemented" in live["source"]
    assert (await site.get("/modules"))["items"] == [
        {name: value for name, value in card.items() if name not in ("live", "functions")}
    ]


async def test_a_name_is_taken_once_and_free_again_after_deletion(site: Site) -> None:
    body = {"name": "one", "title": "Один"}
    first = await site.post("/modules", body)
    assert (await site.refused("POST", "/modules", body))[:2] == (409, "module_name_taken")
    await site.request("DELETE", f"/modules/{first['id']}")
    second = await site.post("/modules", body)
    assert second["id"] != first["id"]
    assert (await site.refused("GET", f"/modules/{first['id']}"))[:2] == (404, "not_found")
    assert (await site.get("/modules"))["total"] == 1


@pytest.mark.parametrize("name", ["A", "1a", "a-b", "a" * 50, "../x", ""])
async def test_a_name_that_can_not_stand_in_an_address_is_refused(site: Site, name: str) -> None:
    assert (await site.refused("POST", "/modules", {"name": name, "title": "X"}))[0] == 422


# Uploads


async def test_a_file_becomes_a_module_and_then_its_next_version(site: Site) -> None:
    first = site.ok(await site.upload("My-Module.py", SOURCE.encode()))
    second = site.ok(await site.upload("my_module.py", (SOURCE + "# more\n").encode()))
    assert (first["name"], first["version"], first["functions"]) == ("my_module", 1, [STATS])
    assert (second["id"], second["version"], second["live"]["note"]) == (first["id"], 2, "my_module.py")
    assert second["live"]["manifest"] == first["live"]["manifest"]
    assert (first["created"], second["created"], second["saved"]["number"]) == (True, False, 2)


@pytest.mark.parametrize("folder", ["", "courier/"])
async def test_an_archive_brings_its_manifest(site: Site, folder: str) -> None:
    card = site.ok(await site.upload("x.zip", packed(SOURCE, MANIFEST, folder)))
    assert (card["name"], card["title"]) == ("courier", {"ru": "Курьер", "en": "Courier"})
    assert card["live"]["manifest"] == MANIFEST
    newer = {**MANIFEST, "title": {"ru": "Гонец", "en": "Runner"}}
    again = site.ok(await site.upload("x.zip", packed(SOURCE, newer, folder)))
    assert (again["id"], again["version"], again["title"]["en"]) == (card["id"], 2, "Runner")


def encrypted_flag(data: bytes) -> bytes:
    """The same archive with the flag that its members are encrypted."""
    position = data.index(b"PK\x01\x02")
    changed = bytearray(data)
    while position >= 0:
        changed[position + 8] |= 1
        position = data.find(b"PK\x01\x02", position + 4)
    changed[data.index(b"PK\x03\x04") + 6] |= 1
    return bytes(changed)


def bomb() -> bytes:
    """An archive whose module.py is much larger than it looks."""
    return archive({"module.json": json.dumps(MANIFEST), "module.py": "#" * 100_000_000})


GOOD = {"module.json": json.dumps(MANIFEST), "module.py": SOURCE}


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("x.txt", b"x", 422, "archive_invalid"),
        ("x.zip", b"not a zip", 422, "archive_invalid"),
        ("x.zip", packed(SOURCE)[:-30], 422, "archive_invalid"),
        ("x.zip", encrypted_flag(packed(SOURCE)), 422, "archive_invalid"),
        ("x.zip", archive({"module.py": SOURCE}), 422, "archive_invalid"),
        ("x.zip", archive({"a/b/module.json": "{}", "a/b/module.py": ""}), 422, "archive_invalid"),
        ("x.zip", archive({**GOOD, "../evil.py": "x"}), 422, "archive_invalid"),
        ("x.zip", archive({**GOOD, "/etc/passwd": "x"}), 422, "archive_invalid"),
        ("x.zip", archive({**GOOD, "a\\..\\b": "x"}), 422, "archive_invalid"),
        ("x.zip", archive({**GOOD, "C:evil": "x"}), 422, "archive_invalid"),
        ("x.zip", archive({**GOOD, **{f"f{n}": "" for n in range(600)}}), 422, "archive_invalid"),
        ("x.zip", archive({**GOOD, "module.json": "{"}), 422, "archive_invalid"),
        ("x.zip", archive({**GOOD, "module.json": "[" * 100_000}), 422, "archive_invalid"),
        ("x.zip", archive({**GOOD, "module.json": "{}"}), 422, "manifest_invalid"),
        ("x.zip", bomb(), 413, "file_too_large"),
        ("one.py", b"\xff\xfe", 422, "archive_invalid"),
        ("1.py", SOURCE.encode(), 422, "archive_invalid"),
        ("one.py", b"#" * 262_145, 413, "file_too_large"),
        ("x.zip", packed("#" * 262_145), 413, "file_too_large"),
        ("one.py", b"#" * 5_100_000, 413, "body_too_large"),
        ("one.py", b"def f(:", 422, "source_refused"),
        ("one.py", b"import os", 422, "source_refused"),
    ],
)
async def test_a_file_that_is_no_module_is_refused(
    site: Site, name: str, data: bytes, status: int, code: str
) -> None:
    answer = await site.upload(name, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await site.get("/modules"))["total"] == 0


async def test_the_same_name_twice_in_an_archive_is_refused(site: Site) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packing, pytest.warns(UserWarning, match="Duplicate name"):
        for content in (SOURCE, "import os"):
            packing.writestr("module.py", content)
        packing.writestr("module.json", json.dumps(MANIFEST))
    assert (await site.upload("x.zip", buffer.getvalue())).json()["code"] == "archive_invalid"


async def test_an_error_in_a_manifest_names_its_place(site: Site) -> None:
    answer = await site.upload("x.zip", packed(SOURCE, {**MANIFEST, "campaignTypes": ["fax"]}))
    assert (answer.status_code, answer.json()["path"]) == (422, "$.campaignTypes[0]")
    key = {**MANIFEST["settings"]["properties"]["api_key"], "publicPart": "(a+)+$"}
    properties = {**MANIFEST["settings"]["properties"], "api_key": key}
    slow = {**MANIFEST, "settings": {**MANIFEST["settings"], "properties": properties}}
    answer = await site.upload("x.zip", packed(SOURCE, slow))
    assert answer.json()["path"] == "$.settings.properties.api_key.publicPart"


@pytest.mark.parametrize("character", ["\ud800", "\0"], ids=["half of a pair", "null"])
async def test_a_manifest_with_what_is_no_text_spoils_no_list(site: Site, character: str) -> None:
    titled = MANIFEST | {"title": {"ru": f"Курьер{character}", "en": "Courier"}}
    answer = await site.upload("x.zip", packed(SOURCE, titled))
    assert (answer.status_code, answer.json()["code"]) == (422, "archive_invalid")
    assert (await site.get("/modules"))["items"] == []


# Versions


async def test_a_saved_text_is_the_next_version_and_old_ones_stay(site: Site) -> None:
    module_id = await site.module(SOURCE)
    newer = SOURCE.replace("1", "2")
    saved = await site.post(f"/modules/{module_id}/versions", {"source": newer, "note": "две"})
    assert (saved["number"], saved["note"], saved["live"], saved["source"]) == (2, "две", False, newer)
    assert saved["manifest"] == MANIFEST
    page = await site.get(f"/modules/{module_id}/versions")
    assert [(row["number"], row["live"]) for row in page["items"]] == [(2, False), (1, True)]
    first = await site.get(f"/modules/{module_id}/versions/{page['items'][1]['id']}")
    assert first["source"] == SOURCE


async def test_a_version_of_another_module_is_not_found(site: Site) -> None:
    one, two = await site.module(SOURCE), await site.module(SOURCE, {**MANIFEST, "name": "two"})
    version = (await site.get(f"/modules/{one}"))["live"]["id"]
    assert (await site.refused("GET", f"/modules/{two}/versions/{version}"))[0] == 404


async def test_a_text_with_errors_is_not_saved_and_the_line_is_named(site: Site) -> None:
    module_id = await site.module(SOURCE)
    answer = await site.request(
        "POST", f"/modules/{module_id}/versions", {"source": "x = 1\nimport os\n", "note": ""}
    )
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["line"]) == (422, "source_refused", 2)
    assert problem["diagnostics"][0]["kind"] == "policy"
    assert (await site.get(f"/modules/{module_id}"))["version"] == 1


async def test_a_manifest_can_be_saved_but_not_the_name(site: Site) -> None:
    module_id = await site.module(SOURCE)
    manifest = {**MANIFEST, "concurrency": 3}
    saved = await site.post(f"/modules/{module_id}/versions", {"source": SOURCE, "manifest": manifest})
    assert saved["manifest"] == manifest
    other = {"source": SOURCE, "manifest": {**MANIFEST, "name": "other"}}
    assert (await site.refused("POST", f"/modules/{module_id}/versions", other))[:2] == (
        422,
        "manifest_invalid",
    )


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("def f(:\n", ("syntax", "error", 1)),
        (f"import os\n{SOURCE}", ("policy", "error", 1)),
        (f"x = 1\n{SOURCE.replace('campaignExternalId', 'id')}", ("signature", "error", 2)),
        (SOURCE + "\nasync def CRM_Marketing_GetCampaignStat(x):\n    pass\n", ("signature", "error", 4)),
        (SOURCE, ("missing", "warning", 1)),
    ],
)
async def test_a_check_says_where_and_what(site: Site, source: str, finding: tuple[str, str, int]) -> None:
    module_id = await site.module(SOURCE)
    result = await site.post(f"/modules/{module_id}/check", {"source": source})
    found = [(each["kind"], each["severity"], each["line"]) for each in result["diagnostics"]]
    assert finding in found
    assert all(each["message"] and each["column"] >= 1 for each in result["diagnostics"])


async def test_a_check_speaks_the_readers_language(site: Site) -> None:
    module_id = await site.module(SOURCE)
    messages = []
    for site.language in ("en", "ru"):
        result = await site.post(f"/modules/{module_id}/check", {"source": "import os\n"})
        messages.append(result["diagnostics"][0]["message"])
    assert messages[0].startswith('The module "os" cannot be imported')
    assert messages[1].startswith("Модуль «os» нельзя импортировать")


# Switching and rights


async def test_a_module_is_switched_on_and_off(site: Site) -> None:
    module_id = await site.module(SOURCE)
    states = []
    for action in ("disable", "enable"):
        await site.post(f"/modules/{module_id}/{action}")
        states.append((await site.get(f"/modules/{module_id}"))["enabled"])
    assert states == [False, True]


async def test_who_only_reads_modules_changes_none(site: Site) -> None:
    module_id = await site.module(SOURCE)
    site.role, site.lacks = "integrator", "modules.write modules.publish"
    assert (await site.get("/modules"))["total"] == 1
    for method, path, body in (
        ("POST", "/modules", {"name": "two", "title": "x"}),
        ("POST", f"/modules/{module_id}/versions", {"source": SOURCE}),
        ("POST", f"/modules/{module_id}/run", {"function": STATS, "arguments": {}}),
        ("POST", f"/modules/{module_id}/disable", None),
        ("DELETE", f"/modules/{module_id}", None),
        ("POST", "/modules/catalogue/unisender/install", None),
    ):
        assert (await site.refused(method, path, body))[:2] == (403, "forbidden")
    assert (await site.upload("one.py", SOURCE.encode())).status_code == 403


@pytest.mark.parametrize("path", ["", "/versions", "/versions/1", "/calls/1"])
async def test_a_module_that_is_none_is_not_found(site: Site, path: str) -> None:
    assert (await site.refused("GET", f"/modules/999{path}"))[:2] == (404, "not_found")


async def test_the_catalogue_offers_bundled_modules_once(site: Site) -> None:
    entries = {entry["name"]: entry for entry in (await site.get("/modules/catalogue"))["items"]}
    assert (entries["unisender"]["title"]["ru"], entries["unisender"]["installed"]) == ("Unisender", False)
    assert entries["unisender"]["hosts"] == ["https://api.unisender.com:443", "https://*.unisender.com:443"]
    card = await site.post("/modules/catalogue/unisender/install")
    assert (card["bundled"], card["enabled"], card["version"]) == (True, False, 1)
    entries = {entry["name"]: entry for entry in (await site.get("/modules/catalogue"))["items"]}
    assert entries["unisender"]["installed"] is True
    assert (await site.refused("POST", "/modules/catalogue/unisender/install"))[0] == 409
    assert (await site.refused("POST", "/modules/catalogue/nothing/install"))[:2] == (
        404,
        "catalogue_entry_missing",
    )


# The contract


async def test_the_contract_is_given_to_the_editor_and_as_a_stub(site: Site) -> None:
    module_id = await site.module(SOURCE)
    described: dict[str, Any] = await site.get("/contract")
    assert STATS in [function["name"] for function in described["functions"]]
    assert {"functions", "types", "operations", "constants"} <= set(described)
    plain = await site.request("GET", "/contract/vestnik_sdk.pyi")
    own = await site.request("GET", f"/contract/vestnik_sdk.pyi?moduleId={module_id}")
    compile(plain.text, "vestnik_sdk.pyi", "exec")
    assert "api_key: _Secret" in own.text
    assert "api_key: _Secret" not in plain.text

"""Tests of modules: saved from calls, run offline against any text, carried as files."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.egress.conftest import Server
from tests.modules.calling import ASK, CAMPAIGN, PARSE, STATS, failure_of, stats
from tests.modules.conftest import KEY, MANIFEST, Site, archive
from tests.modules.test_recordings import WEBHOOK, recorded_call

from vestnik import contract
from vestnik.modules.recordings.recorded import Recorded, WebhookSample
from vestnik.modules.replays import kept_tests
from vestnik.modules.replays import tests as module_tests
from vestnik.modules.sources.packages import Package, read_manifest
from vestnik.people.access import SYSTEM
from vestnik.sandbox import Program, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

USER_MODULES = Path(__file__).parents[2] / "user_modules"
CASES = sorted(USER_MODULES.glob("*/tests/*.json"))


def read(path: Path) -> str:
    return path.read_text("utf-8")


async def saved(site: Site, server: Server, address: str, **body: Any) -> tuple[int, int]:
    """A module with one call saved as a test; the ids of both."""
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    recorded = await recorded_call(site, await site.account(module_id, address))
    answer = await site.post(
        f"/modules/{module_id}/calls/{recorded.id}/save-as-test", {"name": "counts sent", **body}
    )
    assert answer["function"] == STATS
    return module_id, recorded.id or 0


async def test_a_call_is_saved_as_a_test_and_the_live_version_passes_it(
    site: Site, server: Server, address: str
) -> None:
    module_id, call_id = await saved(site, server, address)
    page = await site.get(f"/modules/{module_id}/tests")
    [row] = page["items"]
    assert (page["total"], row["name"], row["function"], row["callId"]) == (
        1,
        "counts sent",
        STATS,
        str(call_id),
    )
    sent = len(server.received)
    run = await site.post(f"/modules/{module_id}/tests/run", {})
    [item] = run["items"]
    assert (run["passed"], run["total"]) == (1, 1)
    assert (item["name"], item["ok"], item["differences"], item["error"], item["unrecorded"]) == (
        "counts sent",
        True,
        [],
        None,
        [],
    )
    assert len(server.received) == sent


async def test_a_draft_that_breaks_a_test_is_told_where(site: Site, server: Server, address: str) -> None:
    module_id, _ = await saved(site, server, address)

    async def outcome(source: str) -> dict[str, Any]:
        run = await site.post(f"/modules/{module_id}/tests/run", {"source": source})
        assert run["passed"] == 0
        found: dict[str, Any] = run["items"][0]
        return found

    other = await outcome(stats(ASK.replace('answer.json()["sent"]', "5")))
    assert (other["ok"], other["differences"]) == (
        False,
        [{"path": "$.sent", "before": 1, "after": 5, "missing": None}],
    )
    failing = await outcome(stats("raise ValueError('no')"))
    assert (failing["ok"], failing["error"]["kind"]) == (False, "raised")
    asking = await outcome(stats("await fetch(settings.base_url)\nreturn {'sent': 1}"))
    assert (asking["ok"], asking["unrecorded"]) == (False, [{"method": "GET", "url": address}])


async def test_a_name_is_used_once_and_a_deleted_test_is_gone(
    site: Site, server: Server, address: str
) -> None:
    module_id, call_id = await saved(site, server, address)
    path = f"/modules/{module_id}/calls/{call_id}/save-as-test"
    assert (await site.refused("POST", path, {"name": "counts sent"}))[:2] == (409, "test_name_taken")
    assert (await site.refused("POST", path, {"name": "../up"}))[:2] == (422, "test_not_usable")
    assert (await site.refused("POST", f"/modules/{module_id}/calls/1/save-as-test", {"name": "x"}))[0] == 404
    await site.request("DELETE", f"/modules/{module_id}/tests/counts sent")
    assert (await site.get(f"/modules/{module_id}/tests"))["items"] == []
    assert (await site.refused("DELETE", f"/modules/{module_id}/tests/counts sent"))[0] == 404


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("TESTS_PER_MODULE", 2, "a module may have 2 tests"),
        ("TESTS_BYTES", 1_100, "all tests of a module together may have 1100 bytes"),
    ],
)
async def test_tests_that_do_not_fit_are_refused_with_everything_they_came_with(
    site: Site,
    server: Server,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    reason: str,
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    recorded = await recorded_call(site, await site.account(module_id, address))
    test = module_tests.dump(Recorded(function=STATS, arguments=CAMPAIGN, result={"sent": 1}))
    test = test.replace("{", '{ "about": "' + "ё" * ((500 - len(test.encode())) // 2) + '",', 1)
    files = {"module.json": json.dumps(MANIFEST), "module.py": stats(ASK)}
    monkeypatch.setattr(kept_tests, limit, value)
    site.ok(await site.upload("courier.zip", archive({**files, "tests/one.json": test})))
    both = {**files, "tests/one.json": test, "tests/two.json": test}
    site.ok(await site.upload("courier.zip", archive(both)))
    versions = (await site.get(f"/modules/{module_id}/versions"))["total"]

    answer = await site.upload("courier.zip", archive({**both, "tests/three.json": test}))
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (
        422,
        "too_many_tests",
        f"The module “courier” has no room for the test “two”: {reason}. Nothing is saved. "
        "Delete tests of the module that are not needed, and try again.",
    )
    assert (await site.get(f"/modules/{module_id}/versions"))["total"] == versions
    saved = f"/modules/{module_id}/calls/{recorded.id}/save-as-test"
    assert (await site.refused("POST", saved, {"name": "four"}))[:2] == (422, "too_many_tests")
    names = [each["name"] for each in (await site.get(f"/modules/{module_id}/tests"))["items"]]
    assert names == ["one", "two"]


class Watched(dict[str, str]):
    """Files that know which threads read them."""

    readers: frozenset[int] = frozenset()

    def items(self) -> Any:
        self.readers |= {threading.get_ident()}
        return super().items()


async def test_tests_of_a_module_are_read_before_the_unit_of_work_that_keeps_them(site: Site) -> None:
    test = module_tests.dump(Recorded(function=STATS, arguments=CAMPAIGN, result={"sent": 1}))
    files, writers = Watched({"one": test, "rubbish": "{"}), set()
    package = Package("courier", stats(ASK), read_manifest(MANIFEST), files)

    def also(_connection: sa.Connection, _module_id: int) -> None:
        writers.add(threading.get_ident())
        assert files.readers  # by now

    module_id = await site.modules.library.add(SYSTEM, package, "a note", also=also)

    assert files.readers.isdisjoint({*writers, threading.get_ident()})
    assert [each["name"] for each in (await site.get(f"/modules/{module_id}/tests"))["items"]] == ["one"]


async def test_a_test_keeps_other_people_in_place_of_the_real_ones(site: Site, address: str) -> None:
    async def source(webhook_id: int) -> WebhookSample | None:
        return WebhookSample(account_id, WEBHOOK)

    module_id = await site.module(
        "from vestnik_sdk import contacts, log, sealed, storage\n\n\n"
        f"async def {PARSE}(request):\n"
        "    email = request.json()['email']\n"
        "    await storage.set(email, [email])\n"
        "    signature = await sealed.hmac('sha256', sealed.api_key, request.raw)\n"
        "    found = await contacts(addresses=[email])\n"
        "    action = {'type': 'updateDeliveryStatus', 'externalId': '1', 'status': 'delivered'}\n"
        "    return {'actions': [{**action, 'email': email}] * len(found)}\n"
    )
    account_id = await site.account(module_id, address)
    site.modules.recordings.webhooks = source
    report = await site.modules.report(account_id, PARSE, {"request": WEBHOOK}, lane="webhook", webhook_id=5)
    assert report.value["actions"][0]["email"] == "anna@example.com"
    await site.modules.recorder.flush()
    path = f"/modules/{module_id}/calls/{report.call_id}/save-as-test"
    await site.post(path, {"name": "other people"})
    await site.post(path, {"name": "real people", "replacePersonalData": False})
    files = await site.modules.workbench.kept_tests.files(module_id)
    assert "anna@" not in files["other people"]
    assert "anna@" in files["real people"]
    assert json.loads(files["other people"])["expected"]["actions"][0]["email"] == "reader1@example.com"
    assert KEY not in "".join(files.values())
    run = await site.post(f"/modules/{module_id}/tests/run", {})
    outcomes = {item["name"]: item["ok"] for item in run["items"]}
    assert outcomes == {"other people": True, "real people": True}


async def test_a_failure_may_be_what_a_test_expects(site: Site, server: Server, address: str) -> None:
    server.answers(b"no JSON")
    module_id = await site.module(stats(ASK))
    await failure_of(site, await site.account(module_id, address))
    await site.modules.recorder.flush()
    [row] = (await site.get(f"/modules/{module_id}/calls"))["items"]
    await site.post(f"/modules/{module_id}/calls/{row['id']}/save-as-test", {"name": "rubbish"})
    assert (await site.post(f"/modules/{module_id}/tests/run", {}))["passed"] == 1
    mended = await site.post(f"/modules/{module_id}/tests/run", {"source": stats("return {'sent': 0}")})
    [item] = mended["items"]
    assert (item["ok"], [each["path"] for each in item["differences"]]) == (False, ["error"])


async def test_a_test_reads_back_as_it_was_written(site: Site, server: Server, address: str) -> None:
    _, call_id = await saved(site, server, address)
    recorded = await site.modules.recordings.load(call_id)
    assert recorded is not None
    text = module_tests.dump(recorded, "What the service counted.")
    test = module_tests.parse(text)
    assert (test.about, test.function) == ("What the service counted.", STATS)
    assert test.recorded.arguments == CAMPAIGN
    assert test.recorded.operations == recorded.operations
    assert (test.recorded.seed, test.recorded.clock_us) == (recorded.seed, recorded.clock_us)
    assert module_tests.dump(test.recorded, test.about) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"vestnik": "other"}',
        '{"vestnik": "test"}',
        '{"function": 1}',
        '{"vestnik": "test", "function": "f", "operations": 5}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:60],
)
async def test_what_is_no_test_is_refused(text: str) -> None:
    with pytest.raises(module_tests.TestInvalid):
        module_tests.parse(text)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
async def test_the_runner_passes_what_bundled_modules_bring(path: Path, sandbox: Sandbox) -> None:
    source, text = read(path.parents[1] / "module.py"), read(path)
    program = Program(f"{path.parts[-3]}@test", source, contract.facade())
    manifest = contract.parse_manifest(json.loads(read(path.parents[1] / "module.json")))
    outcome = await module_tests.run(sandbox, program, module_tests.parse(text), manifest=manifest)
    assert (outcome.differences, outcome.error, outcome.unrecorded) == ([], None, [])
    assert outcome.ok


async def test_an_exchange_that_is_not_asked_for_is_told(sandbox: Sandbox) -> None:
    case = {
        "function": STATS,
        "arguments": CAMPAIGN,
        "exchanges": [{"request": {"path": "/a"}, "response": {"json": {}}}],
        "expected": {"sent": 1},
        "storageAfter": {"a": 1},
    }
    program = Program("one@test", stats("return {'sent': 2}"), contract.facade())
    outcome = await module_tests.run(sandbox, program, module_tests.parse(json.dumps(case)))
    assert (outcome.ok, [each.path for each in outcome.differences]) == (
        False,
        ["exchanges[0]", "$.sent", "storage.a"],
    )


async def test_a_module_of_the_catalogue_brings_its_tests_and_passes_them(site: Site) -> None:
    module_id = int((await site.post("/modules/catalogue/unisender/install", {"approveHosts": False}))["id"])
    run = await site.post(f"/modules/{module_id}/tests/run", {})
    names = {path.stem for path in CASES if path.parts[-3] == "unisender"}
    assert {item["name"] for item in run["items"]} == names
    assert [item["name"] for item in run["items"] if not item["ok"]] == []

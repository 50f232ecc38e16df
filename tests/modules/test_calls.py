"""Calls of functions: checked on both sides, brokered, sealed, and explained when they fail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from tests.egress.conftest import Received, Server, Writer
from tests.modules.conftest import BASE_URL, KEY, MANIFEST, Site

from vestnik.http.errors import Problem
from vestnik.http.problems import problem_response
from vestnik.modules import ModuleCallFailed
from vestnik.modules.calls import failures
from vestnik.people.access import SYSTEM

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATS = "CRM_Marketing_GetCampaignStats"
PARSE = "CRM_Marketing_ParseWebhookRequest"
CAMPAIGN = {"campaignExternalId": "17"}


def stats(body: str, names: str = "fetch, sealed, settings, storage, contacts, log") -> str:
    """A module whose statistics are computed by `body`."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    return f"from vestnik_sdk import {names}\n\n\nasync def {STATS}(campaignExternalId):\n{lines}"


ASK = """
form = {"api_key": sealed.api_key, "id": campaignExternalId}
answer = await fetch(f"{settings.base_url}/stats", method="POST", form=form)
print("asked", answer.status)
return {"sent": answer.json()["sent"]}
"""


async def failure_of(
    site: Site, account_id: int, function: str = STATS, **arguments: Any
) -> ModuleCallFailed:
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, function, arguments or CAMPAIGN, lane="interactive")
    return caught.value


async def test_a_module_asks_its_service_with_a_key_that_it_never_sees(
    site: Site, server: Server, address: str
) -> None:
    server.answers(json.dumps({"sent": 5, "key": KEY}).encode())
    account_id = await site.account(await site.module(stats(ASK)), address)
    report = await site.modules.report(account_id, STATS, CAMPAIGN, lane="interactive")
    assert report.value == {"sent": 5}
    assert [line.message for line in report.log] == ["asked 200"]
    assert server.received[0].body == f"api_key={KEY}&id=17".encode()
    [exchange] = report.exchanges
    assert exchange["requestBody"] == {
        "bytes": len(server.received[0].body),
        "truncated": False,
        "text": "api_key=[sealed:api_key]&id=17",
    }
    assert KEY not in json.dumps(exchange)
    assert KEY not in await site.everything_stored()


async def test_what_a_module_is_given_has_the_key_masked(site: Site, server: Server, address: str) -> None:
    server.answers(KEY.encode(), headers=(f"X-Echo: {KEY}",))
    source = stats(
        "answer = await fetch(settings.base_url)\n"
        "log(answer.text(), answer.headers['x-echo'], str(sealed.api_key))\n"
        "raise ValueError(answer.text())"
    )
    account_id = await site.account(await site.module(source), address)
    failure = await failure_of(site, account_id)
    masked, echoed, marker = failure.log[0].message.split()
    assert (masked, echoed) == ("[sealed:api_key]", "[sealed:api_key]")
    assert (len(marker), marker != KEY) == (40, True)
    assert failure.for_integrator()["message"] == "ValueError: [sealed:api_key]"


async def test_a_key_in_the_name_of_a_header_is_masked_too(site: Site, server: Server, address: str) -> None:
    server.answers(b"{}", headers=(f"X-{KEY}: 1",))
    source = stats(
        "answer = await fetch(settings.base_url)\n"
        "log(*[name for name in answer.headers if name.lower().startswith('x-')])\n"
        "raise ValueError"
    )
    account_id = await site.account(await site.module(source), address)
    failure = await failure_of(site, account_id)
    assert [line.message for line in failure.log] == ["X-[sealed:api_key]"]


async def test_an_address_that_is_not_approved_is_named_and_nothing_is_sent(
    site: Site, server: Server, address: str
) -> None:
    account_id = await site.account(await site.module(stats(ASK)), address, approved=False)
    failure = await failure_of(site, account_id)
    assert (failure.kind, failure.values["host"], failure.values["port"]) == (
        "forbidden_host",
        "127.0.0.1",
        server.port,
    )
    assert failure.values["why"] == "secret_not_allowed"
    assert failure.values["line"] == 6
    assert server.connections == 0
    await site.approve(account_id)
    server.answers(b'{"sent": 1}')
    assert await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive") == {"sent": 1}


async def test_an_approved_address_gets_only_the_secrets_that_are_approved_for_it(
    site: Site, server: Server, address: str
) -> None:
    account_id = await site.account(await site.module(stats(ASK)), address, approved=False)
    hosts = await site.get(f"/accounts/{account_id}/hosts")
    for host in hosts["items"]:
        host.update(approved=True, secrets=[])
    body = {"items": [{key: host[key] for key in CHOICE} for host in hosts["items"]]}
    site.ok(await site.request("PUT", f"/accounts/{account_id}/hosts", body))
    failure = await failure_of(site, account_id)
    assert (failure.kind, failure.values["why"]) == ("forbidden_host", "secret_not_allowed")
    assert server.connections == 0


@pytest.mark.parametrize(
    ("body", "reached"),
    [
        ("raise ValueError('no')", False),
        ("await fetch('https://elsewhere.example.org')", False),
        ("await fetch(f'{settings.base_url}/stats')\nraise ValueError('no')", True),
        ("await fetch(f'{settings.base_url}/stats')\nawait fetch('https://elsewhere.example.org')", True),
    ],
)
async def test_a_failure_tells_whether_a_request_went_out(
    site: Site, server: Server, address: str, body: str, reached: bool
) -> None:
    account_id = await site.account(await site.module(stats(body)), address)
    assert (await failure_of(site, account_id)).reached_service is reached
    assert server.connections == reached


CHOICE = ("pattern", "scheme", "port", "privateNetwork", "approved", "secrets")


async def test_our_own_listener_is_out_of_reach_even_when_approved(site: Site) -> None:
    account_id = await site.account(await site.module(stats(ASK)), "http://127.0.0.1:1")
    failure = await failure_of(site, account_id)
    assert (failure.kind, failure.values["why"]) == ("forbidden_host", "own_listener")


async def test_a_result_that_breaks_the_contract_is_explained_to_both(site: Site, address: str) -> None:
    account_id = await site.account(await site.module(stats('return {"sent": "5"}')), address)
    failure = await failure_of(site, account_id)
    shown = failure.for_integrator("en")
    assert shown == {
        "kind": "contract",
        "message": f"The function {STATS} returned an invalid value. $.sent: expected {shown['expected']}; "
        f"got {shown['got']}.",
        "line": None,
        "path": "$.sent",
        "expected": shown["expected"],
        "got": shown["got"],
    }
    assert failure.detail("ru").startswith("Модуль «Курьер» (")
    assert "$.sent" in failure.detail("ru")
    assert failure.as_record()["sentence"] == {"ru": failure.detail("ru"), "en": failure.detail("en")}


async def test_arguments_that_break_the_contract_never_reach_the_module(site: Site, address: str) -> None:
    account_id = await site.account(await site.module(stats("raise ValueError('ran')")), address)
    failure = await failure_of(site, account_id, campaignExternalId=17)
    assert (failure.kind, failure.values["path"]) == ("arguments", "$.campaignExternalId")
    assert failure.log == ()


@pytest.mark.parametrize(
    ("body", "kind", "line", "message"),
    [
        ("x = 1\nraise ValueError('no')", "raised", 6, "ValueError: no"),
        ("raise NotImplementedError('later')", "not_implemented", 5, None),
        ("return 'x' * 10**10", "memory", 5, None),
        ("await fetch('https://nowhere.invalid')", "forbidden_host", 5, None),
        ("await fetch('nonsense')", "raised", 5, None),
        ("await fetch(settings.base_url + '/', timeout=0.1)", "fetch", 5, None),
        ("await storage.set('', 1)", "raised", 5, None),
        ("await sealed.digest('crc', 'x')", "raised", 5, None),
    ],
)
async def test_a_failing_module_is_told_by_its_kind(
    site: Site, server: Server, address: str, body: str, kind: str, line: int | None, message: str | None
) -> None:
    async def never(_: Received, writer: Writer) -> None:
        await writer.drain()

    server.handler = never
    account_id = await site.account(await site.module(stats(body)), address)
    failure = await failure_of(site, account_id)
    shown = failure.for_integrator()
    assert shown["kind"] == kind
    assert line is None or shown["line"] == line
    assert message is None or shown["message"] == message
    facts = await site.modules.account(account_id)
    assert facts is not None
    await site.save(facts.module_id, stats("return {'sent': 0}"))
    assert await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive") == {"sent": 0}


async def test_a_function_that_is_not_there_is_not_implemented(site: Site, address: str) -> None:
    account_id = await site.account(await site.module(stats("return {'sent': 0}")), address)
    failure = await failure_of(site, account_id, "CRM_Marketing_GetSenders", x=1)
    assert failure.kind == "arguments"
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, "CRM_Marketing_GetSenders", {}, lane="interactive")
    assert caught.value.kind == "not_implemented"
    assert caught.value.detail("en") == (
        "The module “Courier” does not implement: "
        f"{caught.value.values['action']['en']}. Ask the person who maintains it."
    )


async def test_a_budget_that_is_used_up_ends_the_call_as_retry_later(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    source = stats(
        "try:\n    await fetch(settings.base_url)\nexcept Exception:\n    pass\nreturn {'sent': 0}"
    )
    manifest = {**MANIFEST, "rateLimits": [{"requests": 1, "seconds": 60}]}
    account_id = await site.account(await site.module(source, manifest), address)
    await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    failure = await failure_of(site, account_id)
    assert failure.kind == "retry_later"
    assert isinstance(failure, failures.BudgetSpent)
    assert 50 <= failure.retry_after_s <= 60
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("raised", "seconds", "when"),
    [("RetryLater(89.5, 'limit')", 90, "in 90 s"), ("RetryLater()", None, "later")],
)
async def test_a_service_that_asks_to_come_back_later_is_no_error_of_the_module(
    site: Site, address: str, raised: str, seconds: int | None, when: str
) -> None:
    source = stats(f"from vestnik_sdk import RetryLater\nraise {raised}")
    failure = await failure_of(site, await site.account(await site.module(source), address))
    assert isinstance(failure, failures.AskedToWait)
    assert (failure.kind, failure.status, failure.retry_after_s) == ("retry_later", 503, seconds)
    assert problem_response(failure, "en").headers.get("retry-after") == (seconds and str(seconds))
    assert failure.detail("en") == (
        f"The service of the module “Courier” takes no requests now "
        f"({failure.values['action']['en']}). Try again {when}."
    )


async def test_a_module_that_is_off_is_not_called(site: Site, address: str) -> None:
    module_id = await site.module(stats("return {'sent': 0}"))
    account_id = await site.account(module_id, address)
    await site.modules.library.enable(SYSTEM, module_id, False)
    assert (await failure_of(site, account_id)).kind == "disabled"
    await site.modules.library.enable(SYSTEM, module_id, True)
    assert await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive") == {"sent": 0}
    await site.modules.accounts.archive(SYSTEM, account_id)
    assert (await failure_of(site, account_id)).kind == "disabled"
    assert (await failure_of(site, 999)).kind == "disabled"


async def test_a_campaign_keeps_the_version_that_it_began_with(site: Site, address: str) -> None:
    module_id = await site.module(stats('return {"sent": 1}'))
    account_id = await site.account(module_id, address)
    first = await site.modules.account(account_id)
    assert first is not None
    second_id = await site.save(module_id, stats('return {"sent": 2}'))
    results = [
        await site.modules.call(account_id, STATS, CAMPAIGN, lane="bulk", version_id=version_id)
        for version_id in (first.version_id, None, second_id)
    ]
    assert results == [{"sent": 1}, {"sent": 2}, {"sent": 2}]
    other_id = await site.module(stats("return {'sent': 0}"), {**MANIFEST, "name": "other"})
    other = await site.account(other_id, address)
    with pytest.raises(ModuleCallFailed):
        await site.modules.call(other, STATS, CAMPAIGN, lane="bulk", version_id=second_id)


async def test_settings_come_with_defaults_and_without_secrets(site: Site, address: str) -> None:
    source = stats("return {'sent': settings.size, 'opened': 0 if 'api_key' in settings else 1}")
    module_id = await site.module(source)
    default = await site.account(module_id, address)
    given = await site.account(module_id, address, size=7)
    values = [await site.modules.call(each, STATS, CAMPAIGN, lane="bulk") for each in (default, given)]
    assert values == [{"sent": 5, "opened": 1}, {"sent": 7, "opened": 1}]


async def test_a_signature_with_the_key_is_verified_in_the_host(site: Site, address: str) -> None:
    source = f"""
from vestnik_sdk import sealed


async def {PARSE}(request):
    auth = request.json()["auth"]
    before, after = request.raw.split(auth.encode())
    good = await sealed.verify(sealed.digest("md5", before, sealed.api_key, after), auth)
    same = await sealed.equals(sealed.api_key, request.headers["x-key"])
    return {{"response": {{"status": 200 if good and same else 403}}}}
"""
    account_id = await site.account(await site.module(source), address)
    body = '{"auth":"%s","events":[]}'
    auth = hashlib.md5((body % KEY).encode(), usedforsecurity=False).hexdigest()
    statuses = []
    for sent, key in ((auth, KEY), ("0" * 32, KEY), (auth, KEY[:-1])):
        request = {"method": "POST", "path": "/", "query": {}, "headers": {"x-key": key}, "body": body % sent}
        answer = await site.modules.call(account_id, PARSE, {"request": request}, lane="webhook")
        statuses.append(answer["response"]["status"])
    assert statuses == [200, 403, 403]


async def test_basic_and_nested_digests_work_in_a_request(site: Site, server: Server, address: str) -> None:
    source = stats(
        """
basic = await sealed.basic("me", sealed.api_key)
inner = sealed.digest("sha256", sealed.api_key, encoding="raw")
sign = await sealed.hmac("sha1", [inner, "x"], "text", encoding="base64")
await fetch(settings.base_url, headers={"Authorization": basic, "X-Sign": sign})
return {'sent': 0}
"""
    )
    account_id = await site.account(await site.module(source), address)
    await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    key = hashlib.sha256(KEY.encode()).digest() + b"x"
    headers = server.received[0].headers
    assert headers["authorization"] == "Basic " + base64.b64encode(f"me:{KEY}".encode()).decode()
    assert headers["x-sign"] == base64.b64encode(hmac.digest(key, b"text", "sha1")).decode()


async def test_storage_lasts_beyond_a_call_and_compares_before_it_sets(site: Site, address: str) -> None:
    source = stats(
        """
first = await storage.compare_and_set("counter", None, {"n": 1})
if not first:
    old = await storage.get("counter")
    await storage.compare_and_set("counter", old, {"n": old["n"] + 1})
kept = await storage.get("counter")
await storage.set("a%", 1)
await storage.set("ab", 1)
await storage.delete("ab")
log(await storage.keys("a%"), await storage.keys(), await storage.get("none", "default"))
return {"sent": kept["n"]}
"""
    )
    module_id = await site.module(source)
    one, two = await site.account(module_id, address), await site.account(module_id, address)
    sent = [
        (await site.modules.call(each, STATS, CAMPAIGN, lane="bulk"))["sent"] for each in (one, one, one, two)
    ]
    assert sent == [1, 2, 3, 1]
    report = await site.modules.report(one, STATS, CAMPAIGN, lane="bulk")
    assert report.log[0].message == "['a%'] ['a%', 'counter'] default"


@pytest.mark.parametrize(
    "body",
    [
        "await storage.set('k' * 201, 1)",
        "await storage.set('k', 'x' * 70000)",
        "await storage.set('k', 'a\\x00b')",
        "for i in range(20):\n    await storage.set(str(i), 'x' * 60000)",
    ],
)
async def test_storage_has_limits(site: Site, address: str, body: str) -> None:
    tried = body.replace("\n", "\n    ")
    source = stats(f"try:\n    {tried}\nexcept Exception as e:\n    log(str(e))\nreturn {{'sent': 0}}")
    account_id = await site.account(await site.module(source), address)
    report = await site.modules.report(account_id, STATS, CAMPAIGN, lane="bulk")
    assert len(report.log) == 1


async def test_contacts_are_asked_from_what_is_plugged_in(site: Site, address: str) -> None:
    source = stats(
        """
people = await contacts(["2", "9"]) + await contacts(addresses=["anna@example.com"])
log([each["name"] for each in people])
return {'sent': 0}
"""
    )
    account_id = await site.account(await site.module(source), address)
    report = await site.modules.report(account_id, STATS, CAMPAIGN, lane="bulk")
    assert report.log[0].message == "['Борис', 'Анна']"


async def test_contacts_come_with_the_accounts_own_lists_for_their_categories(
    site: Site, address: str
) -> None:
    source = stats(
        """
[person] = await contacts(["2"])
log([each.get("listExternalId") for each in person["categories"]])
return {'sent': 0}
"""
    )
    module_id = await site.module(source)
    first, second = [await site.account(module_id, address) for _ in range(2)]
    seen = []
    for account_id, external_id in ((first, None), (first, "88"), (second, "99"), (first, "88")):
        if external_id is not None:
            await site.database.write(site.modules.map_list, account_id, external_id, "Новости", 7)
        report = await site.modules.report(account_id, STATS, CAMPAIGN, lane="bulk")
        seen.append(report.log[0].message)
    assert seen == ["[None, None]", "['88', None]", "['99', None]", "['88', None]"]


async def test_a_large_answer_stays_in_the_host_until_a_later_call(
    site: Site, server: Server, address: str
) -> None:
    server.answers("\n".join(f"{number};{KEY}" for number in range(3000)).encode())
    source = stats(
        """
spool_id = await storage.get("spool")
if spool_id is None:
    answer = await fetch(settings.base_url, spool=True)
    await storage.set("spool", answer.spool_id)
    return {'sent': 0}
log(await spooled(spool_id).lines(2500, 2))
return {'sent': 0}
""",
        "fetch, settings, storage, log, spooled",
    )
    account_id = await site.account(await site.module(source), address)
    await site.modules.call(account_id, STATS, CAMPAIGN, lane="bulk")
    report = await site.modules.report(account_id, STATS, CAMPAIGN, lane="bulk")
    assert report.log[0].message == "['2500;[sealed:api_key]', '2501;[sealed:api_key]']"


async def test_a_check_keeps_its_outcome_and_points_the_webhook_here(
    site: Site, server: Server, address: str
) -> None:
    source = """
from vestnik_sdk import fetch, settings


async def CRM_Marketing_CheckAccount():
    answer = await fetch(settings.base_url)
    if answer.ok:
        return {"ok": True}
    return {"ok": False, "message": {"ru": "Ключ не принят.", "en": "The key was not accepted."}}


async def CRM_Marketing_EnsureWebhook(url):
    await fetch(settings.base_url, method="POST", body=url)
    return {"url": url, "active": True}
"""
    account_id = await site.account(await site.module(source), address)
    assert (await site.get(f"/accounts/{account_id}"))["state"] == "unchecked"
    assert await site.post(f"/accounts/{account_id}/check") == {"ok": True, "message": ""}
    card = await site.get(f"/accounts/{account_id}")
    assert card["state"] == "ready"
    assert card["webhookUrl"].startswith(f"{BASE_URL}/hooks/courier/")
    assert server.received[-1].body.decode() == card["webhookUrl"]
    server.answers(status="401 Unauthorized")
    assert await site.post(f"/accounts/{account_id}/check") == {
        "ok": False,
        "message": "The key was not accepted.",
    }
    assert (await site.get(f"/accounts/{account_id}"))["state"] == "failing"


async def test_an_integrator_tries_a_draft_without_touching_what_is_live(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 3}')
    module_id = await site.module(stats("return {'sent': await storage.get('n', 0)}"))
    account_id = await site.account(module_id, address)
    site.role = "integrator"
    body = {"function": STATS, "arguments": CAMPAIGN, "accountId": str(account_id), "allowWrites": True}
    draft = stats("await storage.set('n', 9)\n" + ASK.strip())
    run = await site.post(f"/modules/{module_id}/run", {**body, "source": draft})
    [exchange] = run["exchanges"]
    assert run == {
        "ok": True,
        "result": {"sent": 3},
        "error": None,
        "log": [{"level": "info", "message": "asked 200", "atMs": run["log"][0]["atMs"]}],
        "exchanges": [exchange],
        "cpuMs": run["cpuMs"],
        "wallMs": run["wallMs"],
        "callId": run["callId"],
    }
    assert (exchange["method"], exchange["url"], exchange["status"]) == ("POST", f"{address}/stats", 200)
    assert (exchange["requestBody"], exchange["responseBody"]) == (
        "api_key=[sealed:api_key]&id=17",
        '{"sent": 3}',
    )
    assert (exchange["error"], exchange["resolvedAddress"]) == (None, "127.0.0.1")
    assert (await site.post(f"/modules/{module_id}/run", body))["result"] == {"sent": 0}


async def test_a_try_that_fails_is_an_answer_with_the_reason(site: Site, address: str) -> None:
    module_id = await site.module(stats("return {'sent': 0}"))
    body = {"function": STATS, "arguments": CAMPAIGN}
    errors, results = [], []
    for source in (
        "def f(:\n",
        stats("exec('1')"),
        stats("return {'sent': -1}"),
        stats("return settings.base_url"),
        "x = 1\n",
    ):
        run = await site.post(f"/modules/{module_id}/run", {**body, "source": source})
        assert run["ok"] is False
        errors.append((run["error"]["kind"], run["error"]["line"], run["error"]["path"]))
        results.append(run["result"])
    assert results == [None, None, {"sent": -1}, None, None]
    assert errors == [
        ("syntax", 1, None),
        ("policy", 5, None),
        ("contract", None, "$.sent"),
        ("raised", 5, None),
        ("not_implemented", None, None),
    ]
    unknown = await site.post(f"/modules/{module_id}/run", {**body, "function": "CRM_Marketing_Nothing"})
    assert unknown["error"]["kind"] == "not_implemented"


async def test_calls_are_recorded_with_their_exchanges(site: Site, server: Server, address: str) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)
    await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    await failure_of(site, account_id, campaignExternalId=1)
    await site.modules.recorder.flush()
    page = await site.get(f"/modules/{module_id}/calls")
    assert [(row["function"], row["kind"], row["accountId"]) for row in page["items"]] == [
        (STATS, "arguments", str(account_id)),
        (STATS, None, str(account_id)),
    ]
    card = await site.get(f"/modules/{module_id}/calls/{page['items'][1]['id']}")
    assert [line["message"] for line in card["log"]] == ["asked 200"]
    assert [exchange["status"] for exchange in card["exchanges"]] == [200]


async def test_webhooks_that_only_compute_are_recorded_once_a_second(site: Site, address: str) -> None:
    source = f"async def {PARSE}(request):\n    return {{}}\n"
    module_id = await site.module(source)
    account_id = await site.account(module_id, address)
    request = {"method": "POST", "path": "/", "query": {}, "headers": {}, "body": "{}"}
    for _ in range(20):
        await site.modules.call(account_id, PARSE, {"request": request}, lane="webhook")
    await site.modules.recorder.flush()
    assert (await site.get(f"/modules/{module_id}/calls"))["total"] in (1, 2)


def every_failure() -> list[type[ModuleCallFailed]]:
    return [each for each in ModuleCallFailed.tree() if each is not ModuleCallFailed]  # type: ignore[misc]


@pytest.mark.parametrize("failure", every_failure())
async def test_every_failure_speaks_both_languages(failure: type[ModuleCallFailed]) -> None:
    both = {"ru": "ru", "en": "en"}
    values: dict[str, Any] = dict.fromkeys(failure.fields, 1) | {
        "module": both,
        "action": both,
        "reason": both,
    }
    problem: Problem = failure(**values)
    for language in ("ru", "en"):
        assert language in problem.as_json(language)["detail"]


async def test_the_tree_in_the_docstring_is_the_tree() -> None:
    lines = [line.split() for line in (failures.__doc__ or "").splitlines() if "──" in line]
    drawn = {words[1]: words[2] for words in lines}
    assert set(drawn) == {each.__name__ for each in every_failure()}
    assert {name: kind.strip(",") for name, kind in drawn.items() if name != "Refused"} == {
        each.__name__: each.kind for each in every_failure() if each.__name__ != "Refused"
    }


async def test_an_endless_loop_is_ended_and_the_next_call_succeeds(site: Site, address: str) -> None:
    source = f"async def {PARSE}(request):\n    while request.body:\n        pass\n    return {{}}\n"
    account_id = await site.account(await site.module(source), address)
    request = {"method": "POST", "path": "/", "query": {}, "headers": {}, "body": "x"}
    failure = await failure_of(site, account_id, PARSE, request=request)
    assert failure.kind == "timeout"
    idle = {"request": {**request, "body": ""}}
    assert await site.modules.call(account_id, PARSE, idle, lane="webhook") == {}

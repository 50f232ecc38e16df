"""Tries by hand: of a draft that is not live, at a real service, with consent to what may change it."""

from __future__ import annotations

import pytest
from tests.egress.conftest import Server
from tests.modules.calling import ASK, CAMPAIGN, STATS, stats
from tests.modules.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


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


@pytest.mark.parametrize(
    "asked",
    [
        'settings.base_url, headers={"X-HTTP-Method-Override": "DELETE"}',
        'settings.base_url, headers={"x-method-override": "PUT"}',
        'settings.base_url, headers={"X-Http-Method": "PATCH"}, method="HEAD"',
        'settings.base_url + "/?_method=DELETE"',
        'settings.base_url + "/?a=1&%5Fmethod"',
        'settings.base_url, query={"_Method": "DELETE"}',
    ],
)
async def test_a_request_that_a_service_may_take_for_another_method_needs_consent(
    site: Site, server: Server, address: str, asked: str
) -> None:
    module_id = await site.module(stats(f"answer = await fetch({asked})\nreturn {{'sent': 1}}"))
    account_id = await site.account(module_id, address)
    body = {"function": STATS, "arguments": CAMPAIGN, "accountId": str(account_id)}
    tried = await site.post(f"/modules/{module_id}/run", body)
    assert (tried["ok"], tried["error"]["kind"], server.received) == (False, "needs_consent", [])
    agreed = await site.post(f"/modules/{module_id}/run", {**body, "allowWrites": True})
    assert (agreed["ok"], len(server.received)) == (True, 1)

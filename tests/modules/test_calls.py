"""Calls of functions: brokered, sealed, of the right version, and recorded."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.egress.conftest import Received, Server, Writer, http_answer
from tests.modules.calling import ASK, CAMPAIGN, PARSE, STATS, failure_of, stats
from tests.modules.conftest import BASE_URL, KEY, MANIFEST, Site

from vestnik.modules import ModuleCallFailed
from vestnik.people.access import SYSTEM
from vestnik.sandbox import Lane

pytestmark = pytest.mark.asyncio(loop_scope="module")


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


CHOICE = ("pattern", "scheme", "port", "privateNetwork", "approved", "secrets")


async def test_our_own_listener_is_out_of_reach_even_when_approved(site: Site) -> None:
    account_id = await site.account(await site.module(stats(ASK)), "http://127.0.0.1:1")
    failure = await failure_of(site, account_id)
    assert (failure.kind, failure.values["why"]) == ("forbidden_host", "own_listener")


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
    assert await site.post(f"/accounts/{account_id}/check") == {"ok": True, "message": "", "setting": None}
    card = await site.get(f"/accounts/{account_id}")
    assert card["state"] == "ready"
    assert card["webhookUrl"].startswith(f"{BASE_URL}/hooks/courier/")
    assert server.received[-1].body.decode() == card["webhookUrl"]
    server.answers(status="401 Unauthorized")
    assert await site.post(f"/accounts/{account_id}/check") == {
        "ok": False,
        "message": "The key was not accepted.",
        "setting": None,
    }
    assert (await site.get(f"/accounts/{account_id}"))["state"] == "failing"


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


async def test_what_somebody_waits_for_at_a_page_goes_before_what_a_campaign_asked_earlier(
    site: Site, server: Server, address: str
) -> None:
    first = asyncio.Event()

    async def answer(request: Received, writer: Writer) -> None:
        if "paced" in request.target:
            first.set()
        writer.write(http_answer(b"{}"))

    server.handler = answer
    source = stats(
        "import asyncio\n"
        "count = 1 if 'page' in campaignExternalId else 2\n"
        "ask = [fetch(f'{settings.base_url}/{campaignExternalId}/{number}') for number in range(count)]\n"
        "await asyncio.gather(*ask)\n"
        "return {'sent': 0}"
    )
    manifest = {**MANIFEST, "rateLimits": [{"requests": 5, "seconds": 2, "path": "paced"}]}
    account_id = await site.account(await site.module(source, manifest), address)

    async def call(name: str, lane: Lane) -> None:
        await site.modules.call(account_id, STATS, {"campaignExternalId": name}, lane=lane)

    await call("warm", "interactive")
    campaign = asyncio.create_task(call("paced-campaign", "bulk"))
    await first.wait()
    await call("paced-page", "interactive")
    await campaign
    paced = [request.target for request in server.received if "paced" in request.target]
    assert paced == ["/paced-campaign/0", "/paced-page/0", "/paced-campaign/1"]

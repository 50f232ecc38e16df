"""What a module asks of the host beside HTTP: settings, seals, storage, contacts, spooled answers."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from tests.egress.conftest import Server
from tests.modules.calling import CAMPAIGN, PARSE, STATS, stats
from tests.modules.conftest import KEY, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


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

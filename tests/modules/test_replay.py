"""Replays: offline, exact in time, chance and order, honest about what was not recorded."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace

import msgspec
import pytest
from tests.egress.conftest import Received, Server, Writer
from tests.modules.calling import ASK, CAMPAIGN, STATS, stats
from tests.modules.conftest import Site
from tests.modules.test_recordings import recorded_call

from vestnik.egress import SealedSecret
from vestnik.modules.recordings.recorded import Recorded
from vestnik.modules.replays.differences import Difference, differences
from vestnik.modules.replays.replay import ReplayHost, ReplayOutcome, Unrecorded, replay, verdict
from vestnik.sandbox import Program, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = "fetch, sealed, settings, storage, contacts, log, FetchError"
#: Five requests at once whose answers come in another order, with time, chance and storage between them.
RACE = """
import asyncio, datetime, random, secrets, time, uuid
began = time.time()
order = []
async def one(number):
    answer = await fetch(f"{settings.base_url}/{number}")
    order.append([number, random.random(), time.time(), answer.json()["n"]])
    await asyncio.sleep(random.random() / 50)
    order.append([number, str(uuid.uuid4()), secrets.token_hex(4)])
    await storage.set("last", number)
    return number
await asyncio.gather(*[one(number) for number in range(5)])
last = await storage.get("last")
log(datetime.datetime.now().isoformat(), time.time() - began)
log(str(order))
return {"sent": last, "delivered": random.randint(1, 10**9), "opened": int(time.time() * 1000) % 10**9}
"""


def module(body: str) -> str:
    return stats(body, NAMES)


async def program_of(site: Site, source: str) -> Program:
    return site.modules.registry.program("courier@test", source)


async def replayed(site: Site, sandbox: Sandbox, source: str, recorded: Recorded) -> ReplayOutcome:
    return await replay(sandbox, await program_of(site, source), recorded)


async def slow_at_first(received: Received, writer: Writer) -> None:
    """Answers later the smaller the number is."""
    number = int(received.target.rpartition("/")[2])
    await asyncio.sleep((5 - number) / 50)
    body = b'{"n": %d}' % number
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


async def test_a_replay_gives_the_same_bytes_and_sends_nothing(
    site: Site, sandbox: Sandbox, server: Server, address: str
) -> None:
    server.handler = slow_at_first
    source = module(RACE)
    recorded = await recorded_call(site, await site.account(await site.module(source), address))
    asked = len(server.received)
    for _ in range(3):
        outcome = await replayed(site, sandbox, source, recorded)
        assert msgspec.json.encode(outcome.result) == msgspec.json.encode(recorded.result)
        assert [line.message for line in outcome.log] == [line.message for line in recorded.log]
        assert (outcome.error, outcome.unrecorded, verdict(recorded, outcome)) == (None, [], [])
        assert outcome.wall_ms < 1_000
    assert len(server.received) == asked == 5


async def test_a_replay_sleeps_as_long_as_was_recorded_and_nobody_waits(site: Site, sandbox: Sandbox) -> None:
    source = module(
        "import asyncio, time\nbegan = time.time()\nawait asyncio.sleep(3000)\n"
        "return {'sent': round(time.time() - began)}"
    )
    recorded = Recorded(function=STATS, arguments=CAMPAIGN, clock_us=1_700_000_000_000_000)
    outcome = await replayed(site, sandbox, source, recorded)
    assert outcome.result == {"sent": 3000}
    assert outcome.wall_ms < 1_000


async def test_a_request_that_was_not_recorded_is_reported_and_not_sent(
    site: Site, sandbox: Sandbox, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    recorded = await recorded_call(site, await site.account(module_id, address))
    asked = len(server.received)
    draft = module(
        "answer = await fetch(settings.base_url + '/other', query={'q': '1'})\nreturn {'sent': answer.status}"
    )
    outcome = await replayed(site, sandbox, draft, recorded)
    assert outcome.unrecorded == [Unrecorded("GET", f"{address}/other?q=1")]
    assert outcome.error is not None
    assert (outcome.error["kind"], outcome.result) == ("fetch", None)
    answer = await site.post(f"/modules/{module_id}/calls/{recorded.id}/replay", {"source": draft})
    assert (answer["ok"], answer["same"]) == (False, False)
    assert answer["unrecorded"] == [{"method": "GET", "url": f"{address}/other?q=1"}]
    assert len(server.received) == asked


async def test_a_request_may_be_lacking_and_the_module_goes_on(
    site: Site, sandbox: Sandbox, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    recorded = await recorded_call(site, await site.account(await site.module(stats(ASK)), address))
    draft = module(
        "try:\n    await fetch(settings.base_url + '/new')\n"
        "except FetchError as error:\n    log(error.kind)\n" + ASK.strip()
    )
    outcome = await replayed(site, sandbox, draft, recorded)
    assert (outcome.result, [line.message for line in outcome.log]) == (
        {"sent": 1},
        ["unrecorded", "asked 200"],
    )
    assert [each.url for each in outcome.unrecorded] == [f"{address}/new"]


async def test_a_draft_that_changes_the_result_differs_at_a_path(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    recorded = await recorded_call(site, await site.account(module_id, address))
    path = f"/modules/{module_id}/calls/{recorded.id}/replay"
    same = await site.post(path, {})
    assert (same["ok"], same["same"], same["differences"], same["unrecorded"]) == (True, True, [], [])
    draft = stats(ASK.replace('{"sent": answer.json()["sent"]}', '{"sent": 2, "opened": 3}'))
    other = await site.post(path, {"source": draft})
    assert (other["ok"], other["same"], other["result"]) == (True, False, {"sent": 2, "opened": 3})
    assert other["differences"] == [
        {"path": "$.sent", "before": 1, "after": 2, "missing": None},
        {"path": "$.opened", "before": None, "after": 3, "missing": "before"},
    ]
    failing = await site.post(path, {"source": stats("raise ValueError('no')")})
    assert [each["path"] for each in failing["differences"]] == ["error"]
    assert failing["error"]["kind"] == "raised"
    refused = await site.post(path, {"source": "def f(:\n"})
    assert (refused["ok"], refused["error"]["kind"]) == (False, "syntax")


async def test_sealed_operations_are_replayed_by_markers_of_their_own(
    site: Site, sandbox: Sandbox, server: Server, address: str
) -> None:
    server.answers(b"{}")
    source = module(
        "basic = await sealed.basic('user', sealed.api_key)\n"
        "signature = await sealed.hmac('sha256', sealed.api_key, 'text')\n"
        "right = await sealed.verify(sealed.hmac('sha256', sealed.api_key, 'text'), signature)\n"
        "headers = {'Authorization': basic, 'X-Key': f'key {sealed.api_key}'}\n"
        "answer = await fetch(settings.base_url, headers=headers, body=('b' + sealed.api_key).encode())\n"
        "log(basic, signature, sealed.api_key)\n"
        "return {'sent': int(right)}"
    )
    recorded = await recorded_call(site, await site.account(await site.module(source), address))
    outcome = await replayed(site, sandbox, source, recorded)
    assert (outcome.result, outcome.unrecorded) == ({"sent": 1}, [])
    assert [line.message for line in outcome.log] == [line.message for line in recorded.log]
    assert outcome.log[0].message.startswith("{{sealed:basic(api_key)}} ")


async def test_a_computation_on_secrets_that_was_not_recorded_needs_them(
    site: Site, sandbox: Sandbox, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)
    recorded = await recorded_call(site, account_id)
    draft = module("return {'sent': int(await sealed.equals(sealed.api_key, 'something'))}")
    alone = await replayed(site, sandbox, draft, recorded)
    assert alone.unrecorded == [Unrecorded("sealed.equals", "")]
    ready = await site.modules.registry.ready(account_id)
    assert ready is not None
    with_secrets = await replay(sandbox, await program_of(site, draft), recorded, secrets=ready.secrets)
    assert (with_secrets.result, with_secrets.unrecorded) == ({"sent": 0}, [])


async def test_a_large_computation_on_secrets_is_done_beside_the_event_loop() -> None:
    secrets = {"api_key": SealedSecret("k" * 32)}
    host = ReplayHost(Recorded(function=STATS, arguments=CAMPAIGN), secrets=secrets)
    parts = [b"x" * 7_000_000, {"secret": "api_key"}]
    operation = {"op": "digest", "algorithm": "sha512", "encoding": "hex", "parts": parts}
    task, turns = asyncio.ensure_future(host.operate("sealed.digest", operation)), 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert await task == hashlib.sha512(b"x" * 7_000_000 + b"k" * 32).hexdigest()
    assert turns > 2


STORING = """
count = await storage.get("count", 0)
await storage.set("count", count + 1)
await storage.delete("old")
free = await storage.compare_and_set("lock", None, "mine")
return {"sent": await storage.get("count"), "opened": int(free), "clicked": len(await storage.keys(""))}
"""


async def test_storage_of_a_replay_is_what_it_was_and_stays_as_it_is(
    site: Site, sandbox: Sandbox, address: str
) -> None:
    source = module(STORING)
    account_id = await site.account(await site.module(source), address)
    first = await recorded_call(site, account_id)
    second = await recorded_call(site, account_id)
    assert (first.result, second.result) == (
        {"sent": 1, "opened": 1, "clicked": 2},
        {"sent": 2, "opened": 0, "clicked": 2},
    )
    for recorded in (first, second, first):
        assert (await replayed(site, sandbox, source, recorded)).result == recorded.result
    third = await recorded_call(site, account_id)
    assert third.result == {"sent": 3, "opened": 0, "clicked": 2}


async def test_a_draft_works_on_a_copy_of_the_recorded_storage(
    site: Site, sandbox: Sandbox, address: str
) -> None:
    account_id = await site.account(await site.module(module(STORING)), address)
    await recorded_call(site, account_id)
    recorded = await recorded_call(site, account_id)
    draft = module(
        "count = await storage.get('count', 0)\nawait storage.set('count', count + 10)\n"
        "await storage.set('new', 1)\n"
        "return {'sent': await storage.get('count'), 'opened': len(await storage.keys('n'))}"
    )
    outcome = await replayed(site, sandbox, draft, recorded)
    assert (outcome.result, outcome.unrecorded) == ({"sent": 11, "opened": 1}, [])


async def test_a_request_that_never_came_back_does_not_come_back_in_a_replay(
    site: Site, sandbox: Sandbox, server: Server, address: str
) -> None:
    async def never(received: Received, writer: Writer) -> None:
        await asyncio.sleep(5)

    server.handler = never
    source = module(
        "import asyncio\ntry:\n    await asyncio.wait_for(fetch(settings.base_url), 0.1)\n"
        "except asyncio.TimeoutError:\n    return {'sent': 7}"
    )
    recorded = await recorded_call(site, await site.account(await site.module(source), address))
    outcome = await replayed(site, sandbox, source, recorded)
    assert (recorded.result, outcome.result, outcome.unrecorded) == ({"sent": 7}, {"sent": 7}, [])
    waiting = module("answer = await fetch(settings.base_url)\nreturn {'sent': answer.status}")
    outcome = await replayed(site, sandbox, waiting, recorded)
    assert (outcome.result, [each.method for each in outcome.unrecorded]) == (None, ["GET"])


async def test_a_failed_call_fails_again_for_the_same_reason(
    site: Site, sandbox: Sandbox, server: Server, address: str
) -> None:
    server.answers(b"no JSON")
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)
    with pytest.raises(Exception, match="stopped with an error"):
        await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    await site.modules.recorder.flush()
    [recorded] = await site.modules.recordings.latest(module_id, None, 10)
    outcome = await replayed(site, sandbox, "\n\n" + stats(ASK), recorded)
    assert outcome.error is not None
    assert recorded.error is not None
    assert outcome.error["line"] == recorded.error["line"] + 2
    assert verdict(recorded, outcome) == []
    mended = await replayed(site, sandbox, stats("return {'sent': 0}"), recorded)
    assert verdict(recorded, mended) == [
        Difference("error", {"kind": "raised", "message": recorded.error["message"]}, None)
    ]


async def test_the_newest_calls_of_a_version_are_found(site: Site, server: Server, address: str) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)
    calls = [await recorded_call(site, account_id) for _ in range(3)]
    version_id = calls[0].version_id
    latest = await site.modules.recordings.latest(module_id, version_id, 2)
    assert [recorded.id for recorded in latest] == [calls[2].id, calls[1].id]
    assert await site.modules.recordings.latest(module_id, (version_id or 0) + 1, 2) == []
    assert [each.id for each in await site.modules.recordings.latest(module_id, None, 9, STATS)] == [
        recorded.id for recorded in reversed(calls)
    ]


async def test_a_try_asks_before_it_changes_anything_at_the_service(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)
    body = {"function": STATS, "arguments": CAMPAIGN, "accountId": str(account_id)}
    asked = await site.post(f"/modules/{module_id}/run", body)
    error = asked["error"]
    assert (asked["ok"], error["kind"], error["method"], error["url"]) == (
        False,
        "needs_consent",
        "POST",
        f"{address}/stats",
    )
    assert server.received == []
    sent = await site.post(f"/modules/{module_id}/run", {**body, "allowWrites": True})
    assert (sent["ok"], len(server.received)) == (True, 1)
    reading = stats("answer = await fetch(settings.base_url)\nreturn {'sent': answer.status}")
    read = await site.post(f"/modules/{module_id}/run", {**body, "source": reading})
    assert (read["result"], len(server.received)) == ({"sent": 200}, 2)


async def test_differences_are_told_by_path() -> None:
    before = {"a": [1, {"b": "x"}, 3], "gone": None, "same": [True, 1.0]}
    after = {"a": [1, {"b": "y"}], "new": {}, "same": [True, 1]}
    assert differences(before, after) == [
        Difference("$.a[1].b", "x", "y"),
        Difference("$.a[2]", 3, None, "after"),
        Difference("$.gone", None, None, "after"),
        Difference("$.new", None, {}, "before"),
    ]
    assert differences(1, True) == [Difference("$", 1, True)]
    assert differences(before, json.loads(json.dumps(before))) == []


async def test_answers_of_another_order_do_not_hang_a_draft(
    site: Site, sandbox: Sandbox, server: Server, address: str
) -> None:
    server.handler = slow_at_first
    recorded = await recorded_call(site, await site.account(await site.module(module(RACE)), address))
    draft = module(
        "import asyncio\n"
        "found = await asyncio.gather(*[fetch(f'{settings.base_url}/{n}') for n in (0, 2)])\n"
        "return {'sent': sum(each.json()['n'] for each in found)}"
    )
    outcome = await replayed(site, sandbox, draft, replace(recorded, program=""))
    assert (outcome.result, outcome.unrecorded) == ({"sent": 2}, [])
    assert outcome.wall_ms < 1_000

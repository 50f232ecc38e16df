"""The recorder: no call waits for it, nothing ends it, and what it leaves out is counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from tests.egress.conftest import Server
from tests.modules.calling import ASK, CAMPAIGN, PARSE, STATS, stats
from tests.modules.conftest import Site
from tests.modules.test_recordings import WEBHOOK, recorded_call

from vestnik.modules.recordings import recorder as recording
from vestnik.modules.recordings.documents import encoded
from vestnik.modules.recordings.tape import weight

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_comes_faster_than_it_is_written_is_left_out_and_counted(
    site: Site, server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(b'{"sent": 1}')
    monkeypatch.setattr(recording, "QUEUE", 0)
    account_id = await site.account(await site.module(stats(ASK)), address)
    report = await site.modules.report(account_id, STATS, CAMPAIGN, lane="interactive")
    assert (report.value, report.call_id, site.modules.recorder.left_out) == ({"sent": 1}, None, 1)


async def test_a_store_that_fails_costs_recordings_and_no_call(
    site: Site, server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(b'{"sent": 1}')
    account_id = await site.account(await site.module(stats(ASK)), address)

    def full(rows: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(site.modules.recorder.store, "write", full)
    assert await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive") == {"sent": 1}
    await site.modules.recorder.flush()
    assert site.modules.recorder.left_out == 1


async def test_a_fault_of_the_store_is_counted_and_does_not_end_the_recorder(
    site: Site, server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)

    def broken(rows: Any) -> None:
        raise LookupError("nobody foresaw this")

    with monkeypatch.context() as patched:
        patched.setattr(site.modules.recorder.store, "write", broken)
        await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
        async with asyncio.timeout(20):
            while not site.modules.recorder.left_out:
                await asyncio.sleep(0.01)
    await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    async with asyncio.timeout(20):  # without a flush: the thread alone writes
        while not (await site.get(f"/modules/{module_id}/calls"))["total"]:
            await asyncio.sleep(0.01)
    assert site.modules.recorder.left_out == 1


async def test_a_fault_in_the_thread_itself_is_counted_and_does_not_end_it(
    site: Site, server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(b'{"sent": 1}')
    recorder = site.modules.recorder
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)

    def broken(group: Any) -> None:
        raise LookupError("nobody foresaw this")

    with monkeypatch.context() as patched:
        patched.setattr(recorder, "_to_prune", broken)
        await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
        async with asyncio.timeout(20):
            while not recorder.failures:
                await asyncio.sleep(0.01)
    await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    async with asyncio.timeout(20):
        while (await site.get(f"/modules/{module_id}/calls"))["total"] < 2:
            await asyncio.sleep(0.01)
    assert (recorder.left_out, recorder.failures) == (0, 1)


async def test_pruning_that_fails_loses_no_recording(
    site: Site, server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(b'{"sent": 1}')
    monkeypatch.setattr(recording, "PRUNE_EVERY", 1)
    account_id = await site.account(await site.module(stats(ASK)), address)

    def locked(module_id: int) -> None:
        raise sa.exc.OperationalError("DELETE", {}, Exception("database is locked"))

    monkeypatch.setattr(site.modules.recorder.store, "prune", locked)
    assert (await recorded_call(site, account_id)).result == {"sent": 1}
    assert (site.modules.recorder.left_out, site.modules.recorder.failures) == (0, 1)


async def recorded_webhooks(site: Site, account_id: int, count: int) -> int:
    """Have an account parse requests at once; how many of them are recorded."""
    reports = [
        await site.modules.report(account_id, PARSE, {"request": WEBHOOK}, lane="webhook")
        for _ in range(count)
    ]
    return sum(report.call_id is not None for report in reports)


async def test_webhooks_with_nothing_to_tell_are_recorded_now_and_then_and_the_rest_is_counted_apart(
    site: Site, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "QUIET_EVERY_S", 3600.0)
    account_id = await site.account(
        await site.module(f"async def {PARSE}(request):\n    return {{}}\n"), address
    )
    assert await recorded_webhooks(site, account_id, 4) == 1
    assert (site.modules.recorder.quiet, site.modules.recorder.left_out) == (3, 0)


@pytest.mark.parametrize(
    "asks", ["await storage.get('seen')", "await contacts(['1'])", "await fetch(settings.base_url)"]
)
async def test_a_webhook_that_asked_the_world_is_always_recorded(
    site: Site, server: Server, address: str, monkeypatch: pytest.MonkeyPatch, asks: str
) -> None:
    monkeypatch.setattr(recording, "QUIET_EVERY_S", 3600.0)
    source = (
        "from vestnik_sdk import contacts, fetch, settings, storage\n"
        f"async def {PARSE}(request):\n    {asks}\n    return {{}}\n"
    )
    account_id = await site.account(await site.module(source), address)
    assert await recorded_webhooks(site, account_id, 3) == 3
    assert site.modules.recorder.quiet == 0


@pytest.mark.parametrize(
    "value",
    [
        {"body": "x" * 100_000},
        [{"email": f"u{number}@example.com", "n": number} for number in range(2_000)],
        {f"u{number}@example.com": {"status": "delivered"} for number in range(2_000)},
        [[[number] * 12 for number in range(99)] for _ in range(99)],
    ],
    ids=["text", "list", "mapping", "nested"],
)
async def test_a_value_weighs_about_what_it_takes_when_it_is_written_down(value: Any) -> None:
    written = len(encoded(value, None))
    assert written / 3 < weight(value) < written * 2


@pytest.mark.parametrize("value", ["half of a pair: \ud800", 2**70, {"a": object()}, b"\xff", None, 1.5])
async def test_whatever_a_module_gives_has_a_weight(value: Any) -> None:
    assert weight(value) > 0

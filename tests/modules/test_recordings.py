"""Recordings: whole, without a secret, beside the main database, bounded; people are hidden in them."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.egress.conftest import Server
from tests.modules.calling import ASK, CAMPAIGN, PARSE, STATS, failure_of, stats
from tests.modules.conftest import KEY, Site

from vestnik.audit.tables import audit_row
from vestnik.db import instant_of_key, new_key, now, to_microseconds
from vestnik.modules.recordings import recorder as recording
from vestnik.modules.recordings import store as recording_store
from vestnik.modules.recordings.personal_data import Replacement, hidden
from vestnik.modules.recordings.recorded import Recorded, WebhookSample
from vestnik.modules.recordings.store import CallFilter, DayFiles, RecordingStore
from vestnik.modules.tables import call

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERYTHING = """
basic = await sealed.basic("user", sealed.api_key)
signature = await sealed.hmac("sha256", sealed.api_key, "text")
headers = {"Authorization": basic, "X-Key": sealed.api_key}
answer = await fetch(settings.base_url + "/stats", headers=headers)
await storage.set("seen", [1, "%s" % sealed.api_key])
people = await contacts(["1"])
log("asked", answer.text(), sealed.api_key)
return {"sent": len(people)}
"""
WEBHOOK = {"method": "POST", "path": "/", "query": {}, "headers": {}, "body": '{"email": "anna@example.com"}'}


async def recorded_call(site: Site, account_id: int, **arguments: Any) -> Recorded:
    """The recording of one successful call."""
    report = await site.modules.report(account_id, STATS, arguments or CAMPAIGN, lane="interactive")
    assert report.call_id is not None
    await site.modules.recorder.flush()
    found = await site.modules.recordings.load(report.call_id)
    assert found is not None
    return found


async def documents_of(site: Site) -> list[bytes]:
    """Every document that is stored, unpacked."""

    def read() -> list[bytes]:
        found = []
        for place in site.modules.recorder.store.places.newest_first():
            with place.connect() as connection:
                found += [zlib.decompress(data) for data in connection.scalars(sa.select(call.c.document))]
        return found

    return await asyncio.to_thread(read)


async def test_a_call_is_recorded_with_all_that_a_replay_needs(
    site: Site, server: Server, address: str
) -> None:
    server.answers(f'{{"echo": "{KEY}"}}'.encode())
    module_id = await site.module(stats(EVERYTHING))
    account_id = await site.account(module_id, address, size=7)
    recorded = await recorded_call(site, account_id)
    assert (recorded.function, recorded.arguments, recorded.result) == (STATS, CAMPAIGN, {"sent": 1})
    assert recorded.settings == {"base_url": address, "size": 7}
    assert (recorded.secrets, recorded.error, recorded.replayable) == (["api_key"], None, True)
    assert (recorded.module_id, recorded.account_id) == (module_id, account_id)
    names = [operation.name for operation in recorded.operations]
    assert names == ["sealed.basic", "sealed.hmac", "fetch", "storage.set", "contacts"]
    basic, _, fetch, stored, people = recorded.operations
    assert basic.argument == {"op": "basic", "user": "user", "password": "{{sealed:api_key}}"}
    assert basic.answer == "{{sealed:basic(api_key)}}"
    assert fetch.argument["headers"] == [
        ["Authorization", "{{sealed:basic(api_key)}}"],
        ["X-Key", "{{sealed:api_key}}"],
    ]
    assert fetch.answer["body"] == b'{"echo": "[sealed:api_key]"}'
    assert stored.argument == {"key": "seen", "value": [1, "{{sealed:api_key}}"]}
    assert [person["id"] for person in people.answer] == ["1"]
    times = [operation.at_us or 0 for operation in recorded.operations]
    assert times == sorted(times)
    assert times[0] >= recorded.clock_us > 0
    [line] = recorded.log
    assert line.message == 'asked {"echo": "[sealed:api_key]"} {{sealed:api_key}}'
    assert [trace["url"] for trace in recorded.exchanges] == [f"{address}/stats"]


async def test_no_secret_is_in_any_file_of_the_recordings(
    site: Site, server: Server, address: str, tmp_path: Path
) -> None:
    server.answers(f'{{"echo": "{KEY}"}}'.encode(), headers=(f"X-Echo: {KEY}",))
    module_id = await site.module(stats(EVERYTHING))
    account_id = await site.account(module_id, address)
    await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    await site.modules.call(account_id, STATS, {"campaignExternalId": KEY}, lane="interactive")
    await failure_of(site, account_id, unknown=KEY)
    stored = await site.everything_stored()
    documents = await documents_of(site)
    assert len(documents) == 3
    files = await asyncio.to_thread(lambda: [file.read_bytes() for file in tmp_path.rglob("*.db*")])
    for text in [stored.encode(), *files, *documents]:
        assert KEY.encode() not in text
    assert b'"campaignExternalId":"[sealed:api_key]"' in b"".join(documents)


async def test_on_sqlite_recordings_lie_in_a_file_of_the_day_beside_the_database(
    site: Site, server: Server, address: str, tmp_path: Path
) -> None:
    server.answers(b'{"sent": 1}')
    account_id = await site.account(await site.module(stats(ASK)), address)
    await recorded_call(site, account_id)
    async with site.database.read() as connection:
        in_table = await connection.scalar(sa.select(sa.func.count()).select_from(call))
    files = sorted(path.name for path in (tmp_path / "recordings").glob("*"))
    assert (in_table, files) == ((0, [f"{now():%Y-%m-%d}.db"]) if site.database.on_sqlite else (1, []))


async def test_calls_are_listed_by_function_outcome_and_account(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    one, other = await site.account(module_id, address), await site.account(module_id, address)
    for account_id in (one, other, one):
        await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    await failure_of(site, one, campaignExternalId=1)
    await site.modules.recorder.flush()
    calls = f"/modules/{module_id}/calls"

    async def listed(query: str) -> tuple[int, list[Any]]:
        page = await site.get(f"{calls}?{query}")
        return page["total"], [(row["accountId"], row["kind"]) for row in page["items"]]

    assert await listed("") == (
        4,
        [(str(one), "arguments"), (str(one), None), (str(other), None), (str(one), None)],
    )
    assert await listed("kind=ok&limit=1&offset=1") == (3, [(str(other), None)])
    assert await listed("kind=arguments") == (1, [(str(one), "arguments")])
    assert await listed(f"accountId={other}") == (1, [(str(other), None)])
    assert await listed(f"function={STATS}&limit=1") == (4, [(str(one), "arguments")])
    assert await listed("function=Other") == (0, [])


async def test_people_are_hidden_where_a_call_is_shown_and_revealing_them_is_noted(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"phone": "+7 916 123-45-67"}')
    source = stats(
        "answer = await fetch(settings.base_url + '/?to=anna%40example.com')\n"
        "log('anna@example.com', answer.text())\n"
        "return {'sent': 1}"
    )
    module_id = await site.module(source)
    recorded = await recorded_call(site, await site.account(module_id, address))
    path = f"/modules/{module_id}/calls/{recorded.id}"
    site.role, site.lacks = "integrator", "modules.write"
    shown = await site.get(path)
    assert "anna" not in json.dumps(shown)
    assert "916" not in json.dumps(shown["exchanges"])
    assert shown["log"][0]["message"] == 'a***@example.com {"phone": "***67"}'
    assert (shown["arguments"], shown["result"], shown["replayable"], shown["revealed"]) == (
        CAMPAIGN,
        {"sent": 1},
        True,
        False,
    )
    assert (await site.request("GET", f"{path}?reveal=true")).status_code == 403
    site.lacks = ""
    assert "anna@example.com" in (await site.get(f"{path}?reveal=true"))["log"][0]["message"]
    async with site.database.read() as connection:
        rows = (await connection.execute(sa.select(audit_row).where(audit_row.c.kind == "module_call"))).all()
    assert [(row.action, row.object_id) for row in rows] == [("module.call_revealed", recorded.id)]


async def test_a_run_on_what_a_recorded_call_was_given_is_noted_like_revealing_it(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    recorded = await recorded_call(site, await site.account(module_id, address))
    body = {
        "function": STATS,
        "callId": str(recorded.id),
        "source": stats("log(campaignExternalId)\nreturn {}"),
    }
    run = await site.post(f"/modules/{module_id}/run", body)
    assert run["log"][0]["message"] == CAMPAIGN["campaignExternalId"]
    async with site.database.read() as connection:
        rows = (await connection.execute(sa.select(audit_row).where(audit_row.c.kind == "module_call"))).all()
    assert [(row.action, row.object_id) for row in rows] == [("module.call_revealed", recorded.id)]


async def test_addresses_and_phones_are_found_and_other_numbers_left_alone() -> None:
    text = "ivan.petrov+x@mail.example.ru, +79161234567, 8 (916) 123-45-67, 1732233445123, 12345678901"
    assert hidden({"a": [text]}) == {"a": ["i***@mail.example.ru, ***67, ***67, 1732233445123, 12345678901"]}
    other = Replacement()
    form = "to=ivan%40a.example&p=%2B79161234567"
    replaced = other.of({"to": "Ivan@a.example", "form": form, "phone": 79161234567})
    assert replaced == {
        "to": "reader1@example.com",
        "form": "to=reader1%40example.com&p=%2B70000000001",
        "phone": 70000000001,
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (r'{"to": "anna\u0040example.com"}', r'{"to": "a***\u0040example.com"}'),
        (r"\u0061nna@example.com", r"\u0061***@example.com"),
        (r"\u003canna@example.com\u003e", r"\u003ca***@example.com\u003e"),
        (r"first\nanna@example.com", r"first\na***@example.com"),
        (
            r"\u0430\u043d\u043d\u0430@\u043f\u043e\u0447.\u0440\u0444",
            r"\u0430***@\u043f\u043e\u0447.\u0440\u0444",
        ),
        (r"\u002b79161234567 \n79161234567", r"***67 \n***67"),
        ("+7 (916) 123-45-67", "***67"),
        ("+7 916 123-45-67 8(916)1234568", "***67 ***68"),
        ("916 123 45 67, (916) 123-45-68, 916-1234569; 9161234567", "***67, ***68, ***69; 9161234567"),
        ("+442071234567", "***67"),
        ("to=anna%2540example.com", "to=a***%2540example.com"),
        ({"phone": 79161234567, "at": 1732233445123}, {"phone": "***67", "at": 1732233445123}),
        ([79161234567.0, 0.5, True, None], ["***67", 0.5, True, None]),
        ("anna@a.b.c.d.e.f.g.h.i.example.com", "a***@a.b.c.d.e.f.g.h.i.example.com"),
        (f"{'x' * 70}@example.com", "x***@example.com"),
    ],
)
async def test_people_are_found_in_escapes_and_numbers_of_json(value: Any, shown: Any) -> None:
    assert hidden(value) == shown


async def test_a_long_text_is_cut_before_it_is_searched_and_says_so() -> None:
    body = "x " * 32_760 + "anna@example.com " + "y" * 100_000
    assert hidden(body) == "x " * 32_512 + f"… (+{len(body) - 65_024} characters)"
    clear = "x," * 50_000
    assert hidden(clear) == clear[:65_536] + f"… (+{len(clear) - 65_536} characters)"


async def test_texts_made_to_be_slow_to_search_take_no_time() -> None:
    slow = [
        *("a" * 60_000, "@" * 60_000, "7" * 60_000, "+7 " * 20_000, "a@" + "a." * 30_000),
        *("a@" + r"\u002e" * 10_000, r"\u0430" * 10_000, r"\n\u0430" * 7_000, "a@" + r"\u0430" * 10_000),
    ]
    began = time.process_time()
    for text in slow:
        hidden(text)
    assert time.process_time() - began < 1


async def test_a_module_whose_recording_is_switched_off_leaves_none(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)
    assert await site.get(f"/modules/{module_id}/recording") == {"enabled": True}
    await site.request("PUT", f"/modules/{module_id}/recording", {"enabled": False})
    assert await site.get(f"/modules/{module_id}/recording") == {"enabled": False}
    assert (await site.modules.report(account_id, STATS, CAMPAIGN, lane="interactive")).call_id is None
    await site.request("PUT", f"/modules/{module_id}/recording", {"enabled": True})
    assert (await site.modules.report(account_id, STATS, CAMPAIGN, lane="interactive")).call_id is not None
    await site.modules.recorder.flush()
    assert (await site.get(f"/modules/{module_id}/calls"))["total"] == 1


async def test_a_webhook_is_recorded_as_a_pointer_to_what_is_stored(site: Site, address: str) -> None:
    stored: dict[int, WebhookSample] = {}

    async def source(webhook_id: int) -> WebhookSample | None:
        return stored.get(webhook_id)

    site.modules.recordings.webhooks = source
    module_id = await site.module(f"async def {PARSE}(request):\n    return {{}}\n")
    account_id = await site.account(module_id, address)
    stored[77] = WebhookSample(account_id, WEBHOOK)
    report = await site.modules.report(account_id, PARSE, {"request": WEBHOOK}, lane="webhook", webhook_id=77)
    await site.modules.recorder.flush()
    assert report.call_id is not None
    recorded = await site.modules.recordings.load(report.call_id)
    assert recorded is not None
    assert (recorded.webhook_id, recorded.arguments, recorded.replayable) == (77, {"request": WEBHOOK}, True)
    assert b"anna" not in b"".join(await documents_of(site))
    run = await site.post(f"/modules/{module_id}/run", {"function": PARSE, "webhookId": "77"})
    assert (run["ok"], run["result"]) == (True, {})
    again = await site.post(f"/modules/{module_id}/run", {"function": PARSE, "callId": str(recorded.id)})
    assert again["ok"] is True
    stored.clear()
    gone = await site.modules.recordings.load(report.call_id)
    assert gone is not None
    assert gone.replayable is False
    refused = await site.refused("POST", f"/modules/{module_id}/calls/{recorded.id}/replay", {})
    assert refused[:2] == (409, "call_not_replayable")


async def test_what_came_as_a_webhook_is_for_those_who_may_read_webhooks(site: Site, address: str) -> None:
    async def source(webhook_id: int) -> WebhookSample | None:
        return WebhookSample(account_id, WEBHOOK)

    site.modules.recordings.webhooks = source
    module_id = await site.module(f"async def {PARSE}(request):\n    return {{}}\n")
    account_id = await site.account(module_id, address)
    report = await site.modules.report(account_id, PARSE, {"request": WEBHOOK}, lane="webhook", webhook_id=77)
    await site.modules.recorder.flush()
    path = f"/modules/{module_id}/calls/{report.call_id}"
    run = {"function": PARSE, "callId": str(report.call_id)}
    asked = [
        (f"{path}/replay", {}),
        (f"/modules/{module_id}/run", run),
        (f"{path}/save-as-test", {"name": "kept"}),
    ]
    for reveal in ("false", "true"):
        site.role, site.lacks = "integrator", ""
        whole = await site.get(f"{path}?reveal={reveal}")
        assert (whole["arguments"]["request"]["method"], whole["argumentsLeftOut"]) == ("POST", False)
        site.lacks = "webhooks.read"
        shown = await site.get(f"{path}?reveal={reveal}")
        assert (shown["arguments"], shown["argumentsLeftOut"]) == ({}, True)
    for where, body in asked:
        assert (await site.refused("POST", where, body))[:2] == (403, "forbidden")
    site.lacks = ""
    for where, body in asked:
        await site.post(where, body)


async def test_a_call_too_large_is_kept_for_show_only(
    site: Site, server: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(b'{"sent": 1, "text": "' + b"x" * 5_000 + b'"}')
    monkeypatch.setattr(recording, "RECORD_BYTES", 9_000)
    account_id = await site.account(await site.module(stats(ASK)), address)
    recorded = await recorded_call(site, account_id)
    assert (recorded.replayable, list(recorded.operations), recorded.arguments) == (False, [], CAMPAIGN)
    assert len(recorded.exchanges) == 1


def row_of(module_id: int, **more: Any) -> dict[str, Any]:
    """A stored row."""
    return {
        "id": new_key(),
        "started_at": now(),
        "module_id": module_id,
        "account_id": None,
        "version_id": None,
        "function": STATS,
        "lane": "bulk",
        "kind": None,
        "wall_ms": 1.0,
        "cpu_ms": 1.0,
        "webhook_id": None,
        "replayable": True,
        "bytes": 10,
        "hosts": "",
        "document": b"",
        **more,
    }


async def test_a_module_keeps_so_many_calls_of_so_many_bytes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = site.modules.recorder.store
    monkeypatch.setattr(recording_store, "KEPT_PER_MODULE", 5)
    monkeypatch.setattr(recording_store, "BYTES_PER_MODULE", 100)
    rows = [row_of(1) for _ in range(9)] + [row_of(2, bytes=40) for _ in range(4)]

    def kept() -> list[int]:
        store.write(rows)
        for module_id in (1, 2):
            store.prune(module_id)
        return [store.page(CallFilter(module_id), 0, 0)[1] for module_id in (1, 2)]

    assert await asyncio.to_thread(kept) == [5, 2]


async def test_files_of_old_days_are_dropped_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "recordings"
    store = RecordingStore(DayFiles(folder))
    day_ms = 86_400_000
    ids = [new_key() - (days * day_ms << 22) for days in (20, 3, 2, 0)]

    def kept() -> list[int]:
        return [row.id for row in store.page(CallFilter(1), 0, 10)[0]]

    def dropped() -> tuple[list[int], list[str]]:
        for key in ids:
            store.write([row_of(1, id=key, started_at=instant_of_key(key))])
        assert kept() == ids[::-1]
        assert store.page(CallFilter(1), 1, 2)[0][0].id == ids[2]
        store.drop_old()
        young = kept()
        assert store.get(ids[0]) is None
        monkeypatch.setattr(recording_store, "FOLDER_BYTES", 1)
        store.drop_old()
        return young, [path.name for path in folder.iterdir()]

    assert await asyncio.to_thread(dropped) == (ids[:0:-1], [f"{instant_of_key(ids[-1]):%Y-%m-%d}.db"])


async def test_old_months_are_dropped_whole_on_postgresql(site: Site) -> None:
    if site.database.on_sqlite:
        return
    store = site.modules.recorder.store
    old = now() - timedelta(days=100)

    start = old.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=40)).replace(day=1)
    name = f"module_call_{start:%Y_%m}"
    bounds = " TO ".join(f"({to_microseconds(each)})" for each in (start, end))
    making = sa.text(f"CREATE TABLE {name} PARTITION OF module_call FOR VALUES FROM {bounds}")
    named = sa.text("SELECT tablename FROM pg_tables WHERE tablename LIKE 'module_call%'")

    def left() -> tuple[int, list[str]]:
        [place] = store.places.newest_first()
        with place.begin() as connection:
            connection.execute(making)
        store.write([row_of(1, started_at=at) for at in (old, now() - timedelta(days=15), now())])
        store.drop_old()
        with place.connect() as connection:
            tables = sorted(connection.scalars(named))
        return store.page(CallFilter(1), 0, 0)[1], tables

    assert await asyncio.to_thread(left) == (1, ["module_call", "module_call_default"])

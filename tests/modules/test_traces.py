"""A call of a module belongs to what asked for it, and can be found by that id."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.egress.conftest import Server
from tests.modules.calling import ASK, CAMPAIGN, STATS, stats
from tests.modules.conftest import Site

from vestnik import tracing
from vestnik.db import new_key, now
from vestnik.logs import add_trace_id
from vestnik.modules.recordings.store import CallFilter, DayFiles, RecordingStore

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_call_and_its_exchanges_have_the_id_of_what_asked_for_it(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 5}')
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)
    with capture_logs(processors=[add_trace_id]) as lines, tracing.under() as trace_id:
        report = await site.modules.report(account_id, STATS, CAMPAIGN, lane="interactive")
    with tracing.under() as other:
        await site.modules.report(account_id, STATS, CAMPAIGN, lane="interactive")
    await site.modules.recorder.flush()
    rows, total = await site.modules.recordings.page(module_id, trace_id=trace_id)
    assert ([(row.id, row.trace_id) for row in rows], total) == ([(report.call_id, trace_id)], 1)
    assert (await site.modules.recordings.page(module_id, trace_id=other))[1] == 1
    exchanges = [line for line in lines if line["event"] == "module.exchange"]
    assert [(line["trace_id"], line["status"]) for line in exchanges] == [(trace_id, 200)]
    assert "traceparent" not in {name.lower() for name in server.received[-1].headers}


async def test_a_file_of_an_earlier_release_is_read_and_written_on(tmp_path: Path) -> None:
    def read() -> tuple[int, int]:
        store = RecordingStore(DayFiles(tmp_path))
        row = {
            "id": new_key(),
            "started_at": now(),
            "module_id": 1,
            "function": STATS,
            "lane": "bulk",
            "wall_ms": 1.0,
            "cpu_ms": 1.0,
            "replayable": True,
            "hosts": "",
            "bytes": 1,
            "document": b"x",
            "trace_id": tracing.new_id(),
        }
        store.write([row])
        [file] = tmp_path.glob("*.db")
        with sqlite3.connect(file) as connection:
            connection.execute("DROP INDEX ix_module_call_trace")
            connection.execute("ALTER TABLE module_call DROP COLUMN trace_id")
        connection.close()
        before = store.page(CallFilter(1), 0, 10)[1]
        store.write([row | {"id": new_key()}])
        return before, store.page(CallFilter(1, trace_id=str(row["trace_id"])), 0, 10)[1]

    assert await asyncio.to_thread(read) == (1, 1)

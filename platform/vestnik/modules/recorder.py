"""Recordings of calls: written in the background with low priority, bounded, counted where one is left out.

A webhook waits for none of this. A parsed webhook that only computed is recorded once a second per account;
what failed or spoke HTTP is always recorded, as long as the writer keeps up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from vestnik.db import Database, WriterStopped, new_key
from vestnik.egress import ExchangeTrace
from vestnik.modules.ports import LogLine
from vestnik.modules.tables import call

log = structlog.get_logger("vestnik.modules")

QUEUE = 500
BATCH = 100
GATHER_S = 0.25
KEPT_PER_MODULE = 1_000
PRUNE_EVERY = 200
QUIET_EVERY_S = 1.0
RECORD_BYTES = 524_288

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Recording:
    """One call as it is kept."""

    started_at: datetime
    module_id: int
    account_id: int | None
    version_id: int | None
    function: str
    lane: str
    kind: str | None
    wall_ms: float
    cpu_ms: float
    error: dict[str, Any] | None
    log: Sequence[LogLine]
    exchanges: Sequence[ExchangeTrace]


class Recorder:
    """Takes recordings and writes them when there is time; `left_out` counts those that it had to drop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[Recording] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._quiet_at: dict[int | None, float] = {}
        self._since_pruning: dict[int, int] = {}
        self.left_out = 0

    async def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._serve(), name="module-recorder")

    async def stop(self) -> None:
        """Write what is waiting, and end."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self.flush()

    def take(self, recording: Recording) -> None:
        """Queue a recording; never waits."""
        if self._is_quiet(recording):
            return
        if len(self._waiting) >= QUEUE:
            self.left_out += 1
            return
        self._waiting.append(recording)
        self._wake.set()

    async def flush(self) -> None:
        """Write everything that waits now."""
        while self._waiting:
            group, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            rows = [_row(recording) for recording in group]
            pruned = self._to_prune(group)
            try:
                await self._database.submit(partial(_store, rows=rows, pruned=pruned), bulk=True)
            except WriterStopped:
                self.left_out += len(group)
                return
            except sa.exc.SQLAlchemyError:
                self.left_out += len(group)
                log.exception("module.recordings_lost", count=len(group))

    async def _serve(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            await asyncio.shield(self.flush())

    def _is_quiet(self, recording: Recording) -> bool:
        """True for a webhook with nothing to tell when another was recorded a moment ago."""
        if recording.lane != "webhook" or recording.kind is not None or recording.exchanges:
            return False
        now = time.monotonic()
        if now - self._quiet_at.get(recording.account_id, -QUIET_EVERY_S) < QUIET_EVERY_S:
            return True
        self._quiet_at[recording.account_id] = now
        return False

    def _to_prune(self, group: Sequence[Recording]) -> list[int]:
        due = []
        for recording in group:
            count = self._since_pruning.get(recording.module_id, 0) + 1
            if count >= PRUNE_EVERY:
                due.append(recording.module_id)
                count = 0
            self._since_pruning[recording.module_id] = count
        return due


def _row(recording: Recording) -> dict[str, Any]:
    lines = [{"level": line.level, "message": line.message, "atMs": line.at_ms} for line in recording.log]
    exchanges = list(recording.exchanges)
    text = _text(exchanges)
    while len(text) > RECORD_BYTES and exchanges:
        exchanges.pop(len(exchanges) // 2)  # the first and the last tell the most
        text = _text(exchanges)
    return {
        "id": new_key(),
        "started_at": recording.started_at,
        "module_id": recording.module_id,
        "account_id": recording.account_id,
        "version_id": recording.version_id,
        "function": recording.function,
        "lane": recording.lane,
        "kind": recording.kind,
        "wall_ms": recording.wall_ms,
        "cpu_ms": recording.cpu_ms,
        "error": None if recording.error is None else _text(recording.error),
        "log": _text(lines),
        "exchanges": text,
    }


def _text(value: Any) -> str:
    # PostgreSQL's text takes every character but this one.
    return _encode(value).decode().replace("\\u0000", "\\ufffd")


def _store(connection: sa.Connection, rows: list[dict[str, Any]], pruned: list[int]) -> None:
    connection.execute(call.insert(), rows)
    for module_id in pruned:
        newest = (
            sa.select(call.c.id)
            .where(call.c.module_id == module_id)
            .order_by(call.c.id.desc())
            .offset(KEPT_PER_MODULE)
            .limit(1)
            .scalar_subquery()
        )
        connection.execute(call.delete().where(call.c.module_id == module_id, call.c.id <= newest))

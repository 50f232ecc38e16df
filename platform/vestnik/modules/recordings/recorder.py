"""Recordings of calls: written by a thread of their own, bounded, and shed first.

Nobody waits for a recording. What comes faster than it is written is left out and counted. A parsed webhook
that asked for no request, contact or storage is recorded once a second per account, since what came is stored
anyway and can be replayed from there; the rest of these are counted apart. What failed or spoke is always
recorded.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from vestnik import tracing
from vestnik.db import Database, new_key
from vestnik.egress import ExchangeTrace, SealedCall
from vestnik.modules.ports import LogLine
from vestnik.modules.recordings.documents import encoded, packed
from vestnik.modules.recordings.host_use import origins_of
from vestnik.modules.recordings.store import TERM, DayFiles, Partitions, RecordingStore, by_day
from vestnik.modules.recordings.tape import Tape, weight

log = structlog.get_logger("vestnik.modules")

QUEUE = 500
QUEUE_BYTES = 67_108_864
BATCH = 100
GATHER_S = 0.25
PRUNE_EVERY = 200
DROP_EVERY_S = 3600.0
QUIET_EVERY_S = 1.0
EXCHANGES_BYTES = 524_288
RECORD_BYTES = 4_194_304


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One call as it ended; nothing is encoded yet. `arguments` are left out where a webhook has them."""

    id: int = field(default_factory=new_key)
    started_at: datetime
    module_id: int
    account_id: int | None
    version_id: int | None
    webhook_id: int | None = None
    function: str
    program: str
    lane: str
    kind: str | None
    wall_ms: float
    cpu_ms: float
    arguments: Mapping[str, Any]
    settings: Mapping[str, Any]
    seed: int
    tape: Tape
    sealed: SealedCall
    result: Any
    error: Mapping[str, Any] | None
    log: Sequence[LogLine]
    exchanges: Sequence[ExchangeTrace]
    trace_id: str | None = field(default_factory=tracing.current)


class Recorder:
    """Takes recordings and writes them when there is time; counts what it leaves out, and its faults."""

    def __init__(self, database: Database, folder: Path | None = None) -> None:
        self._database = database
        self.store = RecordingStore(_places(database, folder))
        self._waiting: deque[tuple[Recording, int]] = deque()
        #: Each is changed by one thread alone.
        self._bytes_taken = self._bytes_done = 0
        self._refused = self._lost = 0
        self._work = threading.Event()
        self._ending = threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._quiet_at: dict[int | None, float] = {}
        self._since_pruning: dict[int, int] = {}
        self._dropped_at = -DROP_EVERY_S
        #: Webhooks with nothing to tell, of which another was recorded a moment ago.
        self.quiet = 0
        #: What went wrong besides recordings that were lost: old ones that were not dropped, faults of ours.
        self.failures = 0

    @property
    def left_out(self) -> int:
        """Recordings that were dropped: there was no room for them, or they could not be written."""
        return self._refused + self._lost

    async def start(self) -> None:
        """Begin to write."""
        await self.hear()
        self._ending.clear()
        self._thread = threading.Thread(target=self._serve, name="module-recorder", daemon=True)
        self._thread.start()

    async def hear(self) -> None:
        """Learn for how long recordings are kept: the thread that drops them asks no other database."""
        days = await TERM.held(self._database)
        if days is not None:
            self.store.kept_for = timedelta(days=days)

    async def count_old(self, before: datetime) -> int:
        """How many recordings are dropped of those that were made before."""
        return await asyncio.to_thread(self.store.count_old, before)

    async def stop(self) -> None:
        """Write what is waiting, and end."""
        if self._thread is not None:
            self._ending.set()
            self._work.set()
            await asyncio.to_thread(self._thread.join)
            self._thread = None
        await self.flush()
        await asyncio.to_thread(self.store.close)

    def wants(self, tape: Tape, account_id: int | None, *, is_webhook: bool, failed: bool) -> bool:
        """False for a webhook with nothing to tell when another was recorded a moment ago: it is counted."""
        if not is_webhook or failed or tape.has_spoken:
            return True
        now = time.monotonic()
        if now - self._quiet_at.get(account_id, -QUIET_EVERY_S) < QUIET_EVERY_S:
            self.quiet += 1
            return False
        self._quiet_at[account_id] = now
        return True

    def take(self, recording: Recording) -> bool:
        """Queue a recording; never waits. False where there is no room for it."""
        held = recording.tape.bytes + weight(recording.arguments) + weight(recording.result)
        waiting = self._bytes_taken - self._bytes_done
        if len(self._waiting) >= QUEUE or waiting + held > QUEUE_BYTES:
            self._refused += 1
            return False
        self._bytes_taken += held
        self._waiting.append((recording, held))
        self._work.set()
        return True

    async def flush(self) -> None:
        """Return when everything that waits now is written, or counted as left out."""
        await asyncio.to_thread(self._write_waiting)

    async def forget(self, module_id: int) -> None:
        """Delete what is recorded of a module, and what waits to be."""
        await self.flush()
        await asyncio.to_thread(self.store.forget, module_id)

    # -- the recorder's thread

    def _serve(self) -> None:
        self._drop_old()
        while not self._ending.is_set():
            self._work.wait(DROP_EVERY_S)
            self._ending.wait(GATHER_S)
            self._work.clear()
            try:
                self._write_waiting()
            except Exception:
                self._failed("module.recorder_broke")
            self._drop_old()

    def _write_waiting(self) -> None:
        with self._writing:
            while self._waiting:
                group: list[Recording] = []
                while self._waiting and len(group) < BATCH:
                    recording, held = self._waiting.popleft()
                    self._bytes_done += held
                    group.append(recording)
                self._write(group)

    def _write(self, group: Sequence[Recording]) -> None:
        rows = []
        for recording in group:
            try:
                rows.append(_row(recording))
            except Exception as error:  # whatever a module gave that can't be written down
                self._lost += 1
                log.warning("module.recording_not_encoded", function=recording.function, why=str(error)[:200])
        for of_day in by_day(rows):
            try:
                self.store.write(of_day)
            except Exception:  # a full disk, a locked file, a damaged one: the next ones may be written
                self._lost += len(of_day)
                log.exception("module.recordings_lost", count=len(of_day))
        for module_id in self._to_prune(group):
            try:
                self.store.prune(module_id)
            except Exception:  # they stay for the next time
                self._failed("module.recordings_not_pruned", module_id=module_id)

    def _drop_old(self) -> None:
        now = time.monotonic()
        if now - self._dropped_at < DROP_EVERY_S:
            return
        self._dropped_at = now
        try:
            self.store.drop_old()
        except Exception:  # they stay for the next time
            self._failed("module.recordings_not_dropped")

    def _failed(self, event: str, **known: Any) -> None:
        self.failures += 1
        log.exception(event, **known)

    def _to_prune(self, group: Sequence[Recording]) -> list[int]:
        due = []
        for recording in group:
            count = self._since_pruning.get(recording.module_id, 0) + 1
            if count >= PRUNE_EVERY:
                due.append(recording.module_id)
                count = 0
            self._since_pruning[recording.module_id] = count
        return due


def _places(database: Database, folder: Path | None) -> DayFiles | Partitions:
    if not database.on_sqlite:
        return Partitions(database.url)
    return DayFiles(folder or Path(database.url.database or "var/vestnik.db").parent / "recordings")


def _row(recording: Recording) -> dict[str, Any]:
    operations = recording.tape.operations()
    whole = not recording.tape.full
    document = {
        "arguments": {} if recording.webhook_id is not None else recording.arguments,
        "settings": recording.settings,
        "secrets": recording.sealed.names,
        "clock_us": recording.tape.clock_us,
        "seed": recording.seed,
        "operations": [_operation(each) for each in operations],
        "result": recording.result,
        "error": recording.error,
        "program": recording.program,
        "log": [
            {"level": each.level, "message": each.message, "at_ms": each.at_ms} for each in recording.log
        ],
        "exchanges": _bounded(recording.exchanges),
    }
    text = encoded(document, recording.sealed)
    if len(text) > RECORD_BYTES:  # what people look at is kept, and the call can't be replayed
        whole = False
        document |= {"operations": [], "result": None}
        text = encoded(document, recording.sealed)
    if len(text) > RECORD_BYTES:
        text = encoded(document | {"arguments": {}}, recording.sealed)
    data = packed(text)
    return {
        "id": recording.id,
        "started_at": recording.started_at,
        "module_id": recording.module_id,
        "account_id": recording.account_id,
        "version_id": recording.version_id,
        "function": recording.function,
        "lane": recording.lane,
        "kind": recording.kind,
        "wall_ms": recording.wall_ms,
        "cpu_ms": recording.cpu_ms,
        "webhook_id": recording.webhook_id,
        "replayable": whole,
        "hosts": origins_of(recording.exchanges),
        "trace_id": recording.trace_id,
        "bytes": len(data),
        "document": data,
    }


def _operation(operation: Any) -> dict[str, Any]:
    return {
        "name": operation.name,
        "argument": operation.argument,
        "answer": operation.answer,
        "error": operation.error,
        "asked_after": operation.asked_after,
        "at_us": operation.at_us,
    }


def _bounded(exchanges: Sequence[ExchangeTrace]) -> list[ExchangeTrace]:
    """The exchanges that fit: the first and the last tell the most."""
    kept = list(exchanges)
    sizes = [weight(each) for each in kept]
    size = sum(sizes)
    while size > EXCHANGES_BYTES and kept:
        middle = len(kept) // 2
        size -= sizes.pop(middle)
        kept.pop(middle)
    return kept

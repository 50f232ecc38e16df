"""Recorded calls: what a replay needs of them, and how they are read back.

A recording is one JSON document, compressed: arguments, settings that are not secret, the clock and the
seed that the call ran with, every operation of the host with its answer in the order of the answers, the
exchanges for show, log, and result or error. No secret stands in it: in place of a marker `{{sealed:name}}`,
in place of a value that some answer echoed `[sealed:name]`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from vestnik.egress import ExchangeTrace
from vestnik.modules.ports import LogLine
from vestnik.modules.recordings.documents import decoded
from vestnik.modules.recordings.host_use import OriginUse, uses_of
from vestnik.modules.recordings.store import CallFilter, RecordingStore


@dataclass(frozen=True, slots=True)
class WebhookSample:
    """A stored request of a service: whose it is, and the argument that its module gets."""

    account_id: int
    request: dict[str, Any]


WebhookSource = Callable[[int], Awaitable[WebhookSample | None]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the host. `error` is kind and message; without `at_us` it was never answered.

    `asked_after` is how many operations had been answered when this one was asked for, `at_us` the call's
    clock when its own answer came.
    """

    name: str
    argument: Any
    answer: Any = None
    error: tuple[str, str] | None = None
    asked_after: int = 0
    at_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recorded call. `operations` are in the order of their answers, those without one at the end.

    `secrets` are the names that the module had handles of. `replayable` is False where the call was too
    large to be kept whole, or its arguments are gone.
    """

    id: int | None = None
    module_id: int = 0
    account_id: int | None = None
    version_id: int | None = None
    function: str
    arguments: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    clock_us: int = 0
    seed: int = 0
    operations: Sequence[Operation] = ()
    result: Any = None
    error: Mapping[str, Any] | None = None
    program: str = ""
    kind: str | None = None
    lane: str = "interactive"
    webhook_id: int | None = None
    started_at: datetime | None = None
    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    log: Sequence[LogLine] = ()
    exchanges: Sequence[ExchangeTrace] = ()
    replayable: bool = True
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """A recorded call in a list."""

    id: int
    started_at: datetime
    module_id: int
    account_id: int | None
    version_id: int | None
    function: str
    lane: str
    kind: str | None
    wall_ms: float
    cpu_ms: float
    webhook_id: int | None
    replayable: bool
    trace_id: str | None


class Recordings:
    """Reads recorded calls. Asks nobody for a right: the services above do."""

    def __init__(self, store: RecordingStore) -> None:
        self._store = store
        self.webhooks: WebhookSource = no_webhooks

    async def page(
        self,
        module_id: int,
        *,
        function: str | None = None,
        kind: str | None = None,
        account_id: int | None = None,
        trace_id: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[RecordedRow], int]:
        """The newest calls of a module, and how many there are. `kind` "ok" means those that succeeded."""
        wanted = CallFilter(module_id, function=function, kind=kind, account_id=account_id, trace_id=trace_id)
        rows, total = await asyncio.to_thread(self._store.page, wanted, offset, limit)
        return [_row(row) for row in rows], total

    async def origins(self, module_id: int) -> Sequence[OriginUse]:
        """Which function of a module asked which origin how often and when last, as far as calls are kept."""
        return await asyncio.to_thread(lambda: uses_of(self._store.origins(module_id)))

    async def load(self, call_id: int) -> Recorded | None:
        """One call in full; None where it was never recorded or is gone."""
        row = await asyncio.to_thread(self._store.get, call_id)
        return None if row is None else await self._whole(row)

    async def latest(
        self, module_id: int, version_id: int | None, count: int, function: str | None = None
    ) -> list[Recorded]:
        """The newest calls of a version (None: of any) that can be replayed, the newest first."""
        wanted = CallFilter(module_id, function=function, version_id=version_id, replayable=True)
        rows = await asyncio.to_thread(self._store.latest, wanted, count)
        found = [await self._whole(row) for row in rows]
        return [recorded for recorded in found if recorded.replayable]

    async def _whole(self, row: Any) -> Recorded:
        recorded = await asyncio.to_thread(_recorded, row)
        if recorded.webhook_id is None:
            return recorded
        sample = await self.webhooks(recorded.webhook_id)
        if sample is None:
            return replace(recorded, replayable=False)
        return replace(recorded, arguments={"request": sample.request})


async def no_webhooks(webhook_id: int) -> WebhookSample | None:
    """A source without stored requests."""
    return None


def _row(row: Any) -> RecordedRow:
    return RecordedRow(
        id=row.id,
        started_at=row.started_at,
        module_id=row.module_id,
        account_id=row.account_id,
        version_id=row.version_id,
        function=row.function,
        lane=row.lane,
        kind=row.kind,
        wall_ms=row.wall_ms,
        cpu_ms=row.cpu_ms,
        webhook_id=row.webhook_id,
        replayable=row.replayable,
        trace_id=row.trace_id,
    )


def _recorded(row: Any) -> Recorded:
    document = decoded(row.document)
    return Recorded(
        id=row.id,
        module_id=row.module_id,
        account_id=row.account_id,
        version_id=row.version_id,
        function=row.function,
        lane=row.lane,
        kind=row.kind,
        webhook_id=row.webhook_id,
        started_at=row.started_at,
        wall_ms=row.wall_ms,
        cpu_ms=row.cpu_ms,
        log=[LogLine(**line) for line in document["log"]],
        exchanges=document["exchanges"],
        program=document["program"],
        replayable=row.replayable,
        trace_id=row.trace_id,
        **played(document),
    )


def played(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document that a replay reads, by their names in `Recorded`."""
    return {
        "arguments": document["arguments"],
        "settings": document["settings"],
        "secrets": document["secrets"],
        "clock_us": document["clock_us"],
        "seed": document["seed"],
        "operations": [_operation(each) for each in document["operations"]],
        "result": document.get("result"),
        "error": document.get("error"),
    }


def _operation(document: Mapping[str, Any]) -> Operation:
    error = document.get("error")
    return Operation(
        name=document["name"],
        argument=document["argument"],
        answer=document.get("answer"),
        error=None if error is None else (error[0], error[1]),
        asked_after=document["asked_after"],
        at_us=document.get("at_us"),
    )

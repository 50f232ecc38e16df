"""Calls of modules over HTTP: tried, recorded, replayed, and kept as tests."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from vestnik.db import from_microseconds
from vestnik.http.api import MAX_OFFSET, Context, Id, Router, Shape, key_of
from vestnik.http.errors import Language
from vestnik.modules.api.module_shapes import modules_of
from vestnik.modules.api.shapes import (
    SOURCE_BODY_BYTES,
    CallErrorShape,
    ExchangeShape,
    FunctionName,
    LogLineShape,
    RunShape,
    Source,
    error_shape,
    exchange_shape,
    log_shapes,
    run_shape,
)
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.modules.ports import LogLine
from vestnik.modules.recordings.personal_data import hidden
from vestnik.modules.recordings.recorded import Recorded, RecordedRow
from vestnik.modules.replays.differences import Difference
from vestnik.modules.replays.kept_tests import NAME_CHARACTERS, TestRow, TestRun
from vestnik.modules.replays.replay import Unrecorded
from vestnik.modules.studio.workbench import Replayed, Trial, Workbench

router = Router("modules")

OptionalKey = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,19})?$")]


class RunBody(Shape):
    """A function to try: of the given text, else of the live version; with an account's settings or none.

    Its arguments are given, or are those of a recorded call, or a stored webhook; that takes the right to
    read webhooks, also where the recorded call came as one. With an account a request other than GET and
    HEAD is only sent with `allowWrites`.
    """

    function: FunctionName
    arguments: dict[str, Any] | None = None
    webhook_id: Id | None = None
    call_id: Id | None = None
    account_id: Id | None = None
    source: Source | None = None
    allow_writes: bool = False


class RecordingRow(Shape):
    """A recorded call; `kind` is why it failed, None when it did not."""

    id: Id
    started_at: datetime
    account_id: Id | None
    version_id: Id | None
    function: str
    lane: Literal["webhook", "interactive", "bulk"]
    kind: str | None
    wall_ms: float
    cpu_ms: float
    webhook_id: Id | None
    replayable: bool
    trace_id: str | None


class RecordingPage(Shape):
    """The newest recorded calls."""

    items: list[RecordingRow]
    total: int


class RecordingQuery(Shape):
    """Which calls: every filter that is given must match; the kind `ok` is every call that succeeded."""

    function: str = ""
    kind: str = ""
    account_id: OptionalKey = ""
    trace_id: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{32})?$")] = ""
    offset: Annotated[int, msgspec.Meta(ge=0, le=MAX_OFFSET)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class RecordingCard(RecordingRow):
    """A recorded call in full. Personal data is masked in it unless it is to be revealed.

    Masked texts that are long are cut, and end with how much is left out.

    `argumentsLeftOut`: they are a webhook, and the reader may not read webhooks.
    """

    clock: datetime
    arguments: dict[str, Any]
    arguments_left_out: bool
    result: Any
    error: dict[str, Any] | None
    log: list[LogLineShape]
    exchanges: list[ExchangeShape]
    revealed: bool


class RevealQuery(Shape):
    """Whether personal data is to be shown as it is; that is noted in the audit."""

    reveal: bool = False


class ReplayBody(Shape):
    """Which text replays the call: the given one, a version's, else that of the live version."""

    source: Source | None = None
    version_id: Id | None = None


class DifferenceShape(Shape):
    """One place in which the results differ; `missing` says on which side there is nothing."""

    path: str
    before: Any
    after: Any
    missing: Literal["before", "after"] | None


class UnrecordedShape(Shape):
    """A request that the recording lacks; it was not sent."""

    method: str
    url: str


class ReplayShape(RunShape):
    """What a replay gave, and how that differs from the recorded call."""

    same: bool
    differences: list[DifferenceShape]
    unrecorded: list[UnrecordedShape]


class RecordingSwitch(Shape):
    """Whether calls of the module are recorded."""

    enabled: bool


class TestRowShape(Shape):
    """A test of a module; `callId` is the recorded call that it was made of."""

    name: str
    function: str
    call_id: Id | None
    author: str
    created_at: datetime


class TestPage(Shape):
    """A module's tests by name."""

    items: list[TestRowShape]
    total: int


class NewTest(Shape):
    """A test to make of a recorded call, with other people in place of the real ones unless declined."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS)]
    replace_personal_data: bool = True


class TestRunShape(Shape):
    """What running one test gave; `error` says why the module failed where it should not have."""

    name: str
    ok: bool
    differences: list[DifferenceShape]
    error: dict[str, Any] | None
    unrecorded: list[UnrecordedShape]
    log: list[LogLineShape]
    wall_ms: float


class TestRunPage(Shape):
    """What running a module's tests gave."""

    items: list[TestRunShape]
    passed: int
    total: int


@router.post(
    "/modules/{id:key}/run",
    body=RunBody,
    returns=RunShape,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def run_function(context: Context, id: int, body: RunBody) -> RunShape:
    """Try one function. A failure of the module is an answer like any other."""
    trial = Trial(
        function=body.function,
        arguments=body.arguments,
        webhook_id=_key(body.webhook_id),
        call_id=_key(body.call_id),
        account_id=_key(body.account_id),
        source=body.source,
        allow_writes=body.allow_writes,
    )
    try:
        report = await _bench(context).run(context.actor, id, trial)
    except ModuleCallFailed as failure:
        return run_shape(failure, context.language)
    return run_shape(report, context.language)


@router.get("/modules/{id:key}/calls", query=RecordingQuery, returns=RecordingPage, right="modules.read")
async def list_calls(context: Context, id: int, query: RecordingQuery) -> RecordingPage:
    """The newest recorded calls of a module."""
    rows, total = await _bench(context).calls(
        context.actor,
        id,
        function=query.function or None,
        kind=query.kind or None,
        account_id=_key(query.account_id),
        trace_id=query.trace_id or None,
        offset=query.offset,
        limit=query.limit,
    )
    return RecordingPage(items=[RecordingRow(**_row(row)) for row in rows], total=total)


@router.get(
    "/modules/{id:key}/calls/{call_id:key}", query=RevealQuery, returns=RecordingCard, right="modules.read"
)
async def get_call(context: Context, id: int, call_id: int, query: RevealQuery) -> RecordingCard:
    """One recorded call with its arguments, result, log and HTTP exchanges."""
    recorded = await _bench(context).call(context.actor, id, call_id, reveal=query.reveal)
    left_out = recorded.webhook_id is not None and not context.actor.may("webhooks.read")
    return await asyncio.to_thread(_card, recorded, revealed=query.reveal, arguments_left_out=left_out)


@router.post(
    "/modules/{id:key}/calls/{call_id:key}/replay",
    body=ReplayBody,
    returns=ReplayShape,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def replay_call(context: Context, id: int, call_id: int, body: ReplayBody) -> ReplayShape:
    """Repeat a recorded call offline, with its time, chance and answers: nothing is sent.

    One that came as a webhook takes the right to read webhooks too.
    """
    try:
        replayed = await _bench(context).replay(
            context.actor, id, call_id, source=body.source, version_id=_key(body.version_id)
        )
    except ModuleCallFailed as failure:
        run = run_shape(failure, context.language)
        return ReplayShape(**_fields(run), same=False, differences=[], unrecorded=[])
    return await asyncio.to_thread(_replay, replayed, context.language)


@router.get("/modules/{id:key}/recording", returns=RecordingSwitch, right="modules.read")
async def get_recording(context: Context, id: int) -> RecordingSwitch:
    """Whether calls of the module are recorded."""
    return RecordingSwitch(enabled=await _bench(context).recording(context.actor, id))


@router.put(
    "/modules/{id:key}/recording", body=RecordingSwitch, returns=RecordingSwitch, right="modules.write"
)
async def switch_recording(context: Context, id: int, body: RecordingSwitch) -> RecordingSwitch:
    """Record the module's calls from now on, or no longer."""
    await _bench(context).set_recording(context.actor, id, body.enabled)
    return body


@router.get("/modules/{id:key}/tests", returns=TestPage, right="modules.read")
async def list_tests(context: Context, id: int) -> TestPage:
    """The tests of a module."""
    rows = await _bench(context).tests(context.actor, id)
    return TestPage(items=[_test(row) for row in rows], total=len(rows))


@router.post(
    "/modules/{id:key}/calls/{call_id:key}/save-as-test",
    body=NewTest,
    returns=TestRowShape,
    status=201,
    right="modules.write",
)
async def save_as_test(context: Context, id: int, call_id: int, body: NewTest) -> TestRowShape:
    """Keep a recorded call as a test that expects what it gave.

    One that came as a webhook takes the right to read webhooks too.
    """
    row = await _bench(context).save_as_test(
        context.actor, id, call_id, body.name, replace_personal_data=body.replace_personal_data
    )
    return _test(row)


@router.delete("/modules/{id:key}/tests/{name}", right="modules.write")
async def delete_test(context: Context, id: int, name: str) -> None:
    """Delete a test."""
    await _bench(context).delete_test(context.actor, id, name)


@router.post(
    "/modules/{id:key}/tests/run",
    body=ReplayBody,
    returns=TestRunPage,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def run_tests(context: Context, id: int, body: ReplayBody) -> TestRunPage:
    """Run a module's tests, offline, by a text or a version."""
    runs = await _bench(context).run_tests(
        context.actor, id, source=body.source, version_id=_key(body.version_id)
    )
    items = [await asyncio.to_thread(_test_run, run) for run in runs]
    return TestRunPage(items=items, passed=sum(item.ok for item in items), total=len(items))


def _bench(context: Context) -> Workbench:
    return modules_of(context).workbench


def _key(text: str | None) -> int | None:
    return key_of(text) if text else None


def _id(key: int | None) -> str | None:
    return None if key is None else str(key)


def _row(row: RecordedRow | Recorded) -> dict[str, Any]:
    return {
        "id": _id(row.id),
        "started_at": row.started_at,
        "account_id": _id(row.account_id),
        "version_id": _id(row.version_id),
        "function": row.function,
        "lane": row.lane,
        "kind": row.kind,
        "wall_ms": row.wall_ms,
        "cpu_ms": row.cpu_ms,
        "webhook_id": _id(row.webhook_id),
        "replayable": row.replayable,
        "trace_id": row.trace_id,
    }


def _card(recorded: Recorded, *, revealed: bool, arguments_left_out: bool) -> RecordingCard:
    def shown(value: Any) -> Any:
        return value if revealed else hidden(value)

    lines = [LogLine(line.level, shown(line.message), line.at_ms) for line in recorded.log]
    return RecordingCard(
        **_row(recorded),
        clock=from_microseconds(recorded.clock_us),
        arguments=shown(recorded.arguments),
        arguments_left_out=arguments_left_out,
        result=shown(recorded.result),
        error=shown(recorded.error),
        log=log_shapes(lines),
        exchanges=[exchange_shape(shown(trace)) for trace in recorded.exchanges],
        revealed=revealed,
    )


def _replay(replayed: Replayed, language: Language) -> ReplayShape:
    outcome = replayed.outcome
    error: CallErrorShape | None = None
    if outcome.failure is not None:
        told = msgspec.to_builtins(error_shape(outcome.failure, language))
        error = msgspec.convert(hidden(told), CallErrorShape)
    lines = [LogLine(line.level, hidden(line.message), line.at_ms) for line in outcome.log]
    return ReplayShape(
        ok=outcome.error is None,
        result=hidden(outcome.result),
        error=error,
        log=log_shapes(lines),
        exchanges=[exchange_shape(hidden(trace)) for trace in replayed.recorded.exchanges],
        cpu_ms=outcome.cpu_ms,
        wall_ms=outcome.wall_ms,
        call_id=None,
        same=replayed.same,
        differences=_differences(replayed.differences),
        unrecorded=_unrecorded(outcome.unrecorded),
    )


def _differences(found: Any) -> list[DifferenceShape]:
    return [_difference(each) for each in found]


def _difference(found: Difference) -> DifferenceShape:
    return DifferenceShape(
        path=hidden(found.path),
        before=hidden(found.before),
        after=hidden(found.after),
        missing=found.missing,
    )


def _unrecorded(found: Any) -> list[UnrecordedShape]:
    requests: list[Unrecorded] = list(found)
    return [UnrecordedShape(method=each.method, url=hidden(each.url)) for each in requests]


def _test(row: TestRow) -> TestRowShape:
    return TestRowShape(
        name=row.name,
        function=row.function,
        call_id=_id(row.call_id),
        author=row.author,
        created_at=row.created_at,
    )


def _test_run(run: TestRun) -> TestRunShape:
    outcome = run.outcome
    return TestRunShape(
        name=run.name,
        ok=outcome.ok,
        differences=_differences(outcome.differences),
        error=None if outcome.error is None else hidden(outcome.error),
        unrecorded=_unrecorded(outcome.unrecorded),
        log=log_shapes(outcome.log),
        wall_ms=outcome.wall_ms,
    )


def _fields(run: RunShape) -> dict[str, Any]:
    return {name: getattr(run, name) for name in RunShape.__struct_fields__}

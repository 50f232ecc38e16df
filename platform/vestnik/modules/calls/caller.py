"""One call of a function of a module: checked arguments in, checked result out, a recording behind."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import randbits
from typing import Any

import structlog

from vestnik import contract, tracing
from vestnik.contract import ContractViolation
from vestnik.contract.facade import runtime_arguments
from vestnik.db import now
from vestnik.egress import Broker, ExchangeTrace
from vestnik.modules.accounts.storage import Storage
from vestnik.modules.calls import failures
from vestnik.modules.calls.failures import Escaped, ModuleCallFailed
from vestnik.modules.calls.hosting import CallHost
from vestnik.modules.metrics import CallMetrics
from vestnik.modules.ports import CallReport, ContactSource, LogLine, NoContacts
from vestnik.modules.recordings.recorder import Recorder, Recording
from vestnik.modules.sources.registry import Ready
from vestnik.sandbox import Lane, Limits, Program, Sandbox, SandboxError, SandboxUnavailable
from vestnik.sandbox import LogLine as SandboxLine

log = structlog.get_logger("vestnik.modules")

# Share of a call's time that one request may take, so that the module hears of a slow service itself.
FETCH_SHARE = 0.9

_CPU_S = {"parse": 2.0, "interactive": 5.0, "bulk": 30.0}
_RESULT_BYTES = {"parse": 2 << 20, "interactive": 8 << 20, "bulk": 15 << 20}
PAUSE_S = 60.0
SEED_BITS = 62


@dataclass(slots=True)
class _Call:
    """One call under way: what it is, and what is known of it by now."""

    ready: Ready
    function: str
    arguments: Mapping[str, Any]
    lane: Lane
    host: CallHost
    webhook_id: int | None
    seed: int
    started_at: datetime = field(default_factory=now)
    log: Sequence[LogLine] = ()
    cpu_ms: float = 0.0
    wall_ms: float = 0.0
    result: Any = None

    @property
    def exchanges(self) -> Sequence[ExchangeTrace]:
        """The requests by now."""
        return self.host.traces.kept


class Caller:
    """Runs functions of modules for accounts."""

    def __init__(
        self,
        sandbox: Sandbox,
        broker: Broker,
        recorder: Recorder,
        contacts: ContactSource,
        metrics: CallMetrics | None = None,
        suspend: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self._suspend = suspend
        self._sandbox, self._broker, self._recorder, self._contacts = sandbox, broker, recorder, contacts
        self._metrics = metrics or CallMetrics()

    async def call(
        self,
        ready: Ready,
        function: str,
        arguments: Mapping[str, Any],
        *,
        lane: Lane,
        storage: Storage,
        webhook_id: int | None = None,
        asks_before_writing: bool = False,
        knows_contacts: bool = True,
    ) -> CallReport:
        """The validated result with everything known of the call; raises ModuleCallFailed.

        `webhook_id` names the stored request that the arguments are. With `asks_before_writing` a request
        that may change something at the service ends the call as NeedsConsent, unsent. Without
        `knows_contacts` the module finds nobody.
        """
        started = time.perf_counter()
        longest_fetch_s = (
            limits_of(function).wall_s * FETCH_SHARE if function in contract.functions() else 0.0
        )
        host = CallHost(
            ready,
            function,
            self._broker,
            storage,
            self._contacts if knows_contacts else NoContacts(),
            longest_fetch_s,
            asks_before_writing=asks_before_writing,
            urgent=lane == "interactive",
        )
        call = _Call(ready, function, arguments, lane, host, webhook_id, randbits(SEED_BITS))
        try:
            with tracing.span("module.call", function=function, lane=lane, module=ready.module_id):
                await self._checked(call)
        except ModuleCallFailed as failure:
            call.wall_ms = call.wall_ms or (time.perf_counter() - started) * 1000
            failure.with_call(ready.version.id, call.log, call.exchanges, call.cpu_ms, call.wall_ms)
            failure.reached_service = host.reached_service
            failure.call_id = self._record(call, failure)
            await self._after(failure, ready)
            raise
        return CallReport(
            call.result,
            ready.version.id,
            call.log,
            call.exchanges,
            call.cpu_ms,
            call.wall_ms,
            self._record(call, None),
        )

    async def _after(self, failure: ModuleCallFailed, ready: Ready) -> None:
        """Have a module that tried to leave the sandbox switched off; a draft is nobody's module yet."""
        if not isinstance(failure, Escaped):
            return
        log.error("module.escaped", module_id=ready.module_id, version_id=ready.version.id)
        if self._suspend is not None and ready.version.id is not None:
            await self._suspend(ready.module_id)

    async def _checked(self, call: _Call) -> None:
        try:
            contract.check_arguments(call.function, call.arguments)
            await self._run(call)
            contract.check_result(call.function, call.result, call.arguments)
        except ContractViolation as violation:
            failure = failures.of_violation(violation, call.ready.module_title)
            failure.returned = call.result
            raise failure from None

    async def _run(self, call: _Call) -> None:
        ready, function, host = call.ready, call.function, call.host
        if function not in ready.version.functions:
            raise failures.not_implemented(ready.module_title, function)
        try:
            outcome = await self._sandbox.call(
                ready.version.program,
                function,
                runtime_arguments(function, call.arguments),
                host=host,
                limits=limits_of(function),
                lane=call.lane,
                settings=ready.settings,
                sealed=host.sealed.markers,
                seed=call.seed,
                clock_us=host.tape.clock_us,
                timekeeper=host.tape,
            )
        except SandboxError as error:
            call.log, call.cpu_ms, call.wall_ms = _lines(error.log, host), error.cpu_ms, error.wall_ms
            raise _failure(error, host, ready, function) from error
        except SandboxUnavailable as error:
            raise failures.unavailable(ready.module_title, function, error.message) from error
        except ModuleCallFailed:
            raise
        except Exception as error:
            log.exception("module.call_broke", function=function, account_id=ready.account_id)
            reason = f"the host failed: {type(error).__name__}"
            raise failures.crashed(ready.module_title, function, reason) from error
        call.log, call.cpu_ms, call.wall_ms = _lines(outcome.log, host), outcome.cpu_ms, outcome.wall_ms
        call.result = outcome.result

    def _record(self, call: _Call, failure: ModuleCallFailed | None) -> int | None:
        """Hand the call to the recorder; its id, None where it is not recorded."""
        ready, kind = call.ready, None if failure is None else failure.shown_kind
        self._metrics.called(call.lane, kind)
        if ready.version.id is not None:
            self._metrics.loaded(ready.module_id, kind, call.cpu_ms)
        if not ready.recording:
            return None
        is_webhook = call.lane == "webhook" or call.webhook_id is not None
        tape = call.host.tape
        if not self._recorder.wants(tape, ready.account_id, is_webhook=is_webhook, failed=kind is not None):
            return None
        recording = Recording(
            started_at=call.started_at,
            module_id=ready.module_id,
            account_id=ready.account_id,
            version_id=ready.version.id,
            webhook_id=call.webhook_id,
            function=call.function,
            program=text_of(ready.version.program),
            lane=call.lane,
            kind=kind,
            wall_ms=call.wall_ms,
            cpu_ms=call.cpu_ms,
            arguments=call.arguments,
            settings=ready.settings,
            seed=call.seed,
            tape=call.host.tape,
            sealed=call.host.sealed,
            result=call.result,
            error=None if failure is None else failure.as_record(),
            log=call.log,
            exchanges=call.exchanges,
        )
        return recording.id if self._recorder.take(recording) else None


def text_of(program: Program) -> str:
    """What tells one text from another, whatever version it is."""
    return program.identity.rpartition("#")[2]


def limits_of(function: str) -> Limits:
    """What one call of a function may use, by its class in the contract."""
    declared = contract.functions()[function]
    return Limits(
        cpu_s=_CPU_S[declared.limit],
        wall_s=declared.limit_s,
        pause_s=PAUSE_S,
        result_bytes=_RESULT_BYTES[declared.limit],
    )


def _failure(error: SandboxError, host: CallHost, ready: Ready, function: str) -> ModuleCallFailed:
    if error.host_kind == "forbidden_host" and host.forbidden is not None:
        return failures.of_forbidden_host(host.forbidden, ready.module_title, function, error.line)
    error.message = host.sealed.mask(error.message)
    return failures.of_sandbox(error, ready.module_title, function)


def _lines(lines: Sequence[SandboxLine], host: CallHost) -> list[LogLine]:
    masker = host.sealed.masker
    kept = [LogLine(line.level, masker.text(line.text), round(line.at_ms, 1)) for line in lines]
    if host.traces.left_out:
        kept.append(LogLine("warning", f"{host.traces.left_out} more requests are not shown", 0.0))
    return kept

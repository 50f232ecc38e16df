"""One call of a function of a module: checked arguments in, checked result out, a recording behind."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from vestnik import contract
from vestnik.contract import ContractViolation
from vestnik.contract.facade import runtime_arguments
from vestnik.db import now
from vestnik.egress import Broker, ExchangeTrace
from vestnik.modules import failures
from vestnik.modules.failures import ModuleCallFailed
from vestnik.modules.hosting import CallHost
from vestnik.modules.metrics import CallMetrics
from vestnik.modules.ports import CallReport, ContactSource, LogLine
from vestnik.modules.recorder import Recorder, Recording
from vestnik.modules.registry import Ready
from vestnik.modules.storage import Storage
from vestnik.sandbox import Lane, Limits, Sandbox, SandboxError, SandboxUnavailable
from vestnik.sandbox import LogLine as SandboxLine

log = structlog.get_logger("vestnik.modules")

# Share of a call's time that one request may take, so that the module hears of a slow service itself.
FETCH_SHARE = 0.9

_CPU_S = {"parse": 2.0, "interactive": 5.0, "bulk": 30.0}
_RESULT_BYTES = {"parse": 2 << 20, "interactive": 8 << 20, "bulk": 15 << 20}
PAUSE_S = 60.0


@dataclass(slots=True)
class _Cost:
    """What is known of a call when it has ended."""

    log: Sequence[LogLine] = ()
    exchanges: Sequence[ExchangeTrace] = ()
    cpu_ms: float = 0.0
    wall_ms: float = 0.0
    host: CallHost | None = None

    @property
    def reached_service(self) -> bool:
        """Whether a request of the call may have arrived anywhere."""
        return self.host is not None and self.host.reached_service


class Caller:
    """Runs functions of modules for accounts."""

    def __init__(
        self,
        sandbox: Sandbox,
        broker: Broker,
        recorder: Recorder,
        contacts: ContactSource,
        metrics: CallMetrics | None = None,
    ) -> None:
        self._sandbox, self._broker, self._recorder, self._contacts = sandbox, broker, recorder, contacts
        self._metrics = metrics or CallMetrics()

    async def call(
        self, ready: Ready, function: str, arguments: Mapping[str, Any], *, lane: Lane, storage: Storage
    ) -> CallReport:
        """The validated result with everything known of the call; raises ModuleCallFailed."""
        started_at, started = now(), time.perf_counter()
        cost = _Cost()
        try:
            value = await self._checked(ready, function, arguments, lane, storage, cost)
        except ModuleCallFailed as failure:
            cost.wall_ms = cost.wall_ms or (time.perf_counter() - started) * 1000
            failure.with_call(ready.version.id, cost.log, cost.exchanges, cost.cpu_ms, cost.wall_ms)
            failure.reached_service = cost.reached_service
            self._record(ready, function, lane, started_at, cost, failure)
            raise
        self._record(ready, function, lane, started_at, cost, None)
        return CallReport(value, ready.version.id, cost.log, cost.exchanges, cost.cpu_ms, cost.wall_ms)

    async def _checked(
        self,
        ready: Ready,
        function: str,
        arguments: Mapping[str, Any],
        lane: Lane,
        storage: Storage,
        cost: _Cost,
    ) -> Any:
        value: Any = None
        try:
            contract.check_arguments(function, arguments)
            value = await self._run(ready, function, arguments, lane, storage, cost)
            contract.check_result(function, value, arguments)
        except ContractViolation as violation:
            failure = failures.of_violation(violation, ready.module_title)
            failure.returned = value
            raise failure from None
        return value

    async def _run(
        self,
        ready: Ready,
        function: str,
        arguments: Mapping[str, Any],
        lane: Lane,
        storage: Storage,
        cost: _Cost,
    ) -> Any:
        if function not in ready.version.functions:
            raise failures.not_implemented(ready.module_title, function)
        limits = limits_of(function)
        longest_fetch_s = limits.wall_s * FETCH_SHARE
        host = CallHost(ready, function, self._broker, storage, self._contacts, longest_fetch_s)
        cost.host, cost.exchanges = host, host.traces.kept
        try:
            outcome = await self._sandbox.call(
                ready.version.program,
                function,
                runtime_arguments(function, arguments),
                host=host,
                limits=limits,
                lane=lane,
                settings=ready.settings,
                sealed=host.sealed.markers,
            )
        except SandboxError as error:
            cost.log, cost.cpu_ms, cost.wall_ms = _lines(error.log, host), error.cpu_ms, error.wall_ms
            raise _failure(error, host, ready, function) from error
        except SandboxUnavailable as error:
            raise failures.unavailable(ready.module_title, function, error.message) from error
        except ModuleCallFailed:
            raise
        except Exception as error:
            log.exception("module.call_broke", function=function, account_id=ready.account_id)
            reason = f"the host failed: {type(error).__name__}"
            raise failures.crashed(ready.module_title, function, reason) from error
        cost.log, cost.cpu_ms, cost.wall_ms = _lines(outcome.log, host), outcome.cpu_ms, outcome.wall_ms
        return outcome.result

    def _record(
        self,
        ready: Ready,
        function: str,
        lane: Lane,
        started_at: Any,
        cost: _Cost,
        failure: ModuleCallFailed | None,
    ) -> None:
        kind = None if failure is None else failure.shown_kind
        self._metrics.called(lane, kind)
        self._recorder.take(
            Recording(
                started_at=started_at,
                module_id=ready.module_id,
                account_id=ready.account_id,
                version_id=ready.version.id,
                function=function,
                lane=lane,
                kind=kind,
                wall_ms=cost.wall_ms,
                cpu_ms=cost.cpu_ms,
                error=None if failure is None else failure.as_record(),
                log=cost.log,
                exchanges=cost.exchanges,
            )
        )


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

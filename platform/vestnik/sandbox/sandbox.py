"""The sandbox as its users see it: start it, call functions of modules, check sources."""

import asyncio
import contextlib
import platform
import secrets
import string
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from vestnik.sandbox import answers, selftest, wire
from vestnik.sandbox.calls import ProtocolViolation
from vestnik.sandbox.errors import SandboxError, SandboxUnavailable, WorkerCrashed
from vestnik.sandbox.nursery import Nursery
from vestnik.sandbox.pool import Claim, Pool
from vestnik.sandbox.process import WorkerProcess
from vestnik.sandbox.values import (
    CheckReport,
    Host,
    Lane,
    Limits,
    NoHost,
    Outcome,
    Program,
    SandboxOptions,
    Timekeeper,
)

LOAD_LIMITS: Final = Limits(cpu_s=3.0, wall_s=15.0)
SWEEP_S: Final = 15.0
MARKER_LENGTH: Final = 40
_MARKER_LETTERS: Final = string.ascii_letters + string.digits
_encode: Final = msgspec.msgpack.Encoder().encode


class Sandbox:
    """Runs functions of modules in jailed processes. One for the program, used from one event loop."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.options = options or SandboxOptions()
        self.walls: dict[str, bool] = dict.fromkeys(selftest.WALLS, False)
        self.reasons: dict[str, str] = {}
        #: Those that must stand here, by what the kernel has and what the options demand.
        self.mandatory = selftest.mandatory_walls(True, self.options.strict)
        self._nursery: Nursery | None = None
        self._pool: Pool | None = None
        self._tending: asyncio.Task[None] | None = None
        self._forbidden = asyncio.Event()

    # -- life

    async def start(self) -> None:
        """Builds the walls and proves that they stand. Raises SandboxUnavailable naming one that fails."""
        if sys.platform != "linux":
            raise SandboxUnavailable("platform", "Modules run on Linux")
        nursery = Nursery(self.options, self._renewed)
        try:
            await nursery.start()
            landlock = bool(nursery.posture.get("landlock_kernel"))
            self.mandatory = selftest.mandatory_walls(landlock, self.options.strict)
            inspection = await selftest.inspect(nursery, Limits().memory_bytes)
            self.walls, self.reasons = inspection.walls, inspection.reasons
            inspection.demand(landlock, self.options.strict)
            self._pool = Pool(self.options, Limits().memory_bytes, nursery.spawn)
            await self._pool.fill()
        except SandboxError as error:
            await nursery.stop()
            wall = (isinstance(error, WorkerCrashed) and error.missing_wall) or "process"
            self.reasons.setdefault(wall, error.message)
            raise SandboxUnavailable(wall, f"Modules can't run here: {error.message}") from error
        except SandboxUnavailable as error:
            self.reasons.setdefault(error.wall, error.message)
            await nursery.stop()
            raise
        except BaseException:
            await nursery.stop()
            raise
        self._nursery = nursery
        self._tending = asyncio.create_task(self._tend())

    async def stop(self) -> None:
        """Ends every process. Calls under way fail as crashed, waiting ones as busy."""
        tending, self._tending = self._tending, None
        if tending is not None:
            tending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await tending
        if self._pool is not None:
            await self._pool.stop()
        if self._nursery is not None:
            await self._nursery.stop()
        self._nursery = self._pool = None

    async def __aenter__(self) -> "Sandbox":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def describe(self) -> dict[str, Any]:
        """Walls, the reasons of missing ones, and counts of workers: for `doctor` and metrics."""
        counts = self.counts() if self._pool is not None else {}
        return {"walls": self.walls, "reasons": self.reasons, "workers": counts, "kernel": platform.release()}

    @property
    def running(self) -> bool:
        """Whether modules can be called."""
        return self._pool is not None

    def counts(self) -> dict[str, int]:
        """Busy, warm and blank workers and waiting calls; none where the sandbox does not run."""
        if self._pool is None:
            return dict.fromkeys(("busy", "warm", "blank", "waiting"), 0)
        return self._pool.counts()

    async def inspect(self) -> selftest.Inspection:
        """Repeats the self-test that every start makes."""
        nursery, _ = self._started()
        return await selftest.inspect(nursery, Limits().memory_bytes)

    def _started(self) -> tuple[Nursery, Pool]:
        if self._nursery is None or self._pool is None:
            raise SandboxUnavailable("process", "The sandbox has not been started")
        return self._nursery, self._pool

    def _renewed(self) -> None:
        if self._pool is not None:
            self._pool.drop_idle()

    async def _tend(self) -> None:
        """Sweeps idle workers and renews zygotes; after a forbidden system call without waiting."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    await self._forbidden.wait()
            forbidden = self._forbidden.is_set()
            self._forbidden.clear()
            nursery, pool = self._started()
            pool.sweep()
            with contextlib.suppress(SandboxUnavailable):  # the next call tries again and reports it
                await nursery.tend(forbidden_call=forbidden)

    # -- calls

    async def call(
        self,
        program: Program,
        function: str,
        arguments: Mapping[str, Any],
        *,
        host: Host | None = None,
        limits: Limits | None = None,
        lane: Lane = "interactive",
        settings: Mapping[str, Any] | None = None,
        sealed: Mapping[str, str] | Sequence[str] = (),
        seed: int | None = None,
        clock_us: int | None = None,
        timekeeper: Timekeeper | None = None,
    ) -> Outcome:
        """Runs one function of a module and returns its result, log and cost. Raises SandboxError.

        `arguments` and `settings` are plain values. `sealed` maps the names of secrets to the markers that
        stand for them; from bare names markers are made and given to the host as `control.markers`. `seed`
        (up to 63 bits) and `clock_us` (microseconds since 1970, UTC) make a call repeatable; a `timekeeper`
        moves that clock with each answer, and is asked for sleeps.
        """
        _, pool = self._started()
        limits = limits or Limits()
        markers = dict(sealed) if isinstance(sealed, Mapping) else {name: new_marker() for name in sealed}
        body = _encode(
            (
                function,
                arguments,
                settings or {},
                markers,
                seed,
                clock_us,
                min(limits.result_bytes, MAX_RESULT),
            )
        )
        if len(body) > wire.TO_WORKER_CAPS[wire.CALL]:
            raise ValueError(f"the arguments are too large for a module: {len(body)} bytes")
        claim = Claim(program.identity, limits.memory_bytes, lane)
        error: BaseException | None = None
        worker = await pool.acquire(claim, lambda blank: self._load(blank, program))
        try:
            return await self._run(worker, body, limits, host or NoHost(), markers, timekeeper)
        except BaseException as raised:
            error = raised
            raise
        finally:
            pool.release(claim, worker, error)
            if worker.forbidden_call:
                self._forbidden.set()

    @staticmethod
    async def _run(
        worker: WorkerProcess,
        body: bytes,
        limits: Limits,
        host: Host,
        markers: Mapping[str, str],
        timekeeper: Timekeeper | None,
    ) -> Outcome:
        kind, answer, call = await worker.request(wire.CALL, body, limits, host, markers, timekeeper)
        wall_ms = call.elapsed_ms()
        try:
            if kind == wire.DONE:
                result = answers.read_result(answer, limits.result_bytes)
                return Outcome(result, call.log, worker.cpu_ms, wall_ms)
            if kind != wire.FAILED:
                raise ProtocolViolation("a wrong answer to a call")
            error, recycle = answers.read_failure(answer)
        except ProtocolViolation as violation:
            error, recycle = worker.violated(str(violation)), False
        if recycle:
            worker.kill("its memory is spent")
        error.log, error.cpu_ms, error.wall_ms = call.log, worker.cpu_ms, wall_ms
        raise error

    @staticmethod
    async def _load(worker: WorkerProcess, program: Program) -> None:
        """Binds a worker to a program for life. Raises SyntaxRefused or PolicyRefused."""
        body = answers.encode_source(program.source, program.facade)
        kind, answer, _ = await worker.request(wire.LOAD, body, LOAD_LIMITS)
        refused = answers.refusal(_diagnostics(worker, kind, wire.LOADED, answer))
        if refused is not None:
            worker.kill("its program was refused")
            raise refused

    async def check(self, source: str, facade: Mapping[str, Any] | None = None) -> CheckReport:
        """Parses a source and applies the policy inside a jailed worker; runs nothing of it."""
        _, pool = self._started()
        try:
            body = answers.encode_source(source, facade or {})
        except SandboxError as refused:
            return CheckReport(refused.diagnostics, {})
        claim = Claim("a check of a source", Limits().memory_bytes, "interactive")
        worker = await pool.acquire(claim, _no_program)
        try:
            kind, answer, _ = await worker.request(wire.CHECK, body, LOAD_LIMITS)
            diagnostics = _diagnostics(worker, kind, wire.CHECKED, answer)
            try:
                return CheckReport(diagnostics, answers.read_functions(answer))
            except ProtocolViolation as violation:
                raise worker.violated(str(violation)) from None
        finally:
            worker.kill("it has seen a source that is not its own")
            pool.release(claim, worker, None)


MAX_RESULT: Final = wire.FROM_WORKER_CAPS[wire.DONE] - wire.KIB


def _diagnostics(worker: WorkerProcess, kind: int, expected: int, answer: bytes) -> Any:
    try:
        if kind != expected:
            raise ProtocolViolation("a wrong answer to a source")
        return answers.read_findings(answer)
    except ProtocolViolation as violation:
        raise worker.violated(str(violation)) from None


async def _no_program(worker: WorkerProcess) -> None:
    """A check needs a worker that is bound to nothing."""


def new_marker() -> str:
    """What stands for a secret in one call: text that survives every encoding unchanged."""
    return "".join(secrets.choice(_MARKER_LETTERS) for _ in range(MARKER_LENGTH))

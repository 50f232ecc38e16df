"""The host's handle of one worker process: frames, limits, the verdict on its end. Believes nothing."""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Mapping
from typing import Final, cast

from vestnik.sandbox import wire
from vestnik.sandbox.calls import Call, CallControl, ProtocolViolation
from vestnik.sandbox.errors import ModuleTimeout, SandboxError, WorkerCrashed, WorkerLost
from vestnik.sandbox.values import Host, Limits, NoHost, Timekeeper

TRACE_WAIT_S: Final = 0.1  # how long a stack dump may take before the worker is killed without it
TRACE_BYTES: Final = 64 * wire.KIB
POLL_S: Final = 0.005
# A call that has computed for so long gets only the processor time that nobody else wants.
YIELD_AFTER_S: Final = 0.1
EXIT_WAIT_S: Final = 1.0
WRITE_BUFFER_BYTES: Final = 64 * wire.MIB
_MODULE_FRAME: Final = re.compile(r'File "module\.py", line (\d{1,7}) in ([A-Za-z0-9_<>]{1,200})')
_LAST_FRAME: Final = "start_zygote.py"
_CRASHES: Final = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


class WorkerProcess(asyncio.Protocol):
    """One worker. `alive` turns False once and for all; a worker whose call was cut is never used again."""

    def __init__(
        self, number: int, memory_bytes: int, trace_fd: int, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.number = number
        self.memory_bytes = memory_bytes
        self.alive = True
        self.calls = 0
        self.born = self.idle_since = time.monotonic()
        self.forbidden_call = False
        self.ended: asyncio.Future[None] = loop.create_future()
        self.ready: asyncio.Future[tuple[int, bytes]] = loop.create_future()
        self.cpu_ms = 0.0
        self._loop = loop
        self._trace_fd = trace_fd
        self._pidfd: int | None = None
        self._clock_id: int | None = None
        self._cpu_mark_s = 0.0
        self._cpu_seen_s = 0.0
        self._transport: asyncio.Transport | None = None
        self._buffer = wire.FrameBuffer(wire.FROM_WORKER_CAPS)
        self._call: Call | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._yielding = False
        self._reason = ""

    # -- birth

    def born_as(self, pidfd: int) -> None:
        """The zygote has forked the process."""
        self._pidfd = pidfd
        if self.ended.done():
            self._close_descriptors()

    @property
    def pid(self) -> int:
        """The process id as this host sees it; 0 when it has ended."""
        if self._pidfd is None:
            return 0
        with open(f"/proc/self/fdinfo/{self._pidfd}") as file:
            found = re.search(r"^Pid:\s*(\d+)$", file.read(), re.MULTILINE)
        return int(found.group(1)) if found else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        socket = cast(asyncio.Transport, transport)  # it is one; uvloop's is of no class of asyncio
        socket.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._transport = socket

    # -- frames in

    def data_received(self, data: bytes) -> None:
        if not self.alive:
            return
        try:
            for kind, body in self._buffer.feed(data):
                self._on_frame(kind, body)
        except (wire.FrameViolation, ProtocolViolation) as error:
            self._fail(WorkerCrashed(f"the worker broke the protocol: {error}"))

    def _on_frame(self, kind: int, body: bytes) -> None:
        if not self.ready.done():
            if kind != wire.READY:
                raise ProtocolViolation("not ready")
            self.ready.set_result((kind, body))
        elif self._call is None:
            raise ProtocolViolation("a frame outside of a call")
        else:
            self._call.on_frame(kind, body)

    def violated(self, what: str) -> WorkerCrashed:
        """Kills the worker for an answer that no honest worker gives."""
        error = WorkerCrashed(f"the worker broke the protocol: {what}")
        self._fail(error)
        return error

    # -- a request

    async def request(
        self,
        kind: int,
        body: bytes,
        limits: Limits,
        host: Host | None = None,
        markers: Mapping[str, str] | None = None,
        timekeeper: Timekeeper | None = None,
    ) -> tuple[int, bytes, Call]:
        """Sends a frame, waits for its answer. Raises SandboxError, or what the host's operation raised."""
        if not self.alive or self._transport is None:
            raise WorkerLost(self._reason or "the worker has ended")
        host = host or NoHost()
        call = self._call = Call(
            limits, host, self._send, self.unread_bytes, self._aborted, self._loop, timekeeper
        )
        host.bind(CallControl(call, markers or {}))
        self.calls += 1
        watch = _Watch(self, call, self._loop)
        self._send(kind, body)
        try:
            answer_kind, answer = await call.answer
        except SandboxError as error:
            self._annotate(error, call)
            raise
        finally:
            watch.stop()
            call.close()
            self._call = None
            if not call.answer.done() or call.answer.cancelled():
                self.kill("its call was cancelled")
        self._measure()
        if self._yielding and self._schedule(os.SCHED_OTHER):
            self._yielding = False
        return answer_kind, answer, call

    def _send(self, kind: int, body: bytes) -> None:
        if self.alive and self._transport is not None:
            self._transport.write(wire.frame(kind, body))

    def unread_bytes(self) -> int:
        """What was sent to the worker and not taken by it yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def _annotate(self, error: SandboxError, call: Call) -> None:
        self._measure()
        error.log = call.log
        error.wall_ms = call.elapsed_ms()
        error.cpu_ms = self.cpu_ms

    def _aborted(self, error: Exception) -> None:
        self._fail(error)

    # -- the CPU clock

    def cpu_s(self) -> float | None:
        """Seconds of processor time in the process's life, by its own clock; None when it is gone."""
        if self._clock_id is None:
            pid = self.pid
            if not pid:
                return None
            self._clock_id = (~pid << 3) | 2
        try:
            self._cpu_seen_s = time.clock_gettime(self._clock_id)
        except OSError:
            return None
        return self._cpu_seen_s

    def cpu_used_s(self) -> float:
        """Since the last request ended: a worker that waits for one uses nothing."""
        now = self.cpu_s()
        return 0.0 if now is None else now - self._cpu_mark_s

    @property
    def cpu_life_s(self) -> float:
        """Seconds of processor time up to the end of the last request."""
        return self._cpu_mark_s

    def yield_processor(self) -> None:
        """Let every other process go first, until this call ends."""
        self._yielding = self._yielding or self._schedule(os.SCHED_IDLE)

    @property
    def yields(self) -> bool:
        """Whether it goes on letting others go first: without privileges there is no way back."""
        return self._yielding

    def _schedule(self, policy: int) -> bool:
        """One that yields stays on one processor: moved about, it would get in everybody's way there too."""
        processors = sorted(os.sched_getaffinity(0))
        if policy == os.SCHED_IDLE:
            processors = [processors[self.number % len(processors)]]
        try:
            if pid := self.pid:
                os.sched_setscheduler(pid, policy, os.sched_param(0))
                os.sched_setaffinity(pid, processors)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _measure(self) -> None:
        self.cpu_s()  # where the process is gone already, what was seen last holds
        self.cpu_ms = (self._cpu_seen_s - self._cpu_mark_s) * 1000
        self._cpu_mark_s = self._cpu_seen_s

    # -- the end

    def expire(self, call: Call, budget: str) -> None:
        """A limit of the call has passed: asks for the stack, then kills."""
        if self._stopping is None:
            self._stopping = self._loop.create_task(self._expire(call, budget))

    async def _expire(self, call: Call, budget: str) -> None:
        line, function = await self._where()
        self._stopping = None
        if call.answer.done():
            return  # it finished while the dump was made
        limits = call.limits
        if budget == "cpu":
            message = f"the call used more than {limits.cpu_s:g} s of processor time"
        else:
            message = f"the call took longer than {limits.wall_s:g} s"
            if call.waiting_for is not None:
                message += f", waiting for {call.waiting_for}"
        self._fail(ModuleTimeout(message, line=line, function=function))

    async def _where(self) -> tuple[int | None, str | None]:
        """The module's line by faulthandler, which answers even from the middle of a long C call."""
        if self._pidfd is None:
            return None, None
        text = ""
        try:
            self._read_trace()  # what an earlier dump or the worker itself left there
            signal.pidfd_send_signal(self._pidfd, signal.SIGUSR1)
            async with asyncio.timeout(TRACE_WAIT_S):
                while not _MODULE_FRAME.search(text) and _LAST_FRAME not in text:
                    await self._trace_readable()
                    text = (text + self._read_trace())[-TRACE_BYTES:]
        except (TimeoutError, OSError):
            return None, None
        found = _MODULE_FRAME.search(text)
        return (int(found.group(1)), found.group(2)) if found else (None, None)

    async def _trace_readable(self) -> None:
        readable: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._trace_fd, _settle, readable)
        try:
            await readable
        finally:
            if self._trace_fd >= 0:
                self._loop.remove_reader(self._trace_fd)

    def _read_trace(self) -> str:
        with contextlib.suppress(BlockingIOError):
            return os.read(self._trace_fd, TRACE_BYTES).decode(errors="replace")
        return ""

    def kill(self, reason: str) -> None:
        """Ends the process at once; a call under way fails as crashed."""
        self._fail(WorkerLost(f"the worker was ended: {reason}"))

    def _fail(self, error: Exception) -> None:
        if self.alive:
            self.alive = False
            self._reason = str(error)
            if self._pidfd is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            if self._transport is not None:
                self._transport.abort()
        if not self.ready.done():
            self.ready.set_exception(error)
            self.ready.exception()  # whoever waits gets it; nobody may be waiting
        if self._call is not None and not self._call.answer.done():
            self._call.answer.set_exception(self._call.failure or error)

    def connection_lost(self, error: Exception | None) -> None:
        """The other end is gone; why, the zygote's notice of the exit says, which may come a moment later."""
        if self.alive:
            self._loop.call_later(EXIT_WAIT_S, self._unexplained)

    def _unexplained(self) -> None:
        if self.alive:
            self._fail(WorkerLost("the worker ended without a notice"))

    def on_exit(self, status: int | None, maxrss_kb: int = 0) -> None:
        """The process has ended. `status` is None when its zygote went with it."""
        if self.alive:
            self.forbidden_call = (
                status is not None and os.WIFSIGNALED(status) and (os.WTERMSIG(status) == signal.SIGSYS)
            )
            self._fail(verdict(status, maxrss_kb))
        if not self.ended.done():
            self.ended.set_result(None)
        self._close_descriptors()

    def _close_descriptors(self) -> None:
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        if self._trace_fd >= 0:
            self._loop.remove_reader(self._trace_fd)
            os.close(self._trace_fd)
            self._trace_fd = -1


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class _Watch:
    """Polls one call's two limits; bound to that call, so that it can never touch the next one."""

    def __init__(self, worker: WorkerProcess, call: Call, loop: asyncio.AbstractEventLoop) -> None:
        self._worker = worker
        self._call = call
        self._loop = loop
        first = min(call.limits.wall_s, call.limits.cpu_s, YIELD_AFTER_S)
        self._timer: asyncio.TimerHandle = loop.call_later(first, self._look)

    def _look(self) -> None:
        if self._call.answer.done():
            return
        wall_left = self._call.wall_left_s()
        used = self._worker.cpu_used_s()
        cpu_left = self._call.limits.cpu_s - used
        next_look = min(wall_left, cpu_left)
        if used >= YIELD_AFTER_S:
            self._worker.yield_processor()
        else:
            next_look = min(next_look, YIELD_AFTER_S)
        if cpu_left <= 0:
            self._worker.expire(self._call, "cpu")
        elif wall_left <= 0:
            self._worker.expire(self._call, "wall")
        # the CPU budget can't pass sooner than the time that is left of it
        self._timer = self._loop.call_later(max(next_look, POLL_S), self._look)

    def stop(self) -> None:
        self._timer.cancel()


def verdict(status: int | None, maxrss_kb: int) -> WorkerCrashed:
    """What an exit status says about the end of a call."""
    if status is None:
        return WorkerLost("the process that starts workers has ended")
    if not os.WIFSIGNALED(status):
        for wall, number in wire.WALL_STATUS.items():
            if os.WEXITSTATUS(status) == number:
                lost = WorkerLost(f"the wall “{wall}” can't be built")
                lost.missing_wall = wall
                return lost
        return WorkerCrashed(f"the worker ended by itself (status {os.WEXITSTATUS(status)})")
    number = os.WTERMSIG(status)
    if number == signal.SIGSYS:
        error = WorkerCrashed("the module made a forbidden system call and was stopped")
        error.forbidden_call = True
        return error
    if number == signal.SIGXCPU:
        return WorkerCrashed("the worker has used up the processor time of its life")
    name = signal.Signals(number).name
    if number in _CRASHES:
        return WorkerCrashed(f"the worker crashed ({name}) with {maxrss_kb // 1024} MB in use")
    return WorkerLost(f"the worker was killed from outside ({name})")

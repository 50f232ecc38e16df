"""One call as the host sees it: its limits, its log, its operations under way and its verdict."""

import asyncio
import contextlib
import contextvars
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from vestnik.sandbox import wire
from vestnik.sandbox.errors import HostError
from vestnik.sandbox.values import Host, Limits, LogLine, Timekeeper

LOG_BYTES: Final = 80 * wire.KIB  # the worker's own limit is lower; this one holds when the worker lies
LOG_LINES: Final = 1200
SLEEP_LIMIT_S: Final = 3600.0
# What one call may make the host hold: arguments under way, and answers that the worker does not read.
ARGUMENT_BYTES: Final = 32 * wire.MIB
UNREAD_BYTES: Final = 64 * wire.MIB
# Operations past their limit: so many are refused, the next ones get no answer until the call's time is over.
# An honest worker waits for that; one that goes on all the same only keeps the host busy.
REFUSALS: Final = 100
UNANSWERED: Final = 1000
_encoder: Final = msgspec.msgpack.Encoder()
_PLAIN: Final = (str, int, float, bool, bytes, type(None))


class ProtocolViolation(Exception):
    """The worker sent what no honest worker sends; it is killed."""


class OperationFrame(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """O"""

    number: int
    name: str
    argument: Any


class CancelFrame(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """X"""

    number: int


class LogFrame(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """G"""

    level: int
    text: str


_operation: Final = msgspec.msgpack.Decoder(OperationFrame).decode
_cancel: Final = msgspec.msgpack.Decoder(CancelFrame).decode
_log: Final = msgspec.msgpack.Decoder(LogFrame).decode


class _Running(NamedTuple):
    """An operation under way: how to end it, how people are told of it, the bytes of its argument."""

    work: asyncio.TimerHandle | asyncio.Task[None]
    shown: str
    size: int


class CallControl:
    """The Control of one call: pauses the deadline, aborts the call."""

    def __init__(self, call: "Call", markers: Mapping[str, str]) -> None:
        self._call = call
        self.markers = markers

    def pause_clock(self) -> None:
        self._call.pause()

    def resume_clock(self) -> None:
        self._call.resume()

    def abort(self, error: Exception) -> None:
        self._call.abort(error)


class Call:
    """State of one request to a worker, from the frame that starts it to the frame that answers it."""

    def __init__(
        self,
        limits: Limits,
        host: Host,
        send: Callable[[int, bytes], None],
        unread: Callable[[], int],
        abort: Callable[[Exception], None],
        loop: asyncio.AbstractEventLoop,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        self.limits = limits
        self.answer: asyncio.Future[tuple[int, bytes]] = loop.create_future()
        self.log: list[LogLine] = []
        self.started = time.monotonic()
        self.failure: Exception | None = None
        self._host = host
        self._send = send
        self._unread = unread
        self._abort = abort
        self._loop = loop
        # An operation begins in the reader of the pipe, and belongs to whoever called.
        self._context = contextvars.copy_context()
        self._timekeeper = timekeeper
        self._log_bytes = 0
        self._operations = self._cancelled = 0
        self._argument_bytes = 0
        self._running: dict[int, _Running] = {}
        self._paused_since: float | None = None
        self._pauses = 0
        self._paused_s = 0.0

    # -- the deadline

    def wall_left_s(self) -> float:
        """Seconds until the deadline; a paused clock does not count, up to the limit of pauses."""
        now = time.monotonic()
        paused = self._paused_s
        if self._paused_since is not None:
            paused += now - self._paused_since
        return self.started + self.limits.wall_s + min(paused, self.limits.pause_s) - now

    def pause(self) -> None:
        self._pauses += 1
        if self._paused_since is None:
            self._paused_since = time.monotonic()

    def resume(self) -> None:
        self._pauses = max(self._pauses - 1, 0)
        if self._pauses == 0 and self._paused_since is not None:
            self._paused_s += time.monotonic() - self._paused_since
            self._paused_since = None

    def abort(self, error: Exception) -> None:
        """Ends the call with `error`; its worker is killed."""
        if self.failure is None and not self.answer.done():
            self.failure = error
            self._abort(error)

    @property
    def waiting_for(self) -> str | None:
        """What the module waits for, without query strings, or None when it computes."""
        names = [running.shown for running in self._running.values()]
        if not names:
            return None
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"

    # -- frames

    def on_frame(self, kind: int, body: bytes) -> None:
        """One frame of the worker while this call runs. Raises ProtocolViolation."""
        if len(body) > wire.ELEMENT_LIMIT and wire.has_more_elements(body, wire.ELEMENT_LIMIT):
            raise ProtocolViolation("too many values in a frame")
        try:
            if kind == wire.OPERATION:
                self._on_operation(_operation(body), len(body))
            elif kind == wire.LOG:
                self._on_log(_log(body))
            elif kind == wire.CANCEL:
                self._on_cancel(_cancel(body).number)
            elif not self.answer.done():
                self.answer.set_result((kind, body))
            else:
                raise ProtocolViolation("a second answer")
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise ProtocolViolation(f"a frame that can't be read ({type(error).__name__})") from None

    def _on_log(self, line: LogFrame) -> None:
        if not 0 <= line.level < len(wire.LOG_LEVELS):
            raise ProtocolViolation("a log level that does not exist")
        self._log_bytes += len(line.text) + 16
        if self._log_bytes > LOG_BYTES or len(self.log) >= LOG_LINES:
            raise ProtocolViolation("more log than allowed")
        self.log.append(LogLine(wire.LOG_LEVELS[line.level], line.text, self.elapsed_ms()))

    def elapsed_ms(self) -> float:
        return (time.monotonic() - self.started) * 1000

    def _on_operation(self, frame: OperationFrame, size: int) -> None:
        number, name = frame.number, frame.name
        if self.answer.done() or number in self._running:
            raise ProtocolViolation("an operation out of turn")
        check_plain(frame.argument)
        self._operations += 1
        refused = self._operations - self.limits.operations
        if refused > REFUSALS + UNANSWERED:
            raise ProtocolViolation("operations without end")
        if refused > REFUSALS:
            return
        if refused > 0:
            limit = self.limits.operations
            self._reply(number, False, ["limit", f"a call may ask the host {limit} times"])
        elif len(self._running) >= self.limits.operations_at_once:
            limit = self.limits.operations_at_once
            self._reply(number, False, ["limit", f"a call may have {limit} operations under way"])
        elif self._argument_bytes + size > ARGUMENT_BYTES:
            refusal = f"the operations under way may have {ARGUMENT_BYTES} bytes together"
            self._reply(number, False, ["limit", refusal])
        elif name == "sleep":
            delay = frame.argument
            if type(delay) is not float or not 0 <= delay:
                raise ProtocolViolation("a sleep without a length")
            delay = min(delay, SLEEP_LIMIT_S)
            timer: asyncio.TimerHandle | asyncio.Task[None]
            if self._timekeeper is None:
                timer = self._loop.call_later(delay, self._slept, number)
            else:
                timer = self._loop.create_task(self._sleep(self._timekeeper, number, delay))
            self._running[number] = _Running(timer, "asyncio.sleep", 0)
        else:
            operation = self._operate(number, name, frame.argument)
            task = self._loop.create_task(operation, context=self._context.copy())
            self._argument_bytes += size
            self._running[number] = _Running(task, describe(name, frame.argument), size)

    async def _sleep(self, timekeeper: Timekeeper, number: int, delay_s: float) -> None:
        await timekeeper.sleep(delay_s)
        self._slept(number)

    def _slept(self, number: int) -> None:
        self._ended(number)
        self._reply(number, True, None)

    def _ended(self, number: int) -> "_Running | None":
        running = self._running.pop(number, None)
        if running is not None:
            self._argument_bytes -= running.size
        return running

    async def _operate(self, number: int, name: str, argument: Any) -> None:
        try:
            body = self._encoded(number, True, await self._host.operate(name, argument))
        except HostError as error:
            self._ended(number)
            self._reply(number, False, [error.kind, error.message])
        except Exception as error:  # not the module's fault: the caller of Sandbox.call gets it
            self._ended(number)
            self.abort(error)
        else:
            self._ended(number)
            self._reply_body(number, body)

    def _reply(self, number: int, ok: bool, value: Any) -> None:
        self._reply_body(number, self._encoded(number, ok, value))

    def _encoded(self, number: int, ok: bool, value: Any) -> bytes:
        if self._timekeeper is None:
            return _encoder.encode((number, ok, value))
        return _encoder.encode((number, ok, value, self._timekeeper.now_us()))

    def _reply_body(self, number: int, body: bytes) -> None:
        if self.answer.done() or self.failure is not None:
            return
        if len(body) > wire.TO_WORKER_CAPS[wire.REPLY]:
            body = self._encoded(number, False, ["too_large", "the answer is too large for a module"])
        elif self._unread() + len(body) > UNREAD_BYTES:
            body = self._encoded(number, False, ["limit", "the module does not take its answers"])
        self._send(wire.REPLY, body)

    def _on_cancel(self, number: int) -> None:
        self._cancelled += 1
        if self._cancelled > self._operations:
            raise ProtocolViolation("more is cancelled than was asked for")
        running = self._ended(number)
        if running is not None:
            running.work.cancel()

    def close(self) -> None:
        """Cancels what is still under way."""
        for running in self._running.values():
            with contextlib.suppress(RuntimeError):  # the loop is closing
                running.work.cancel()
        self._running.clear()


def describe(name: str, argument: Any) -> str:
    """An operation for people: a fetch with its address, without the query string, which may hold secrets."""
    url = argument.get("url") if name == "fetch" and isinstance(argument, dict) else None
    if not isinstance(url, str):
        return name[:100]
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return name
    return f"fetch {parts.scheme}://{host}{port}{parts.path}"[:300]


def check_plain(value: Any) -> None:
    """Raises ProtocolViolation unless the value consists of JSON types and bytes."""
    stack = [value]
    while stack:
        each = stack.pop()
        kind = type(each)
        if kind is dict:
            if not all(type(key) is str for key in each):
                raise ProtocolViolation("an argument with keys that are not text")
            stack.extend(each.values())
        elif kind is list:
            stack.extend(each)
        elif kind not in _PLAIN:
            raise ProtocolViolation(f"an argument with a {kind.__name__}")

"""The worker: one blocking socket, one program for life, one call at a time, fresh globals for each call.

Runs inside the jail under `python -I -S`; imports only what the zygote loaded before the walls closed.
"""

import ast
import decimal
import gc
import json
import mmap
import os
import re
import types
import warnings
from collections.abc import Callable
from typing import Any, Final, NoReturn

import msgpack

from vestnik.sandbox import facades, guards, memory, policy, wire
from vestnik.sandbox.clock import CHANCE, CLOCK
from vestnik.sandbox.scheduler import (
    Asyncio,
    KeyRefused,
    Line,
    OperationError,
    RetryLater,
    Scheduler,
    ServiceDown,
)
from vestnik.sandbox.sdk import Log, Sdk, offered_names
from vestnik.sandbox.wire import MIB

SOCKET_FD: Final = 3
TRACEBACK_LINES: Final = 20
MESSAGE_LIMIT: Final = 2000
INTEGER_LIMIT: Final = 1 << 63
# The error report of a call that ran out of memory needs some itself.
RESERVE_BYTES: Final = 2 * MIB

_encode_json: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_long_number: Final = re.compile(r"[0-9]{19,}")
_asyncio_names: Final = frozenset({"gather", "sleep", "create_task", "wait_for", "TimeoutError"})


def pack(value: Any) -> bytes:
    """msgpack of plain values; the small buffer keeps an error report possible near the memory limit."""
    packed: bytes = msgpack.packb(value, use_bin_type=True, datetime=False, buf_size=65536)
    return packed


def unpack(body: bytes) -> Any:
    """A frame of the host."""
    return msgpack.unpackb(body, raw=False, strict_map_key=False)


class ResultRefused(Exception):
    """The function returned something that can't be handed over."""


class Channel:
    """The worker's end of the socket: frames out, frames in."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = wire.FrameBuffer(wire.TO_WORKER_CAPS)
        self._frames: list[tuple[int, bytes]] = []

    def send(self, kind: int, body: bytes) -> None:
        """Writes one frame whole."""
        data = memoryview(wire.frame(kind, body))
        while data:
            data = data[os.write(self._descriptor, data) :]

    def receive(self) -> tuple[int, bytes]:
        """The next frame; ends the process when the host has gone or breaks the protocol."""
        while not self._frames:
            data = os.read(self._descriptor, 65_536)
            if not data:
                os._exit(0)
            try:
                self._frames = self._buffer.feed(data)
            except wire.FrameViolation:
                os._exit(71)
        return self._frames.pop(0)

    def send_operation(self, number: int, name: str, argument: Any) -> None:
        """Asks the host for something; raises TypeError for an argument that is not plain."""
        body = pack([number, name, argument])
        if len(body) > wire.FROM_WORKER_CAPS[wire.OPERATION]:
            raise ValueError(f"the argument is larger than {wire.FROM_WORKER_CAPS[wire.OPERATION]} bytes")
        if len(body) > wire.ELEMENT_LIMIT and wire.has_more_elements(body, wire.ELEMENT_LIMIT):
            raise ValueError(f"the argument has more than {wire.ELEMENT_LIMIT} values")
        self.send(wire.OPERATION, body)

    def send_cancel(self, number: int) -> None:
        self.send(wire.CANCEL, pack([number]))

    def send_log(self, level: int, text: str) -> None:
        self.send(wire.LOG, pack([level, text]))

    def receive_reply(self) -> tuple[int, bool, Any]:
        """The answer to one of the operations under way."""
        kind, body = self.receive()
        if kind != wire.REPLY:
            os._exit(71)
        number, ok, value, *moment = unpack(body)
        if moment:
            CLOCK.advance_to(moment[0])
        return number, ok, value


class Runtime:
    """What every worker of a zygote shares, built once before the fork."""

    def __init__(self) -> None:
        self.names = facades.standard_names()
        self.caches = memory.caches_of([*facades.MODULES, "_strptime"])
        self.facades = {name: guards.facade(name, names) for name, names in self.names.items()}
        self.offered = {name: frozenset(names) for name, names in self.names.items()}
        self.offered["asyncio"] = _asyncio_names

    def modules(self, facade: dict[str, Any]) -> dict[str, frozenset[str]]:
        """The import allow-list for a program with this facade."""
        return {**self.offered, "vestnik_sdk": offered_names(facade)}


class Program:
    """A compiled module and the names that it sees."""

    def __init__(self, runtime: Runtime, channel: Line, source: str, facade: dict[str, Any]) -> None:
        self.code, _, self.warnings = policy.compile_module(
            source, runtime.modules(facade), facades.BUILTIN_NAMES
        )
        self._channel = channel
        self._scheduler = Scheduler(channel)
        self.log = Log(channel.send_log)
        self.sdk = Sdk(facade, self.log)
        available = dict(runtime.facades)
        available["asyncio"] = guards.facade("asyncio", Asyncio(lambda: self._scheduler).names())
        available["vestnik_sdk"] = self.sdk.facade
        self._builtins = facades.builtin_table(available, self.log.print)

    def call(self, function: str, arguments: dict[str, Any], names: dict[str, Any]) -> Any:
        """Runs the module's body in `names`, which is empty, and then the function."""
        names.update(guards.module_globals(self._builtins))
        exec(self.code, names)  # noqa: S102  # the module's body, compiled by the policy, in the jail
        target = names.get(function)
        if not callable(target):
            raise NotImplementedError(f"the module has no function {function}")
        result = target(**self.sdk.wrap(function, arguments))
        return self._scheduler.run(result) if isinstance(result, types.CoroutineType) else result

    def end_call(self) -> None:
        """Lets go of what the call's tasks hold, and of its settings and markers."""
        self._scheduler = Scheduler(self._channel)
        self.sdk.end()


def encode_result(result: Any, limit_bytes: int) -> bytes:
    """The result as JSON text. Raises ResultRefused naming the place of the first value that is not JSON."""
    try:
        encoded = _encode_json(result)
        if _long_number.search(encoded):
            refuse_result(result)
        data = encoded.encode()
    except (TypeError, ValueError, RecursionError) as error:
        refuse_result(result)
        raise ResultRefused(f"the result can't be written as JSON: {error}") from None
    if len(data) > limit_bytes:
        raise ResultRefused(f"the result is too large: {len(data)} bytes, the limit is {limit_bytes}")
    if data.count(b"[") + data.count(b"{") > wire.ELEMENT_LIMIT:
        raise ResultRefused(f"the result has more than {wire.ELEMENT_LIMIT} lists and objects")
    return data


def refuse_result(result: Any) -> None:
    """Looks for the value that is not JSON and raises ResultRefused with its path."""
    stack: list[tuple[str, Any, int]] = [("$", result, 0)]
    while stack:
        path, value, depth = stack.pop()
        if depth > 100:
            raise ResultRefused(f"the result is nested more than 100 deep at {path[:200]}")
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    raise ResultRefused(f"the result has the key {key!r:.80} at {path}; keys must be text")
            stack.extend((f"{path}.{key}", each, depth + 1) for key, each in value.items())
        elif isinstance(value, (list, tuple)):
            stack.extend((f"{path}[{index}]", each, depth + 1) for index, each in enumerate(value))
        else:
            _refuse_scalar(path, value)


def _refuse_scalar(path: str, value: Any) -> None:
    if isinstance(value, str):
        if not value.isascii() and any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise ResultRefused(f"the result holds text with half of a surrogate pair at {path}")
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ResultRefused(f"the result holds {value!r} at {path}; JSON has no such number")
    elif isinstance(value, int):
        if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
            raise ResultRefused(f"the result holds a whole number of more than 64 bits at {path}")
    elif value is not None:
        kind = type(value).__name__
        raise ResultRefused(
            f"the result holds a value of type {kind} at {path}; only JSON values can be returned"
        )


def failure(error: BaseException) -> list[Any]:
    """The body of a FAILED frame for an error that left the module."""
    frames = _module_frames(error)
    kind = "raised"
    if isinstance(error, MemoryError):
        kind = "memory"
    elif isinstance(error, NotImplementedError):
        kind = "not_implemented"
    elif isinstance(error, ServiceDown):
        kind = "service_down"
    elif isinstance(error, RetryLater):
        kind = "retry_later"
    elif isinstance(error, KeyRefused):
        kind = "key_refused"
    operation_kind = error.kind if isinstance(error, OperationError) else None
    try:
        message = str(error)[:MESSAGE_LIMIT]
    except BaseException:
        message = ""
    message = message.encode(errors="replace").decode()
    if not message and kind == "memory":
        message = "the module needs more memory than it may have"
    if not message and kind == "not_implemented":
        message = "not implemented"
    recycle = isinstance(error, (MemoryError, RecursionError))
    name = str(type(error).__name__)[:200]
    return [
        kind,
        name,
        message,
        frames,
        None if operation_kind is None else str(operation_kind)[:100],
        recycle,
        _seconds(error) if isinstance(error, RetryLater) else None,
    ]


def _seconds(error: RetryLater) -> float | None:
    """When to come back, where the module still says so: it holds the exception, and may have changed it."""
    seconds = error.seconds
    return seconds if type(seconds) is float and 0 <= seconds <= wire.RETRY_LATER_LIMIT_S else None


def _module_frames(error: BaseException) -> list[list[Any]]:
    """(line, function) of the module's own frames, outermost first."""
    frames: list[list[Any]] = []
    traceback = error.__traceback__
    while traceback is not None and len(frames) < 1000:
        code = traceback.tb_frame.f_code
        if code.co_filename == policy.FILENAME:
            frames.append([traceback.tb_lineno, code.co_name])
        traceback = traceback.tb_next
    return frames[-TRACEBACK_LINES:]


def signatures(tree: ast.Module) -> list[list[Any]]:
    """The top-level functions: name, parameters, required ones, open-ended, async, place."""
    found: list[list[Any]] = []
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        arguments = node.args
        positional = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
        keyword = [arg.arg for arg in arguments.kwonlyargs]
        required = positional[: len(positional) - len(arguments.defaults)] + [
            name for name, default in zip(keyword, arguments.kw_defaults, strict=True) if default is None
        ]
        header_end = node.body[0].lineno if node.body[0].lineno > node.lineno else node.lineno
        found.append(
            [
                node.name,
                positional + keyword,
                required,
                arguments.kwarg is not None,
                isinstance(node, ast.AsyncFunctionDef),
                node.lineno,
                node.col_offset + 1,
                header_end,
            ]
        )
    return found


class Worker:
    """Answers frames until the host closes the socket or kills the process."""

    def __init__(self, runtime: Runtime, descriptor: int, probe: Callable[[str], str]) -> None:
        self._runtime = runtime
        self._channel = Channel(descriptor)
        self._probe = probe
        self._program: Program | None = None
        self._reserve: mmap.mmap | None = None

    def serve(self) -> NoReturn:
        """The loop."""
        warnings.showwarning = self._warn
        warnings.filters.clear()  # type: ignore[attr-defined]  # a list, typed as a sequence
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", RuntimeWarning)
        self._channel.send(wire.READY, pack([]))
        while True:
            kind, body = self._channel.receive()
            if kind == wire.CALL:
                self._call(body)
            elif kind == wire.LOAD:
                self._load(body)
            elif kind == wire.CHECK:
                self._check(body)
            elif kind == wire.PROBE:
                self._channel.send(wire.PROBED, pack([self._probe(unpack(body)[0])]))
            else:
                os._exit(71)

    def _warn(self, message: Any, *_: Any, **__: Any) -> None:
        """A coroutine that nobody awaited: the most common slip in a module, so it goes to the call's log."""
        if self._program is not None:
            self._program.log.warning(str(message))

    def _load(self, body: bytes) -> None:
        source, facade = unpack(body)
        try:
            self._program = Program(self._runtime, self._channel, source, facade)
            findings = self._program.warnings
        except policy.ModuleRefused as refusal:
            findings = refusal.findings
        gc.collect()
        gc.freeze()  # what a program consists of stays for good: the collection after each call passes it by
        self._channel.send(wire.LOADED, pack([findings]))

    def _check(self, body: bytes) -> None:
        source, facade = unpack(body)
        functions: list[list[Any]] = []
        try:
            _, tree, findings = policy.compile_module(
                source, self._runtime.modules(facade), facades.BUILTIN_NAMES
            )
            functions = signatures(tree)
        except policy.ModuleRefused as refusal:
            findings = refusal.findings
        self._channel.send(wire.CHECKED, pack([findings, functions]))

    def _call(self, body: bytes) -> None:
        program = self._program
        if program is None:
            os._exit(71)
        function, arguments, settings, markers, seed, clock_us, result_limit = unpack(body)
        del body
        self._reserve = self._reserve or mmap.mmap(
            -1, RESERVE_BYTES
        )  # address space only: no page is touched
        CLOCK.set(clock_us)
        CHANCE.set(seed)
        decimal.setcontext(decimal.Context())
        names: dict[str, Any] = {}
        program.sdk.begin(settings, markers)
        try:
            result = encode_result(program.call(function, arguments, names), result_limit)
            kind, answer = wire.DONE, pack([result])
        except BaseException as error:
            kind, answer = wire.FAILED, self._report(error)
        del arguments, settings, markers
        self._forget(program, names)
        self._channel.send(kind, answer)

    def _report(self, error: BaseException) -> bytes:
        """The body of a FAILED frame; frees the reserve first, then what the module's frames hold."""
        if self._reserve is not None:
            self._reserve.close()
            self._reserve = None
        report = failure(error)
        error.__traceback__ = error.__context__ = error.__cause__ = None
        return pack(report)

    def _forget(self, program: Program, names: dict[str, Any]) -> None:
        """Leaves nothing of a call for the next one. Before the answer: what ends here may still log."""
        names.clear()  # functions and globals form a cycle
        program.end_call()
        for forget in self._runtime.caches:
            forget()
        gc.collect()

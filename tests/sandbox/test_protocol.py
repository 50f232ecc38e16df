"""A worker that has been taken over may say anything: it dies of it, and the host does not."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgpack
import msgspec
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sandbox.hosts import Recorder, Stalled

from vestnik.sandbox import HostError, Limits, SandboxError, SandboxOptions, WorkerCrashed, answers, wire
from vestnik.sandbox.calls import ProtocolViolation, describe
from vestnik.sandbox.pool import Claim, Pool
from vestnik.sandbox.process import WorkerProcess


class Impostor:
    """A real process that the host believes to be a worker; the test speaks in its place."""

    def __init__(self, worker: WorkerProcess, line: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self.worker = worker
        self.line = line
        self.process = process

    def say(self, kind: int, body: bytes) -> None:
        self.line.sendall(wire.frame(kind, body))

    def hear(self) -> Any:
        """The next frame's body, past the frame that began the call."""
        while True:
            size, kind = wire.HEADER.unpack(self._read(wire.HEADER.size))
            body = self._read(size)
            if kind == wire.REPLY:
                return msgspec.msgpack.decode(body)

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            data += self.line.recv(min(size - len(data), wire.MIB))
        return bytes(data)

    async def is_killed(self) -> bool:
        status = await asyncio.to_thread(self.process.wait, 5)
        return status == -signal.SIGKILL and not self.worker.alive


def _process(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.DEVNULL)


@asynccontextmanager
async def impersonated(code: str) -> AsyncIterator[Impostor]:
    """A worker that has said that it is ready, and in truth runs `code`."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    trace_read, trace_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    process = await asyncio.to_thread(_process, code)
    worker = WorkerProcess(1, 0, trace_read, loop)
    worker.born_as(os.pidfd_open(process.pid))
    await loop.create_unix_connection(lambda: worker, sock=ours)
    theirs.sendall(wire.frame(wire.READY, msgspec.msgpack.encode([])))
    await worker.ready
    try:
        yield Impostor(worker, theirs, process)
    finally:
        worker.kill("the test is over")
        worker.on_exit(None)
        theirs.close()
        os.close(trace_write)
        process.kill()
        await asyncio.to_thread(process.wait)


@pytest_asyncio.fixture
async def impostor() -> AsyncIterator[Impostor]:
    async with impersonated("import signal; signal.pause()") as waiting:
        yield waiting


def packed(*values: Any) -> bytes:
    return msgspec.msgpack.encode(values)


VIOLATIONS: dict[str, tuple[int, bytes]] = {
    "unknown type": (0x7A, b""),
    "type of the other direction": (wire.CALL, packed("x")),
    "operation that is no msgpack": (wire.OPERATION, b"\xc1"),
    "operation with too few fields": (wire.OPERATION, packed(1, "fetch")),
    "operation with too many fields": (wire.OPERATION, packed(1, "fetch", None, 1)),
    "operation with a number as its name": (wire.OPERATION, packed(1, 2, None)),
    "operation with an extension": (wire.OPERATION, msgpack.packb([1, "fetch", msgpack.ExtType(5, b"x")])),
    "operation with a time stamp": (wire.OPERATION, msgpack.packb([1, "fetch", msgpack.Timestamp(1)])),
    "operation with keys that are no text": (wire.OPERATION, msgpack.packb([1, "fetch", {1: 2}])),
    "operation that is nested without end": (
        wire.OPERATION,
        b"\x93\x01\xa5fetch" + b"\x91" * 100_000 + b"\x00",
    ),
    "sleep without a length": (wire.OPERATION, packed(1, "sleep", "x")),
    "sleep for a negative time": (wire.OPERATION, packed(1, "sleep", -1.0)),
    "sleep for no number": (wire.OPERATION, packed(1, "sleep", float("nan"))),
    "log with a level that does not exist": (wire.LOG, packed(9, "x")),
    "log that is no text": (wire.LOG, msgpack.packb([1, b"\xff"])),
    "log with broken text": (wire.LOG, b"\x92\x01\xa1\xff"),
    "cancel without a number": (wire.CANCEL, packed("x")),
}


@pytest.mark.parametrize("name", VIOLATIONS)
async def test_frame_that_breaks_the_protocol_kills_the_worker(name: str, impostor: Impostor) -> None:
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits(), Recorder()))
    await asyncio.sleep(0)

    impostor.say(*VIOLATIONS[name])

    with pytest.raises(WorkerCrashed) as crashed:
        await call
    assert crashed.value.message.startswith("the worker broke the protocol: ")
    assert await impostor.is_killed()


async def test_length_over_the_cap_kills_before_anything_is_kept(impostor: Impostor) -> None:
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits()))
    await asyncio.sleep(0)

    impostor.line.sendall(wire.HEADER.pack(0xFFFFFFFF, wire.DONE))

    with pytest.raises(WorkerCrashed, match="4294967295 bytes"):
        await call
    assert await impostor.is_killed()


async def test_frame_outside_of_a_call_kills_the_worker(impostor: Impostor) -> None:
    impostor.say(wire.DONE, packed(b"1"))

    assert await impostor.is_killed()


async def test_more_log_than_allowed_kills_the_worker(impostor: Impostor) -> None:
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits()))
    await asyncio.sleep(0)

    for _ in range(3):
        impostor.say(wire.LOG, packed(1, "x" * 40_000))

    with pytest.raises(WorkerCrashed, match="more log than allowed"):
        await call


async def test_same_operation_number_twice_kills_the_worker(impostor: Impostor) -> None:
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits()))
    await asyncio.sleep(0)

    impostor.say(wire.OPERATION, packed(1, "sleep", 5.0))
    impostor.say(wire.OPERATION, packed(1, "sleep", 5.0))

    with pytest.raises(WorkerCrashed, match="out of turn"):
        await call


async def test_end_of_the_process_is_crashed_with_its_reason(impostor: Impostor) -> None:
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits()))
    await asyncio.sleep(0)

    impostor.worker.on_exit(signal.SIGSYS)

    with pytest.raises(WorkerCrashed, match="forbidden system call"):
        await call
    assert impostor.worker.forbidden_call


async def test_closed_socket_without_an_exit_is_crashed(impostor: Impostor) -> None:
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits()))
    await asyncio.sleep(0)

    impostor.line.close()

    with pytest.raises(WorkerCrashed, match="without a notice"):
        await call
    assert await impostor.is_killed()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_are_a_violation(body: bytes) -> None:
    for read in (
        lambda: answers.read_result(body, 1000),
        lambda: answers.read_failure(body),
        lambda: answers.read_findings(body),
        lambda: answers.read_functions(body),
    ):
        try:
            read()
        except ProtocolViolation:
            continue


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | st.binary(),
    lambda children: st.lists(children) | st.dictionaries(st.text() | st.integers(), children),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(PLAIN)
def test_any_packed_value_is_read_or_is_a_violation(value: Any) -> None:
    try:
        body = msgpack.packb(value)
    except (OverflowError, ValueError, UnicodeEncodeError):
        return
    for read in (answers.read_failure, answers.read_findings, answers.read_functions):
        try:
            read(body)
        except ProtocolViolation:
            continue


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[1,]",
        b"NaN",
        b"1e999",
        b'"\xff"',
        b"[" * 100_000,
        b"9223372036854775808",
        b'{"a":1',
        b"\x00",
    ],
)
def test_result_that_is_no_json_is_a_violation(text: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        answers.read_result(packed(text), 1_000_000)


@settings(max_examples=200, deadline=None)
@given(PLAIN, st.integers(0, 60))
def test_values_are_counted_before_they_are_decoded(value: Any, limit: int) -> None:
    try:
        body = msgpack.packb(value)
    except (OverflowError, ValueError, UnicodeEncodeError):
        return

    def count(each: Any) -> int:
        if isinstance(each, dict):
            return 1 + len(each) + sum(count(inner) for inner in each.values())
        return 1 + sum(count(inner) for inner in each) if isinstance(each, list) else 1

    assert wire.has_more_elements(body, limit) == (count(value) > limit)


@pytest.mark.parametrize("text", [b"[" + b"[]," * 300_000 + b"[]]", b"[" + b"{}," * 300_000 + b"{}]"])
def test_result_that_would_swell_in_memory_is_a_violation(text: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="over its limit"):
        answers.read_result(packed(text), 10_000_000)


def test_result_over_its_limit_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation, match="over its limit"):
        answers.read_result(packed(b'"' + b"x" * 100 + b'"'), 50)


def test_diagnostic_with_a_code_or_fields_that_do_not_exist_is_a_violation() -> None:
    for code, fields in (("nothing", {}), ("private_name", {}), ("syntax", {"other": "x"})):
        with pytest.raises(ProtocolViolation):
            answers.read_findings(packed([(1, 1, 1, 1, "error", "policy", code, fields)]))


def test_frames_are_cut_wherever_the_stream_is_split() -> None:
    stream = wire.frame(wire.LOG, b"one") + wire.frame(wire.DONE, b"") + wire.frame(wire.LOG, b"x" * 300)
    for size in (1, 2, 4, 5, 7, 100):
        buffer = wire.FrameBuffer(wire.FROM_WORKER_CAPS)
        frames = [
            frame for at in range(0, len(stream), size) for frame in buffer.feed(stream[at : at + size])
        ]
        assert frames == [(wire.LOG, b"one"), (wire.DONE, b""), (wire.LOG, b"x" * 300)]


@pytest.mark.parametrize(
    ("name", "argument", "text"),
    [
        ("fetch", {"url": "https://user:pass@host:99/a?b=c#d"}, "fetch https://host:99/a"),
        ("fetch", {"url": "https://[bad"}, "fetch"),
        ("fetch", {"url": 5}, "fetch"),
        ("fetch", None, "fetch"),
        ("storage.get", {"key": "k"}, "storage.get"),
    ],
)
def test_waiting_operation_is_described_without_secrets(name: str, argument: Any, text: str) -> None:
    assert describe(name, argument) == text


def test_host_error_is_no_sandbox_error() -> None:
    assert not issubclass(HostError, SandboxError)


async def test_cancels_of_nothing_kill_the_worker(impostor: Impostor) -> None:
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits()))
    await asyncio.sleep(0)

    impostor.say(wire.CANCEL, packed(1))

    with pytest.raises(WorkerCrashed, match="more is cancelled than was asked for"):
        await call
    assert await impostor.is_killed()


async def test_operations_without_end_kill_the_worker(impostor: Impostor) -> None:
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits(operations=10)))
    await asyncio.sleep(0)

    frames = [wire.frame(wire.OPERATION, packed(number, "fetch", None)) for number in range(1111)]
    impostor.line.sendall(b"".join(frames))

    with pytest.raises(WorkerCrashed, match="operations without end"):
        await call
    assert await impostor.is_killed()


async def test_arguments_under_way_are_bounded_together(impostor: Impostor) -> None:
    host = Stalled()
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits(), host))
    await asyncio.sleep(0)

    argument = {"body": b"x" * (15 * wire.MIB)}
    for number in range(4):
        await asyncio.to_thread(impostor.say, wire.OPERATION, packed(number, "fetch", argument))
    replies = [await asyncio.to_thread(impostor.hear) for _ in range(2)]

    refusal = ["limit", "the operations under way may have 33554432 bytes together"]
    assert replies == [[2, False, refusal], [3, False, refusal]]
    assert len(host.asked) == 2
    impostor.say(wire.DONE, packed(b"1"))
    await call


async def test_answers_that_a_worker_does_not_read_are_not_kept(impostor: Impostor) -> None:
    host = Recorder(fetch=b"x" * (20 * wire.MIB))
    call = asyncio.create_task(impostor.worker.request(wire.CALL, b"", Limits(), host))
    await asyncio.sleep(0)

    for number in range(8):
        impostor.say(wire.OPERATION, packed(number, "fetch", None))
    async with asyncio.timeout(30):
        while len(host.asked) < 8:
            await asyncio.sleep(0.01)
    kept = impostor.worker.unread_bytes()
    heard = [await asyncio.to_thread(impostor.hear) for _ in range(8)]

    assert kept <= 64 * wire.MIB
    assert [answer[1] for answer in heard].count(False) >= 4
    assert heard[-1][2] == ["limit", "the module does not take its answers"]
    impostor.say(wire.DONE, packed(b"1"))
    await call


async def test_a_worker_that_is_busy_while_it_is_idle_dies_at_the_next_sweep() -> None:
    options = SandboxOptions(blanks=0)
    claim = Claim("taken over", 0, "interactive")
    async with impersonated("while True: pass") as impostor:
        worker = impostor.worker

        async def spawn(_memory_bytes: int) -> WorkerProcess:
            return worker

        async def bind(_worker: WorkerProcess) -> None:
            pass

        pool = Pool(options, 0, spawn)
        pool.release(claim, await pool.acquire(claim, bind), None)
        async with asyncio.timeout(10):
            while worker.cpu_used_s() <= options.worker_idle_cpu_s:
                await asyncio.sleep(0.005)
        pool.sweep()

        assert pool.counts() == {"busy": 0, "warm": 0, "blank": 0, "waiting": 0}
        assert await impostor.is_killed()
        with pytest.raises(WorkerCrashed, match="used processor time while it had no call"):
            await worker.request(wire.CALL, b"", Limits())


async def test_a_worker_that_waits_for_its_next_call_stays(impostor: Impostor) -> None:
    claim = Claim("honest", 0, "interactive")

    async def spawn(_memory_bytes: int) -> WorkerProcess:
        return impostor.worker

    async def bind(_worker: WorkerProcess) -> None:
        pass

    pool = Pool(SandboxOptions(blanks=0), 0, spawn)
    worker = await pool.acquire(claim, bind)
    call = asyncio.create_task(worker.request(wire.CALL, b"", Limits()))
    impostor.say(wire.DONE, packed(b"1"))
    await call
    pool.release(claim, worker, None)
    pool.sweep()

    assert pool.counts()["warm"] == 1

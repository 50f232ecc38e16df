"""The host's side of the zygotes: starts them, asks for workers, survives their death, renews them."""

import asyncio
import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from vestnik.sandbox.errors import SandboxUnavailable, WorkerCrashed, WorkerLost
from vestnik.sandbox.process import WorkerProcess
from vestnik.sandbox.values import SandboxOptions
from vestnik.sandbox.wire import KIB, MIB

START_S: Final = 30.0
RENEWAL_PAUSE_S: Final = 60.0  # between two new zygotes because of forbidden calls
SOCKET_BUFFER_BYTES: Final = MIB
_SCRIPT: Final = Path(__file__).with_name("start_zygote.py")


def _site_directories() -> list[str]:
    """Where the jail's three dependencies are; the zygote gets no other path."""
    found: list[str] = []
    for name in ("msgpack", "RestrictedPython", "tzdata"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found.append(str(Path(spec.origin).parent.parent))
    return list(dict.fromkeys(found))


class Zygote:
    """One zygote process and the workers that it has forked."""

    def __init__(self, options: SandboxOptions) -> None:
        self.posture: dict[str, Any] = {}
        self.alive = False
        self.born = time.monotonic()
        self.workers: dict[int, WorkerProcess] = {}
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._numbers = 0
        self._births: dict[int, asyncio.Future[None]] = {}
        self._ready: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._control, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own file, no shell, empty environment
                [sys.executable, "-I", "-S", "-X", "utf8", str(_SCRIPT), *_site_directories()],
                stdin=child.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={},
            )
        finally:
            child.close()

    async def start(self) -> None:
        """Waits for the walls. Raises SandboxUnavailable naming the one that can't be built."""
        self._loop.add_reader(self._control.fileno(), self._on_control)
        try:
            async with asyncio.timeout(START_S):
                answer = await self._ready
        except TimeoutError:
            await self.stop()
            raise SandboxUnavailable("process", "The worker process did not start in time") from None
        if "unavailable" in answer:
            wall, reason = answer["unavailable"], answer["reason"]
            await self.stop()
            raise SandboxUnavailable(wall, f"The wall “{wall}” can't be built here: {reason}")
        self.posture = answer["ready"]
        self.alive = True

    async def spawn(self, memory_bytes: int) -> WorkerProcess:
        """A jailed worker that waits for its first frame. Raises WorkerCrashed."""
        if not self.alive:
            raise WorkerLost("the process that starts workers has ended")
        self._numbers += 1
        number = self._numbers
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        trace_read, trace_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        worker = WorkerProcess(number, memory_bytes, trace_read, self._loop)
        self.workers[number] = worker
        born = self._births[number] = self._loop.create_future()
        request = {"id": number, "memory_bytes": memory_bytes, "cpu_life_s": self._options.worker_cpu_life_s}
        try:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
            ours.setblocking(False)
            socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno(), trace_write])
            await self._loop.create_unix_connection(lambda: worker, sock=ours)
            async with asyncio.timeout(self._options.spawn_s):
                await born
                await worker.ready
        except (OSError, TimeoutError) as error:
            self._forget(number, worker)
            ours.close()
            raise WorkerLost(f"no worker could be started: {error or 'it took too long'}") from error
        except BaseException:
            worker.kill("its start was cancelled")
            raise
        finally:
            theirs.close()
            os.close(trace_write)
        return worker

    def _forget(self, number: int, worker: WorkerProcess) -> None:
        self._births.pop(number, None)
        worker.kill("it did not start")
        if worker.pid == 0 and self.workers.pop(number, None) is not None:
            worker.on_exit(None)

    def _on_control(self) -> None:
        while True:
            try:
                message, descriptors, _, _ = socket.recv_fds(self._control, 4 * KIB, 4)
            except BlockingIOError:
                return
            except OSError:
                message, descriptors = b"", []
            if not message:
                self._ended()
                return
            self._on_message(json.loads(message), descriptors)

    def _on_message(self, message: dict[str, Any], descriptors: list[int]) -> None:
        if "exit" in message:
            worker = self.workers.pop(message["exit"], None)
            if worker is not None:
                worker.on_exit(message["status"], message["maxrss_kb"])
        elif "pid" in message:
            worker = self.workers.get(message["id"])
            born = self._births.pop(message["id"], None)
            if worker is None:
                os.close(descriptors[0])
                return
            worker.born_as(descriptors[0])
            if not worker.alive:
                worker.kill("it is no longer wanted")
            if born is not None and not born.done():
                born.set_result(None)
        elif not self._ready.done():
            self._ready.set_result(message)

    def _ended(self) -> None:
        """The zygote is gone, and with it every process that it forked."""
        self.alive = False
        if self._control.fileno() >= 0:
            self._loop.remove_reader(self._control.fileno())
            self._control.close()
        if not self._ready.done():
            self._ready.set_result({"unavailable": "process", "reason": self._last_words()})
        for born in self._births.values():
            if not born.done():
                born.set_exception(WorkerLost("the process that starts workers has ended"))
        self._births.clear()
        workers, self.workers = list(self.workers.values()), {}
        for worker in workers:
            worker.on_exit(None)

    def _last_words(self) -> str:
        assert self._process.stderr is not None  # noqa: S101  # it was made with a pipe
        os.set_blocking(self._process.stderr.fileno(), False)
        return ((self._process.stderr.read() or b"").decode(errors="replace").strip() or "it ended")[-2000:]

    async def stop(self) -> None:
        """Kills the zygote and every worker of it."""
        self.alive = False
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._ended()
        await asyncio.to_thread(self._process.wait)
        if self._process.stderr is not None:
            self._process.stderr.close()


class Nursery:
    """Always one zygote to fork from; older ones live until their last worker has ended."""

    def __init__(self, options: SandboxOptions, on_renewal: Callable[[], None]) -> None:
        self._options = options
        self._on_renewal = on_renewal
        self._current: Zygote | None = None
        self._retired: list[Zygote] = []
        self._starting = asyncio.Lock()
        self._renewed = -RENEWAL_PAUSE_S

    @property
    def posture(self) -> dict[str, Any]:
        """What the current zygote said about its walls."""
        return {} if self._current is None else self._current.posture

    async def start(self) -> None:
        """Starts the first zygote."""
        await self._zygote()

    async def _zygote(self) -> Zygote:
        async with self._starting:
            current = self._current
            if current is None or not current.alive:
                if current is not None:
                    await current.stop()
                current = Zygote(self._options)
                try:
                    await current.start()
                except asyncio.CancelledError:
                    await current.stop()
                    raise
                self._current = current
            return current

    async def spawn(self, memory_bytes: int) -> WorkerProcess:
        """A worker from the current zygote; a dead zygote is replaced first."""
        zygote = await self._zygote()
        try:
            return await zygote.spawn(memory_bytes)
        except WorkerCrashed:
            if zygote.alive:
                raise
            return await (await self._zygote()).spawn(memory_bytes)

    async def tend(self, forbidden_call: bool = False) -> None:
        """Renews an old zygote, or one whose child made a forbidden call: children share their layout."""
        current = self._current
        now = time.monotonic()
        if current is not None and current.alive:
            old = now - current.born > self._options.zygote_age_s
            if old or (forbidden_call and now - self._renewed > RENEWAL_PAUSE_S):
                self._renewed = now
                self._retired.append(current)
                self._current = None
                self._on_renewal()
                await self._zygote()
        finished = [zygote for zygote in self._retired if not zygote.workers]
        self._retired = [zygote for zygote in self._retired if zygote.workers]
        for zygote in finished:
            await zygote.stop()

    async def stop(self) -> None:
        """Ends every zygote."""
        zygotes = [*self._retired, *([self._current] if self._current else [])]
        self._retired, self._current = [], None
        for zygote in zygotes:
            await zygote.stop()

"""The zygote: a fresh `python -I -S` without secrets that forks jailed workers on request.

The host starts it with a control socket (SOCK_SEQPACKET) as descriptor 0 and answers are JSON:
    host   -> {"id", "memory_bytes", "cpu_life_s"} with the worker's socket and trace pipe
    zygote -> {"ready": {...}} | {"unavailable": wall, "reason": ...}
            | {"id", "pid"} with a pidfd | {"exit": id, "status", "maxrss_kb"}
"""

import contextlib
import faulthandler
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from vestnik.sandbox import jail, memory, policy, probes, worker
from vestnik.sandbox.wire import KIB, WALL_STATUS

CONTROL_FD: Final = 0
TRACE_FD: Final = 2
NICE: Final = 19
CODECS: Final = (
    "ascii latin-1 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 idna punycode unicode_escape cp1251 cp1252 "
    "cp866 koi8-r iso8859-5 iso8859-15 cp437 mac-cyrillic"
).split()

# Runs once before the fork, so that every worker finds the caches warm and the modules loaded.
WARM_UP: Final = """
import json, re
from datetime import datetime
LIMIT: int = 1
class Total:
    def __init__(self, start): self.value = start
def add(counts: dict, *, step=2) -> dict:
    total, seen = Total(step), {}
    for name, count in counts.items():
        seen[name] = seen.get(name, 0)
        seen[name] += count
        total.value += 1
    match seen:
        case {"a": [first, *rest]}: pass
        case str(): pass
        case _: pass
    try:
        json.loads(json.dumps(seen))
        re.match(r"(a|b)+", "ab")
        datetime.strptime("2024-01-01", "%Y-%m-%d").isoformat()
    except (ValueError, KeyError) as error:
        return {"error": f"{error!r:>4}", "list": [name for name in seen if name]}
    return {"value": total.value, "text": "a {}".format(step)}
async def CRM_Warm():
    return add({"a": 1})
"""


class _Silent:
    """The channel of the warm-up: nothing may be asked of a host that is not there."""

    def send_operation(self, number: int, name: str, argument: Any) -> None:
        raise RuntimeError("no host")

    def send_cancel(self, number: int) -> None:
        raise RuntimeError("no host")

    def send_log(self, level: int, text: str) -> None:
        raise RuntimeError("no host")

    def receive_reply(self) -> tuple[int, bool, Any]:
        raise RuntimeError("no host")


class WallFailed(Exception):
    """A mandatory wall can't be built here."""

    def __init__(self, wall: str, reason: object) -> None:
        self.wall, self.reason = wall, str(reason)
        super().__init__(wall)


def preload() -> worker.Runtime:
    """Loads and warms everything that the walls will make unreachable."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    time.localtime()
    for codec in CODECS:
        "a".encode(codec)
    "ä".encode("idna")
    memory.keep_plain_patterns()
    runtime = worker.Runtime()
    program = worker.Program(runtime, _Silent(), WARM_UP, {})
    worker.encode_result(program.call("CRM_Warm", {}, {}), KIB)
    try:
        policy.compile_module("import os\n(", {}, frozenset())
    except policy.ModuleRefused as refusal:
        worker.failure(refusal)
    return runtime


def build_walls() -> dict[str, Any]:
    """The walls that children inherit. Returns the posture; raises WallFailed for a mandatory one."""
    posture: dict[str, Any] = {"namespaces": False, "landlock": 0}
    posture["landlock_kernel"] = jail.landlock_version()
    try:
        jail.become_nobody()
        jail.set_dumpable(True)  # setuid made /proc/self root's; the maps below are written through it
        jail.die_with_parent()
    except OSError as error:
        raise WallFailed("process", error) from error
    _enter_namespaces(posture)
    try:
        jail.drop_capabilities()
        jail.set_dumpable(False)
    except OSError as error:
        raise WallFailed("process", error) from error
    try:
        jail.forbid_new_privileges()
    except OSError as error:
        raise WallFailed("no_new_privs", error) from error
    try:
        posture["landlock"] = jail.deny_files()
    except OSError as error:
        raise WallFailed("landlock", error) from error
    if posture["landlock"] and not jail.files_are_denied():
        raise WallFailed("landlock", "the root directory can still be opened")
    return posture


def _enter_namespaces(posture: dict[str, Any]) -> None:
    """Namespaces and an empty root where the kernel allows them; otherwise says why not."""
    try:
        jail.enter_namespaces()
    except OSError as error:
        posture["namespaces_reason"] = str(error)
        return
    child = os.fork()
    if child:  # stays outside the process namespace and ends with process 1 of it
        os.close(CONTROL_FD)
        os.waitpid(child, 0)
        os._exit(0)
    jail.die_with_parent()
    try:
        jail.empty_root()
        posture["namespaces"] = os.getpid() == 1 and not os.listdir("/")
    except OSError as error:
        posture["namespaces_reason"] = str(error)


@contextlib.contextmanager
def _wall(name: str) -> Iterator[None]:
    """Ends a worker that can't build a wall of its own; its status says which."""
    try:
        yield
    except (OSError, ValueError):
        os._exit(WALL_STATUS[name])


class Zygote:
    """Forks a worker for each request and reports the end of each."""

    def __init__(self, control: socket.socket, runtime: worker.Runtime, base_bytes: int) -> None:
        self._control = control
        self._runtime = runtime
        self._base_bytes = base_bytes
        self._filter = jail.Filter((worker.SOCKET_FD, TRACE_FD))
        self._children: dict[int, int] = {}

    def run(self) -> NoReturn:
        """The loop; ends with the host."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        while True:
            readable, _, _ = select.select([self._control.fileno(), wake_read], [], [])
            if wake_read in readable:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake_read, 4096)
                self._reap()
            if self._control.fileno() in readable:
                self._serve_request()

    def _send(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)
        except OSError:
            os._exit(0)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self._children.pop(pid, None)
            if number is not None:
                self._send({"exit": number, "status": status, "maxrss_kb": usage.ru_maxrss})

    def _serve_request(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 4 * KIB, 2)
        except OSError:
            os._exit(0)
        if not message:
            os._exit(0)
        request = json.loads(message)
        pid = os.fork()
        if pid == 0:
            self._become_worker(request, *descriptors)
        self._children[pid] = request["id"]
        for descriptor in descriptors:
            os.close(descriptor)
        pidfd = os.pidfd_open(pid)
        self._send({"id": request["id"], "pid": pid}, (pidfd,))
        os.close(pidfd)

    def _become_worker(self, request: dict[str, Any], line: int, trace: int) -> NoReturn:
        """In the child: arranges descriptors, closes the walls, serves. Any failure ends the process."""
        try:
            jail.die_with_parent()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.detach()
            os.dup2(trace, TRACE_FD)
            if line != worker.SOCKET_FD:
                os.dup2(line, worker.SOCKET_FD)
            os.closerange(worker.SOCKET_FD + 1, 1024)
            os.close(0)
            os.close(1)
            os.nice(NICE)
            with _wall("landlock"):
                jail.deny_files()
            with _wall("rlimits"):
                jail.set_limits(self._base_bytes + request["memory_bytes"], request["cpu_life_s"])
            faulthandler.register(signal.SIGUSR1, file=TRACE_FD, all_threads=False)
            with _wall("seccomp"):
                self._filter.install()
            worker.Worker(self._runtime, worker.SOCKET_FD, probes.attempt).serve()
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.write(TRACE_FD, f"worker: {error!r}\n".encode())
        os._exit(70)


def main() -> NoReturn:
    """Loads, builds the walls, reports them and serves."""
    os.environ.clear()
    control = socket.socket(fileno=CONTROL_FD)
    jail.die_with_parent()
    runtime = preload()
    sys.path.clear()
    gc.collect()
    gc.freeze()  # before any fork: a collection touches every object, and so would copy every page
    base_bytes = jail.memory_in_use_bytes()
    try:
        posture = build_walls()
        zygote = Zygote(control, runtime, base_bytes)
    except WallFailed as failed:
        control.send(json.dumps({"unavailable": failed.wall, "reason": failed.reason}).encode())
        os._exit(1)
    except OSError as error:
        control.send(json.dumps({"unavailable": "seccomp", "reason": str(error)}).encode())
        os._exit(1)
    control.send(json.dumps({"ready": posture}).encode())
    zygote.run()

"""Proof, at every start, that the walls stand: a throwaway worker tries what no worker may do.

Nothing is taken from the worker's own word where the kernel can be asked: its status and limits are read from
/proc by the host.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from vestnik.sandbox import wire
from vestnik.sandbox.answers import read_findings
from vestnik.sandbox.errors import SandboxUnavailable, WorkerCrashed
from vestnik.sandbox.nursery import Nursery
from vestnik.sandbox.process import WorkerProcess
from vestnik.sandbox.values import Limits

WALLS: Final = ("policy", "process", "rlimits", "no_new_privs", "seccomp", "landlock", "namespaces")
PROBE_LIMITS: Final = Limits(cpu_s=5, wall_s=10)

# One of each family that the language wall must refuse.
REFUSED_SOURCES: Final = (
    "import os",
    "x = ().__class__",
    "def f(g):\n    return g.gi_frame",
    "def f(_getattr_): pass",
    "x = open('/etc/passwd')",
    "eval('1')",
    "match 1:\n    case object(__class__=c): pass",
)
# The names of probes.KILLED; that file is only imported inside the jail.
KILLS: Final = (
    "socket inet", "socket unix", "socket netlink", "socketpair", "connect", "sendmsg", "execve",
    "fork", "clone", "clone3", "vfork", "thread", "ptrace", "kill zygote", "kill all", "pidfd_open",
    "process_vm_readv", "memfd_create", "io_uring_setup", "bpf", "perf_event_open", "userfaultfd",
    "keyctl", "unshare", "setns", "mount", "chroot", "prctl", "seccomp", "prlimit",
)  # fmt: skip


@dataclass(frozen=True)
class Inspection:
    """Which walls stand, and for each that does not, why."""

    walls: dict[str, bool]
    reasons: dict[str, str]

    def demand(self, landlock_kernel: bool, strict: bool) -> None:
        """Raises SandboxUnavailable for the first wall that must stand and does not."""
        for wall in mandatory_walls(landlock_kernel, strict):
            if not self.walls[wall]:
                reason = self.reasons.get(wall, "it is not there")
                raise SandboxUnavailable(wall, f"Modules can't run here: the wall “{wall}” fails: {reason}")


def mandatory_walls(landlock_kernel: bool, strict: bool) -> tuple[str, ...]:
    """The walls without which modules do not run: Landlock where the kernel has it, with `strict` all."""
    optional = {"namespaces"} if landlock_kernel else {"namespaces", "landlock"}
    return tuple(wall for wall in WALLS if strict or wall not in optional)


async def inspect(nursery: Nursery, memory_bytes: int) -> Inspection:
    """Tries the walls: what is refused in one worker, what must kill in a worker each. About 50 ms."""
    worker = await nursery.spawn(memory_bytes)
    reasons: dict[str, str] = {}
    try:
        reasons |= _from_kernel(worker)
        refused = await _probe(worker, "*")
        if refused != "refused":
            reasons["seccomp"] = f"these calls are allowed: {refused}"
    finally:
        worker.kill("it was a throwaway")
    survived = await asyncio.gather(*[_survives(nursery, memory_bytes, name) for name in KILLS])
    allowed = [name for name, alive in zip(KILLS, survived, strict=True) if alive]
    if allowed:
        reasons["seccomp"] = f"these calls do not end the process: {', '.join(allowed)}"
    accepted = await _accepted_sources(nursery, memory_bytes)
    if accepted:
        reasons["policy"] = f"accepted: {accepted!r}"
    posture = nursery.posture
    if not posture.get("landlock"):
        reasons["landlock"] = "the kernel has no Landlock"
    if not posture.get("namespaces"):
        reasons["namespaces"] = str(posture.get("namespaces_reason", "refused by the kernel"))
    return Inspection({wall: wall not in reasons for wall in WALLS}, reasons)


async def _probe(worker: WorkerProcess, name: str) -> str:
    kind, body, _ = await worker.request(wire.PROBE, msgspec.msgpack.encode([name]), PROBE_LIMITS)
    if kind != wire.PROBED:
        raise worker.violated("a wrong answer to a probe")
    return msgspec.msgpack.decode(body, type=tuple[str])[0]


async def _survives(nursery: Nursery, memory_bytes: int, name: str) -> bool:
    """Whether a worker lives on after a call that must end it."""
    worker = await nursery.spawn(memory_bytes)
    try:
        await _probe(worker, name)
    except WorkerCrashed:
        return not worker.forbidden_call
    finally:
        worker.kill("it was a throwaway")
    return True


async def _accepted_sources(nursery: Nursery, memory_bytes: int) -> str | None:
    worker = await nursery.spawn(memory_bytes)
    try:
        for source in REFUSED_SOURCES:
            body = msgspec.msgpack.encode([source, {}])
            kind, answer, _ = await worker.request(wire.CHECK, body, PROBE_LIMITS)
            if kind != wire.CHECKED or not read_findings(answer):
                return source
    finally:
        worker.kill("it was a throwaway")
    return None


def _from_kernel(worker: WorkerProcess) -> dict[str, str]:
    """What /proc says about a waiting worker."""
    process = Path(f"/proc/{worker.pid}")
    try:
        status = dict(_fields(process / "status"))
        limits = _limits(process / "limits")
        owner = (process / "limits").stat().st_uid  # root's, when the process can't be traced
    except OSError as error:
        return dict.fromkeys(("process", "rlimits", "no_new_privs", "seccomp"), str(error))
    reasons: dict[str, str] = {}
    uid = int(status["Uid"].split()[0])
    if any(int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff")):
        reasons["process"] = "the worker has capabilities"
    elif uid in (0, owner):
        reasons["process"] = "the worker runs as root or can be traced by its own user"
    if status.get("NoNewPrivs") != "1":
        reasons["no_new_privs"] = "the flag is not set"
    if status.get("Seccomp") != "2":
        reasons["seccomp"] = "no filter is installed"
    for name in ("Max open files", "Max processes", "Max file size", "Max core file size"):
        if limits.get(name) != "0":
            reasons["rlimits"] = f"{name} is {limits.get(name)}"
    if limits.get("Max address space", "unlimited") == "unlimited":
        reasons["rlimits"] = "memory is not limited"
    return reasons


def _fields(path: Path) -> list[tuple[str, str]]:
    pairs = (line.partition(":") for line in path.read_text().splitlines())
    return [(name, value.strip()) for name, _, value in pairs]


def _limits(path: Path) -> dict[str, str]:
    """Name -> hard limit."""
    found: dict[str, Any] = {}
    for line in path.read_text().splitlines()[1:]:
        name, columns = line[:26].strip(), line[26:].split()
        if len(columns) >= 2:
            found[name] = columns[1]
    return found

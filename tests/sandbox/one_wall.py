"""Makes every forbidden system call behind one wall alone, and prints what each came to as JSON.

    python one_wall.py process|rlimits|landlock|seccomp|namespaces

A call that ends its process is told as the signal's name. Runs as root: only root has everything to lose.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from vestnik.sandbox import jail, probes

MEMORY_BYTES = 1 << 32


def process() -> None:
    """Nobody's ids, no capability, not to be traced."""
    jail.become_nobody()
    jail.drop_capabilities()
    jail.set_dumpable(False)


def rlimits() -> None:
    """Limits of a process that is nobody's: root is above some of them."""
    jail.become_nobody()
    jail.set_limits(MEMORY_BYTES, 10)


def landlock() -> None:
    """A domain without rules."""
    jail.forbid_new_privileges()
    jail.deny_files()


def namespaces() -> None:
    """Surroundings of its own, in which it has no process to see but its own."""
    jail.become_nobody()
    jail.set_dumpable(True)
    jail.enter_namespaces()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0x7F)
    jail.empty_root()


WALLS: dict[str, Callable[[], None]] = {
    "process": process,
    "rlimits": rlimits,
    "landlock": landlock,
    "namespaces": namespaces,
}


def attempted(wall: str, probe: str) -> str:
    """The outcome of one call in a child behind one wall."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        if wall == "seccomp":
            jail.forbid_new_privileges()
            jail.Filter((writing,)).install()
        else:
            WALLS[wall]()
        os.write(writing, probes.attempt(probe).encode())
        os._exit(0)
    os.close(writing)
    told = os.read(reading, 100).decode()
    os.close(reading)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if told:
        return told
    return signal.Signals(-status).name if status < 0 else f"ended with {status}"


if __name__ == "__main__":
    names = [*probes.REFUSED, *probes.KILLED]
    told = {name: attempted(sys.argv[1], name) for name in names}
    Path("/dev/shm/created").unlink(missing_ok=True)  # noqa: S108  # where a wall let it be made
    print(json.dumps(told))

"""Runs one call where system calls are refused as a container or an old kernel does; prints what came of it.

    python in_a_container.py TAKEN [strict]

TAKEN names the wall whose system calls are refused, one of TAKEN below.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import os
import struct
import sys

from vestnik.sandbox import Program, Sandbox, SandboxOptions, SandboxUnavailable, syscalls

# system call, its first argument or None for any, the error
TAKEN: dict[str, list[tuple[str, int | None, int]]] = {
    "nothing": [],
    "namespaces": [
        (name, None, errno.EPERM) for name in ("unshare", "setns", "mount", "pivot_root", "chroot")
    ],
    "landlock": [("landlock_create_ruleset", None, errno.ENOSYS)],
    "rlimits": [("prlimit64", None, errno.EPERM), ("setrlimit", None, errno.EPERM)],
    "no_new_privs": [("prctl", 38, errno.EPERM)],
    "seccomp": [("seccomp", None, errno.EPERM), ("prctl", 22, errno.EPERM)],
    "process": [("capset", None, errno.EPERM)],
}
LOAD, EQUAL, RETURN, ALLOW, ERROR = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000
NUMBER_AT, FIRST_ARGUMENT_AT = 0, 16
NUMBERS = {"prctl": 157, "capset": 126, "setrlimit": 160, "prlimit64": 302}


class FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse(wall: str) -> None:
    """Puts this process and its children behind a filter like a container runtime's."""
    instructions = [(LOAD, 0, 0, NUMBER_AT)]
    for name, first, error in TAKEN[wall]:
        refused = (RETURN, 0, 0, ERROR | error)
        number = NUMBERS.get(name) or syscalls.number(name) or 0
        if first is None:
            instructions += [(EQUAL, 0, 1, number), refused]
        else:
            instructions += [
                (EQUAL, 0, 4, number),
                (LOAD, 0, 0, FIRST_ARGUMENT_AT),
                (EQUAL, 0, 1, first),
                refused,
                (LOAD, 0, 0, NUMBER_AT),
            ]
    instructions.append((RETURN, 0, 0, ALLOW))
    code = b"".join(struct.pack("HBBI", *each) for each in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = FilterProgram(len(instructions), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0:  # root needs it not, and so that wall can be taken away too
        libc.prctl(38, 1, 0, 0, 0)
    if libc.syscall(syscalls.number("seccomp"), 1, 0, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


async def main(strict: bool) -> None:
    """A start and a call, as far as they get."""
    sandbox = Sandbox(SandboxOptions(strict=strict))
    told: dict[str, object] = {}
    try:
        await sandbox.start()
        outcome = await sandbox.call(Program("a", "def run():\n    return 42"), "run", {})
        told["result"] = outcome.result
    except SandboxUnavailable as unavailable:
        told |= {"refused": unavailable.wall, "message": unavailable.message}
    told |= {"walls": sandbox.walls, "reasons": sandbox.reasons, "mandatory": sandbox.mandatory}
    await sandbox.stop()
    print(json.dumps(told))


if __name__ == "__main__":
    refuse(sys.argv[1])
    asyncio.run(main("strict" in sys.argv[2:]))

"""Runs one call where namespaces are refused, as in a default container; prints walls and result as JSON."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import struct

from vestnik.sandbox import Program, Sandbox, syscalls

REFUSED = ("unshare", "setns", "mount", "pivot_root", "chroot")
LOAD, EQUAL, RETURN, ALLOW, ERROR = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000


class FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse_namespaces() -> None:
    """Puts this process and its children behind a filter like a container runtime's."""
    instructions = [(LOAD, 0, 0, 0)]
    for name in REFUSED:
        instructions += [(EQUAL, 0, 1, syscalls.number(name) or 0), (RETURN, 0, 0, ERROR | errno.EPERM)]
    instructions.append((RETURN, 0, 0, ALLOW))
    code = b"".join(struct.pack("HBBI", *each) for each in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = FilterProgram(len(instructions), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    if libc.syscall(syscalls.number("seccomp"), 1, 0, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


async def main() -> None:
    async with Sandbox() as sandbox:
        outcome = await sandbox.call(Program("a", "def run():\n    return 42"), "run", {})
        print(json.dumps({"walls": sandbox.walls, "reasons": sandbox.reasons, "result": outcome.result}))


refuse_namespaces()
asyncio.run(main())

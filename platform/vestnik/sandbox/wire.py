"""Frames between the host and a worker: u32 body length, u8 type, msgpack body.

Both sides import this file. A frame's cap depends on its type and is compared with the length in the
header before a byte of the body is kept, so that neither side can make the other allocate.
"""

import struct
from typing import Final

HEADER: Final = struct.Struct("<IB")

# host -> worker
LOAD: Final = 0x4C  # L  source, modules of the facade
CALL: Final = 0x43  # C  function, arguments, settings, sealed markers, seed, clock, result cap
REPLY: Final = 0x52  # R  operation id, ok, value or [kind, message], perhaps the clock
CHECK: Final = 0x4B  # K  source, facade
PROBE: Final = 0x50  # P  name of one raw system call to try (self-test)

# worker -> host
READY: Final = 0x6A  # j  the walls stand
LOADED: Final = 0x6C  # l  diagnostics
DONE: Final = 0x64  # d  result as JSON text
FAILED: Final = 0x65  # e  kind, exception, message, frames, operation kind, recycle
OPERATION: Final = 0x4F  # O  operation id, name, argument
CANCEL: Final = 0x58  # X  operation id
LOG: Final = 0x47  # G  level, text
CHECKED: Final = 0x6B  # k  diagnostics, functions
PROBED: Final = 0x70  # p  outcome of the raw call

KIB: Final = 1024
MIB: Final = 1024 * 1024

TO_WORKER_CAPS: Final = {
    LOAD: 2 * MIB,
    CALL: 48 * MIB,
    REPLY: 48 * MIB,
    CHECK: 2 * MIB,
    PROBE: KIB,
}

FROM_WORKER_CAPS: Final = {
    READY: KIB,
    LOADED: MIB,
    DONE: 16 * MIB,
    FAILED: 256 * KIB,
    OPERATION: 16 * MIB,
    CANCEL: 64,
    LOG: 64 * KIB,
    CHECKED: 2 * MIB,
    PROBED: KIB,
}

# A decoded value takes far more memory than its bytes: no more of them than this in one argument or result.
ELEMENT_LIMIT: Final = 200_000

# The exit status of a worker that could not build one of its own walls.
WALL_STATUS: Final = {"landlock": 81, "rlimits": 82, "seccomp": 83}

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
RETRY_LATER_LIMIT_S: Final = 3600.0  # the longest wait that a module may ask for


class FrameViolation(ValueError):
    """The other side sent a type that it may not send, or more bytes than that type may have."""


def frame(kind: int, body: bytes) -> bytes:
    """One frame ready to be written."""
    return HEADER.pack(len(body), kind) + body


def has_more_elements(body: bytes, limit: int) -> bool:
    """Whether a msgpack body has more than `limit` values, read from the headers alone.

    A byte can be an empty list, which takes 64 bytes in memory: so a body is measured before it is decoded.
    """
    position, left, count = 0, 1, 0
    try:
        while left:
            count += 1
            if count > limit:
                return True
            skip, children = _header(body, position)
            position += skip
            left += children - 1
    except (IndexError, struct.error):
        return False  # cut short: the decoder says so
    return False


def _header(body: bytes, position: int) -> tuple[int, int]:
    """Bytes of a value without its children, and how many children it has."""
    first = body[position]
    if first < 0x80 or first >= 0xE0 or first in (0xC0, 0xC2, 0xC3):
        return 1, 0
    if first < 0x90:
        return 1, 2 * (first & 0x0F)
    if first < 0xA0:
        return 1, first & 0x0F
    if first < 0xC0:
        return 1 + (first & 0x1F), 0
    if first in _FIXED:
        return 1 + _FIXED[first], 0
    form, extra, children = _COUNTED[first]
    (size,) = form.unpack_from(body, position + 1)
    return (1 + form.size, children * size) if children else (1 + form.size + extra + size, 0)


_U8, _U16, _U32 = struct.Struct(">B"), struct.Struct(">H"), struct.Struct(">I")
# first byte: bytes that follow
_FIXED: Final = {
    0xC1: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
    0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17,
}  # fmt: skip
# first byte: form of the count, bytes besides it, children for each one counted
_COUNTED: Final = {
    0xC4: (_U8, 0, 0), 0xC5: (_U16, 0, 0), 0xC6: (_U32, 0, 0), 0xC7: (_U8, 1, 0), 0xC8: (_U16, 1, 0),
    0xC9: (_U32, 1, 0), 0xD9: (_U8, 0, 0), 0xDA: (_U16, 0, 0), 0xDB: (_U32, 0, 0), 0xDC: (_U16, 0, 1),
    0xDD: (_U32, 0, 1), 0xDE: (_U16, 0, 2), 0xDF: (_U32, 0, 2),
}  # fmt: skip


class FrameBuffer:
    """Cuts a stream of bytes into frames; holds at most one unfinished frame."""

    __slots__ = ("_caps", "_pending")

    def __init__(self, caps: dict[int, int]) -> None:
        self._caps = caps
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The frames that `data` completes. Raises FrameViolation for a wrong type or length."""
        pending = self._pending
        pending += data
        frames: list[tuple[int, bytes]] = []
        start, available = 0, len(pending)
        while available - start >= HEADER.size:
            size, kind = HEADER.unpack_from(pending, start)
            cap = self._caps.get(kind)
            if cap is None or size > cap:
                pending.clear()
                raise FrameViolation(f"a frame of type {kind:#x} with {size} bytes")
            end = start + HEADER.size + size
            if end > available:
                break
            frames.append((kind, bytes(memoryview(pending)[start + HEADER.size : end])))
            start = end
        if start:
            del pending[:start]
        return frames

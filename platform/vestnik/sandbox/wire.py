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
REPLY: Final = 0x52  # R  operation id, ok, value or [kind, message]
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

LOG_LEVELS: Final = ("debug", "info", "warning", "error")


class FrameViolation(ValueError):
    """The other side sent a type that it may not send, or more bytes than that type may have."""


def frame(kind: int, body: bytes) -> bytes:
    """One frame ready to be written."""
    return HEADER.pack(len(body), kind) + body


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

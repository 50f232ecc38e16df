"""Looks for bytes in the memory of another process, as only root may."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def may_look() -> bool:
    """Whether the memory of a process that can't be traced may be read here."""
    return os.geteuid() == 0


def found_in(pid: int, values: Iterable[bytes]) -> set[bytes]:
    """Those of the values that stand anywhere in the readable memory of a process."""
    left = set(values)
    found: set[bytes] = set()
    for region in _regions(pid):
        here = {value for value in left - found if value in region}
        found |= here
    return found


def _regions(pid: int) -> Iterator[bytes]:
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in lines:
            extent, permissions, *_ = line.split()
            if "r" not in permissions or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            start, end = (int(number, 16) for number in extent.split("-"))
            try:
                yield _read(memory.fileno(), start, end - start)
            except OSError:  # a page that the process itself could not read: a guard, a file cut short
                continue


def _read(descriptor: int, start: int, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0:
        piece = os.pread(descriptor, size, start)
        if not piece:
            break
        pieces.append(piece)
        start, size = start + len(piece), size - len(piece)
    return b"".join(pieces)

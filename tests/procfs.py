"""What the kernel says of processes, any of which may end while it is asked (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path


def told(pid: int, name: str) -> bytes:
    """The content of `/proc/<pid>/<name>`; empty once the process is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or after
        return b""


def command(pid: int) -> list[bytes]:
    """The command line of a process, word by word; nothing for one that has ended."""
    return told(pid, "cmdline").split(b"\0")[:-1]


def children(pid: int) -> list[int]:
    """The processes that `pid` started, whichever of its threads did."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for thread in threads for child in told(pid, f"task/{thread}/children").split()]


def descendants(pid: int) -> list[int]:
    """The children of `pid` and theirs."""
    return [found for child in children(pid) for found in (child, *descendants(child))]


def stat(pid: int) -> list[bytes]:
    """The fields of `/proc/<pid>/stat` from the third on (state, parent, …); nothing for one that is gone."""
    return told(pid, "stat").rpartition(b")")[2].split()


def is_alive(pid: int) -> bool:
    """Whether a process runs: it is neither gone nor a zombie."""
    return stat(pid)[:1] not in ([], [b"Z"])

"""Programs that work on a module's text beside the server: the language server, the formatter.

Such a program never runs the text, but it reads what somebody wrote to be read by it. It gets no environment
of the server, no open file, a folder of its own, a low priority, and bounds of the kernel on what it takes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import sysconfig
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from pathlib import Path

#: Memory that a child may write to. With a text of the largest size pyrefly takes 250 MB of it at once and
#: 700 MB after a minute of quick typing, with a usual one of 45 KB 200 and 320; it does not give it back.
MEMORY_BYTES = 768 << 20
#: Processor time of a child's whole life.
CPU_S = 600
#: One file that a child may write, of those in its own folder.
FILE_BYTES = 32 << 20
OPEN_FILES = 256
NICENESS = 10

# The bounds are set by a small Python that then becomes the program: nothing of ours runs between fork and
# exec, which beside threads would be a risk, and no thread of the program is older than its bounds.
_BOUNDED = """
import os, resource, sys
memory, cpu, file, files, nice = map(int, sys.argv[1:6])
os.nice(nice)
for name, bound in (("DATA", memory), ("CPU", cpu), ("FSIZE", file), ("NOFILE", files), ("CORE", 0)):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (bound, bound))
os.execv(sys.argv[6], sys.argv[6:])
"""


def machine_memory_bytes(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Memory of this machine, or the part of it that a container or a unit of systemd may take."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    for group in (groups / own, *(groups / parent for parent in Path(own).parents)):
        bound = group / "memory.max"
        text = bound.read_text().strip() if bound.is_file() else "max"
        memory = min(memory, int(text)) if text.isdecimal() else memory
    return memory


def program(name: str) -> Path | None:
    """Where a program of our own environment is; None when it is not installed."""
    beside = Path(sysconfig.get_path("scripts")) / name
    if beside.is_file():
        return beside
    found = shutil.which(name)
    return None if found is None else Path(found)


async def start(
    path: Path,
    arguments: Sequence[str],
    folder: Path,
    *,
    cpu_s: int = CPU_S,
    memory_bytes: int = MEMORY_BYTES,
    stderr: int = DEVNULL,
) -> Process:
    """Start a program in `folder`, which is its home and its place for temporary files too."""
    bounds = (memory_bytes, cpu_s, FILE_BYTES, OPEN_FILES, NICENESS)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S", "-c", _BOUNDED, *map(str, bounds), str(path), *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        cwd=folder,
        env={"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"},
        start_new_session=True,
    )


async def end(process: Process) -> None:
    """Kill a child and wait until it is gone."""
    if process.returncode is None:
        process.kill()
    await process.wait()

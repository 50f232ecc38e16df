"""Starting a simulator as a process of its own, and ending exactly that process."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

START_S = 30.0
STOP_S = 10.0


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that accepts requests."""

    url: str
    pid: int
    api_keys: dict[str, str]
    """By login."""


@contextlib.asynccontextmanager
async def running_simulator(data: Path | None = None, *arguments: str) -> AsyncIterator[RunningSimulator]:
    """Run `python -m vestnik_simulator` on a free port of 127.0.0.1 while the context lasts.

    Further arguments are those of the command line. Raises RuntimeError when it does not start.
    """
    folder = () if data is None else ("--data", str(data))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vestnik_simulator",
        "--port",
        "0",
        *folder,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        yield await _started(process)
    finally:
        await _end(process)


async def _started(process: asyncio.subprocess.Process) -> RunningSimulator:
    assert process.stdout is not None  # noqa: S101 - asked for above
    async with asyncio.timeout(START_S):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the simulator ended before it was ready")
    facts = json.loads(line)
    return RunningSimulator(facts["url"], process.pid, facts["apiKeys"])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()

"""Starting a simulator as a process of its own, and ending exactly that process."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

STOP_S = 10.0


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that accepts requests."""

    url: str
    pid: int
    api_keys: dict[str, str]
    """By login."""


@contextlib.contextmanager
def simulator_process(data: Path | None = None, *arguments: str) -> Iterator[RunningSimulator]:
    """Run `python -m vestnik_simulator` on a free port of 127.0.0.1 while the context lasts.

    Further arguments are those of the command line. Raises RuntimeError when it does not start.
    """
    folder = [] if data is None else ["--data", str(data)]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-m", "vestnik_simulator", *folder, *arguments],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        yield _started(process)
    finally:
        _end(process)


@contextlib.asynccontextmanager
async def running_simulator(data: Path | None = None, *arguments: str) -> AsyncIterator[RunningSimulator]:
    """The same for asynchronous callers: starting and stopping do not block the event loop."""
    process = simulator_process(data, *arguments)
    running = await asyncio.to_thread(process.__enter__)
    try:
        yield running
    finally:
        await asyncio.to_thread(process.__exit__, None, None, None)


def _started(process: "subprocess.Popen[bytes]") -> RunningSimulator:
    assert process.stdout is not None  # noqa: S101 - asked for above
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the simulator ended before it was ready")
    facts = json.loads(line)
    return RunningSimulator(facts["url"], process.pid, facts["apiKeys"])


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()

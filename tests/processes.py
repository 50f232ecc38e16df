"""The command `vestnik` as a person runs it: real processes on ports and folders of their own."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

PLATFORM = Path(__file__).parents[1] / "platform"
WITHIN_S = 60.0


def free_port() -> int:
    """A port that nobody listens on, with a free one after it (the demo's simulator takes that)."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


class Command:
    """`vestnik …` with its environment; `start` leaves it running, `run` waits for its end."""

    def __init__(self, data_dir: Path, database_url: str | None = None, **environ: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VESTNIK_")}
        self.environ: Mapping[str, str] = kept | {
            "PYTHONPATH": str(PLATFORM),
            "VESTNIK_DATA_DIR": str(data_dir),
            "VESTNIK_PORT": str(self.port),
            **({"VESTNIK_DATABASE_URL": database_url} if database_url else {}),
            **environ,
        }

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """The finished command."""
        return subprocess.run(
            [sys.executable, "-m", "vestnik", *arguments],
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        )

    def json(self, *arguments: str) -> tuple[int, Any]:
        """The exit status and the JSON that the finished command printed."""
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def start(self, *arguments: str) -> Running:
        """The command, running."""
        return Running([sys.executable, "-m", "vestnik", *arguments], self.environ, self.address)


class Running:
    """A command that runs, with the lines that it says."""

    def __init__(self, command: list[str], environ: Mapping[str, str], address: str) -> None:
        self.address = address
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self, part: str) -> str:
        """The next line that holds `part`; AssertionError when the command ends or stays silent."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not said in time: {part!r}; said: {self.said}") from None
            if line is None:
                self._lines.put(None)  # `end` waits for it too
                raise AssertionError(f"ended without saying {part!r}; said: {self.said}")
            self.said.append(line)
            if part in line:
                return line

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.end()

    def end(self) -> int:
        """Wait for the end by itself; the exit status."""
        status = self.process.wait(WITHIN_S)
        self._reader.join(WITHIN_S)
        if self.process.stderr is not None:
            self.process.stderr.close()
        while (line := self._lines.get()) is not None:
            self.said.append(line)
        return status

    def client(self) -> httpx.Client:
        """A client of the server."""
        return httpx.Client(base_url=self.address, timeout=WITHIN_S, trust_env=False)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until `holds()`; AssertionError names what was waited for."""
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.02)

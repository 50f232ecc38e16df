"""The demo's supervisor: the simulator beside the server, and a server that comes back after kill -9.

The supervisor owns the listening socket and hands it to each server that it starts: while a killed
server comes back, new connections wait in the socket's queue instead of being refused. A server that
ends in any other way than by SIGKILL ends the demo. When the supervisor itself is killed, the kernel
ends both children.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from vestnik import children
from vestnik.commands.failures import CommandFailed
from vestnik.progress import say, step
from vestnik.settings import Settings

STOP_S = 30.0
#: A service that a visitor can watch: calls take as long as real ones, letters are on their way for a while.
_PACE = (
    *("--latency-s", "0.15", "--start-delay-s", "1", "--moderation", "automatic", "--moderation-s", "3"),
    *("--send-rate", "60", "--webhook-rate", "250", "--retry-interval-s", "3"),
)
_PR_SET_PDEATHSIG = 1
_TOO_SOON_S = 2.0
_TOO_OFTEN = 5


def supervise(settings: Settings, listener: socket.socket) -> int:
    """Run the demo until a signal or until the server ends by itself; return its exit status."""
    with _simulator(settings) as simulator:
        environment = {
            **os.environ,
            "VESTNIK_DEMO": "1",
            "VESTNIK_SIMULATOR_URL": simulator["url"],
            "VESTNIK_SIMULATOR_KEYS": json.dumps(simulator["apiKeys"]),
        }
        return _Supervisor(listener, environment).run()


class _Supervisor:
    """Starts servers one after the other."""

    def __init__(self, listener: socket.socket, environment: Mapping[str, str]) -> None:
        self._listener, self._environment = listener, environment
        self._server: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        killed_soon = 0
        while True:
            started = time.monotonic()
            self._server = _start_server(self._listener, self._environment)
            status = self._server.wait()
            if status != -signal.SIGKILL or self._stopping:
                return 0 if self._stopping and status <= 0 else abs(status)
            killed_soon = killed_soon + 1 if time.monotonic() - started < _TOO_SOON_S else 0
            if killed_soon >= _TOO_OFTEN:
                raise CommandFailed("the server was killed again and again as it started: giving up.")
            say("The server was killed: starting it again. What it was doing goes on.")

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        if self._server is not None:
            self._server.terminate()


def _start_server(listener: socket.socket, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    descriptor = listener.fileno()
    return subprocess.Popen(  # noqa: S603  (our own interpreter and our own words)
        children.command("vestnik", "up", "--socket", str(descriptor)),
        env=environment,
        pass_fds=[descriptor],
        start_new_session=True,  # Ctrl+C reaches the supervisor alone, which asks the server to stop
        preexec_fn=_end_with_parent,  # safe: the supervisor has no other thread
    )


@contextmanager
def _simulator(settings: Settings) -> Iterator[dict[str, Any]]:
    """The simulator on the port after ours; what it says of itself: its address and its accounts' keys."""
    port = settings.port + 1
    folder = settings.data_dir / "simulator"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with step(f"Starting the provider simulator on http://127.0.0.1:{port}"):
        process = subprocess.Popen(  # noqa: S603
            children.command("vestnik_simulator", "--port", str(port), "--data", str(folder), *_PACE),
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        said = process.stdout.readline() if process.stdout else b""
        if not said:
            raise CommandFailed(f"the simulator did not start: is port {port} free?")
    try:
        yield json.loads(said)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

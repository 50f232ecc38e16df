"""The files of asynchronous exports: each is written once, a page at a time, beside the calls of the API.

A file holds what was there while it was written; what changes later is not in it. The files lie in the data
folder, or in one that goes with the simulator.
"""

import asyncio
import tempfile
import time
from collections import deque
from pathlib import Path

from vestnik_simulator import moments
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Storage
from vestnik_simulator.traffic import Traffic
from vestnik_simulator.unisender.exports import pieces

KEPT_S = 86_400.0


class Files:
    """Writes the files of tasks, one after the other."""

    def __init__(self, storage: Storage, options: Options, traffic: Traffic) -> None:
        self._storage = storage
        self._traffic = traffic
        self._passing: tempfile.TemporaryDirectory[str] | None = None
        if options.data is None:
            self._passing = tempfile.TemporaryDirectory(prefix="vestnik-simulator-")
            self._folder = Path(self._passing.name)
        else:
            self._folder = options.data / "exports"
            self._folder.mkdir(exist_ok=True)
        self._waiting: deque[str] = deque()
        self._wake = asyncio.Event()

    def begun(self, key: str) -> None:
        """A task waits for its file."""
        self._waiting.append(key)
        self._wake.set()

    def forget(self) -> None:
        """The storage was emptied."""
        self._waiting.clear()
        for path in self._folder.glob("*.csv"):
            path.unlink()

    def close(self) -> None:
        """Remove the files that go with the simulator."""
        if self._passing is not None:
            self._passing.cleanup()

    def path(self, key: str) -> Path | None:
        """Where the file of a task is; None until it is whole."""
        path = self._place(key)
        return path if path.exists() else None

    def status(self, key: str) -> str:
        """The service's word for how far a task is."""
        if self.path(key) is not None:
            return "completed"
        return "new" if key in self._waiting else "processing"

    async def run(self) -> None:
        """Write what waits, for ever; first what a killed simulator left."""
        self._drop_old()
        for row in self._storage.rows("SELECT uuid FROM task ORDER BY created"):
            if self.path(row["uuid"]) is None:
                self.begun(row["uuid"])
        while True:
            self._wake.clear()
            while self._waiting:
                await self._write(self._waiting.popleft())
            self._drop_old()
            await self._wake.wait()

    async def _write(self, key: str) -> None:
        part = self._place(key).with_suffix(".part")
        row = self._storage.row("SELECT * FROM task WHERE uuid=?", key)
        if row is None:
            return
        started, waited_s = time.perf_counter(), 0.0
        with part.open("w", encoding="utf-8", newline="") as file:
            for piece in pieces(self._storage, row):
                file.write(piece)
                paused = time.perf_counter()
                await asyncio.sleep(0)
                waited_s += time.perf_counter() - paused
        self._traffic.record("files/write", time.perf_counter() - started - waited_s, "")
        if self._storage.row("SELECT 1 FROM task WHERE uuid=?", key) is None:
            part.unlink()
        else:
            part.rename(self._place(key))

    def _drop_old(self) -> None:
        for row in self._storage.rows("SELECT uuid FROM task WHERE created<?", moments.now() - KEPT_S):
            self._place(row["uuid"]).unlink(missing_ok=True)
            self._storage.run("DELETE FROM task WHERE uuid=?", row["uuid"])

    def _place(self, key: str) -> Path:
        return self._folder / f"{key}.csv"

"""A host that does durable work until it is told to end: `counting_child.py URL FOLDER [WORKFLOW]`.

It begins the workflow that is named, and says the number of each step that it does, of whichever workflow.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.engine.engine import Run
from vestnik.settings import Settings

STEPS = 10_000
STEP_S = 0.05


async def say(number: int) -> None:
    """One step."""
    print(number, flush=True)
    await asyncio.sleep(STEP_S)


async def count(run: Run) -> None:
    """One step after the other."""
    for number in range(STEPS):
        await run.step("say", say, number)


async def main(url: str, folder: Path, workflow_id: str | None) -> None:
    database = Database(url)
    await database.start()
    engine = Engine(Settings(database_url=url, data_dir=folder), database)
    engine.workflow("count", count)
    await engine.start()
    print("ready", flush=True)
    if workflow_id is not None:
        await engine.run("count", workflow_id)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await engine.stop()
    await database.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None))

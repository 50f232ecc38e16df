"""A process that takes inputs and reads them, until it is killed: `taking_child.py URL FOLDER NAME`.

It says the key of each input once that is stored, as the door's answer does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.intake.inputs.service import Inputs
from vestnik.intake.inputs.store import NewInput
from vestnik.intake.leads import accepting, updating
from vestnik.settings import Settings


async def take(inputs: Inputs, name: str) -> None:
    """One input after the other."""
    for number in range(10_000):
        raw = json.dumps({"Тема": f"{name} {number}"}).encode()
        stored = await inputs.store(NewInput("http", 1, f"{name} {number}", {}, "application/json", raw))
        print(stored.input_id, flush=True)


async def read(inputs: Inputs) -> None:
    """Read whatever there is, as the engine has it done."""
    while True:
        await inputs.work()
        await asyncio.sleep(0.001)


async def main(url: str, folder: Path, name: str) -> None:
    database = Database(url)
    await database.start()
    engine = Engine(Settings(database_url=url, data_dir=folder), database)
    inputs = Inputs(database, engine, accepting.accept, updating.update_from, lambda: "Europe/Moscow")
    await inputs.start()
    await asyncio.gather(*(take(inputs, f"{name}/{each}") for each in range(3)), read(inputs))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))

"""A process that runs a collector again and again, until it is killed or all is done."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.intake.collectors.conftest import desk_of

from vestnik.db import Database
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings


async def main(database_url: str, data_dir: str, collector_id: int) -> None:
    database = Database(database_url)
    await database.start()
    async with desk_of(database, Settings(database_url=database_url, data_dir=Path(data_dir))) as desk:
        print("ready", flush=True)
        while True:
            row = await desk.row(collector_id)
            if row.asked_at is None and not row.unfinished:
                await desk.service.collect_now(SYSTEM, collector_id)
            await desk.service.turns.look_asked()
            if (await desk.newest_run(collector_id)) == {"state": "done"}:
                break  # nothing was left to do
            await asyncio.sleep(0.05)
    await database.stop()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

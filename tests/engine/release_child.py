"""A release of a program that does durable work: `release_child.py URL FOLDER old|new`.

Both do what the table `todo` says, one number after the other, and count how often each was done. The new one
does it in other steps. It is a room as ours are: what is to be done stands in its rows, and a run that the
engine has ended is followed by another one.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.engine.engine import Run, Wanted
from vestnik.settings import Settings

STEP_S = 0.03
todo = sa.table("todo", sa.column("number"), sa.column("times"))
run_of = sa.table("run_of", sa.column("generation"))


class Room:
    """The steps, and what the engine asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_one(self) -> int | None:
        """The first number that was not done."""
        async with self._database.read() as connection:
            left = sa.select(sa.func.min(todo.c.number)).where(todo.c.times == 0)
            found: int | None = (await connection.execute(left)).scalar()
            return found

    async def do(self, number: int) -> None:
        """Do it, and say so."""
        change = sa.update(todo).where(todo.c.number == number).values(times=todo.c.times + 1)
        await self._database.write(lambda connection: connection.execute(change))
        print(number, flush=True)
        await asyncio.sleep(STEP_S)

    async def weigh(self, number: int) -> int:
        """What only the new release does."""
        return number

    async def old(self, run: Run) -> None:
        """The work in the steps of the old release."""
        while (number := await run.step("next", self.next_one)) is not None:
            await run.step("do", self.do, number)

    async def new(self, run: Run) -> None:
        """The same in other steps."""
        while (number := await run.step("take", self.next_one)) is not None:
            await run.step("do", self.do, await run.step("weigh", self.weigh, number))

    async def wishes(self) -> list[Wanted]:
        """The run that ought to be."""
        if await self.next_one() is None:
            return []
        async with self._database.read() as connection:
            generation = (await connection.execute(sa.select(run_of.c.generation))).scalar()
        return [Wanted("work", f"work-{generation}", ())]

    async def finished(self, _: Wanted) -> None:
        """It has ended, and not all is done: the next one."""
        change = sa.update(run_of).values(generation=run_of.c.generation + 1)
        await self._database.write(lambda connection: connection.execute(change))


async def main(url: str, folder: Path, release: str) -> None:
    database = Database(url)
    await database.start()
    room, engine = Room(database), Engine(Settings(database_url=url, data_dir=folder), database)
    engine.workflow("work", room.old if release == "old" else room.new)
    engine.keep(room.wishes, room.finished)
    await engine.start()
    print("ready", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await engine.stop()
    await database.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))

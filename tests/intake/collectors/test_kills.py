"""Processes that are killed in the middle of a run, and two at once: every letter is stored, once."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.intake.collectors import collecting_child
from tests.intake.collectors.conftest import Desk, desk_of
from tests.intake.collectors.letters import order, other
from tests.intake.collectors.servers import Mailbox
from tests.processes import PLATFORM, WITHIN_S

from vestnik.db import Database, now
from vestnik.intake.collectors import turns
from vestnik.intake.collectors.tables import collected_letter, collector_run, mail_collector
from vestnik.settings import Settings

LETTERS = 300
KILLS = 6


def start(database_url: str, data_dir: Path, collector_id: int) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(PLATFORM), str(PLATFORM.parent)])
    module = collecting_child.__name__
    process = subprocess.Popen(
        [sys.executable, "-m", module, database_url, str(data_dir), str(collector_id)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    """Wait until a child has nothing left to do."""
    said, _ = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, said) == (0, "done\n")


async def free_lease(desk: Desk) -> None:
    """Let the lease of a killed process end."""
    over = sa.update(mail_collector).values(leased_until=now())
    await desk.database.write(lambda connection: connection.execute(over))


@pytest.mark.slow
async def test_a_killed_run_loses_and_doubles_nothing(
    database: Database, settings: Settings, mailbox: Mailbox, database_url: str
) -> None:
    chance = random.Random(7)  # noqa: S311 - moments of kills
    await mailbox.create("Taken")
    orders = [order(f"ORDER: {number}", message_id=f"{number}@shop.example") for number in range(LETTERS)]
    await mailbox.put(*(each for pair in zip(orders, [other()] * LETTERS, strict=True) for each in pair))
    async with desk_of(database, settings) as desk:
        collector = await desk.add(mailbox.account(), after="move", move_to="Taken")
        for _ in range(KILLS):
            process = await asyncio.to_thread(start, database_url, settings.data_dir, collector)
            await asyncio.sleep(chance.uniform(0.05, 0.6))
            process.kill()
            await asyncio.to_thread(process.communicate)
            await free_lease(desk)
        process = await asyncio.to_thread(start, database_url, settings.data_dir, collector)
        await asyncio.to_thread(end, process)
        assert sorted(await desk.stored()) == sorted(f"ORDER: {number}" for number in range(LETTERS))
        async with database.read() as connection:
            states = set(await connection.scalars(sa.select(collector_run.c.state)))
            taken = await connection.scalar(sa.select(sa.func.sum(collector_run.c.taken)))
            unsettled = collected_letter.c.settled_at.is_(None)
            left = await connection.scalar(sa.select(sa.func.count()).where(unsettled))
    assert states <= {"done", "broken_off"}
    assert (taken, left) == (LETTERS, 0)
    assert len(await mailbox.flags()) == LETTERS  # the others, untouched
    assert set().union(*(await mailbox.flags()).values()) == set()
    assert len(await mailbox.flags("Taken")) == LETTERS


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_two_processes_never_run_one_collector_at_once(
    database: Database, database_url: str, settings: Settings, mailbox: Mailbox
) -> None:
    await mailbox.put(*(order(f"ORDER: {number}") for number in range(100)))
    other_database = Database(database_url)
    await other_database.start()
    async with desk_of(database, settings) as one, desk_of(other_database, settings) as two:
        collector = await one.add(mailbox.account())
        await asyncio.gather(*(desk.service.turns.look() for desk in (one, two, one, two)))
        assert (await one.newest_run(collector))["taken"] == 100
        async with database.read() as connection:
            assert await connection.scalar(sa.select(sa.func.count()).select_from(collector_run)) == 1
        assert len(await one.stored()) == 100
    await other_database.stop()


async def test_a_run_that_is_stopped_goes_on_at_once_in_the_next_process(
    database: Database, settings: Settings, mailbox: Mailbox
) -> None:
    await mailbox.put(*(order(f"ORDER: {number}") for number in range(200)))
    async with desk_of(database, settings) as one, desk_of(database, settings) as two:
        collector = await one.add(mailbox.account())
        running = asyncio.create_task(one.service.turns.look())
        while not await one.stored():
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        row = await one.row(collector)
        assert (row.leased_by, row.unfinished) == (None, True)
        await two.service.turns.look()
        assert (await two.newest_run(collector))["state"] == "done"
        assert sorted(await one.stored()) == sorted(f"ORDER: {number}" for number in range(200))


async def test_a_run_whose_lease_is_lost_ends_and_notes_nothing_more(
    desk: Desk, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "BEAT_S", 0.01)
    await mailbox.put(*(order(f"ORDER: {number}") for number in range(200)))
    collector = await desk.add(mailbox.account())
    running = asyncio.create_task(desk.service.turns.look())
    while not await desk.stored():
        await asyncio.sleep(0.01)
    theirs = {"run": mail_collector.c.run + 1, "seen_uid": 0, "leased_until": None}
    taken_over = sa.update(mail_collector).values(theirs)
    await desk.database.write(lambda connection: connection.execute(taken_over))
    await running
    assert (await desk.newest_run(collector))["state"] == "broken_off"
    assert (await desk.row(collector)).seen_uid == 0
    assert (await desk.run(collector))["state"] == "done"
    assert sorted(await desk.stored()) == sorted(f"ORDER: {number}" for number in range(200))

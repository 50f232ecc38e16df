"""The durable engine: steps survive a stop, the drain gate, the sweep, periodic work."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from vestnik import tracing
from vestnik.db import Database
from vestnik.engine import Engine, Run, Wanted
from vestnik.engine.engine import ENGINE_FILE
from vestnik.engine.periodic import Periodic
from vestnik.settings import Settings

NewEngine = Callable[[], Engine]


class Diary:
    """A workflow of three steps that writes down what ran, and can be held in its second step."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ended: list[str] = []
        self.in_second = asyncio.Event()
        self.go_on = asyncio.Event()
        self.done = asyncio.Event()

    async def workflow(self, run: Run, subject: int) -> None:
        """Three steps, then done."""
        for name in ("first", "second", "third"):
            await run.step("write", self.write, f"{name} {subject}")
        self.done.set()

    async def write(self, line: str) -> str:
        """One step."""
        self.began.append(line)
        if line.startswith("second"):
            self.in_second.set()
            await self.go_on.wait()
        self.ended.append(line)
        return line


@pytest.fixture
def diary() -> Diary:
    """What the workflow of this test writes down."""
    return Diary()


@pytest.fixture
def diarist(new_engine: NewEngine, diary: Diary) -> NewEngine:
    """Makes engines that know the workflow of the diary, and have not started."""

    def new() -> Engine:
        engine = new_engine()
        engine.workflow("diary", diary.workflow)
        return engine

    return new


@pytest.fixture
async def engine(diarist: NewEngine) -> Engine:
    """The first life of an engine that knows the diary."""
    engine = diarist()
    await engine.start()
    return engine


async def test_workflow_runs_its_steps_once_and_a_second_start_changes_nothing(
    diary: Diary, engine: Engine
) -> None:
    diary.go_on.set()

    await engine.run("diary", "diary-7", 7)
    await asyncio.wait_for(diary.done.wait(), 10)
    async with asyncio.timeout(10):
        while await engine.status("diary-7") != "finished":
            await asyncio.sleep(0.01)
    await engine.run("diary", "diary-7", 7)

    assert diary.ended == ["first 7", "second 7", "third 7"]
    assert await engine.status("diary-8") == "unknown"


async def test_stop_lets_the_step_in_flight_end_and_the_next_life_begins_with_the_one_after(
    diary: Diary, engine: Engine, diarist: NewEngine
) -> None:
    await engine.run("diary", "diary-7", 2**62)
    await asyncio.wait_for(diary.in_second.wait(), 10)

    stopping = asyncio.create_task(engine.stop())
    await asyncio.sleep(0)
    diary.go_on.set()
    await stopping
    assert diary.ended == [f"first {2**62}", f"second {2**62}"]
    assert await asyncio.to_thread(sum, (1, 2)) == 3  # the loop has a living thread pool again

    again = diarist()
    await again.start()
    await asyncio.wait_for(diary.done.wait(), 10)

    assert diary.began == [f"first {2**62}", f"second {2**62}", f"third {2**62}"]


@pytest.mark.parametrize("database_kind", ["sqlite"])  # where the engine's tables are one file to lock
async def test_stop_ends_when_what_the_last_step_did_is_remembered(
    database: Database, diary: Diary, engine: Engine, diarist: NewEngine, settings: Settings
) -> None:
    await engine.run("diary", "diary-7", 7)
    await asyncio.wait_for(diary.in_second.wait(), 10)

    with closing(sqlite3.connect(settings.data_dir / ENGINE_FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        stopping = asyncio.create_task(engine.stop())
        await asyncio.sleep(0)
        diary.go_on.set()
        done, _ = await asyncio.wait([stopping], timeout=0.5)
        other.execute("ROLLBACK")
    await stopping
    assert not done

    again = diarist()
    await again.start()
    await asyncio.wait_for(diary.done.wait(), 10)

    assert diary.began == ["first 7", "second 7", "third 7"]


async def test_worker_beside_a_server_is_another_executor_and_the_next_life_the_same(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    worker = replace(settings, data_dir=tmp_path / "worker")

    server_id, again, worker_id = (
        Engine(each, database).executors.own_id for each in (settings, settings, worker)
    )

    assert server_id == again
    # SQLite has one process, whose folder may be moved: it finds its workflows under one name for ever.
    assert (server_id == worker_id) == database.on_sqlite
    assert max(map(len, (server_id, worker_id))) <= 128


@pytest.mark.parametrize("database_kind", ["sqlite"])  # PostgreSQL keeps the engine's tables beside ours
async def test_sweep_starts_what_the_rows_want_after_the_engine_file_is_deleted(
    database: Database, diary: Diary, engine: Engine, diarist: NewEngine, settings: Settings
) -> None:
    await engine.run("diary", "diary-7", 7)
    await asyncio.wait_for(diary.in_second.wait(), 10)
    await engine.stop(drain_s=0.05)
    for path in settings.data_dir.glob(f"{ENGINE_FILE}*"):
        path.unlink()

    finished: list[Wanted] = []
    again = diarist()
    again.keep(_wishes(Wanted("diary", "diary-7", (7,))), _append(finished))
    diary.go_on.set()
    await again.start()
    await asyncio.wait_for(diary.done.wait(), 10)

    assert finished == []
    assert diary.ended[-3:] == ["first 7", "second 7", "third 7"]


async def test_sweep_reports_a_wanted_workflow_that_the_engine_has_finished(
    diary: Diary, diarist: NewEngine
) -> None:
    engine = diarist()
    wanted = Wanted("diary", "diary-7", (7,))
    finished: list[Wanted] = []
    engine.keep(_wishes(wanted), _append(finished))
    diary.go_on.set()
    await engine.start()
    await asyncio.wait_for(diary.done.wait(), 10)

    async with asyncio.timeout(10):
        while not finished:
            await engine.sweep()

    assert set(finished) == {wanted}
    assert diary.ended == ["first 7", "second 7", "third 7"]


@pytest.mark.parametrize("database_kind", ["postgresql"])  # SQLite serves one process
async def test_workflow_of_a_process_that_is_gone_is_taken_over(
    database: Database, diary: Diary, diarist: NewEngine
) -> None:
    engine = diarist()
    engine.executors.own_id = "another-host"
    await engine.start()
    await engine.run("diary", "diary-7", 7)
    await asyncio.wait_for(diary.in_second.wait(), 10)
    await engine.stop(drain_s=0.05)

    diary.go_on.set()
    again = diarist()
    await again.start()
    await again.take_over()
    assert not diary.done.is_set()  # seen a moment ago: it may be alive
    await database.write(lambda connection: connection.exec_driver_sql("DELETE FROM executor").close())
    await again.take_over()
    await asyncio.wait_for(diary.done.wait(), 10)

    assert diary.ended[-2:] == ["second 7", "third 7"]
    assert diary.began.count("first 7") == 1


async def test_stray_workflow_of_this_process_is_queued_at_the_second_look(
    database: Database, diary: Diary, engine: Engine, settings: Settings
) -> None:
    diary.go_on.set()
    await engine.run("diary", "diary-7", 7)
    async with asyncio.timeout(10):
        while await engine.status("diary-7") != "finished":
            await asyncio.sleep(0.01)
    await asyncio.to_thread(_strand, database, settings, "diary-7")
    assert await engine.status("diary-7") == "alive"

    await engine.take_up_strays()
    await engine.take_up_strays()
    async with asyncio.timeout(10):
        while await engine.status("diary-7") != "finished":
            await asyncio.sleep(0.01)

    assert diary.began == ["first 7", "second 7", "third 7"]


async def test_failing_step_ends_the_workflow_and_the_engine_runs_the_next_one(
    diary: Diary, diarist: NewEngine
) -> None:
    async def fail(run: Run) -> None:
        await run.step("fail", _raise)

    engine = diarist()
    engine.workflow("fail", fail)
    await engine.start()
    diary.go_on.set()
    await engine.run("fail", "fail-1")
    async with asyncio.timeout(10):
        while await engine.status("fail-1") != "finished":
            await asyncio.sleep(0.01)

    await engine.run("diary", "diary-7", 7)
    await asyncio.wait_for(diary.done.wait(), 10)


async def test_periodic_work_repeats_after_a_failure_and_can_be_nudged(new_engine: NewEngine) -> None:
    calls = asyncio.Queue[None]()

    async def work() -> None:
        await calls.put(None)
        raise RuntimeError("periodic work failed")

    engine = new_engine()
    engine.every(0.02, "often", work)
    engine.every(3600, "seldom", work)
    await engine.start()
    async with asyncio.timeout(10):
        for _ in range(5):
            await calls.get()
        engine.nudge("seldom")
        await calls.get()


@pytest.mark.parametrize("database_kind", ["postgresql"])  # SQLite serves one process
async def test_two_processes_share_the_turns_of_periodic_work(database: Database, settings: Settings) -> None:
    turns: list[str] = []
    enough = asyncio.Event()

    async def work(name: str) -> None:
        turns.append(name)
        if len(turns) >= 4:
            enough.set()

    processes = [Periodic(database), Periodic(database)]
    started = asyncio.get_running_loop().time()
    for number, process in enumerate(processes):
        process.add(0.2, "shared", functools.partial(work, str(number)))
        await process.start()
    await asyncio.wait_for(enough.wait(), 10)
    elapsed = asyncio.get_running_loop().time() - started
    for process in processes:
        await process.stop()

    assert elapsed >= 3 * 0.2 * 0.9


def _wishes(*wanted: Wanted) -> Callable[[], Awaitable[Sequence[Wanted]]]:
    async def wishes() -> Sequence[Wanted]:
        return wanted

    return wishes


def _append(to: list[Wanted]) -> Callable[[Wanted], Awaitable[None]]:
    async def append(wanted: Wanted) -> None:
        to.append(wanted)

    return append


async def _raise() -> None:
    raise RuntimeError("this step fails")


def _strand(database: Database, settings: Settings, workflow_id: str) -> None:
    """Leave a workflow as a recovery that missed it does: under way, and run by nobody."""
    statement = f"UPDATE {{}}workflow_status SET status = 'PENDING' WHERE workflow_uuid = '{workflow_id}'"
    if database.on_sqlite:
        with sqlite3.connect(settings.data_dir / ENGINE_FILE, timeout=30) as connection:
            connection.execute(statement.format(""))
        connection.close()
        return
    engine = sa.create_engine(database.url.set(drivername="postgresql+psycopg"))
    with engine.begin() as in_transaction:
        in_transaction.exec_driver_sql(statement.format("dbos."))
    engine.dispose()


async def test_durable_work_goes_on_under_the_id_of_whoever_began_it(new_engine: NewEngine) -> None:
    seen: list[str | None] = []
    held, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def look() -> None:
        seen.append(tracing.current())

    async def hold() -> None:
        held.set()
        await go_on.wait()

    async def traced(run: Run) -> None:
        await run.step("look", look)
        await run.step("hold", hold)
        await run.step("look", look)
        done.set()

    first = new_engine()
    first.workflow("traced", traced)
    await first.start()
    with tracing.under() as trace_id:
        await first.run("traced", "traced-1")
    await held.wait()
    await first.stop(drain_s=0)
    go_on.set()
    second = new_engine()
    second.workflow("traced", traced)
    await second.start()
    await done.wait()
    assert seen == [trace_id, trace_id]

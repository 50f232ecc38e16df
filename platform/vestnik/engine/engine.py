"""Durable work: workflows whose steps survive the process. DBOS is behind it and shows nowhere else.

The engine's memory is never the truth. A workflow reads in each step, from our rows, what is to be
done next; a room tells the engine what ought to be running (`keep`), and a sweep starts what is not.
So the engine's file may be deleted, or an older copy of it restored, and nothing is lost or repeated.

    engine.workflow("campaign", drive)              # async def drive(run: Run, campaign_id: int)
    await engine.run("campaign", "camp-7-1", 7)     # the same id twice is one run
    engine.every(5, "campaigns.track", track)       # periodic work, once in all processes
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus

from vestnik import tracing
from vestnik.db import Database, attentive, is_outage, now
from vestnik.engine.gate import Gate
from vestnik.engine.periodic import Periodic, Work
from vestnik.engine.rates import Rates
from vestnik.engine.takeover import BEAT_S, LOOK_EVERY_S, Executors
from vestnik.settings import Settings

#: Raised where a release can't go on from the steps of the one before: another workflow, other arguments,
#: another meaning of what a step returned. DBOS takes a hash of the sources: any deployment would do it.
APPLICATION_VERSION = "1"
ENGINE_FILE = "engine.db"
DRAIN_S = 10.0
#: … and for DBOS to record what the last steps did.
RECORD_S = 5.0
SWEEP_S = 5.0
#: A process takes from the queue within a second what is its own version's.
UNCLAIMED_S = 3.0
_THREADS = 16
_KEEP_FINISHED = timedelta(days=7)
_DELETED_AT_ONCE = 500
_ALIVE = frozenset({"PENDING", "ENQUEUED", "DELAYED"})

Workflow = Callable[..., Awaitable[None]]
Step = Callable[..., Awaitable[Any]]

log = structlog.get_logger("vestnik.engine")


class Wanted(NamedTuple):
    """A workflow that a room's rows say is running."""

    workflow: str
    workflow_id: str
    arguments: tuple[Any, ...]


Wishes = Callable[[], Awaitable[Sequence[Wanted]]]
Finished = Callable[[Wanted], Awaitable[None]]


class Run:
    """What a workflow may ask of the engine while it runs."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def step(self, name: str, function: Step, *arguments: Any) -> Any:
        """Run `function(*arguments)`; its JSON result is remembered. After a crash in it, it runs again."""

        async def gated() -> Any:
            async with self._gate:
                with tracing.span("workflow.step", step=name):
                    return await function(*arguments)

        return await DBOS.run_step_async({"name": name}, gated)

    async def sleep(self, seconds: float) -> None:
        """Wait; the time at which the wait ends survives a restart."""
        await DBOS.sleep_async(seconds)


class Engine:
    """The durable engine of one process: register everything, then `start`.

    `poll_s` is how often DBOS looks at its tables for messages, and so how long stopping it may take.
    """

    def __init__(self, settings: Settings, database: Database, *, poll_s: float = 1.0) -> None:
        self._settings, self._database, self._poll_s = settings, database, poll_s
        self.rates = Rates(database)
        self.executors = Executors(database, executor_id(settings))
        self._periodic = Periodic(database)
        self._gate = Gate()
        self._workflows: dict[str, Workflow] = {}
        self._runnable: dict[str, Callable[..., Any]] = {}
        self._kept: list[tuple[Wishes, Finished]] = []
        self._live: set[str] = set()
        self._strays: set[str] = set()
        self._unclaimed: set[str] = set()
        self._threads: ThreadPoolExecutor
        self._started = False

    @property
    def started(self) -> bool:
        """Whether this process does durable work."""
        return self._started

    def workflow(self, name: str, function: Workflow) -> None:
        """Register `async def function(run: Run, *json_arguments)` as the workflow `name`."""
        if name in self._workflows:
            raise ValueError(f"workflow {name!r} is registered twice")
        self._workflows[name] = function

    def every(self, seconds: float, name: str, work: Work, *, everywhere: bool = False) -> None:
        """Register periodic work; `everywhere`: in each process instead of in one of all."""
        self._periodic.add(seconds, name, work, everywhere=everywhere)

    def keep(self, wishes: Wishes, finished: Finished) -> None:
        """Have the sweep start each of `wishes()` that does not live.

        An id that the engine has finished never runs again: for such a wish `finished(wish)` is
        called, so that the room gives it a new generation, and with it a new id.
        """
        self._kept.append((wishes, finished))

    def nudge(self, name: str) -> None:
        """Have the periodic work `name` run now."""
        self._periodic.nudge(name)

    async def start(self) -> None:
        """Launch DBOS inside this event loop, recover what was running here, begin periodic work."""
        await self.executors.beat()
        for name, function in self._workflows.items():
            self._runnable[name] = DBOS.workflow(name=name)(self._bind(function))
        logging.getLogger("dbos").addFilter(_QUIET)
        _QUIET.on = False
        dbos = DBOS(config=self._configuration())
        DBOS.launch()
        self._threads = dbos._executor  # there is no other door to them
        self._started = True
        alone = self._database.on_sqlite
        self._periodic.add(SWEEP_S if alone else BEAT_S, "engine.beat", self.executors.beat, everywhere=True)
        if not alone:
            self._periodic.add(LOOK_EVERY_S, "engine.takeover", self.take_over, everywhere=True)
        self._periodic.add(SWEEP_S, "engine.strays", self.take_up_strays, everywhere=True)
        self._periodic.add(UNCLAIMED_S, "engine.unclaimed", self.end_unclaimed, everywhere=True)
        self._periodic.add(SWEEP_S, "engine.sweep", self.sweep)
        self._periodic.add(3600, "engine.retention", _forget_finished)
        await self._periodic.start()

    async def stop(self, drain_s: float = DRAIN_S) -> None:
        """Let the steps in flight end, begin no more, shut DBOS down; the next start goes on from there."""
        if not self._started:
            return
        self._gate.close()  # before anything is waited for
        await self._periodic.stop()
        if not await self._gate.drain(drain_s):
            log.warning("engine.not_drained", limit_s=drain_s)
        _QUIET.on = True  # parked workflows complain that their engine is gone
        # DBOS makes its own thread pool, which ends here, the loop's again and again.
        loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor()
        recording = loop.run_in_executor(threads, self._threads.shutdown)
        if (await asyncio.wait([recording], timeout=RECORD_S))[1]:
            log.warning("engine.not_recorded", limit_s=RECORD_S)
        await loop.run_in_executor(threads, partial(DBOS.destroy, destroy_registry=True))
        loop.set_default_executor(threads)
        await self._gate.dismiss()
        self._started = False
        try:
            await self.executors.leave()
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("engine.not_left", error=type(error).__name__)  # others see it by the silence

    async def run(self, name: str, workflow_id: str, *arguments: Any) -> None:
        """Start the workflow `name` under `workflow_id`; an id that the engine knows is left as it is.

        The trace of whoever starts it goes on in it, in whichever process that will be.
        """
        with SetWorkflowID(workflow_id):
            await DBOS.start_workflow_async(self._runnable[name], *arguments, trace_id=tracing.current())

    async def status(self, workflow_id: str) -> Literal["unknown", "alive", "finished"]:
        """What the engine knows of a workflow."""
        found = await DBOS.get_workflow_status_async(workflow_id)
        if found is None:
            return "unknown"
        return "alive" if found.status in _ALIVE else "finished"

    def lives(self, workflow_id: str) -> bool:
        """Whether the workflow is run by this process, as far as that knows."""
        return workflow_id in self._live

    async def sweep(self) -> None:
        """Start what rooms say is running and the engine does not know; report what it has finished."""
        for wishes, finished in self._kept:
            for wanted in await wishes():
                status = await self.status(wanted.workflow_id)
                if status == "unknown":
                    log.info("engine.started_by_sweep", workflow=wanted.workflow_id)
                    await self.run(wanted.workflow, wanted.workflow_id, *wanted.arguments)
                elif status == "finished":
                    await finished(wanted)

    async def take_over(self) -> None:
        """Queue the workflows of processes that are gone; one that comes back late is fenced off."""
        pending = await _pending()
        if {found.executor_id for found in pending} <= {self.executors.own_id}:
            return
        alive = await self.executors.alive()  # asked afterwards: who begins a workflow has beaten before
        orphans = sorted(found.workflow_id for found in pending if found.executor_id not in alive)
        if orphans:
            log.info("engine.taken_over", workflows=orphans)
            await DBOS.resume_workflows_async(orphans)

    async def take_up_strays(self) -> None:
        """Queue what bears our name and did not run here at two looks in a row.

        DBOS recovers at its start what bears its own name, once: that recovery missed it.
        """
        own = {found.workflow_id for found in await _pending() if found.executor_id == self.executors.own_id}
        idle = own - self._live
        strays = idle & self._strays
        self._strays = idle - strays
        if strays:
            log.info("engine.strays_taken_up", workflows=sorted(strays))
            await DBOS.resume_workflows_async(sorted(strays))

    async def end_unclaimed(self) -> None:
        """End what another version began, if no process of that version took it between two looks.

        Only that version knows where its steps stand. Where no process of it is left, the sweep has the room
        begin the work anew from its rows, as after the loss of the engine's tables.
        """
        queued = await DBOS.list_workflows_async(status="ENQUEUED", load_input=False, load_output=False)
        foreign = {found.workflow_id for found in queued if found.app_version != APPLICATION_VERSION}
        unclaimed = foreign & self._unclaimed
        self._unclaimed = foreign - unclaimed
        if unclaimed:
            log.info("engine.unclaimed_ended", workflows=sorted(unclaimed))
            await DBOS.cancel_workflows_async(sorted(unclaimed))
            self._periodic.nudge("engine.sweep")

    def _bind(self, function: Workflow) -> Callable[..., Awaitable[None]]:
        async def workflow(*arguments: Any, trace_id: str | None = None) -> None:
            own_id = str(DBOS.workflow_id)
            self._live.add(own_id)
            try:
                with tracing.under(trace_id):
                    await function(Run(self._gate), *arguments)
            finally:
                self._live.discard(own_id)

        return workflow

    def _configuration(self) -> DBOSConfig:
        configuration = DBOSConfig(
            name="vestnik",
            application_version=APPLICATION_VERSION,
            executor_id=self.executors.own_id,
            max_executor_threads=_THREADS,
            sys_db_pool_size=5,
            notification_listener_polling_interval_sec=self._poll_s,
            log_level="WARNING",
            serializer=DBOSPortableJSONSerializer(),  # the default is pickle
        )
        if self._database.on_sqlite:
            configuration["system_database_engine"] = _sqlite_engine(self._settings.data_dir / ENGINE_FILE)
        else:
            url = attentive(self._database.url, both_sides=True).set(drivername="postgresql")
            configuration["system_database_url"] = url.render_as_string(hide_password=False)
        return configuration


async def _pending() -> list[WorkflowStatus]:
    return await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)


async def _forget_finished() -> None:
    """Delete what finished long ago; the tables of DBOS grow for ever otherwise."""
    while True:
        old = await DBOS.list_workflows_async(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            completed_before=(now() - _KEEP_FINISHED).isoformat(),
            limit=_DELETED_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if not old:
            return
        await DBOS.delete_workflows_async([found.workflow_id for found in old])


def executor_id(settings: Settings) -> str:
    """A name that no two live processes share and that the same process has again after a restart.

    The data folder is the slot: its lock lets one process at a time in, server or worker. On SQLite
    there is one slot, wherever the folder was moved and whatever the host is called now.
    """
    if settings.on_sqlite:
        return "embedded"
    folder = sha256(str(settings.data_dir.resolve()).encode()).hexdigest()
    return f"{socket.gethostname()}:{folder[:16]}"


def _sqlite_engine(path: Path) -> sa.Engine:
    """DBOS's tables in a file of their own: WAL and NORMAL, for losing the last commits of it loses nothing.

    Debian 12's SQLite 3.40 lacks unixepoch('subsec'): without the two functions DBOS does not start
    on Python 3.12, and on 3.11 its clock has a resolution of one second.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", pool_size=20, max_overflow=0)

    def clock(*_: object) -> float:
        return round(time.time(), 3)

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("unixepoch", -1, clock)
        connection.create_function("strftime", -1, clock)  # DBOS asks it for seconds only

    sa.event.listen(engine, "connect", prepare)
    return engine


class _Quiet(logging.Filter):
    """Drops DBOS's log from the moment it stops until it starts again."""

    on = False

    def filter(self, record: logging.LogRecord) -> bool:
        return not self.on


_QUIET = _Quiet()

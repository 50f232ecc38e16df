"""The durable run: a driver that asks our rows what comes next, and calls the module for it.

Each step of the workflow is one `advance`: its memory in the engine is only "go on" or "done". The list and
the plan are in a scratch file, which may be lost at any moment: then the run plans anew.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog

from vestnik.campaigns.ports import CallFailed, ModuleCaller
from vestnik.campaigns.reasons import words_of
from vestnik.campaigns.turns import Turns
from vestnik.campaigns.workflows import call
from vestnik.db import Database, WriterStopped, fold, now
from vestnik.engine import Engine, Run, Wanted
from vestnik.engine.alone import Alone
from vestnik.engine.letting_go import LettingGo
from vestnik.http.errors import Problem
from vestnik.lists import planner, rejects, runs, scratch
from vestnik.lists.alerting import Reporter
from vestnik.lists.applying import Batch, next_batch
from vestnik.lists.last_look import who_stays
from vestnik.lists.members import Sources
from vestnik.lists.planner import PlanFailed, Request
from vestnik.lists.reasons import PLANNING, reason
from vestnik.lists.room import Room, of_account, of_lists
from vestnik.lists.runs import Row, Tell
from vestnik.lists.scratch import DiskFull, Held, Scratch, ScratchLost
from vestnik.lists.semantics import HeldVerdict
from vestnik.lists.states import (
    ACCOUNT,
    ADD,
    CREATE_LIST,
    GET_LISTS,
    JOB,
    REMOVE,
    SUBSCRIBERS,
    WORKING,
    RunState,
)
from vestnik.lists.steps import Steps
from vestnik.lists.sweeping import SWEPT_EVERY_S, sweep
from vestnik.lists.tables import sync_run
from vestnik.logs import fault
from vestnik.modules import Modules
from vestnik.modules.ports import AccountFacts

WORKFLOW = "sync"
FOLDER = "syncs"
#: One step of the workflow goes on for about so long.
_STEP_S = 2.0
_POLL_S = 3.0
#: No more people are handed over at once, whatever a module says that it takes.
MOST_AT_ONCE = 5_000
#: A service that gives more pages of a list than this gives them without end.
MOST_PAGES = 100_000
#: … and so does one that gives more pages than this one after another with nobody on them.
MOST_EMPTY_PAGES = 10
#: … and one that gives more people than this would fill the disk.
MOST_ROWS = 20_000_000
#: A list is prepared by no more jobs than this, one after another.
MOST_JOBS = 1_000
#: A job of a service that runs for longer than this never ends.
JOB_LASTS = timedelta(hours=24)
#: No job is to be asked for later than this: see the contract.
_LONGEST_POLL_S = 3_600.0
_T = TypeVar("_T")

log = structlog.get_logger("vestnik.lists")


class Driver:
    """Drives runs by the engine."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        modules: Modules,
        calls: ModuleCaller,
        sources: Sources,
        reporter: Reporter,
        folder: Path,
        tell: Tell,
    ) -> None:
        self._database, self._engine, self._modules, self._sources = database, engine, modules, sources
        self._calls = calls
        self._folder, self._tell = folder.absolute(), tell
        self.steps = Steps(reporter, tell)
        self._alone = Alone()  # an earlier generation's last step ends before the next begins
        self._turns = Turns()
        engine.workflow(WORKFLOW, self._drive)
        engine.keep(self._wanted, self._finished)
        engine.every(SWEPT_EVERY_S, "lists.scratch", self.sweep, everywhere=True)
        at_work = sync_run.c.state.in_(WORKING)
        self.letting_go = LettingGo(database, engine, self._alone, sync_run, at_work, runs.workflow_id)

    async def begin(self, run_id: int) -> None:
        """Start the workflow of a committed run; should the process die before, the sweep starts it."""
        row = await self._row(run_id)
        if row is not None:
            await self._engine.run(WORKFLOW, runs.workflow_id(row), row.id, row.generation)

    async def held(
        self, row: Row, *, verdict: HeldVerdict | None, after: int, limit: int
    ) -> list[Held] | None:
        """People who are not transferred by a run, while its scratch file is here; else None."""
        if row.finished_at is not None or row.cursor is None:
            return None

        def read(opened: Scratch) -> list[Held]:
            return opened.held(verdict=verdict, after=after, limit=limit)

        try:
            return await self._scratch(row, read)
        except ScratchLost:
            return None
        except sqlite3.OperationalError as error:  # the child that plans writes it down at this moment
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return None

    async def sweep(self) -> None:
        """Delete the scratch files that no run needs any more."""
        await sweep(self._database, self._folder)

    async def _drive(self, run: Run, run_id: int, generation: int) -> None:
        while (wait_s := await run.step("advance", self.advance, run_id, generation)) is not None:
            if wait_s > 0:
                await run.sleep(wait_s)

    async def _wanted(self) -> Sequence[Wanted]:
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(sync_run).where(sync_run.c.state.in_(WORKING)))
            return [Wanted(WORKFLOW, runs.workflow_id(row), (row.id, row.generation)) for row in rows]

    async def _finished(self, wanted: Wanted) -> None:
        """The engine is done with a run that our rows still want: give it a new generation."""
        run_id, generation = wanted.arguments

        def renew(connection: sa.Connection) -> bool:
            row = runs.find_run(connection, run_id)
            if row is None or row.generation != generation or row.state not in WORKING:
                return False
            runs.change(connection, row, generation=generation + 1, driver=None)
            return True

        if await self._database.write(renew):
            log.warning("sync.run_renewed", run_id=run_id, generation=generation + 1)
            await self.begin(run_id)

    async def advance(self, run_id: int, generation: int) -> float | None:
        """Do some pieces of a run; the seconds to wait before the next, or None at its end."""
        deadline = time.monotonic() + _STEP_S
        async with self._alone.of(run_id):
            alive = await self._engine.executors.alive()
            while True:
                wait_s = await self._once(run_id, generation, alive)
                if wait_s is None:
                    await self._tidy(run_id)
                if wait_s is None or wait_s > 0 or time.monotonic() > deadline:
                    return wait_s

    async def _once(self, run_id: int, generation: int, alive: Any) -> float | None:
        write, mine = self._database.write, (run_id, generation)
        try:
            claimed = await write(self.steps.claim, *mine, self._engine.executors.own_id, alive)
            if claimed is None or isinstance(claimed, float):
                return claimed
            await self._advance(*claimed)
        except WriterStopped:
            raise
        except ScratchLost as lost:
            log.warning("sync.scratch_lost", run_id=run_id, why=str(lost))
            await write(self.steps.lost, *mine, reason("planning", text=PLANNING["lost"]))
        except DiskFull as full:
            log.warning("sync.disk_full", run_id=run_id, detail=str(full))
            await write(self.steps.fail, *mine, reason("planning", text=PLANNING["disk_full"]))
        except PlanFailed as failure:
            facts = reason("planning", text=PLANNING.get(failure.fault, PLANNING["ended"]))
            log.warning("sync.plan_failed", run_id=run_id, fault=failure.fault, detail=failure.detail)
            if failure.fault == "disk_full":
                await write(self.steps.fail, *mine, facts)
            else:
                if failure.fault == "ended":  # the file itself may be what the child does not survive
                    await write(self.steps.lost, *mine, facts)
                await write(self.steps.try_again, *mine, facts)
        except CallFailed as failure:
            await self._call_failed(mine, failure)
        except Exception as error:
            reference = fault(log, "sync.step_failed", error, run_id=run_id, generation=generation)
            await write(self.steps.try_again, *mine, reason("internal", text=reference))
        return 0.0

    async def _advance(self, row: Row, of: Row) -> None:
        mine = (row.id, row.generation)
        facts = await self._modules.account(of.account_id, row.version_id)
        if facts is None or not facts.enabled:
            await self._database.write(self.steps.fail, *mine, reason("account_gone"))
            return
        if row.version_id is None:
            await self._database.write(self.steps.pin, *mine, facts.version_id)
            return
        if row.cursor is None:
            await self._begin_plan(row)
            return
        match row.state, row.stage:
            case _, "listing":
                await self._list(row, of)
            case RunState.PLANNING, _:
                await self._plan(row, of, facts)
            case RunState.VERIFYING, "comparing":
                await self._compare(row, of)
            case RunState.APPLYING, _ if of.list_external_id is None:
                await self._create(row, of)
            case _:
                await self._apply(row, of, facts)

    async def _begin_plan(self, row: Row) -> None:
        token = secrets.token_hex(8)
        kept, of_run = rejects.Rejects(self._database), row.retry_of
        told = await (kept.known(row.sync_id) if of_run is None else kept.addresses(of_run))

        def create() -> None:
            with Scratch.create(self._path(row.id), token) as made:
                (made.leave_out if of_run is None else made.restrict)(told)

        await asyncio.to_thread(create)
        await self._database.write(self.steps.begin_plan, row.id, row.generation, token)

    async def _list(self, row: Row, of: Row) -> None:
        """Read the next page of the list into the scratch file, or ask for the job that prepares it."""
        mine, place = (row.id, row.generation), row.cursor
        if of.list_external_id is None:  # nobody is on a list that is not there
            await self._database.write(self.steps.page_read, *mine, None, 0)
            return
        if "job" in place:
            await self._ask_for_list(row, of)
            return
        cursor = place.get("cursor")
        arguments = {"listExternalId": of.list_external_id, "cursor": cursor}
        page = await self._call(row, of, SUBSCRIBERS, arguments)
        following = page.get("nextCursor")
        circles = following is not None and following in (cursor, place.get("mark"))
        if circles or place.get("pages", 0) > MOST_PAGES or place.get("jobs", 0) > MOST_JOBS:
            await self._database.write(self.steps.fail, *mine, reason("endless", function=SUBSCRIBERS))
            return
        if "jobId" in page:
            await self._under_way(row, page)
            return
        empty = 0 if page["items"] else place.get("empty", 0) + 1
        if following is not None and empty > MOST_EMPTY_PAGES:
            why = reason("empty_pages", function=SUBSCRIBERS, pages=empty)
            return await self._database.write(self.steps.fail, *mine, why)
        people = [(each["email"], each["status"]) for each in page["items"] if "email" in each]

        def stage(opened: Scratch) -> int:
            if not place.get("pages"):
                opened.clear_staged()
            opened.stage(people)
            return opened.staged_rows()

        read = await self._scratch(row, stage)
        if read > MOST_ROWS:
            await self._database.write(self.steps.fail, *mine, reason("too_long", rows=MOST_ROWS))
            return
        await self._database.write(self.steps.page_read, *mine, following, read, empty)

    async def _ask_for_list(self, row: Row, of: Row) -> None:
        job = await self._job(row, of, SUBSCRIBERS)
        if job is not None:
            cursor = job.get("cursor")
            if cursor is None:
                raise CallFailed(SUBSCRIBERS, "job", "no cursor")
            await self._database.write(self.steps.job_done, row.id, row.generation, str(cursor))

    async def _plan(self, row: Row, of: Row, facts: AccountFacts) -> None:
        room = await self._room(row, of, facts)
        request = Request(of.mode, room.limit, room.used, of.over_limit)

        def people(connection: sa.Connection) -> sa.Select[Any]:
            members = self._sources.members(connection, of)
            if of.mode == "subtract":
                return planner.everyone(members)
            first_by = None if room.limit is None else of.first_by
            return planner.recipients(members, of.category_id, first_by, stands_for=self._stands_for(of))

        try:
            async with self._database.read() as connection:
                select = await connection.run_sync(people)
        except Problem as problem:
            why = reason("segment_broken", text={"ru": problem.detail("ru"), "en": problem.detail("en")})
            await self._database.write(self.steps.fail, row.id, row.generation, why)
            return
        plan = await planner.plan(self._database, self._path(row.id), row.cursor["token"], request, select)
        await self._database.write(self.steps.planned, row.id, row.generation, plan, room)

    def _stands_for(self, of: Row) -> int | None:
        """The category that the list stands for at the account, if it stands for one."""
        return self._modules.categories_of_lists(of.account_id).get(of.list_external_id or "")

    async def _room(self, row: Row, of: Row, facts: AccountFacts) -> Room:
        """How many contacts the service's plan has room for, and how many it has, as far as it tells."""
        if of.mode == "subtract":
            return of_account(None, None)
        if ACCOUNT in facts.functions:
            told = await self._call(row, of, ACCOUNT, {})
            await self._modules.accounts.told(of.account_id, told)
        usage = await self._modules.accounts.usage(of.account_id)
        if usage.limit is None or usage.used is not None or GET_LISTS not in facts.functions:
            return of_account(usage.limit, usage.used)
        return of_lists(usage.limit, await self._lists(of, GET_LISTS))

    async def _lists(self, of: Row, function: str) -> Sequence[Mapping[str, Any]]:
        """The lists of the account as its service tells them now; a failure is one of `function`."""
        try:
            return await self._modules.lists.at_service(of.account_id)
        except Problem as problem:
            raise CallFailed(function, getattr(problem, "kind", "fetch"), words_of(problem)) from problem

    async def _create(self, row: Row, of: Row) -> None:
        """Make the list, once: after a call that was cut short it is looked for by its name."""
        mine = (row.id, row.generation)
        there = await self._lists(of, CREATE_LIST)
        named = [each for each in there if fold(each["name"].strip()) == fold(of.list_title)]
        if named:  # made by the call that was cut short, or by somebody else: people may be on it
            await self._database.write(self.steps.created, *mine, named[0]["externalId"], own=False)
            return
        await self._database.write(self.steps.creating, *mine)
        made = await self._call(row, of, CREATE_LIST, {"name": of.list_title})
        own = made["externalId"] not in {each["externalId"] for each in there}
        await self._database.write(self.steps.created, *mine, made["externalId"], own=own)

    async def _apply(self, row: Row, of: Row, facts: AccountFacts) -> None:
        """Hand the next batch to the service, or ask for the job that it made of it."""
        sizes = facts.batch_sizes
        widths = {"add": sizes.add_subscribers, "remove": sizes.remove_subscribers}

        def following(opened: Scratch) -> Batch | None:
            first = next_batch(opened, row.applied_to, 1)
            size = 0 if first is None else min(widths[first.kind], MOST_AT_ONCE)
            return next_batch(opened, row.applied_to, size) if size else None

        batch = await self._scratch(row, following)
        if batch is None:
            await self._database.write(self.steps.verify, row.id, row.generation)
            return
        function = ADD if batch.kind == "add" else REMOVE
        if "job" in row.cursor:
            job = await self._job(row, of, function)
            if job is None:
                return
            answer, late = job.get("result"), set(row.cursor.get("late", ()))
        else:
            names = {}
            if batch.kind == "add":
                names = await who_stays(self._database, of, batch, self._stands_for(of))
            late = {each.contact_id for each in batch.ops if each.contact_id is not None} - names.keys()
            kept = batch.without(late)
            answer = await self._hand_over(row, of, kept, names) if kept.ops else None
            if answer is not None and "jobId" in answer:
                await self._under_way(row, answer, sorted(late))
                return
        await self._answered(row, batch, late, answer)

    async def _answered(
        self, row: Row, batch: Batch, late: set[int], answer: Mapping[str, Any] | None
    ) -> None:
        kept = batch.without(late)
        refused = rejects.refused(kept, answer)
        left = [each.address for each in batch.ops if each.contact_id in late]

        def note(opened: Scratch) -> None:
            opened.note("rejected", [each.address for each in refused])
            opened.note("late", left)

        await self._scratch(row, note)

        def applied(connection: sa.Connection) -> None:
            self.steps.applied(
                connection,
                row.id,
                row.generation,
                kind=batch.kind,
                to=batch.last,
                done=len(kept.ops) - len(refused),
                late=len(left),
                refused=refused,
            )

        await self._database.write(applied)

    async def _hand_over(
        self, row: Row, of: Row, batch: Batch, names: Mapping[int, str]
    ) -> Mapping[str, Any] | None:
        if batch.kind == "remove":
            contacts = [each.called for each in batch.ops]
            return await self._bulk(row, of, REMOVE, {"contacts": contacts})
        people = [
            {
                "email": each.called,
                **({"name": name[:500]} if (name := names.get(each.contact_id or 0)) else {}),
                "contactId": str(each.contact_id),
            }
            for each in batch.ops
        ]
        return await self._bulk(row, of, ADD, {"subscribers": people})

    async def _bulk(
        self, row: Row, of: Row, function: str, arguments: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        async with self._turns.of(of.account_id, of.id):
            found: Mapping[str, Any] | None = await self._call(
                row, of, function, {"listExternalId": of.list_external_id, **arguments}
            )
            return found

    async def _compare(self, row: Row, of: Row) -> None:
        path, token = self._path(row.id), row.cursor["token"]
        plan = await planner.plan(self._database, path, token, Request(of.mode), None)
        await self._database.write(self.steps.compared, row.id, row.generation, plan)

    async def _under_way(self, row: Row, ticket: Mapping[str, Any], late: Sequence[int] = ()) -> None:
        poll_at = now() + timedelta(seconds=ticket.get("pollAfterSeconds") or _POLL_S)
        mine, job_id = (row.id, row.generation), str(ticket["jobId"])
        await self._database.write(self.steps.under_way, *mine, job_id, poll_at, late)

    async def _job(self, row: Row, of: Row, function: str) -> Mapping[str, Any] | None:
        """A job that is done; None when it runs on and is asked for later."""
        mine, place = (row.id, row.generation), row.cursor
        wait_s = (datetime.fromisoformat(place["pollAt"]) - now()).total_seconds()
        if 0 < wait_s <= _LONGEST_POLL_S:
            await self._database.write(self.steps.wait_as_told, *mine, wait_s)
            return None
        job: Mapping[str, Any] = await self._call(row, of, JOB, {"jobId": place["job"]})
        if job["status"] == "running":
            if now() - datetime.fromisoformat(place.get("since", place["pollAt"])) > JOB_LASTS:
                facts = {"function": function, "hours": JOB_LASTS // timedelta(hours=1)}
                await self._database.write(self.steps.fail, *mine, reason("job_endless", **facts))
                return None
            ticket = {"jobId": place["job"], "pollAfterSeconds": job.get("pollAfterSeconds")}
            await self._under_way(row, ticket, place.get("late", ()))
            return None
        if job["status"] == "done":
            return job
        await self._database.write(self.steps.start_over, *mine)
        raise CallFailed(function, "job", job.get("reason") or "")

    async def _call_failed(self, mine: tuple[int, int], failure: CallFailed) -> None:
        write, facts = self._database.write, {"function": failure.function, "text": failure.words}
        if failure.is_failed_attempt:
            why = reason("unavailable" if failure.kind == "service_down" else "waiting", **facts)
            await write(self.steps.try_again, *mine, why, failure.retry_after_s)
        elif failure.transient and failure.retry_after_s is not None:
            await write(self.steps.wait_as_told, *mine, failure.retry_after_s)
        elif failure.transient or failure.kind == "job":
            code = "unavailable" if failure.transient else "job"
            await write(self.steps.try_again, *mine, reason(code, **facts))
        else:
            code = failure.kind if failure.kind in ("not_implemented", "key_refused") else "module"
            await write(self.steps.fail, *mine, reason(code, **facts))

    async def _call(self, row: Row, of: Row, function: str, arguments: Mapping[str, Any]) -> Any:
        asked = (of.account_id, function, dict(arguments))
        return await call(self._calls, *asked, lane="bulk", version_id=row.version_id)

    async def _scratch(self, row: Row, work: Callable[[Scratch], _T]) -> _T:
        """Do something with the run's scratch file, in a thread; `ScratchLost` where it is not."""
        path, token = self._path(row.id), row.cursor["token"]

        def opened() -> _T:
            with Scratch.open(path, token) as scratch_file:
                return work(scratch_file)

        return await asyncio.to_thread(opened)

    async def _tidy(self, run_id: int) -> None:
        """Delete the scratch file of a run that has ended."""
        row = await self._row(run_id)
        if row is None or row.finished_at is not None:
            await asyncio.to_thread(scratch.remove, self._path(run_id))

    def _path(self, run_id: int) -> Path:
        return self._folder / f"{run_id}.db"

    async def _row(self, run_id: int) -> Row | None:
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(sync_run).where(sync_run.c.id == run_id))
            return found.one_or_none()

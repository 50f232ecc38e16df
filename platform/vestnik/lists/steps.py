"""The units of work of a run: each reads where it stands, and writes down what came of a step.

Nothing here calls a service. Everything a run does there are set operations: what was under way when a
process died is done once more by the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from vestnik.db import now
from vestnik.lists import rejects, runs
from vestnik.lists.alerting import Reporter
from vestnik.lists.planning_job import Planned
from vestnik.lists.reasons import reason
from vestnik.lists.rejects import Refused
from vestnik.lists.room import Room
from vestnik.lists.runs import Row, Tell
from vestnik.lists.semantics import Side, is_guarded
from vestnik.lists.states import WORKING, RunState
from vestnik.lists.tables import sync, sync_reject

#: With the pauses between them about nine minutes; each step that gets through begins the count anew.
ATTEMPTS = 14
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
#: A service that says when to come back is believed up to here; waiting so is no failed attempt.
LONGEST_TOLD_PAUSE_S = 86_400.0
#: A plan that was confirmed later than this is made anew before it is carried out.
PLAN_KEEPS = timedelta(minutes=15)
#: A run that loses its scratch file, or the child that plans, more often than this between two batches that
#: got through has failed.
MOST_LOSSES = 20


class Steps:
    """The units of one installation's runs. None for a run that has moved on without the caller."""

    def __init__(self, reporter: Reporter, tell: Tell) -> None:
        self._reporter, self._tell = reporter, tell

    def claim(
        self, connection: sa.Connection, run_id: int, generation: int, driver: str, alive: Collection[str]
    ) -> tuple[Row, Row] | float | None:
        """Have the run worked on by this process: it and its sync; or the seconds to wait for another."""
        row = current(connection, run_id, generation)
        if row is None:
            return None
        if row.driver is not None and row.driver != driver and row.driver in alive:
            return 1.0
        if row.driver != driver:
            runs.change(connection, row, driver=driver)
        if row.next_try_at is not None:
            wait_s = (row.next_try_at - now()).total_seconds()
            # No pause is longer: what lies further ahead was set by a clock that has been put back.
            if 0 < wait_s <= LONGEST_TOLD_PAUSE_S:
                return float(wait_s)
        of = runs.find_sync(connection, row.sync_id)
        return None if of is None else (row, of)

    def pin(self, connection: sa.Connection, run_id: int, generation: int, version_id: int) -> None:
        """Have the run call one version of the module, to its end."""
        row = current(connection, run_id, generation)
        if row is not None:
            runs.change(connection, row, version_id=version_id)

    def begin_plan(self, connection: sa.Connection, run_id: int, generation: int, token: str) -> None:
        """A plan begins, or begins anew, on an empty scratch file; what was done already stays counted."""
        row = current(connection, run_id, generation)
        if row is None:
            return
        connection.execute(sa.delete(sync_reject).where(sync_reject.c.run_id == run_id))
        done = {name: row.counts.get(name, 0) for name in ("added", "removed", "lost")}
        if done["added"] or done["removed"]:  # what the list had before this run, not in the middle of it
            done |= {name: row.counts[name] for name in ("before", "largest") if name in row.counts}
        runs.change(
            connection,
            row,
            self._tell,
            state=RunState.PLANNING,
            stage="listing",
            cursor={"token": token},
            applied_to=0,
            counts=done,
        )

    def lost(self, connection: sa.Connection, run_id: int, generation: int, why: Mapping[str, Any]) -> None:
        """The scratch file is gone: the run plans anew; but for so often, and then it fails as `why` says."""
        row = current(connection, run_id, generation)
        if row is None:
            return
        losses = row.counts.get("lost", 0) + 1
        if losses > MOST_LOSSES:
            self.fail(connection, run_id, generation, why)
            return
        runs.change(
            connection,
            row,
            self._tell,
            state=RunState.PLANNING,
            stage="listing",
            cursor=None,
            applied_to=0,
            counts={**row.counts, "lost": losses},
        )

    def page_read(
        self,
        connection: sa.Connection,
        run_id: int,
        generation: int,
        cursor: str | None,
        read: int,
        empty: int = 0,
    ) -> None:
        """A page of the list is in the scratch file, and the last `empty` pages had nobody on them.

        Without a cursor it was the last.
        """
        row = placed(connection, run_id, generation)
        if row is None:
            return
        place = {name: row.cursor[name] for name in ("token", "jobs", "failed") if name in row.cursor}
        counts = {**row.counts, "read": read}
        if cursor is not None:
            pages = row.cursor.get("pages", 0) + 1
            # Remembered at each power of two (Brent): whatever circle the pages go in, it comes again.
            mark = cursor if pages & (pages - 1) == 0 else row.cursor.get("mark")
            place |= {"cursor": cursor, "pages": pages, "mark": mark, "empty": empty}
            self._got_through(connection, row, cursor=place, counts=counts)
        else:
            stage = "people" if row.state == RunState.PLANNING else "comparing"
            place = {"token": row.cursor["token"]}
            self._got_through(connection, row, cursor=place, counts=counts, stage=stage)

    def under_way(
        self,
        connection: sa.Connection,
        run_id: int,
        generation: int,
        job_id: str,
        poll_at: datetime,
        late: Sequence[int] = (),
    ) -> None:
        """The service works on the step as a job; `late`: contacts that were left out of its batch."""
        row = placed(connection, run_id, generation)
        if row is not None:
            place = {**row.cursor, "job": job_id, "pollAt": poll_at.isoformat()}
            if row.cursor.get("job") != job_id:
                place["since"] = now().isoformat()
            if late:
                place["late"] = list(late)
            self._got_through(connection, row, cursor=place)

    def job_done(self, connection: sa.Connection, run_id: int, generation: int, cursor: str) -> None:
        """The list that the service prepared can be read from `cursor` on."""
        row = placed(connection, run_id, generation)
        if row is not None:
            kept = ("token", "pages", "mark", "failed")
            place = {name: row.cursor[name] for name in kept if name in row.cursor}
            jobs = row.cursor.get("jobs", 0) + 1
            self._got_through(connection, row, cursor={**place, "cursor": cursor, "jobs": jobs})

    def start_over(self, connection: sa.Connection, run_id: int, generation: int) -> None:
        """Forget a job that failed: its step is done once more.

        A job that was begun got through to nothing: those that fail count as attempts, one after another.
        """
        row = placed(connection, run_id, generation)
        if row is not None:
            failed = row.cursor.get("failed", 0)
            place = {"token": row.cursor["token"], "failed": failed + 1}
            runs.change(connection, row, cursor=place, attempts=max(failed, row.attempts))

    def planned(
        self,
        connection: sa.Connection,
        run_id: int,
        generation: int,
        plan: Planned,
        room: Room,
    ) -> None:
        """The plan is made: carry it out, or wait for a person."""
        row = placed(connection, run_id, generation)
        of = None if row is None else runs.find_sync(connection, row.sync_id)
        if row is None or of is None:
            return
        added, removed = row.counts.get("added", 0), row.counts.get("removed", 0)
        before = row.counts.get("before", plan.before) if added or removed else plan.before
        remove, largest = plan.remove + removed, _largest(row, plan)
        counts = {
            **row.counts,
            "before": before,
            "largest": largest,
            "wanted": plan.wanted,
            "add": plan.add + added,
            "remove": remove,
            "unchanged": plan.unchanged,
            "held": dict(plan.held),
            "over_limit": plan.over_limit,
            "limit": room.limit,
            "used": room.used,
            "counted": room.counted,
        }
        why = None
        if of.state == "draft" and row.confirmed_at is None:
            why = reason("first_plan")
        elif is_guarded(remove, largest, of.guard_percent, row.confirmed_removals):
            why = reason("guard", remove=remove, before=largest, percent=of.guard_percent)
        values: dict[str, Any] = {"counts": counts, "planned_at": now(), "applied_to": 0}
        if why is not None:
            self._got_through(connection, row, state=RunState.WAITING, stage="plan", reason=why, **values)
            if why["code"] == "guard" and row.trigger not in ("hand", "plan"):
                self._reporter.failed(connection, of, why)
        elif plan.add or plan.remove or of.list_external_id is None:
            self._got_through(connection, row, state=RunState.APPLYING, stage="applying", **values)
        else:
            self._got_through(connection, row, **values)
            self._end(connection, row, of, {**counts, "differs": 0})

    def creating(self, connection: sa.Connection, run_id: int, generation: int) -> None:
        """The list is about to be made at the service: from here on it may be there."""
        row = placed(connection, run_id, generation)
        if row is not None:
            runs.change(connection, row, stage="creating")

    def created(
        self, connection: sa.Connection, run_id: int, generation: int, external_id: str, *, own: bool
    ) -> None:
        """The service has the list. One that may not be this run's own, and empty, is read before."""
        row = current(connection, run_id, generation)
        if row is None:
            return
        of = runs.find_sync(connection, row.sync_id)
        if of is None or _is_taken(connection, of, external_id):
            self.fail(connection, run_id, generation, reason("list_taken"))
            return
        connection.execute(
            sa.update(sync).where(sync.c.id == row.sync_id).values(list_external_id=external_id)
        )
        if own:
            self._got_through(connection, row, stage="applying")
        else:
            self._got_through(
                connection, row, state=RunState.PLANNING, stage="listing", cursor=None, applied_to=0
            )

    def applied(
        self,
        connection: sa.Connection,
        run_id: int,
        generation: int,
        *,
        kind: Side,
        to: int,
        done: int,
        late: int,
        refused: Sequence[Refused],
    ) -> None:
        """The service answered for a batch. What the verification repeats was counted already."""
        row = placed(connection, run_id, generation)
        if row is None or row.applied_to >= to:
            return
        counts = dict(row.counts)
        rejects.keep(connection, run_id, refused, counts.get("rejected", 0))
        if row.state == RunState.APPLYING:
            name = "added" if kind == "add" else "removed"
            counts[name] = counts.get(name, 0) + done
            counts["late"] = counts.get("late", 0) + late
            counts["rejected"] = counts.get("rejected", 0) + len(refused)
        counts.pop("lost", None)
        place = {"token": row.cursor["token"]}
        self._got_through(connection, row, cursor=place, counts=counts, applied_to=to)

    def verify(self, connection: sa.Connection, run_id: int, generation: int) -> None:
        """Everything was handed over: the list is read once more."""
        row = placed(connection, run_id, generation)
        if row is not None:
            place = {"token": row.cursor["token"]}
            self._got_through(connection, row, state=RunState.VERIFYING, stage="listing", cursor=place)

    def compared(self, connection: sa.Connection, run_id: int, generation: int, plan: Planned) -> None:
        """What the list still differs by is handed over once; the second time it is only told."""
        row = placed(connection, run_id, generation)
        of = None if row is None else runs.find_sync(connection, row.sync_id)
        if row is None or of is None:
            return
        differs = plan.add + plan.remove
        repeated = bool(row.counts.get("repeated"))
        remove, largest = plan.remove + row.counts.get("removed", 0), _largest(row, plan)
        # Who came to the list since the plan is taken out by a run of its own, with a guard of its own.
        guarded = is_guarded(remove, largest, of.guard_percent, row.confirmed_removals)
        if differs and not repeated and not (plan.remove and guarded):
            counts = {**row.counts, "repeated": True}
            self._got_through(connection, row, stage="repeating", applied_to=0, counts=counts)
        else:
            self._end(connection, row, of, {**row.counts, "differs": differs})

    def try_again(
        self,
        connection: sa.Connection,
        run_id: int,
        generation: int,
        failure: Mapping[str, Any],
        asked_s: float | None = None,
    ) -> None:
        """Count a failed attempt and set the time of the next; after the last one the run has failed."""
        row = current(connection, run_id, generation)
        if row is None:
            return
        attempts = row.attempts + 1
        if attempts >= ATTEMPTS:
            code = "waited_in_vain" if failure["code"] == "waiting" else failure["code"]
            self.fail(connection, run_id, generation, {**failure, "code": code, "attempts": attempts})
            return
        pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempts - 1))
        if asked_s is not None:
            pause_s = max(min(asked_s, LONGEST_TOLD_PAUSE_S), _FIRST_PAUSE_S)
        code = "waiting" if failure["code"] == "waiting" else "retrying"
        why = {**failure, "code": code, "attempts": attempts, "at_most": ATTEMPTS}
        at = now() + timedelta(seconds=pause_s)
        runs.change(connection, row, self._tell, attempts=attempts, next_try_at=at, reason=why)

    def wait_as_told(self, connection: sa.Connection, run_id: int, generation: int, wait_s: float) -> None:
        """Go on when the service's budget of calls allows it."""
        row = current(connection, run_id, generation)
        if row is not None:
            at = now() + timedelta(seconds=min(wait_s, LONGEST_TOLD_PAUSE_S))
            runs.change(connection, row, next_try_at=at)

    def fail(self, connection: sa.Connection, run_id: int, generation: int, why: Mapping[str, Any]) -> None:
        """End the run with a reason; the next one goes on from what is in the list."""
        row = current(connection, run_id, generation)
        of = None if row is None else runs.find_sync(connection, row.sync_id)
        if row is not None and of is not None:
            runs.end(connection, row, RunState.FAILED, why, self._tell)
            self._reporter.failed(connection, of, why)

    def _end(self, connection: sa.Connection, row: Row, of: Row, counts: Mapping[str, Any]) -> None:
        counts = {name: value for name, value in counts.items() if name not in ("repeated", "lost")}
        runs.end(connection, row, RunState.DONE, None, self._tell, counts=counts)
        self._reporter.done(connection, of, counts)

    def _got_through(self, connection: sa.Connection, row: Row, **values: Any) -> None:
        values = {"reason": None, **values}
        runs.change(connection, row, self._tell, attempts=0, next_try_at=None, **values)


def current(connection: sa.Connection, run_id: int, generation: int) -> Row | None:
    """The run, locked, if this generation of it still works."""
    row = runs.find_run(connection, run_id)
    if row is None or row.generation != generation or row.state not in WORKING:
        return None
    return row


def placed(connection: sa.Connection, run_id: int, generation: int) -> Row | None:
    """The same, if it has a scratch file: an erasure, or a loss, takes that away in the middle of a step."""
    row = current(connection, run_id, generation)
    return None if row is None or row.cursor is None else row


def _largest(row: Row, plan: Planned) -> int:
    """How many the list has had at most during a run, or would have had without its removals.

    The guard's share is of them: of a list that was empty before, the run itself has added everybody.
    """
    removed: int = row.counts.get("removed", 0)
    return max(int(row.counts.get("largest", 0)), plan.before + removed)


def _is_taken(connection: sa.Connection, of: Row, external_id: str) -> bool:
    other = sa.select(sync.c.id).where(
        sync.c.account_id == of.account_id,
        sync.c.list_external_id == external_id,
        sync.c.archived_at.is_(None),
        sync.c.id != of.id,
    )
    return connection.scalar(other) is not None

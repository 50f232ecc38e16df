"""One action on many contacts, in the background: a thousand keys are read, five hundred are changed a time.

A run is a row. It goes along its selection by key; each unit of work does the next contacts and moves the
row's `done_to` with them, so that a killed run goes on where it stood and two processes never do the same.
Rooms above add their actions (segments), and whom they find in ways that the list does not know (reports).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.contacts.list_errors import BulkFinished, UnknownAction
from vestnik.contacts.listing import Listing, Selection
from vestnik.contacts.tables import bulk_run, contact
from vestnik.db import Database, now
from vestnik.engine import Engine
from vestnik.http.errors import InternalError, NotFound, Problem
from vestnik.logs import fault
from vestnik.people.access import Actor

log = structlog.get_logger("vestnik.contacts")

State = Literal["running", "done", "failed", "cancelled"]
Arguments = Mapping[str, Any]

#: Contacts changed in one unit of work, and read before it.
CHANGED_AT_ONCE = 500
READ_AT_ONCE = 10_000
_EVERY_S = 5.0
_WORK = "contacts.bulk"


@dataclass(frozen=True, slots=True)
class Done:
    """What an action did to some contacts: so many changed, so many kept because they unsubscribed."""

    changed: int
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to many: its right, what it refuses at once, and the work on a few of them.

    `check` raises a problem for arguments that can't be; `apply` runs in a unit of work of the writer,
    and is told contacts (some are as they should be already), the arguments, and by whom ("user:7").
    """

    name: str
    right: str
    check: Callable[[sa.Connection, Arguments], None]
    apply: Callable[[sa.Connection, Sequence[int], Arguments, str], Done]


#: Keys of the next contacts of a source: (connection, what is asked, after this key, at most so many). Fewer
#: than that: there are no more.
Reader = Callable[[sa.Connection, Mapping[str, Any], int, int], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Source:
    """Contacts that a room finds: plain data of what is asked is kept with the run."""

    name: str
    asked: Mapping[str, Any]
    total: int


@dataclass(frozen=True, slots=True)
class BulkRun:
    """A run as its reader sees it; `total` is None until it is counted."""

    id: int
    action: str
    state: State
    total: int | None
    done: int
    changed: int
    kept: int
    reason: Mapping[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


class Bulk:
    """Bulk actions and their runs."""

    def __init__(self, database: Database, listing: Listing, engine: Engine) -> None:
        self._database, self._listing, self._engine = database, listing, engine
        self._actions: dict[str, Action] = {}
        self._sources: dict[str, Reader] = {}
        engine.every(_EVERY_S, _WORK, self.work)

    def offer(self, action: Action) -> None:
        """Offer one more action."""
        if action.name in self._actions:
            raise ValueError(f"two bulk actions are named {action.name}")
        self._actions[action.name] = action

    def draw(self, source: str, reader: Reader) -> None:
        """Have runs take the contacts of one more source."""
        self._sources[source] = reader

    async def begin(self, actor: Actor, action: str, arguments: Arguments, whom: Selection | Source) -> int:
        """Store a run and have it worked at; its key. What can be refused is refused here."""
        actor.require("contacts.write")
        known = self._actions.get(action)
        if known is None:
            raise UnknownAction(action=action)
        actor.require(known.right)

        def store(connection: sa.Connection) -> int:
            known.check(connection, arguments)
            if isinstance(whom, Selection):
                self._listing.select(connection, whom)
            id: int = connection.execute(
                sa.insert(bulk_run)
                .values(
                    action=action,
                    arguments=dict(arguments),
                    selection=msgspec.to_builtins(whom)
                    if isinstance(whom, Selection)
                    else {"source": whom.name, "asked": dict(whom.asked)},
                    state="running",
                    done_to=0,
                    total=whom.total if isinstance(whom, Source) else None,
                    done=0,
                    changed=0,
                    kept=0,
                    created_by=actor.user_id,
                    created_at=now(),
                )
                .returning(bulk_run.c.id)
            ).scalar_one()
            record(connection, actor, f"contacts.{action}", "contact_bulk_run", id, arguments.keys())
            return id

        id = await self._database.write(store)
        self._engine.nudge(_WORK)
        return id

    async def get(self, actor: Actor, run_id: int) -> BulkRun:
        """How far a run is."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(bulk_run).where(bulk_run.c.id == run_id))).one_or_none()
        if row is None:
            raise NotFound()
        return _run(row)

    async def cancel(self, actor: Actor, run_id: int) -> None:
        """Stop a run after the contacts that it is at; what is done stays done."""
        actor.require("contacts.write")

        def cancel(connection: sa.Connection) -> None:
            state = connection.scalar(sa.select(bulk_run.c.state).where(bulk_run.c.id == run_id))
            if state is None:
                raise NotFound()
            if state != "running":
                raise BulkFinished()
            _end(connection, run_id, "cancelled")
            record(connection, actor, "contacts.bulk_cancelled", "contact_bulk_run", run_id)

        await self._database.write(cancel)

    # The work

    async def work(self) -> None:
        """Do all that is to be done, a portion of each run in turn."""
        while runs := await self.running():
            for row in runs:
                await self._go_on(row)

    async def running(self) -> Sequence[sa.Row[Any]]:
        """The runs that are not over, the oldest first."""
        async with self._database.read() as connection:
            running = sa.select(bulk_run).where(bulk_run.c.state == "running").order_by(bulk_run.c.id)
            return (await connection.execute(running)).all()

    async def _go_on(self, row: sa.Row[Any]) -> None:
        """The next portion of one run; one that fails says why and holds up no other."""
        try:
            await self.portion(row)
        except Problem as problem:
            await self._fail(row.id, problem)
        except Exception as error:
            reference = fault(log, "contacts.bulk_failed", error, run=row.id)
            await self._fail(row.id, InternalError(reference=reference))

    async def portion(self, row: sa.Row[Any]) -> None:
        """Do the next contacts of a run as its row stood; nothing when that is not its state any more."""
        ids = await self._next(row)
        place = row.done_to
        for start in range(0, len(ids), CHANGED_AT_ONCE):
            part = ids[start : start + CHANGED_AT_ONCE]
            if not await self._database.submit(partial(self._change, row, place, part), bulk=True):
                return
            place = part[-1]
        if len(ids) < READ_AT_ONCE:
            await self._database.write(_finish, row.id, place)

    async def _next(self, row: sa.Row[Any]) -> Sequence[int]:
        """The next contacts of a run by key, `READ_AT_ONCE` of them unless there are no more."""
        if (source := row.selection.get("source")) is not None:
            asked, reader = row.selection["asked"], self._sources[source]
            async with self._database.read() as connection:
                return await connection.run_sync(reader, asked, row.done_to, READ_AT_ONCE)
        selection = msgspec.convert(row.selection, Selection)
        if row.total is None:
            await self._count(row.id, selection)
        async with self._database.read() as connection:
            chosen = await connection.run_sync(self._listing.select, selection)
            page = chosen.where(contact.c.id > row.done_to).order_by(contact.c.id).limit(READ_AT_ONCE)
            return list(await connection.scalars(page))

    async def _count(self, run_id: int, selection: Selection) -> None:
        async with self._database.read() as connection:
            chosen = await connection.run_sync(self._listing.select, selection)
            total = await connection.scalar(sa.select(sa.func.count()).select_from(chosen.subquery()))
        counted = sa.update(bulk_run).where(bulk_run.c.id == run_id).values(total=total)
        await self._database.write(lambda connection: connection.execute(counted))

    def _change(self, row: sa.Row[Any], place: int, ids: Sequence[int], connection: sa.Connection) -> bool:
        """Do some contacts; False when the run ended meanwhile, or another process does them."""
        taken = connection.execute(
            sa.update(bulk_run).where(_standing_at(row.id, place)).values(done_to=ids[-1])
        )
        if taken.rowcount == 0:
            return False
        by = "api" if row.created_by is None else f"user:{row.created_by}"
        done = self._actions[row.action].apply(connection, ids, row.arguments, by)
        connection.execute(
            sa.update(bulk_run)
            .where(bulk_run.c.id == row.id)
            .values(
                done=bulk_run.c.done + len(ids),
                changed=bulk_run.c.changed + done.changed,
                kept=bulk_run.c.kept + done.kept,
            )
        )
        return True

    async def _fail(self, run_id: int, problem: Problem) -> None:
        texts = {language: problem.detail(language) for language in ("ru", "en")}
        await self._database.write(_end, run_id, "failed", {"code": problem.code, **texts})


def _standing_at(run_id: int, place: int) -> sa.ColumnElement[bool]:
    return sa.and_(bulk_run.c.id == run_id, bulk_run.c.state == "running", bulk_run.c.done_to == place)


def _finish(connection: sa.Connection, run_id: int, place: int) -> None:
    connection.execute(
        sa.update(bulk_run).where(_standing_at(run_id, place)).values(state="done", finished_at=now())
    )


def _end(
    connection: sa.Connection, run_id: int, state: State, reason: Mapping[str, Any] | None = None
) -> None:
    connection.execute(
        sa.update(bulk_run)
        .where(bulk_run.c.id == run_id, bulk_run.c.state == "running")
        .values(state=state, reason=reason, finished_at=now())
    )


def _run(row: sa.Row[Any]) -> BulkRun:
    return BulkRun(
        id=row.id,
        action=row.action,
        state=row.state,
        total=row.total,
        done=row.done,
        changed=row.changed,
        kept=row.kept,
        reason=row.reason,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )

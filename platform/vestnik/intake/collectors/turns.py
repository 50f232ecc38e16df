"""Whose turn it is: collectors are run one after another, by the job's time or when a person asks.

Whoever runs a collector holds its lease and renews it while the run lasts; what a killed process left is
taken over when its lease ends, at once where there can be one process only. Each turn has a number: a late
process finds in every unit of work that the turn is not its own any more.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.alerts import Alerts, Kind, Subject, Wording
from vestnik.db import Database, WriterStopped, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import Language
from vestnik.intake.collectors import notes
from vestnik.intake.collectors.collecting import Collecting, Outcome
from vestnik.intake.collectors.failures import MailboxFailure, why
from vestnik.intake.collectors.notes import LeaseLost
from vestnik.intake.collectors.tables import collector_run, mail_collector
from vestnik.intake.leads.settings import IntakeSettings, settings_of
from vestnik.logs import fault
from vestnik.retention import Term

ALERT = "mailbox"
JOB = "intake.collectors"
ASKED = "intake.collectors_asked"
LOOK_EVERY_S = 5.0
#: Who stays silent for so long has lost the collector.
LEASE = timedelta(seconds=60)
BEAT_S = 15.0
#: Failures that may pass are told when so many came in a row.
TOLD_AFTER = 3
#: Runs are shown for so long.
RUNS_KEPT_FOR = timedelta(days=30)
RUNS = Term("collector_runs", days=RUNS_KEPT_FOR.days)
_SWEPT_EVERY_S = 3600.0
_LANGUAGES: tuple[Language, Language] = ("ru", "en")

_KIND = Kind(
    ALERT,
    right="intake.manage",
    failing=Wording(
        {"ru": "Почта не собирается: «{name}»", "en": "Mail is not collected: “{name}”"},
        {
            "ru": "Сборщик почты «{name}» не может прочитать свой ящик. Заявки из него не поступают; Вестник "
            "пробует снова по расписанию.",
            "en": "The mail collector “{name}” can't read its mailbox. No leads come from it; Vestnik tries "
            "again at its times.",
        },
    ),
    working=Wording(
        {"ru": "Почта снова собирается: «{name}»", "en": "Mail is collected again: “{name}”"},
        {
            "ru": "Сборщик почты «{name}» снова читает свой ящик. Письма, пришедшие за это время, собраны.",
            "en": "The mail collector “{name}” reads its mailbox again. Letters that came meanwhile were "
            "collected.",
        },
    ),
)

log = structlog.get_logger("vestnik.intake")


@dataclass(frozen=True, slots=True)
class Turn:
    """A collector as it was claimed, and the run that it is claimed for."""

    row: sa.Row[Any]
    run_id: int


class Turns:
    """The job "mail collector": its times, its leases, and what each run came to."""

    def __init__(self, database: Database, engine: Engine, alerts: Alerts, collecting: Collecting) -> None:
        self._database, self._engine = database, engine
        self._alerts, self._collecting = alerts, collecting
        self._own = secrets.token_hex(16)
        alerts.add(_KIND)
        engine.every(LOOK_EVERY_S, JOB, self.look)
        engine.every(LOOK_EVERY_S, ASKED, self.look_asked)
        engine.every(_SWEPT_EVERY_S, "intake.collector_runs_kept", self.sweep)

    async def look(self) -> None:
        """Run the collectors whose time has come, the longest overdue first."""
        await self._in_turn(asked=False)

    async def look_asked(self) -> None:
        """Run the collectors that people asked for; no other mailbox keeps them waiting."""
        await self._in_turn(asked=True)

    def nudge(self) -> None:
        """Somebody asked for a run."""
        self._engine.nudge(ASKED)

    async def _in_turn(self, *, asked: bool) -> None:
        done: set[int] = set()
        while (collector_id := await self._next(done, asked=asked)) is not None:
            done.add(collector_id)
            turn = await self._database.write(self._claim, collector_id, asked)
            if turn is not None:
                await self.take(turn)

    async def _next(self, done: set[int], *, asked: bool) -> int | None:
        async with self._database.read() as connection:
            settings = await connection.run_sync(settings_of)
            rows = (await connection.execute(sa.select(mail_collector).where(self._free()))).all()
        due = [(at, row.id) for row in rows if (at := due_at(row, settings, asked=asked)) is not None]
        waiting = sorted((at, id) for at, id in due if at <= now() and id not in done)
        return waiting[0][1] if waiting else None

    def _free(self) -> sa.ColumnElement[bool]:
        """That nobody runs a collector. On SQLite there is no other process: a lease of another is over."""
        lease = mail_collector.c.leased_until
        free = lease.is_(None) | (lease <= now())
        return free | (mail_collector.c.leased_by != self._own) if self._database.on_sqlite else free

    def _claim(self, connection: sa.Connection, collector_id: int, asked: bool) -> Turn | None:
        this = sa.and_(mail_collector.c.id == collector_id, self._free())
        row = connection.execute(sa.select(mail_collector).where(this).with_for_update()).one_or_none()
        at = now()
        due = None if row is None else due_at(row, settings_of(connection), asked=asked)
        if row is None or due is None or due > at:
            return None
        _break_off(connection, collector_id)
        values = {
            "run": row.run + 1,
            "leased_by": self._own,
            "leased_until": at + LEASE,
            "begun_at": at,
            "unfinished": True,  # until it is over
        }
        claimed = sa.update(mail_collector).where(mail_collector.c.id == collector_id).values(values)
        row = connection.execute(claimed.returning(mail_collector)).one()
        run_id = new_key()
        counts = dict.fromkeys(
            ("seen", "with_keyword", "taken", "known", "not_taken", "settled", "deleted"), 0
        )
        connection.execute(
            sa.insert(collector_run).values(
                id=run_id,
                collector_id=collector_id,
                run=row.run,
                begun_by="hand" if row.asked_at is not None else "time",
                state="running",
                begun_at=at,
                **counts,
            )
        )
        return Turn(row, run_id)

    async def take(self, turn: Turn) -> None:
        """Run a collector that was claimed, and note what came of it."""
        running = asyncio.create_task(self._collecting.run(turn.row, turn.run_id))
        beating = asyncio.create_task(self._beat(turn.row))
        try:
            await asyncio.wait({running, beating}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = running.done()
            for task in (running, beating):
                task.cancel()
            await asyncio.gather(running, beating, return_exceptions=True)
            if not ended:  # we are stopping, or the lease is lost: whoever comes next goes on at once
                await self._database.write(_give_back, turn)
        if not ended:
            return
        try:
            outcome = running.result()
        except LeaseLost:
            await self._database.write(_give_back, turn)
        except MailboxFailure as failure:
            await self._failed(turn, failure)
        except WriterStopped:
            raise
        except Exception as error:
            reference = fault(log, "intake.collector_failed", error, collector_id=turn.row.id)
            await self._failed(turn, MailboxFailure("internal", reference=reference))
        else:
            await self._database.write(self._ended, turn, outcome)

    async def _beat(self, row: sa.Row[Any]) -> None:
        """Renew the lease until it is not ours any more."""
        held = True
        while held:
            await asyncio.sleep(BEAT_S)
            held = await self._database.write(_renew, row)

    async def _failed(self, turn: Turn, failure: MailboxFailure) -> None:
        log.warning("intake.mailbox", collector_id=turn.row.id, reason=failure.code)
        await self._database.write(self._note_failure, turn, failure)

    def _ended(self, connection: sa.Connection, turn: Turn, outcome: Outcome) -> None:
        values = {"unfinished": outcome.unfinished, "failures": 0, "succeeded_at": now()}
        if _finish(connection, turn, "done", outcome.reason, values):
            self._alerts.tell(connection, ALERT, _subject(turn.row), None)

    def _note_failure(self, connection: sa.Connection, turn: Turn, failure: MailboxFailure) -> None:
        failures = turn.row.failures + 1
        values = {"unfinished": False, "failures": failures}
        if not _finish(connection, turn, "failed", failure.reason, values):
            return
        if not failure.passing or failures >= TOLD_AFTER:
            text = {each: why(failure.reason, each) for each in _LANGUAGES}
            self._alerts.tell(connection, ALERT, _subject(turn.row), text)

    async def sweep(self) -> None:
        """Forget runs of long ago."""
        before = await RUNS.cutoff(self._database)
        if before is not None:
            old = sa.delete(collector_run).where(old_runs(before))
            await self._database.write(lambda connection: connection.execute(old))


def old_runs(before: datetime) -> sa.ColumnElement[bool]:
    """Runs that are over and past the term."""
    return (collector_run.c.state != "running") & (collector_run.c.begun_at < before)


def due_at(row: sa.Row[Any], settings: IntakeSettings, *, asked: bool = False) -> datetime | None:
    """When a collector is run next; None for one that waits for nothing. `asked`: only if a person did."""
    if row.removal_marked_at is not None:
        return None
    if asked or row.asked_at is not None:
        at: datetime | None = row.asked_at if asked else None
        return at
    if not settings.mail_on or not row.enabled:
        return None
    begun_at: datetime = row.begun_at or row.created_at
    if row.begun_at is None or row.unfinished:
        return begun_at
    return begun_at + timedelta(minutes=row.every_minutes or settings.mail_every_minutes)


def let_go(connection: sa.Connection, collector_id: int) -> None:
    """End the run under way, if there is one: the collector is about to be another."""
    _break_off(connection, collector_id)
    this = sa.update(mail_collector).where(mail_collector.c.id == collector_id)
    connection.execute(this.values(run=mail_collector.c.run + 1, leased_by=None, leased_until=None))


def _break_off(connection: sa.Connection, collector_id: int) -> None:
    """Runs that nobody goes on with are over."""
    running = sa.and_(collector_run.c.collector_id == collector_id, collector_run.c.state == "running")
    reason = {"code": "broken_off"}
    ended = sa.update(collector_run).where(running)
    connection.execute(ended.values(state="broken_off", reason=reason, finished_at=now()))


def _renew(connection: sa.Connection, row: sa.Row[Any]) -> bool:
    renewed = sa.update(mail_collector).where(notes.mine(row)).values(leased_until=now() + LEASE)
    return bool(connection.execute(renewed).rowcount)


def _give_back(connection: sa.Connection, turn: Turn) -> None:
    """End a run before its end; what it did counts, and the next one goes on."""
    free = sa.update(mail_collector).where(notes.mine(turn.row)).values(leased_by=None, leased_until=None)
    connection.execute(free)
    _end_run(connection, turn.run_id, "broken_off", {"code": "broken_off"})


def _finish(
    connection: sa.Connection,
    turn: Turn,
    state: str,
    reason: Mapping[str, Any] | None,
    values: Mapping[str, Any],
) -> bool:
    """Note how a run ended; whether it was still ours. A person who asked meanwhile gets a run yet."""
    row = turn.row
    free = {"leased_by": None, "leased_until": None, **values}
    if not values["unfinished"]:
        same = mail_collector.c.asked_at == row.asked_at
        free["asked_at"] = sa.case((same, None), else_=mail_collector.c.asked_at)
    ours = connection.execute(sa.update(mail_collector).where(notes.mine(row)).values(free)).rowcount
    _end_run(connection, turn.run_id, state if ours else "broken_off", reason)
    return bool(ours)


def _end_run(connection: sa.Connection, run_id: int, state: str, reason: Mapping[str, Any] | None) -> None:
    running = sa.and_(collector_run.c.id == run_id, collector_run.c.state == "running")
    values = {"state": state, "reason": None if reason is None else dict(reason), "finished_at": now()}
    connection.execute(sa.update(collector_run).where(running).values(values))


def _subject(row: sa.Row[Any]) -> Subject:
    return Subject(row.id, row.title, f"/settings/collectors/{row.id}", row.created_by)


def running_ids(rows: Sequence[sa.Row[Any]]) -> set[int]:
    """Keys of the collectors that are being run."""
    at = now()
    return {row.id for row in rows if row.leased_until is not None and row.leased_until > at}

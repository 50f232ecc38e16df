"""Runs of scheduled imports: fetch the file, see whether it is new and as agreed, have its rows brought in.

A run is a row; coming due makes it in the transaction that sets the next time, so that no time is taken
twice and a missed one is made up for once. A killed server fetches the file anew; of two processes at the
same run one finds that it is no longer theirs. While a run, or an import of its, is under way the
schedule's next time waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from posixpath import basename
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
import structlog

from vestnik.alerts import Alerts, Kind, Subject, Wording
from vestnik.contacts.imports import reasons, storing
from vestnik.contacts.imports.columns import ColumnsChanged, found_again, read_again
from vestnik.contacts.imports.errors import FileTooLarge, ScheduleBusy, UnknownTarget
from vestnik.contacts.imports.fetching import AT_ONCE, Credential, Downloads, NotFetched, Source
from vestnik.contacts.imports.rows import Inspected, Policy, Reading
from vestnik.contacts.imports.service import Imports
from vestnik.contacts.imports.tables import contact_import, contact_import_run, contact_import_schedule
from vestnik.contacts.imports.timing import Rhythm
from vestnik.db import Database, WriterStopped, new_key, now
from vestnik.engine import Engine, Run, Wanted
from vestnik.http.errors import Language, Problem
from vestnik.logs import fault
from vestnik.people.access import SYSTEM
from vestnik.retention import Term
from vestnik.vault import Vault

WORKFLOW = "scheduled_import"
ALERT = "scheduled_import"
LOOK_EVERY_S = 2.0
#: Pauses after failures that may pass; then the run has failed.
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
#: Runs are shown for so long.
RUNS_KEPT_FOR = timedelta(days=365)
RUNS = Term("import_runs", days=RUNS_KEPT_FOR.days)
_SWEPT_EVERY_S = 3600.0
_FILE_NAME_CHARACTERS = 255
_LANGUAGES: tuple[Language, Language] = ("ru", "en")

_KIND = Kind(
    ALERT,
    right="settings.manage",
    failing=Wording(
        {"ru": "Импорт «{name}» не выполнен", "en": "The import “{name}” failed"},
        {
            "ru": "Импорт контактов по расписанию «{name}» не выполнен. Вестник повторит его в следующий раз "
            "по расписанию.",
            "en": "The scheduled import of contacts “{name}” failed. Vestnik tries again at its next time.",
        },
    ),
    working=Wording(
        {"ru": "Импорт «{name}» снова работает", "en": "The import “{name}” works again"},
        {
            "ru": "Импорт контактов по расписанию «{name}» снова выполняется.",
            "en": "The scheduled import of contacts “{name}” works again.",
        },
    ),
)

log = structlog.get_logger("vestnik.contacts")


class Runs:
    """Makes runs when they are due, and brings them to their end."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        engine: Engine,
        imports: Imports,
        downloads: Downloads,
        alerts: Alerts,
        zone: Callable[[], ZoneInfo],
    ) -> None:
        self._database, self._vault, self._engine = database, vault, engine
        self._imports, self._downloads = imports, downloads
        self._alerts, self._zone = alerts, zone
        alerts.add(_KIND)
        imports.on_start(self._adopt)
        imports.runner.on_end(self._ended)
        engine.workflow(WORKFLOW, self._drive)
        engine.keep(self._wanted, self._finished)
        engine.every(LOOK_EVERY_S, "contacts.scheduled_imports", self.look)
        engine.every(_SWEPT_EVERY_S, "contacts.import_runs_kept", self.sweep)

    # Beginning

    async def look(self) -> None:
        """Begin the runs that are due, and those whose pause is over; not more at once than may be."""
        async with self._database.read() as connection:
            under_way = await connection.scalar(
                sa.select(sa.func.count())
                .select_from(contact_import_run)
                .where(contact_import_run.c.state == "fetching", contact_import_run.c.again_at.is_(None))
            )
            free = max(0, AT_ONCE - (under_way or 0))
            again = sa.select(contact_import_run.c.id).where(
                contact_import_run.c.state == "fetching", contact_import_run.c.again_at <= now()
            )
            paused = (await connection.scalars(again.limit(free))).all()
            due = sa.select(contact_import_schedule.c.id).where(
                contact_import_schedule.c.enabled,
                contact_import_schedule.c.next_at <= now(),
                sa.not_(_busy(contact_import_schedule.c.id)),
            )
            due = due.order_by(contact_import_schedule.c.next_at).limit(free - len(paused))
            schedules = (await connection.scalars(due)).all()
        for run_id in paused:
            run = await self._database.write(_renew, run_id)
            if run is not None:
                await self._run(run_id, run)
        for schedule_id in schedules:
            due_run = await self._database.write(self._come_due, schedule_id)
            if due_run is not None:
                await self._run(due_run, 1)

    async def begin(self, schedule_id: int, begun_by: str, *, anyway: bool = False) -> int:
        """Begin a run by hand; its key. `ScheduleBusy` while another is under way."""

        def unit(connection: sa.Connection) -> int:
            _lock(connection, schedule_id)
            return open_run(connection, schedule_id, begun_by, anyway=anyway)

        run_id = await self._database.write(unit)
        await self._run(run_id, 1)
        return run_id

    def _come_due(self, connection: sa.Connection, schedule_id: int) -> int | None:
        row = _lock(connection, schedule_id)
        at = now()
        if row is None or not row.enabled or row.next_at is None or row.next_at > at:
            return None
        if connection.scalar(sa.select(_busy(schedule_id))):
            return None
        next_at = rhythm_of(row).after(at, self._zone(), begun=row.next_at)
        change_schedule(connection, schedule_id, {"next_at": next_at})
        return open_run(connection, schedule_id, "time")

    async def _run(self, run_id: int, run: int) -> None:
        await self._engine.run(WORKFLOW, _workflow_id(run_id, run), run_id, run)

    async def _drive(self, run: Run, run_id: int, generation: int) -> None:
        begun = await run.step("fetch", self.fetch, run_id, generation)
        if begun is not None:
            await self._imports.go_on(*begun)

    async def _wanted(self) -> Sequence[Wanted]:
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(contact_import_run.c.id, contact_import_run.c.run).where(
                    contact_import_run.c.state == "fetching", contact_import_run.c.again_at.is_(None)
                )
            )
            return [Wanted(WORKFLOW, _workflow_id(row.id, row.run), (row.id, row.run)) for row in rows]

    async def _finished(self, wanted: Wanted) -> None:
        """The engine is done with a run that our rows still want: give it a new generation."""
        run_id, generation = wanted.arguments
        run = await self._database.write(_renew, run_id, generation)
        if run is not None:
            await self._run(run_id, run)

    # Fetching

    async def fetch(self, run_id: int, generation: int) -> list[int] | None:
        """Do what a run is for; the import that is to be brought on, with its run, if one is."""
        found = await self._begun(run_id, generation)
        if found is None:
            return None
        row, import_id = found
        try:
            return await self._fetched(row, import_id)
        except NotFetched as failure:
            reason = {"code": failure.code, **failure.values}
            await self._failed(row, import_id, reason, passing=failure.passing)
        except ColumnsChanged as changed:
            await self._failed(row, import_id, {"code": changed.code, **changed.values})
        except FileTooLarge as refused:
            await self._failed(row, import_id, {"code": "too_large", **refused.values})
        except Problem as refused:
            text = {each: refused.detail(each) for each in _LANGUAGES}
            await self._failed(row, import_id, {"code": "refused", "text": text})
        except WriterStopped:
            raise
        except Exception as error:
            reference = fault(log, "contacts.scheduled_import_failed", error, run_id=run_id)
            await self._failed(row, import_id, {"code": "internal", "reference": reference})
        return None

    async def _begun(self, run_id: int, generation: int) -> tuple[sa.Row[Any], int] | None:
        """The run with its schedule, and a new import for its file; what a killed process left is gone."""
        query = (
            sa.select(
                contact_import_schedule,
                contact_import_run.c.id.label("run_id"),
                contact_import_run.c.run,
                contact_import_run.c.tries,
                contact_import_run.c.begun_by,
                contact_import_run.c.anyway,
                contact_import_run.c.import_id,
            )
            .join(contact_import_schedule)
            .where(_mine(run_id, generation))
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        if row.import_id is not None:
            await self._throw_away(row.import_id)
        import_id = new_key()

        def unit(connection: sa.Connection) -> bool:
            mine = sa.update(contact_import_run).where(_mine(run_id, generation))
            if not connection.execute(mine.values(again_at=None)).rowcount:
                return False
            self._imports.begin(connection, import_id, SYSTEM, _file_name(row), row.id)
            connection.execute(mine.values(import_id=import_id))
            return True

        return (row, import_id) if await self._database.write(unit) else None

    async def _fetched(self, row: sa.Row[Any], import_id: int) -> list[int] | None:
        parts = storing.Parts(self._database, import_id)
        fetched = await self._downloads.fetch(self._source(row), parts.add)
        await parts.end()
        if fetched is None or (parts.digest == row.digest and not (row.anyway or row.begun_by == "setup")):
            await self._throw_away(import_id)
            await self._database.write(self._unchanged, row)
            return None
        found = await self._imports.inspect(import_id, None)
        values: dict[str, Any] = {"file_bytes": parts.size, "total_rows": found.total}
        if row.begun_by == "setup":
            values |= _as_set_up(row, found)
        else:
            values |= await self._as_agreed(import_id, row, found)
        facts = {"etag": fetched.etag, "last_modified": fetched.last_modified, "digest": parts.digest}

        def unit(connection: sa.Connection) -> bool:
            mine = sa.update(contact_import_run).where(_mine(row.run_id, row.run))
            ended = mine.where(contact_import_run.c.import_id == import_id)
            done = ended.values(state="fetched", reason=None, finished_at=now(), **facts)
            if not connection.execute(done).rowcount:
                return False
            if values.get("state") == "running":
                self._imports.check(connection, msgspec.convert(row.policy, Policy))
            connection.execute(
                sa.update(contact_import).where(contact_import.c.id == import_id).values(values)
            )
            return True

        if not await self._database.write(unit):
            await self._throw_away(import_id)
            return None
        return [import_id, 1] if values.get("state") == "running" else None

    async def _as_agreed(self, import_id: int, row: sa.Row[Any], guessed: Inspected) -> dict[str, Any]:
        """The import begun as the schedule says; raises what tells why it can't be."""
        reading = read_again(msgspec.convert(row.reading, Reading), guessed.reading)
        found = await self._imports.inspect(import_id, reading)
        mapping = row.mapping
        columns = found_again(mapping["columns"], mapping["titles"], found.columns, named=reading.header)
        unknown = await self._imports.unknown(columns)
        if unknown is not None:
            raise UnknownTarget(target=unknown)
        return {
            "state": "running",
            "run": 1,
            "reading": msgspec.to_builtins(found.reading),
            "mapping": {"columns": columns, "titles": found.columns},
            "policy": row.policy,
            "started_at": now(),
        }

    def _source(self, row: sa.Row[Any]) -> Source:
        again = row.anyway or row.begun_by == "setup"
        credential = None
        if row.credential is not None:
            secret = self._vault.decrypt(row.credential_sealed, secret_context(row.id)).decode()
            credential = Credential(row.credential, row.credential_name, secret)
        return Source(
            row.url,
            row.private_allowed,
            credential,
            None if again else row.etag,
            None if again else row.last_modified,
        )

    async def _throw_away(self, import_id: int) -> None:
        await storing.drop(self._database, import_id)
        await self._database.write(storing.forget, import_id)

    # Ends

    async def _failed(
        self, row: sa.Row[Any], import_id: int, reason: Mapping[str, Any], *, passing: bool = False
    ) -> None:
        """Try again after a pause what may pass and nobody waits for; else the run has failed."""
        log.warning("contacts.scheduled_import", run_id=row.run_id, reason=reason["code"], tries=row.tries)
        await self._throw_away(import_id)

        def unit(connection: sa.Connection) -> None:
            mine = sa.update(contact_import_run).where(_mine(row.run_id, row.run))
            if passing and row.begun_by == "time" and row.tries < len(RETRY_AFTER):
                again_at = now() + RETRY_AFTER[row.tries]
                connection.execute(mine.values(tries=row.tries + 1, again_at=again_at, reason=reason))
                return
            failed = mine.values(state="failed", reason=reason, finished_at=now())
            if connection.execute(failed).rowcount and row.begun_by != "setup":
                self._note_failure(connection, row.id, reason)

        await self._database.write(unit)

    def _unchanged(self, connection: sa.Connection, row: sa.Row[Any]) -> None:
        mine = sa.update(contact_import_run).where(_mine(row.run_id, row.run))
        if connection.execute(mine.values(state="unchanged", reason=None, finished_at=now())).rowcount:
            self._note_success(connection, row.id, {})

    def _ended(self, connection: sa.Connection, import_id: int, reason: Mapping[str, Any] | None) -> None:
        """The rows of an import ended; if a schedule began it, so did its run."""
        run = connection.execute(
            sa.select(contact_import_run).where(contact_import_run.c.import_id == import_id)
        ).one_or_none()
        if run is None:
            return
        if reason is None:
            known = {name: getattr(run, name) for name in ("etag", "last_modified", "digest")}
            self._note_success(connection, run.schedule_id, known)
        else:
            self._note_failure(connection, run.schedule_id, reason)

    def _note_failure(self, connection: sa.Connection, schedule_id: int, reason: Mapping[str, Any]) -> None:
        row = _lock(connection, schedule_id)
        if row is not None:
            change_schedule(connection, row.id, {"failures": row.failures + 1, "reason": dict(reason)})
            text = {each: reasons.why(reason, each) for each in _LANGUAGES}
            self._alerts.tell(connection, ALERT, _subject(row), text)

    def _note_success(self, connection: sa.Connection, schedule_id: int, known: Mapping[str, Any]) -> None:
        row = _lock(connection, schedule_id)
        if row is not None:
            values = {"failures": 0, "reason": None, "succeeded_at": now(), **known}
            change_schedule(connection, row.id, values)
            self._alerts.tell(connection, ALERT, _subject(row), None)

    def _adopt(self, connection: sa.Connection, import_id: int) -> None:
        """A person set an import of a schedule up: the schedule does the same from now on."""
        made = connection.execute(sa.select(contact_import).where(contact_import.c.id == import_id)).one()
        row = None if made.schedule_id is None else _lock(connection, made.schedule_id)
        if row is None:
            return
        others = sa.select(_busy(row.id, besides=import_id))
        if connection.scalar(others):
            raise ScheduleBusy()
        values = {"reading": made.reading, "mapping": made.mapping, "policy": made.policy}
        if not row.mapping:
            values |= {"enabled": True, "next_at": rhythm_of(row).after(now(), self._zone())}
        change_schedule(connection, row.id, values)

    async def sweep(self) -> None:
        """Forget runs of long ago."""
        before = await RUNS.cutoff(self._database)
        if before is not None:
            old = sa.delete(contact_import_run).where(old_runs(before))
            await self._database.write(lambda connection: connection.execute(old))


def old_runs(before: datetime) -> sa.ColumnElement[bool]:
    """Runs that are over and past the term."""
    return (contact_import_run.c.state != "fetching") & (contact_import_run.c.begun_at < before)


def open_run(connection: sa.Connection, schedule_id: int, begun_by: str, *, anyway: bool = False) -> int:
    """A new run of a schedule whose row is locked; `ScheduleBusy` while another is under way."""
    if connection.scalar(sa.select(_busy(schedule_id))):
        raise ScheduleBusy()
    run_id = new_key()
    connection.execute(
        sa.insert(contact_import_run).values(
            id=run_id,
            schedule_id=schedule_id,
            begun_by=begun_by,
            state="fetching",
            anyway=anyway,
            run=1,
            tries=0,
            begun_at=now(),
        )
    )
    return run_id


def end_fetching(connection: sa.Connection, schedule_id: int) -> None:
    """Break off what is being fetched: whoever fetches finds that the run is over."""
    connection.execute(
        sa.update(contact_import_run)
        .where(contact_import_run.c.schedule_id == schedule_id, contact_import_run.c.state == "fetching")
        .values(state="cancelled", again_at=None, finished_at=now())
    )


def change_schedule(connection: sa.Connection, schedule_id: int, values: Mapping[str, Any]) -> None:
    """Store what is new of a schedule."""
    this = contact_import_schedule.c.id == schedule_id
    connection.execute(sa.update(contact_import_schedule).where(this).values(values))


def rhythm_of(row: sa.Row[Any]) -> Rhythm:
    """When a schedule is due."""
    return Rhythm(row.every_hours, row.at_time)


def secret_context(schedule_id: int) -> str:
    """What a schedule's sealed secret is bound to."""
    return f"contact_import_schedule:{schedule_id}:credential"


def _lock(connection: sa.Connection, schedule_id: int) -> sa.Row[Any] | None:
    this = contact_import_schedule.c.id == schedule_id
    return connection.execute(sa.select(contact_import_schedule).where(this).with_for_update()).one_or_none()


def _busy(schedule_id: Any, *, besides: int | None = None) -> sa.ColumnElement[bool]:
    """Whether a file of a schedule is being fetched, or the rows of one brought in or taken back."""
    fetching = sa.exists().where(
        contact_import_run.c.schedule_id == schedule_id, contact_import_run.c.state == "fetching"
    )
    running = sa.exists().where(
        contact_import.c.schedule_id == schedule_id,
        contact_import.c.state.in_(("running", "undoing")),
        sa.true() if besides is None else contact_import.c.id != besides,
    )
    return fetching | running


def _mine(run_id: int, generation: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        contact_import_run.c.id == run_id,
        contact_import_run.c.run == generation,
        contact_import_run.c.state == "fetching",
    )


def _renew(connection: sa.Connection, run_id: int, generation: int | None = None) -> int | None:
    """A new generation of a run that is still to be fetched, or that waited for its pause to end."""
    this = contact_import_run.c.id == run_id
    due = contact_import_run.c.again_at <= now() if generation is None else _mine(run_id, generation)
    still = sa.and_(this, contact_import_run.c.state == "fetching", due)
    values = {"run": contact_import_run.c.run + 1, "again_at": None}
    renewed = sa.update(contact_import_run).where(still).values(values)
    run = connection.scalar(renewed.returning(contact_import_run.c.run))
    return None if run is None else int(run)


def _as_set_up(row: sa.Row[Any], found: Inspected) -> dict[str, Any]:
    """The columns as they were, where a schedule has been set up before and the file still has them."""
    values: dict[str, Any] = {
        "reading": msgspec.to_builtins(found.reading),
        "mapping": {"columns": found.targets, "titles": found.columns},
    }
    if not row.mapping:
        return values
    named = found.reading.header
    try:
        columns = found_again(row.mapping["columns"], row.mapping["titles"], found.columns, named=named)
    except ColumnsChanged:
        columns = found.targets
    return values | {"mapping": {"columns": columns, "titles": found.columns}, "policy": row.policy}


def _file_name(row: sa.Row[Any]) -> str:
    name = unquote(basename(urlsplit(row.url).path))
    return (name if "." in name else row.name)[-_FILE_NAME_CHARACTERS:]


def _subject(row: sa.Row[Any]) -> Subject:
    return Subject(row.id, row.name, f"/imports/schedules/{row.id}", row.created_by)


def _workflow_id(run_id: int, run: int) -> str:
    return f"scheduled-import-{run_id}-{run}"

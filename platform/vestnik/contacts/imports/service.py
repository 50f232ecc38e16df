"""What can be done with imports of contacts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.contacts.errors import UnknownCategory
from vestnik.contacts.imports import outcomes, reasons, storing, terms
from vestnik.contacts.imports.applying import Applier
from vestnik.contacts.imports.batch import Batches
from vestnik.contacts.imports.errors import (
    EvidenceNeeded,
    NoAddressColumn,
    NoMapping,
    NotNow,
    NotStaticSegment,
    SegmentGone,
    TooLateToUndo,
    UnknownTarget,
    UnreadableFile,
)
from vestnik.contacts.imports.process import ChildFailed, at_work
from vestnik.contacts.imports.rows import (
    STOP_TARGETS,
    TARGETS,
    Failed,
    Inspected,
    Job,
    Policy,
    Purpose,
    Reading,
    Told,
)
from vestnik.contacts.imports.running import Owners, Runner
from vestnik.contacts.imports.suppressing import Suppressor, settle_some
from vestnik.contacts.imports.tables import contact_change, contact_import, contact_import_reject
from vestnik.contacts.imports.undo import Elsewhere, Undoer
from vestnik.contacts.service import Contacts
from vestnik.db import Database, new_key, now
from vestnik.engine import Engine, Run, Wanted
from vestnik.http.errors import InternalError, Language, NotFound
from vestnik.logs import fault
from vestnik.people.access import Actor
from vestnik.retention import Term
from vestnik.vault import Vault

log = structlog.get_logger("vestnik.contacts")

WORKFLOW = "contact_import"
#: How long it is kept what contacts were before, which rows were rejected, and files nobody went on with.
KEPT_FOR = timedelta(days=30)
UPLOAD_KEPT_FOR = timedelta(days=7)
FILES = Term("import_files", days=UPLOAD_KEPT_FOR.days, most=90)
ROWS = Term("import_rows", days=KEPT_FOR.days, most=365)

_PREVIEWED_PARTS = 4
_SWEPT_EVERY_S = 3600.0
_ALIVE = ("running", "undoing")
_WHO = frozenset({"name", "email", "phone", "external_id"})


class Imports:
    """Imports of contacts: upload, preview, start, follow, undo."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        engine: Engine,
        elsewhere: Elsewhere,
        owners: Owners,
        folder: Path,
        zone: Callable[[], ZoneInfo],
    ) -> None:
        self._database, self._engine, self._elsewhere, self._folder = database, engine, elsewhere, folder
        applier = Applier(vault, elsewhere.join)
        self.batches = Batches(database, applier)
        suppressor, undoer = Suppressor(vault), Undoer(elsewhere)
        self.runner = Runner(database, applier, suppressor, undoer, folder, owners, zone)
        self._started: list[Callable[[sa.Connection, int], None]] = []
        engine.workflow(WORKFLOW, self._drive)
        engine.keep(self._wanted, self._finished)
        engine.every(_SWEPT_EVERY_S, "contacts.imports_kept", self.sweep)

    def on_start(self, hear: Callable[[sa.Connection, int], None]) -> None:
        """Have `hear` called in the unit of work in which a person starts an import."""
        self._started.append(hear)

    async def stop(self) -> None:
        """Leave what is under way to the next start."""
        await self.runner.stop()

    # A new import

    async def upload(
        self,
        actor: Actor,
        file_name: str,
        pieces: AsyncIterator[bytes],
        purpose: Purpose = "contacts",
    ) -> int:
        """Keep a file and find out what it is; the key of its import, which waits for a mapping."""
        actor.require("contacts.write")
        import_id = new_key()
        await self._database.write(self.begin, import_id, actor, file_name, purpose=purpose)
        try:
            size = await storing.store(self._database, import_id, pieces)
            found = await self.inspect(import_id, None, purpose=purpose)
            values = {
                "file_bytes": size,
                "reading": msgspec.to_builtins(found.reading),
                "total_rows": found.total,
                "mapping": {"columns": found.targets, "titles": found.columns},
            }
            await self._database.write(_uploaded, actor, import_id, values)
        except BaseException:
            await self._database.write(storing.forget, import_id)
            raise
        return import_id

    @staticmethod
    def begin(
        connection: sa.Connection,
        import_id: int,
        actor: Actor,
        file_name: str,
        schedule_id: int | None = None,
        purpose: Purpose = "contacts",
    ) -> None:
        """A new import whose file is yet to come."""
        counters = (
            *("run", "done_rows", "created", "updated", "unchanged", "skipped", "rejected"),
            *("kept_unsubscribed", "undone", "not_undone"),
        )
        connection.execute(
            sa.insert(contact_import).values(
                id=import_id,
                state="uploaded",
                purpose=purpose,
                file_name=file_name,
                file_bytes=0,
                schedule_id=schedule_id,
                reading={},
                created_by=actor.user_id,
                created_at=now(),
                **dict.fromkeys(counters, 0),
            )
        )

    async def preview(
        self, actor: Actor, import_id: int, reading: Reading | None, columns: Sequence[str | None] | None
    ) -> Inspected:
        """The first rows of a file, read as `reading` says and mapped as `columns` say; None: guessed."""
        actor.require("contacts.write")
        row = await self.get(actor, import_id)
        if row.state != "uploaded":
            raise NotNow()
        wanted = reading or msgspec.convert(row.reading, Reading)
        whole = wanted.format == "xlsx"
        found = await self.inspect(import_id, wanted, columns, whole=whole, purpose=row.purpose)
        if wanted.format == "csv" and row.total_rows is not None:
            found.total = row.total_rows
        return found

    async def inspect(
        self,
        import_id: int,
        reading: Reading | None,
        columns: Sequence[str | None] | None = None,
        *,
        whole: bool = True,
        purpose: Purpose = "contacts",
    ) -> Inspected:
        """What a stored file turns out to be, read as `reading` says; None: as it seems to be."""
        facts = await self.runner.facts()
        parts = None if whole else _PREVIEWED_PARTS
        async with storing.opened(self._database, import_id, self._folder, parts=parts) as file:
            job = Job(
                kind="inspect",
                purpose=purpose,
                file=0,
                reading=reading,
                columns=None if columns is None else tuple(columns),
                **facts,
            )
            async with at_work(file, job) as child:
                try:
                    frame = await child.frame()
                    if not isinstance(frame, Told | Failed):
                        raise ChildFailed("the child told nothing")
                except ChildFailed as failure:
                    reference = fault(log, "contacts.import_child_failed", failure, import_id=import_id)
                    raise InternalError(reference=reference) from None
        if isinstance(frame, Told):
            return frame.inspected
        languages: tuple[Language, Language] = ("ru", "en")
        raise UnreadableFile(reason={each: reasons.why(frame.reason, each) for each in languages})

    async def start(
        self,
        actor: Actor,
        import_id: int,
        reading: Reading,
        columns: Sequence[str | None],
        titles: Sequence[str],
        policy: Policy,
    ) -> None:
        """Begin to bring a file's rows into the contacts, or onto the stop-list."""
        actor.require("contacts.write")
        row = await self.get(actor, import_id)
        if row.purpose == "suppression":
            # Nothing becomes of anybody: a category is what they are not to get.
            policy = Policy(reason=policy.reason or "unsubscribe", category_id=policy.category_id)
        else:
            policy = msgspec.structs.replace(policy, reason=None)
        if policy.segment_id is not None:
            actor.require("segments.write")
        unknown = await self.unknown(columns, row.purpose)
        if unknown is not None:
            raise UnknownTarget(target=unknown)
        if row.purpose == "suppression" and "address" not in columns:
            raise NoAddressColumn()
        if row.purpose == "contacts" and not _WHO & set(columns):
            raise NoMapping()

        def begin(connection: sa.Connection) -> int:
            check_policy(connection, policy, self._elsewhere)
            values = {
                "reading": msgspec.to_builtins(reading),
                "mapping": {"columns": list(columns), "titles": list(titles)},
                "policy": msgspec.to_builtins(policy),
                "started_at": now(),
            }
            run = _turn(connection, actor, import_id, ("uploaded",), "running", "import.started", values)
            for hear in self._started:
                hear(connection, import_id)
            return run

        await self.go_on(import_id, await self._database.write(begin))

    async def unknown(self, columns: Sequence[str | None], purpose: Purpose = "contacts") -> str | None:
        """A target that contacts, or the stop-list, don't have, if one of the columns is to become that."""
        if purpose == "suppression":
            return next((each for each in columns if each and each not in STOP_TARGETS), None)
        facts = await self.runner.facts()
        keys = {f"field:{each.key}" for each in facts["fields"]}
        return next((each for each in columns if each and each not in TARGETS and each not in keys), None)

    def check(self, connection: sa.Connection, policy: Policy) -> None:
        """Refuse what can't be done with everybody in a file."""
        check_policy(connection, policy, self._elsewhere)

    # Under way

    async def cancel(self, actor: Actor, import_id: int) -> None:
        """Stop an import where it stands; what is applied stays until it is undone."""
        actor.require("contacts.write")
        await self._database.write(
            _turn, actor, import_id, ("running",), "cancelled", "import.cancelled", {"finished_at": now()}
        )

    async def resume(self, actor: Actor, import_id: int) -> None:
        """Go on with an import that failed or was cancelled, at the row where it stopped."""
        actor.require("contacts.write")
        values = {"finished_at": None, "reason": None}
        states = ("failed", "cancelled")
        run = await self._database.write(_turn, actor, import_id, states, "running", "import.resumed", values)
        await self.go_on(import_id, run)

    async def undo(self, actor: Actor, import_id: int) -> None:
        """Take back what an import did, but for contacts that changed since.

        From the stop-list an administrator takes addresses back, but for those that something else confirmed.
        """
        actor.require("contacts.write")
        row = await self.get(actor, import_id)
        if row.purpose == "suppression":
            actor.require("privacy.manage")
        days = await ROWS.held(self._database)
        if days is not None and row.created_at < now() - timedelta(days=days):
            raise TooLateToUndo(days=days)
        values = {"finished_at": None, "undone": 0, "not_undone": 0}
        states = ("done", "failed", "cancelled")
        run = await self._database.write(_turn, actor, import_id, states, "undoing", "import.undone", values)
        await self.go_on(import_id, run)

    async def remove(self, actor: Actor, import_id: int) -> None:
        """Throw an uploaded file away that nobody needs."""
        actor.require("contacts.write")
        row = await self.get(actor, import_id)
        if row.state != "uploaded":
            raise NotNow()
        await storing.drop(self._database, import_id)
        await self._database.write(_removed, actor, import_id)

    async def go_on(self, import_id: int, run: int) -> None:
        """Have the engine bring an import on that our rows say is under way."""
        await self._engine.run(WORKFLOW, _workflow_id(import_id, run), import_id, run)

    async def _drive(self, run: Run, import_id: int, generation: int) -> None:
        while await run.step("advance", self.runner.advance, import_id, generation):
            continue

    async def _wanted(self) -> Sequence[Wanted]:
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(contact_import.c.id, contact_import.c.run).where(contact_import.c.state.in_(_ALIVE))
            )
            return [Wanted(WORKFLOW, _workflow_id(row.id, row.run), (row.id, row.run)) for row in rows]

    async def _finished(self, wanted: Wanted) -> None:
        """The engine is done with a run that our rows still want: give the import a new one."""
        import_id, run = wanted.arguments

        def renew(connection: sa.Connection) -> bool:
            here = contact_import.c.id == import_id
            mine = sa.and_(here, contact_import.c.run == run, contact_import.c.state.in_(_ALIVE))
            return bool(
                connection.execute(sa.update(contact_import).where(mine).values(run=run + 1)).rowcount
            )

        if await self._database.write(renew):
            await self.go_on(import_id, run + 1)

    # Reading

    async def page(self, actor: Actor, offset: int, limit: int) -> tuple[Sequence[sa.Row[Any]], int]:
        """Imports, newest first, and how many there are."""
        actor.require("contacts.write")
        seen = contact_import.c.file_bytes > 0
        async with self._database.read() as connection:
            total = await connection.scalar(
                sa.select(sa.func.count()).select_from(contact_import).where(seen)
            )
            newest = sa.select(contact_import).where(seen).order_by(contact_import.c.id.desc())
            rows = (await connection.execute(newest.offset(offset).limit(limit))).all()
        return rows, total or 0

    async def get(self, actor: Actor, import_id: int) -> sa.Row[Any]:
        """One import, once its file is there."""
        actor.require("contacts.write")
        here = sa.and_(contact_import.c.id == import_id, contact_import.c.file_bytes > 0)
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(contact_import).where(here))
            row = found.one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def rejects(self, actor: Actor, import_id: int, language: Language) -> AsyncIterator[list[str]]:
        """The rejected rows as a file has them: number, reason, and the cells under their titles."""
        return outcomes.rejects(self._database, await self.get(actor, import_id), language)

    async def not_undone(self, actor: Actor, import_id: int, language: Language) -> AsyncIterator[list[str]]:
        """Contacts that stayed as the import left them, and why."""
        row = await self.get(actor, import_id)
        return outcomes.not_undone(self._database, row.id, language)

    # Keeping

    async def sweep(self) -> None:
        """Delete what is kept no longer: before-images, rejected rows, files nobody went on with."""
        files_before, rows_before = await FILES.cutoff(self._database), await ROWS.cutoff(self._database)
        if files_before is None or rows_before is None:  # neither is ever kept for ever
            return
        async with self._database.read() as connection:
            stale = await connection.scalars(sa.select(contact_import.c.id).where(terms.stale(files_before)))
            files = await connection.scalars(sa.select(contact_import.c.id).where(terms.files(files_before)))
            old = await connection.scalars(sa.select(contact_import.c.id).where(terms.rows(rows_before)))
        for import_id in stale:
            await storing.drop(self._database, import_id)
            await self._database.write(storing.forget, import_id)
        for import_id in files:
            await storing.drop(self._database, import_id)
        for import_id in old:
            for table, key in ((contact_change, "contact_id"), (contact_import_reject, "row")):
                while await self._database.submit(
                    lambda connection, table=table, key=key, id=import_id: _delete_some(  # type: ignore[misc]
                        connection, table, key, id
                    ),
                    bulk=True,
                ):
                    continue
            while await self._database.submit(
                lambda connection, id=import_id: settle_some(connection, id),  # type: ignore[misc]
                bulk=True,
            ):
                continue


def check_policy(connection: sa.Connection, policy: Policy, elsewhere: Elsewhere) -> None:
    """Refuse a segment that takes nobody, and a consent without its evidence."""
    if policy.segment_id is not None:
        if not elsewhere.is_there(connection, policy.segment_id):
            raise SegmentGone()
        if not elsewhere.is_static(connection, policy.segment_id):
            raise NotStaticSegment()
    if policy.category_id is not None:
        if not Contacts.has_category(connection, policy.category_id):
            raise UnknownCategory()
        if policy.reason is None and not policy.how.strip():
            raise EvidenceNeeded()


def _workflow_id(import_id: int, run: int) -> str:
    return f"import-{import_id}-{run}"


def _change(connection: sa.Connection, import_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(sa.update(contact_import).where(contact_import.c.id == import_id).values(values))


def _uploaded(connection: sa.Connection, actor: Actor, import_id: int, values: Mapping[str, Any]) -> None:
    _change(connection, import_id, values)
    record(connection, actor, "import.uploaded", "import", import_id)


def _removed(connection: sa.Connection, actor: Actor, import_id: int) -> None:
    storing.forget(connection, import_id)
    record(connection, actor, "import.removed", "import", import_id)


def _turn(
    connection: sa.Connection,
    actor: Actor,
    import_id: int,
    states: Sequence[str],
    state: str,
    action: str,
    values: Mapping[str, Any],
) -> int:
    """Bring an import from one of `states` to `state`; its new run. `NotNow` where it is in another."""
    run = connection.scalar(
        sa.update(contact_import)
        .where(contact_import.c.id == import_id, contact_import.c.state.in_(states))
        .values(state=state, run=contact_import.c.run + 1, **values)
        .returning(contact_import.c.run)
    )
    if run is None:
        raise NotNow()
    record(connection, actor, action, "import", import_id)
    return int(run)


def _delete_some(connection: sa.Connection, table: sa.Table, key: str, import_id: int) -> int:
    some = sa.select(table.c[key]).where(table.c.import_id == import_id).limit(1000)
    return connection.execute(
        sa.delete(table).where(
            table.c.import_id == import_id, table.c[key].in_(list(connection.scalars(some)))
        )
    ).rowcount

"""What can be done with scheduled imports: make one, set it up, change it, pause it, run it now, end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik.alerts import Alerts
from vestnik.audit import record
from vestnik.contacts.imports import reasons, storing
from vestnik.contacts.imports.errors import AddressRefused, ScheduleNotSetUp, SecretNeeded
from vestnik.contacts.imports.fetching import CredentialKind, NotFetched, check
from vestnik.contacts.imports.scheduled import (
    ALERT,
    Runs,
    change_schedule,
    end_fetching,
    rhythm_of,
    secret_context,
)
from vestnik.contacts.imports.tables import contact_import, contact_import_run, contact_import_schedule
from vestnik.contacts.imports.timing import Rhythm
from vestnik.db import Database, new_key, now
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.vault import Vault


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person enters of a schedule; `secret` None keeps the stored one."""

    name: str
    url: str
    rhythm: Rhythm
    private_allowed: bool = False
    credential: CredentialKind | None = None
    credential_name: str | None = None
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Wish({self.name!r})"


class Schedules:
    """Files that are fetched again and again."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        runs: Runs,
        alerts: Alerts,
        zone: Callable[[], ZoneInfo],
    ) -> None:
        self._database, self._vault = database, vault
        self.fetching, self._alerts, self._zone = runs, alerts, zone

    # Reading

    async def page(self, actor: Actor, offset: int, limit: int) -> tuple[Sequence[sa.Row[Any]], int]:
        """Schedules by name, each with its newest run, and how many there are."""
        actor.require("contacts.write")
        by_name = _with_newest_run().order_by(contact_import_schedule.c.name, contact_import_schedule.c.id)
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(contact_import_schedule))
            rows = (await connection.execute(by_name.offset(offset).limit(limit))).all()
        return rows, total or 0

    async def get(self, actor: Actor, schedule_id: int) -> sa.Row[Any]:
        """One schedule with its newest run."""
        actor.require("contacts.write")
        one = _with_newest_run().where(contact_import_schedule.c.id == schedule_id)
        async with self._database.read() as connection:
            row: sa.Row[Any] | None = (await connection.execute(one)).one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def runs(
        self, actor: Actor, schedule_id: int, offset: int, limit: int
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """The runs of a schedule, newest first, and how many there are."""
        await self.get(actor, schedule_id)
        of_schedule = contact_import_run.c.schedule_id == schedule_id
        newest = _runs().where(of_schedule).order_by(contact_import_run.c.id.desc())
        async with self._database.read() as connection:
            total = await connection.scalar(
                sa.select(sa.func.count()).select_from(contact_import_run).where(of_schedule)
            )
            rows = (await connection.execute(newest.offset(offset).limit(limit))).all()
        return rows, total or 0

    async def names(self, ids: Sequence[int]) -> dict[int, str]:
        """What schedules are called, for lists of imports."""
        async with self._database.read() as connection:
            named = sa.select(contact_import_schedule.c.id, contact_import_schedule.c.name)
            found = await connection.execute(named.where(contact_import_schedule.c.id.in_(set(ids))))
            return {row.id: row.name for row in found}

    # Changing

    async def create(self, actor: Actor, wish: Wish) -> int:
        """A new schedule, whose file is fetched once, so that its columns can be set up; its key."""
        actor.require("contacts.write")
        _check(actor, wish, None)
        if wish.credential is not None and not wish.secret:
            raise SecretNeeded()
        schedule_id = new_key()

        def unit(connection: sa.Connection) -> None:
            connection.execute(
                sa.insert(contact_import_schedule).values(
                    id=schedule_id,
                    reading={},
                    mapping={},
                    policy={},
                    enabled=False,
                    failures=0,
                    created_by=actor.user_id,
                    created_at=now(),
                    **self._values(schedule_id, wish),
                )
            )
            record(connection, actor, "import_schedule.created", "import_schedule", schedule_id)

        await self._database.write(unit)
        await self.fetching.begin(schedule_id, "setup")
        return schedule_id

    async def change(self, actor: Actor, schedule_id: int, wish: Wish) -> None:
        """Enter a schedule anew; a stored secret stays where it goes to the same server in the same way."""
        actor.require("contacts.write")

        def unit(connection: sa.Connection) -> None:
            row = _locked(connection, schedule_id)
            _check(actor, wish, row)
            values = self._values(schedule_id, wish)
            if wish.credential is not None and not wish.secret:
                if not _same_way(row, wish):
                    raise SecretNeeded()
                values["credential_sealed"] = row.credential_sealed
            changed = sorted(name for name, value in values.items() if value != getattr(row, name))
            if "url" in changed:
                values |= {"etag": None, "last_modified": None, "digest": None}
                end_fetching(connection, schedule_id)
            if row.enabled and {"every_hours", "at_time"} & set(changed):
                values["next_at"] = wish.rhythm.after(now(), self._zone())
            change_schedule(connection, schedule_id, values)
            if changed:
                action = "import_schedule.changed"
                record(connection, actor, action, "import_schedule", schedule_id, changed)

        await self._database.write(unit)

    def _values(self, schedule_id: int, wish: Wish) -> dict[str, Any]:
        sealed = None
        if wish.credential is not None and wish.secret:
            sealed = self._vault.encrypt(wish.secret.encode(), secret_context(schedule_id))
        return {
            "name": wish.name,
            "url": wish.url,
            "every_hours": wish.rhythm.every_hours,
            "at_time": wish.rhythm.at_time,
            "private_allowed": wish.private_allowed,
            "credential": wish.credential,
            "credential_name": wish.credential_name if wish.credential is not None else None,
            "credential_sealed": sealed,
        }

    async def turn(self, actor: Actor, schedule_id: int, *, on: bool) -> None:
        """Let a schedule rest, and break off what it fetches; or let it go on, from its next time."""
        actor.require("contacts.write")

        def unit(connection: sa.Connection) -> None:
            row = _locked(connection, schedule_id)
            if on and not row.mapping:
                raise ScheduleNotSetUp()
            next_at = rhythm_of(row).after(now(), self._zone()) if on else None
            change_schedule(connection, schedule_id, {"enabled": on, "next_at": next_at})
            if not on:
                end_fetching(connection, schedule_id)
            action = "import_schedule.resumed" if on else "import_schedule.paused"
            record(connection, actor, action, "import_schedule", schedule_id)

        await self._database.write(unit)

    async def run_now(self, actor: Actor, schedule_id: int, *, anyway: bool) -> None:
        """Fetch the file now; `anyway`: import it even if it did not change."""
        actor.require("contacts.write")
        row = await self.get(actor, schedule_id)
        if not row.mapping:
            raise ScheduleNotSetUp()
        await self.fetching.begin(schedule_id, "hand", anyway=anyway)
        await self._note(actor, "import_schedule.run", schedule_id)

    async def set_up(self, actor: Actor, schedule_id: int) -> None:
        """Fetch the file, so that a person says what its columns become: once more, or for the first time."""
        actor.require("contacts.write")
        await self.get(actor, schedule_id)
        async with self._database.read() as connection:
            waiting = sa.select(contact_import.c.id).where(
                contact_import.c.schedule_id == schedule_id,
                contact_import.c.state == "uploaded",
                contact_import.c.file_bytes > 0,
            )
            left = (await connection.scalars(waiting)).all()
        await self.fetching.begin(schedule_id, "setup")
        for import_id in left:
            await storing.drop(self._database, import_id)
            await self._database.write(storing.forget, import_id)
        await self._note(actor, "import_schedule.set_up", schedule_id)

    async def remove(self, actor: Actor, schedule_id: int) -> None:
        """End a schedule; the imports that it began stay, with what they did."""
        actor.require("contacts.write")

        def unit(connection: sa.Connection) -> None:
            _locked(connection, schedule_id)
            forget(connection, schedule_id)
            self._alerts.forget(connection, ALERT, schedule_id)
            record(connection, actor, "import_schedule.removed", "import_schedule", schedule_id)

        await self._database.write(unit)

    async def _note(self, actor: Actor, action: str, schedule_id: int) -> None:
        await self._database.write(record, actor, action, "import_schedule", schedule_id)


def forget(connection: sa.Connection, schedule_id: int) -> None:
    """Delete a schedule and its runs; imports forget that they are its."""
    theirs = contact_import.c.schedule_id == schedule_id
    connection.execute(sa.update(contact_import).where(theirs).values(schedule_id=None))
    for table, column in ((contact_import_run, "schedule_id"), (contact_import_schedule, "id")):
        connection.execute(sa.delete(table).where(table.c[column] == schedule_id))


def _check(actor: Actor, wish: Wish, row: sa.Row[Any] | None) -> None:
    """Refuse an address that no file can come from, and one in a private network without the right."""
    header = wish.credential_name if wish.credential == "header" else None
    try:
        check(wish.url, private_allowed=wish.private_allowed, header=header)
    except NotFetched as failure:
        reason = {"code": failure.code, **failure.values}
        raise AddressRefused(
            reason={"ru": reasons.why(reason, "ru"), "en": reasons.why(reason, "en")}
        ) from None
    if wish.private_allowed and (row is None or not row.private_allowed or row.url != wish.url):
        actor.require("hosts.approve")


def _same_way(row: sa.Row[Any], wish: Wish) -> bool:
    """Whether a stored secret would go where it went before, and in the same way."""
    before = check(row.url, private_allowed=True)
    after = check(wish.url, private_allowed=True)
    kind = (wish.credential, wish.credential_name)
    return before == after and (row.credential, row.credential_name) == kind


def _locked(connection: sa.Connection, schedule_id: int) -> sa.Row[Any]:
    this = contact_import_schedule.c.id == schedule_id
    row = connection.execute(sa.select(contact_import_schedule).where(this).with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    return row


_RUN: Mapping[str, sa.ColumnElement[Any]] = {
    "run_id": contact_import_run.c.id,
    "run_state": contact_import_run.c.state,
    "begun_by": contact_import_run.c.begun_by,
    "begun_at": contact_import_run.c.begun_at,
    "run_finished_at": contact_import_run.c.finished_at,
    "again_at": contact_import_run.c.again_at,
    "run_reason": contact_import_run.c.reason,
    "import_id": contact_import.c.id,
    "import_state": contact_import.c.state,
    "import_reason": contact_import.c.reason,
    "import_finished_at": contact_import.c.finished_at,
    "file_bytes": contact_import.c.file_bytes,
    "total_rows": contact_import.c.total_rows,
    **{
        name: contact_import.c[name]
        for name in ("done_rows", "created", "updated", "unchanged", "skipped", "rejected")
    },
}


#: An import is one once its file is there.
_MADE = sa.and_(contact_import.c.id == contact_import_run.c.import_id, contact_import.c.file_bytes > 0)


def _runs() -> sa.Select[Any]:
    """Runs with what became of their rows."""
    columns = [column.label(name) for name, column in _RUN.items()]
    return sa.select(*columns).outerjoin(
        contact_import, contact_import.c.id == contact_import_run.c.import_id
    )


def _with_newest_run() -> sa.Select[Any]:
    each = contact_import_run.alias("each_run")
    newest = (
        sa.select(sa.func.max(each.c.id))
        .where(each.c.schedule_id == contact_import_schedule.c.id)
        .scalar_subquery()
    )
    columns = [column.label(name) for name, column in _RUN.items()]
    return (
        sa.select(contact_import_schedule, *columns)
        .select_from(contact_import_schedule)
        .outerjoin(contact_import_run, contact_import_run.c.id == newest)
        .outerjoin(contact_import, _MADE)
    )

"""Rows that a service refused: kept by run with its own words, told by cause, and tried again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.tables import contact
from vestnik.db import Database, insert_ignore, new_key
from vestnik.http.errors import Text
from vestnik.lists.applying import Batch
from vestnik.lists.scratch import listed_form
from vestnik.lists.semantics import Side
from vestnik.lists.states import RunState
from vestnik.lists.tables import sync_reject, sync_run
from vestnik.retention import Term

#: So many refused rows of a run are kept whole; the others are counted.
KEPT = 100_000
#: Rows of a file read at a time.
_READ_AT_ONCE = 2_000
_REASON_LENGTH = 1_000
#: Refused rows are kept for so long; the counts stay with their runs.
KEPT_FOR = timedelta(days=30)
REJECTS = Term("sync_rejects", days=KEPT_FOR.days)
FORGOTTEN_EVERY_S = 3600.0
_FORGOTTEN_AT_ONCE = 1_000

#: Kinds of refusal, as the contract names them.
REFUSALS: Mapping[str, Text] = {
    "invalid": {"ru": "Неверный адрес или данные", "en": "Invalid address or data"},
    "duplicate": {"ru": "Повтор", "en": "Duplicate"},
    "unsubscribed": {"ru": "Отписан в сервисе", "en": "Unsubscribed at the service"},
    "blocked": {"ru": "Заблокирован сервисом", "en": "Blocked by the service"},
    "planLimit": {"ru": "Достигнут предел тарифа", "en": "The plan's limit is reached"},
    "notFound": {"ru": "Не найден в сервисе", "en": "Not found at the service"},
    "other": {"ru": "Другое", "en": "Other"},
}

#: Refusals that trying again does not mend: of the address or of the person, not of the moment.
PERMANENT = frozenset({"invalid", "unsubscribed", "blocked"})


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that the service refused."""

    side: Side
    address: str
    contact_id: int | None
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of refusals, with an example of the service's words."""

    code: str
    reason: str
    count: int

    @property
    def permanent(self) -> bool:
        """Whether trying again is of no use while the contacts are as they were."""
        return self.code in PERMANENT


def refused(batch: Batch, answer: Mapping[str, Any] | None) -> list[Refused]:
    """The rows of a batch that an answer refuses. What is there already, or gone already, is no refusal."""
    found: dict[str, Refused] = {}
    # A module may name a row by the address or by the contact's key: it was passed both.
    known = {
        name: each
        for each in batch.ops
        for name in (each.address, listed_form(each.called), each.contact_id and str(each.contact_id))
        if name
    }
    for row in (answer or {}).get("rejected", ()):
        code, each = row.get("code", "other"), known.get(listed_form(row["key"]))
        if each is None or code == ("duplicate" if batch.kind == "add" else "notFound"):
            continue
        found[each.address] = Refused(
            batch.kind, each.address, each.contact_id, code, str(row["reason"])[:_REASON_LENGTH]
        )
    return list(found.values())


def keep(connection: sa.Connection, run_id: int, rows: Sequence[Refused], already: int) -> None:
    """Keep refused rows of a run that has `already` so many."""
    kept = rows[: max(0, KEPT - already)]
    if kept:
        connection.execute(
            insert_ignore(connection, sync_reject, ["run_id", "side", "address"]),
            [
                {
                    "id": new_key(),
                    "run_id": run_id,
                    "side": each.side,
                    "address": each.address,
                    "contact_id": each.contact_id,
                    "code": each.code,
                    "reason": each.reason,
                }
                for each in kept
            ],
        )


class Rejects:
    """Reads the refused rows of runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_old(self) -> None:
        """Delete the refused rows of runs of long ago, a bounded number in each unit of work."""
        before = await REJECTS.cutoff(self._database)
        while before is not None and await self._database.submit(
            partial(_forget_some, before=before), bulk=True
        ):
            continue

    async def page(self, run_id: int, *, offset: int, limit: int) -> tuple[list[Refused], int, list[Cause]]:
        """Refused rows of a run, how many are kept, and their causes, the most frequent first."""
        mine = sync_reject.c.run_id == run_id
        number = sa.func.count()
        causes = (
            sa.select(sync_reject.c.code, sa.func.min(sync_reject.c.reason), number)
            .where(mine)
            .group_by(sync_reject.c.code)
            .order_by(number.desc(), sync_reject.c.code)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(
                _ROWS.where(mine).order_by(sync_reject.c.id).offset(offset).limit(limit)
            )
            found = [Refused(*row) for row in rows]
            by_cause = [Cause(*row) for row in await connection.execute(causes)]
        return found, sum(each.count for each in by_cause), by_cause

    async def addresses(self, run_id: int) -> list[str]:
        """The addresses that were refused in a run, as they are tried again."""
        mine = sa.select(sync_reject.c.address).where(sync_reject.c.run_id == run_id)
        async with self._database.read() as connection:
            return list((await connection.execute(mine)).scalars())

    async def known(self, sync_id: int) -> list[str]:
        """The addresses refused for good in earlier runs, and whose contacts are as they were.

        What a person tried again is told by that retry alone.
        """
        again = sync_run.alias("again")
        retried = sa.exists().where(again.c.retry_of == sync_run.c.id, again.c.state == RunState.DONE)
        refused = (
            sa.select(sync_reject.c.address)
            .distinct()
            .join(sync_run, sync_run.c.id == sync_reject.c.run_id)
            .join(contact, contact.c.id == sync_reject.c.contact_id)
            .where(
                sync_run.c.sync_id == sync_id,
                sync_run.c.finished_at.is_not(None),
                sync_reject.c.side == "add",
                sync_reject.c.code.in_(PERMANENT),
                contact.c.updated_at <= sync_run.c.planned_at,
                sa.not_(retried),
            )
        )
        async with self._database.read() as connection:
            return list((await connection.execute(refused)).scalars())

    async def all(self, run_id: int) -> AsyncIterator[Refused]:
        """Every refused row that is kept of a run."""
        after = 0
        while True:
            following = (
                _ROWS.add_columns(sync_reject.c.id)
                .where(sync_reject.c.run_id == run_id, sync_reject.c.id > after)
                .order_by(sync_reject.c.id)
                .limit(_READ_AT_ONCE)
            )
            async with self._database.read() as connection:
                rows = (await connection.execute(following)).all()
            for row in rows:
                yield Refused(*row[:-1])
            if len(rows) < _READ_AT_ONCE:
                return
            after = rows[-1].id


def old_rejects(before: datetime) -> sa.ColumnElement[bool]:
    """Rows of runs that ended before."""
    return sync_reject.c.run_id.in_(sa.select(sync_run.c.id).where(sync_run.c.finished_at < before))


def _forget_some(connection: sa.Connection, before: datetime) -> bool:
    """Whether there may be more."""
    some = sa.select(sync_reject.c.id).where(old_rejects(before)).limit(_FORGOTTEN_AT_ONCE)
    return connection.execute(sa.delete(sync_reject).where(sync_reject.c.id.in_(some))).rowcount > 0


_ROWS = sa.select(
    sync_reject.c.side,
    sync_reject.c.address,
    sync_reject.c.contact_id,
    sync_reject.c.code,
    sync_reject.c.reason,
)

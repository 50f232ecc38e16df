"""Rehearsals as they are kept: numbers in columns, rows as JSON text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.db import now
from vestnik.modules.recordings.personal_data import hidden
from vestnik.modules.replays.differences import Difference
from vestnik.modules.tables import rehearsal

#: Of one row so many differences are kept, and of a value so much text.
DIFFERENCES_SHOWN = 50
VALUE_CHARACTERS = 2_000
KEPT_PER_MODULE = 20
#: A rehearsal that has told nothing for so long has died with its process.
STALE = timedelta(minutes=10)

Both = Mapping[str, str]
Verdict = Literal["equal", "different", "failed", "notComparable"]

_encode = msgspec.json.Encoder().encode


class Shown(msgspec.Struct, frozen=True):
    """One place where two results differ: addresses of people hidden, of long values the beginning."""

    path: str
    before: Any
    after: Any

    @classmethod
    def of(cls, found: Difference) -> Shown:
        """As it is kept."""
        before, after = _short(hidden(found.before)), _short(hidden(found.after))
        return cls(hidden(found.path[:VALUE_CHARACTERS]), before, after)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one call. `verdict`: equal, different, failed or notComparable."""

    call_id: str | None
    webhook_id: str | None
    function: str
    at: datetime
    verdict: Verdict
    differences: Sequence[Shown] = ()
    reason: Mapping[str, str] | None = None
    lost: int = 0
    changed: int = 0
    added: int = 0


class Tally(msgspec.Struct, kw_only=True):
    """The numbers of a rehearsal."""

    total: int = 0
    done: int = 0
    equal: int = 0
    different: int = 0
    failed: int = 0
    not_comparable: int = 0
    actions_lost: int = 0
    actions_changed: int = 0
    actions_added: int = 0

    def add(self, row: Row) -> None:
        """Count a row."""
        self.done += 1
        name = "not_comparable" if row.verdict == "notComparable" else row.verdict
        setattr(self, name, getattr(self, name) + 1)
        self.actions_lost += row.lost
        self.actions_changed += row.changed
        self.actions_added += row.added


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """A rehearsal as it is read."""

    id: int
    version_id: int
    live_version_id: int
    state: str
    author: str
    created_at: datetime
    tally: Tally
    rows: Sequence[Row] = ()


def add(connection: sa.Connection, module_id: int, version_id: int, live_version_id: int, author: str) -> int:
    """A rehearsal that begins now, in place of the module's oldest ones; return its id."""
    of_module = rehearsal.c.module_id == module_id
    newest = (
        sa.select(rehearsal.c.id).where(of_module).order_by(rehearsal.c.id.desc()).limit(KEPT_PER_MODULE - 1)
    )
    kept = [row.id for row in connection.execute(newest)]
    connection.execute(rehearsal.delete().where(of_module, rehearsal.c.id.not_in(kept)))
    at = now()
    values: dict[str, Any] = {
        "module_id": module_id,
        "version_id": version_id,
        "live_version_id": live_version_id,
        "state": "running",
        "author": author,
        "created_at": at,
        "updated_at": at,
        "rows": "[]",
    }
    statement = rehearsal.insert().values(**values, **msgspec.structs.asdict(Tally()))
    rehearsal_id: int = connection.execute(statement.returning(rehearsal.c.id)).scalar_one()
    return rehearsal_id


def keep(connection: sa.Connection, rehearsal_id: int, tally: Tally, rows: Sequence[Row]) -> None:
    """How far it has come."""
    # PostgreSQL's text takes every character but this one.
    text = _encode(rows).decode().replace("\\u0000", "\\ufffd")
    values = {**msgspec.structs.asdict(tally), "rows": text, "updated_at": now()}
    connection.execute(rehearsal.update().where(rehearsal.c.id == rehearsal_id).values(**values))


def end(connection: sa.Connection, rehearsal_id: int, state: str) -> None:
    """It goes no further."""
    connection.execute(
        rehearsal.update()
        .where(rehearsal.c.id == rehearsal_id, rehearsal.c.state == "running")
        .values(state=state, updated_at=now())
    )


def interrupt_stale(connection: sa.Connection, alone: bool) -> None:
    """Call interrupted what no process works on; `alone`: there is no other process."""
    statement = rehearsal.update().where(rehearsal.c.state == "running")
    if not alone:
        statement = statement.where(rehearsal.c.updated_at < now() - STALE)
    connection.execute(statement.values(state="interrupted"))


async def load(connection: AsyncConnection, module_id: int, rehearsal_id: int) -> Rehearsal | None:
    """One with its rows; None where there is none."""
    statement = sa.select(rehearsal).where(rehearsal.c.module_id == module_id, rehearsal.c.id == rehearsal_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _rehearsal(row, msgspec.json.decode(row.rows, type=list[Row]))


async def page(connection: AsyncConnection, module_id: int, version_id: int | None) -> Sequence[Rehearsal]:
    """Those of a module, or of one version, without their rows; the newest first."""
    columns = [column for column in rehearsal.c if column.name != "rows"]
    statement = sa.select(*columns).where(rehearsal.c.module_id == module_id)
    if version_id is not None:
        statement = statement.where(rehearsal.c.version_id == version_id)
    rows = await connection.execute(statement.order_by(rehearsal.c.id.desc()))
    return [_rehearsal(row, ()) for row in rows]


def _rehearsal(row: sa.Row[Any], rows: Sequence[Row]) -> Rehearsal:
    stale = row.state == "running" and row.updated_at < now() - STALE
    return Rehearsal(
        id=row.id,
        version_id=row.version_id,
        live_version_id=row.live_version_id,
        state="interrupted" if stale else row.state,
        author=row.author,
        created_at=row.created_at,
        tally=Tally(**{name: getattr(row, name) for name in Tally.__struct_fields__}),
        rows=rows,
    )


def _short(value: Any) -> Any:
    text = _encode(value).decode()
    return value if len(text) <= VALUE_CHARACTERS else f"{text[:VALUE_CHARACTERS]}…"

"""Rehearsals as they are kept: numbers in columns, what became of each call as JSON text beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.db import now
from vestnik.modules.recordings.personal_data import hidden
from vestnik.modules.replays.differences import Difference
from vestnik.modules.tables import module, rehearsal, rehearsal_row

#: Of one row so many differences are kept, and of a value so much text.
DIFFERENCES_SHOWN = 50
VALUE_CHARACTERS = 2_000
KEPT_PER_MODULE = 20
#: … and so many differences of all rows together, packed as they are kept.
ROWS_BYTES = 2_097_152
#: So much more of a long value is looked through for addresses, so that none is shown that was cut in two.
_MARGIN = 1_000
#: A rehearsal without a sign of life for so long has died with its process.
STALE = timedelta(minutes=10)

Both = Mapping[str, str]
State = Literal["waiting", "running", "done", "interrupted"]
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
        return cls(_beginning(found.path), _short(found.before), _short(found.after))


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


_decode = msgspec.json.Decoder(Row).decode


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
    """A rehearsal as it is read. It waits while another one has the turn."""

    id: int
    version_id: int
    live_version_id: int
    state: State
    author: str
    created_at: datetime
    tally: Tally
    rows: Sequence[Row] = ()


def text_of(row: Row, bytes_left: int) -> str:
    """A row as it is kept: without its differences where they take more than what is left."""
    text = _encode(row)
    if row.differences and len(text) > bytes_left:
        text = _encode(msgspec.structs.replace(row, differences=(), reason=_TOO_MUCH))
    # PostgreSQL's text takes every character but this one.
    return text.decode().replace("\\u0000", "\\ufffd")


def add(connection: sa.Connection, module_id: int, version_id: int, live_version_id: int, author: str) -> int:
    """A rehearsal that waits for its turn, in place of what runs and of the module's oldest; return its id.

    Whoever runs another one of the module, in whatever process, is told so by its next `keep`.
    """
    of_module = rehearsal.c.module_id == module_id
    # Of two processes one begins after the other.
    connection.execute(sa.select(module.c.id).where(module.c.id == module_id).with_for_update())
    at = now()
    connection.execute(
        rehearsal.update()
        .where(of_module, rehearsal.c.state == "running")
        .values(state="interrupted", updated_at=at)
    )
    newest = (
        sa.select(rehearsal.c.id).where(of_module).order_by(rehearsal.c.id.desc()).limit(KEPT_PER_MODULE - 1)
    )
    kept = [row.id for row in connection.execute(newest)]
    old = sa.select(rehearsal.c.id).where(of_module, rehearsal.c.id.not_in(kept))
    connection.execute(rehearsal_row.delete().where(rehearsal_row.c.rehearsal_id.in_(old)))
    connection.execute(rehearsal.delete().where(of_module, rehearsal.c.id.not_in(kept)))
    values: dict[str, Any] = {
        "module_id": module_id,
        "version_id": version_id,
        "live_version_id": live_version_id,
        "state": "running",
        "author": author,
        "created_at": at,
        "updated_at": at,
    }
    statement = rehearsal.insert().values(**values, **msgspec.structs.asdict(Tally()))
    rehearsal_id: int = connection.execute(statement.returning(rehearsal.c.id)).scalar_one()
    return rehearsal_id


def keep(
    connection: sa.Connection,
    rehearsal_id: int,
    numbers: Mapping[str, int],
    begun_at: datetime | None,
    first: int = 0,
    texts: Sequence[str] = (),
    state: str = "running",
) -> bool:
    """How far it has come, a sign of life, and its rows from number `first` on.

    False where it ran no more: then nothing is written.
    """
    values = {**numbers, "begun_at": begun_at, "state": state, "updated_at": now()}
    running = (rehearsal.c.id == rehearsal_id, rehearsal.c.state == "running")
    if not connection.execute(rehearsal.update().where(*running).values(**values)).rowcount:
        return False
    rows = [
        {"rehearsal_id": rehearsal_id, "number": number, "row": text}
        for number, text in enumerate(texts, start=first)
    ]
    if rows:
        connection.execute(rehearsal_row.insert(), rows)
    return True


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
    found = (await connection.execute(statement)).one_or_none()
    if found is None:
        return None
    texts = await connection.scalars(
        sa.select(rehearsal_row.c.row)
        .where(rehearsal_row.c.rehearsal_id == rehearsal_id)
        .order_by(rehearsal_row.c.number)
    )
    return _rehearsal(found, [_decode(text) for text in texts])


async def page(connection: AsyncConnection, module_id: int, version_id: int | None) -> Sequence[Rehearsal]:
    """Those of a module, or of one version, without their rows; the newest first."""
    statement = sa.select(rehearsal).where(rehearsal.c.module_id == module_id)
    if version_id is not None:
        statement = statement.where(rehearsal.c.version_id == version_id)
    found = await connection.execute(statement.order_by(rehearsal.c.id.desc()))
    return [_rehearsal(each, ()) for each in found]


def _rehearsal(found: sa.Row[Any], rows: Sequence[Row]) -> Rehearsal:
    return Rehearsal(
        id=found.id,
        version_id=found.version_id,
        live_version_id=found.live_version_id,
        state=_state(found),
        author=found.author,
        created_at=found.created_at,
        tally=Tally(**{name: getattr(found, name) for name in Tally.__struct_fields__}),
        rows=rows,
    )


def _state(found: sa.Row[Any]) -> State:
    if found.state == "done" or found.state == "interrupted":
        return cast(State, found.state)
    if found.updated_at < now() - STALE:
        return "interrupted"
    return "waiting" if found.begun_at is None else "running"


def _short(value: Any) -> Any:
    """A value with people hidden, or the beginning of its text."""
    text = _encode(value).decode()
    if len(text) <= VALUE_CHARACTERS:
        return hidden(value)
    return f"{_beginning(text)}…"


def _beginning(text: str) -> str:
    """The beginning of a text with people hidden: what may be half of an address is left out."""
    shown = str(hidden(text[: VALUE_CHARACTERS + _MARGIN]))
    return shown[: VALUE_CHARACTERS if len(text) <= VALUE_CHARACTERS + _MARGIN else -_MARGIN][
        :VALUE_CHARACTERS
    ]


_TOO_MUCH = {
    "ru": "Отличия не сохранены: их слишком много в этом прогоне.",
    "en": "The differences are not kept: this rehearsal has too many of them.",
}

"""The rows of a sync and of its runs: read under a lock, changed, begun and ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from vestnik.db import after_commit, now
from vestnik.http.errors import NotFound
from vestnik.lists.states import RunState, Trigger
from vestnik.lists.tables import sync, sync_run

Row = sa.Row[Any]
#: Told the keys of a sync and its run once a change is committed.
Tell = Callable[[int, int], None]

#: A sync that a person saves without running it runs by itself this soon.
FIRST_AFTER = timedelta(minutes=5)


def workflow_id(row: Row) -> str:
    """The id of the workflow that drives one generation of a run."""
    return f"sync-{row.sync_id}-{row.number}-{row.generation}"


def get_sync(connection: sa.Connection, sync_id: int) -> Row:
    """A live sync, locked until the unit of work ends; `NotFound` when there is none."""
    row = find_sync(connection, sync_id)
    if row is None or row.archived_at is not None:
        raise NotFound()
    return row


def find_sync(connection: sa.Connection, sync_id: int) -> Row | None:
    """A sync, locked; also an archived one."""
    return connection.execute(sa.select(sync).where(sync.c.id == sync_id).with_for_update()).one_or_none()


def find_run(connection: sa.Connection, run_id: int) -> Row | None:
    """A run, locked."""
    return connection.execute(
        sa.select(sync_run).where(sync_run.c.id == run_id).with_for_update()
    ).one_or_none()


def live_run(connection: sa.Connection, sync_id: int) -> Row | None:
    """The run of a sync that has not ended, locked."""
    live = sa.select(sync_run).where(sync_run.c.sync_id == sync_id, sync_run.c.finished_at.is_(None))
    return connection.execute(live.with_for_update()).one_or_none()


def begin(
    connection: sa.Connection,
    row: Row,
    trigger: Trigger,
    *,
    started_by: int | None = None,
    retry_of: int | None = None,
    tell: Tell | None = None,
) -> int:
    """Make the next run of a sync that has none under way; its key. The caller holds the sync."""
    number = row.run + 1
    run_id: int = connection.execute(
        sa.insert(sync_run)
        .values(
            sync_id=row.id,
            number=number,
            generation=1,
            trigger=trigger,
            retry_of=retry_of,
            state=RunState.PLANNING,
            stage="listing",
            counts={},
            applied_to=0,
            attempts=0,
            started_by=started_by,
            started_at=now(),
        )
        .returning(sync_run.c.id)
    ).scalar_one()
    connection.execute(sa.update(sync).where(sync.c.id == row.id).values(run=number))
    _tell(connection, row.id, run_id, tell)
    return run_id


def change(connection: sa.Connection, row: Row, tell: Tell | None = None, **values: Any) -> None:
    """Set columns of a run; `tell` hears of it after the commit."""
    connection.execute(sa.update(sync_run).where(sync_run.c.id == row.id).values(**values))
    _tell(connection, row.sync_id, row.id, tell)


def end(
    connection: sa.Connection,
    row: Row,
    state: RunState,
    why: Mapping[str, Any] | None = None,
    tell: Tell | None = None,
    **values: Any,
) -> None:
    """Bring a run to its end."""
    change(
        connection,
        row,
        tell,
        state=state,
        reason=None if why is None else dict(why),
        cursor=None,
        next_try_at=None,
        finished_at=now(),
        **values,
    )


def next_due(every_minutes: int | None, at: datetime) -> datetime | None:
    """When a sync runs next; None for one that runs by hand."""
    return None if every_minutes is None else at + timedelta(minutes=every_minutes)


def first_due(every_minutes: int | None, at: datetime) -> datetime | None:
    """When a sync that was just saved runs for the first time."""
    return None if every_minutes is None else at + FIRST_AFTER


def _tell(connection: sa.Connection, sync_id: int, run_id: int, tell: Tell | None) -> None:
    if tell is not None:
        heard = tell
        after_commit(connection, lambda: heard(sync_id, run_id))

"""What syncs know of a person: the rows that services refused, and the scratch files of runs under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.lists.states import WORKING, RunState
from vestnik.lists.tables import sync, sync_reject, sync_run
from vestnik.privacy.holdings import Holding, Page, Subject, Sweep, page
from vestnik.privacy.texts import Texts


def follow_merge(connection: sa.Connection, kept_id: int, others: Sequence[int]) -> None:
    """Have the others' refused rows be the staying contact's own."""
    connection.execute(
        sa.update(sync_reject).where(sync_reject.c.contact_id.in_(others)).values(contact_id=kept_id)
    )


def _of(person: Subject) -> sa.ColumnElement[bool]:
    return sync_reject.c.address.in_(person.addresses) | sync_reject.c.contact_id.in_(person.contact_ids)


def _read(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(
            sync_reject.c.id,
            sync.c.list_title,
            sync_run.c.started_at,
            sync_reject.c.side,
            sync_reject.c.address,
            sync_reject.c.code,
            sync_reject.c.reason,
        )
        .join(sync_run, sync_run.c.id == sync_reject.c.run_id)
        .join(sync, sync.c.id == sync_run.c.sync_id)
        .where(_of(person)),
        (sync_reject.c.id,),
        after,
        _refusal,
    )


def _refusal(row: sa.Row[Any]) -> Mapping[str, Any]:
    return {
        "id": str(row.id),
        "list": row.list_title,
        "at": row.started_at,
        "side": row.side,
        "address": row.address,
        "code": row.code,
        "reason": row.reason,
    }


def _erase(connection: sa.Connection, person: Subject) -> int:
    """Refused rows go, their counts stay. Runs under way plan anew: their files may name the person."""
    forget = {"cursor": None, "applied_to": 0}
    working = sync_run.c.state.in_(WORKING)
    connection.execute(
        sa.update(sync_run).where(working).values(state=RunState.PLANNING, stage="listing", **forget)
    )
    connection.execute(sa.update(sync_run).where(sync_run.c.state == RunState.WAITING).values(**forget))
    return connection.execute(sa.delete(sync_reject).where(_of(person))).rowcount


HOLDINGS = (Holding("listRefusals", _read, _erase),)


def sweeps(database: Database) -> Sequence[Sweep]:
    """What services said of runs and of other people's rows: it may quote an address."""
    return (
        Texts(database, "messages", sync_run, ("reason",)),
        Texts(database, "messages", sync_reject, ("reason",)),
    )

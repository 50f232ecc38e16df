"""What webhooks know of a person: events, what waits for a match, and the requests that told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.privacy.holdings import Holding, Subject, Sweep
from vestnik.privacy.texts import Texts
from vestnik.webhooks.tables import attempt, event, inbox, waiting


def _events(connection: sa.Connection, person: Subject) -> Sequence[Mapping[str, Any]]:
    rows = connection.execute(
        sa.select(event.c.at, event.c.kind, event.c.detail)
        .where(event.c.address_id.in_(person.address_ids))
        .order_by(event.c.at, event.c.id)
    )
    return [{"at": row.at, "kind": row.kind, "detail": row.detail} for row in rows]


def _erase_events(connection: sa.Connection, person: Subject) -> int:
    """That something happened stays, for the figures over time; the link or the words of it don't."""
    return connection.execute(
        sa.update(event).where(event.c.address_id.in_(person.address_ids)).values(detail=None)
    ).rowcount


def _requests_of(person: Subject) -> sa.Select[Any]:
    return (
        sa.select(event.c.inbox_id)
        .where(event.c.address_id.in_(person.address_ids), event.c.inbox_id.is_not(None))
        .distinct()
    )


def _requests(connection: sa.Connection, person: Subject) -> Sequence[Mapping[str, Any]]:
    """When a service told of the person; the requests themselves tell of other people, too."""
    rows = connection.execute(
        sa.select(inbox.c.received_at).where(inbox.c.id.in_(_requests_of(person))).order_by(inbox.c.id)
    )
    return [{"receivedAt": row.received_at} for row in rows]


def _leave_requests(connection: sa.Connection, person: Subject) -> int:
    """They are searched afterwards: a request may name the person without an event of it."""
    return 0


def sweeps(database: Database) -> Sequence[Sweep]:
    """What services told, as it came and as it was understood."""
    return (
        Texts(database, "requests", inbox, ("query", "headers", "body", "actions", "effects", "response")),
        Texts(database, "requests", attempt, ("error", "log")),
        Texts(database, "requests", waiting, ("address", "action"), deletes=True),
    )


HOLDINGS = (
    Holding("requests", _requests, _leave_requests),
    Holding("events", _events, _erase_events),
)

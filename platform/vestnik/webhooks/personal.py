"""What webhooks know of a person: events, what waits for a match, and the requests that told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.privacy.holdings import Holding, Page, Subject, Sweep, page
from vestnik.privacy.texts import Texts
from vestnik.webhooks.tables import attempt, event, inbox, waiting


def _events(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    of_person = event.c.address_id.in_(person.address_ids)
    return page(
        connection,
        sa.select(event.c.at, event.c.kind, event.c.detail).where(of_person),
        (event.c.at, event.c.id),
        after,
        lambda row: {"at": row.at, "kind": row.kind, "detail": row.detail},
    )


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


def _requests(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    """When a service told of the person; the requests themselves tell of other people, too."""
    return page(
        connection,
        sa.select(inbox.c.received_at).where(inbox.c.id.in_(_requests_of(person))),
        (inbox.c.id,),
        after,
        lambda row: {"receivedAt": row.received_at},
    )


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

"""What happened to a lead: one row for each thing that a person or the platform did to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.db import new_key, now
from vestnik.intake.leads.tables import lead_event
from vestnik.people.access import Actor

EventKind = Literal[
    "created",
    "assigned",
    "taken",
    "processed",
    "closed",
    "reopened",
    "edited",
    "note",
    "inn_corrected",
    "read_again",
    "converted",
]

_NOTE = sa.insert(lead_event)


def note(
    connection: sa.Connection,
    actor: Actor,
    lead_id: int,
    kind: EventKind,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Store that `actor` did something to a lead; keys within `detail` are text."""
    row = {
        "id": new_key(),
        "lead_id": lead_id,
        "at": now(),
        "user_id": actor.user_id,
        "kind": kind,
        "detail": dict(detail or {}),
    }
    connection.execute(_NOTE, row)

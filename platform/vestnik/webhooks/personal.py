"""What webhooks know of a person: events, what waits for a match, and the requests that told of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import sqlalchemy as sa

from vestnik.privacy.holdings import Holding, Subject
from vestnik.webhooks.tables import event, inbox, waiting

#: What stands in a stored request instead of an erased address.
INSTEAD = "erased"

_AT_ONCE = 200


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


def _erase_requests(connection: sa.Connection, person: Subject) -> int:
    """Put a word instead of the person's addresses in the stored requests, and forget what waits for them."""
    spelt = _spellings(person.addresses)
    if spelt is None:
        return 0
    connection.execute(sa.delete(waiting).where(sa.func.lower(waiting.c.address).in_(person.addresses)))
    changed = 0
    ids = connection.scalars(_requests_of(person)).all()
    for start in range(0, len(ids), _AT_ONCE):
        part = inbox.c.id.in_(ids[start : start + _AT_ONCE])
        for row in connection.execute(sa.select(inbox).where(part)).all():
            values = {name: spelt.sub(INSTEAD, text) for name in _TEXTS if (text := getattr(row, name))}
            # Latin-1 gives every byte a character and back, so that a body of any encoding stays as it is.
            body = spelt.sub(INSTEAD, bytes(row.body).decode("latin-1")).encode("latin-1")
            connection.execute(
                sa.update(inbox)
                .where(inbox.c.id == row.id, inbox.c.received_at == row.received_at)
                .values(**values, body=body)
            )
            changed += 1
    return changed


_TEXTS = ("query", "actions", "effects", "response")


def _spellings(addresses: Iterable[str]) -> re.Pattern[str] | None:
    """The addresses as requests write them: plain, encoded for a form, a phone without its plus."""
    found: set[str] = set()
    for each in addresses:
        plain = each.removeprefix("+")
        as_bytes = plain.encode().decode("latin-1")
        found |= {plain, as_bytes, quote(plain), quote_plus(plain)}
    if not found:
        return None
    longest_first = sorted(found, key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


HOLDINGS = (
    Holding("requests", _requests, _erase_requests),
    Holding("events", _events, _erase_events),
)

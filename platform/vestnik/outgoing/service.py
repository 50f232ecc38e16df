"""Tells the customer's own systems what happens here: `announce`, in the unit of work of what happened.

    announce(connection, "lead.created", {"id": "12", …})

Nothing is stored, and the database is not asked, while no endpoint wants the kind: each process remembers
which kinds are wanted, and reads that anew after `KNOWN_FOR_S`. An endpoint that another process added may
miss what happens until then, so for five seconds at most; one of our own process misses nothing. Whoever has
much to gather for a message asks `wanted` first.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args
from weakref import WeakKeyDictionary

import msgspec
import sqlalchemy as sa

from vestnik.db import after_commit, load, new_key, now
from vestnik.db.types import json_text
from vestnik.outgoing.tables import delivery, endpoint, message

Kind = Literal[
    "lead.created",
    "lead.changed",
    "order.created",
    "job_ticket.created",
    "contact.unsubscribed",
    "message.bounced",
    "alert",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: How long a process believes what it knows of the wanted kinds.
KNOWN_FOR_S = 5.0

#: By the engine that units of work use: when it was read, and which kinds are wanted.
_known: WeakKeyDictionary[sa.Engine, tuple[float, frozenset[str]]] = WeakKeyDictionary()


def announce(connection: sa.Connection, kind: str, about: Mapping[str, Any]) -> None:
    """Store a message for every endpoint that wants the kind; `about` is plain data, keys are text."""
    announce_all(connection, kind, (about,))


def announce_all(connection: sa.Connection, kind: str, abouts: Iterable[Mapping[str, Any]]) -> None:
    """The same for several at once."""
    if not wanted(connection, kind):
        return
    live = sa.select(endpoint.c.id, endpoint.c.kinds).where(endpoint.c.enabled).order_by(endpoint.c.id)
    listening = [row.id for row in connection.execute(live) if kind in row.kinds]
    if listening:
        store(connection, kind, abouts, listening)


def wanted(connection: sa.Connection, kind: str) -> bool:
    """Whether an endpoint wants to hear of a kind, as far as this process knows."""
    if kind not in KINDS:
        raise LookupError(f"no such kind of message: {kind}")
    engine, present = connection.engine, time.monotonic()
    found = _known.get(engine)
    if found is None or present - found[0] > KNOWN_FOR_S:
        rows = connection.scalars(sa.select(endpoint.c.kinds).where(endpoint.c.enabled))
        found = _known[engine] = (present, frozenset(each for kinds in rows for each in kinds))
    return kind in found[1]


def forget_wanted(connection: sa.Connection) -> None:
    """Have the wanted kinds read anew: the unit of work changes endpoints."""
    engine = connection.engine

    def forget() -> None:
        _known.pop(engine, None)

    forget()
    after_commit(connection, forget)  # what read them meanwhile may have read them as they were


def store(
    connection: sa.Connection,
    kind: str,
    abouts: Iterable[Mapping[str, Any]],
    endpoint_ids: Iterable[int],
    *,
    is_test: bool = False,
) -> list[int]:
    """Store messages with their deliveries, due at once; the keys of the deliveries."""
    at, to = now(), list(endpoint_ids)
    ids = [(f"msg_{new_key():016x}", body(kind, at, about, is_test=is_test)) for about in abouts]
    load(connection, message, ("id", "kind", "body", "at"), [(id, kind, text, at) for id, text in ids])
    rows: list[tuple[Any, ...]] = [
        (new_key(), endpoint_id, id, "waiting", 0, at, [], at) for id, _ in ids for endpoint_id in to
    ]
    columns = ("id", "endpoint_id", "message_id", "state", "tries", "next_at", "attempts", "at")
    load(connection, delivery, columns, rows)
    return [row[0] for row in rows]


def body(kind: str, at: Any, about: Mapping[str, Any], *, is_test: bool = False) -> str:
    """What is sent, as text: JSON as Standard Webhooks recommends it."""
    whole: dict[str, Any] = {"type": kind, "timestamp": at, "data": about}
    if is_test:
        whole["test"] = True
    return json_text(msgspec.to_builtins(whole, str_keys=True))


def remove_all(connection: sa.Connection) -> None:
    """Forget every endpoint and message; a part of the unit of work that removes the demo."""
    for table in (delivery, message, endpoint):
        connection.execute(sa.delete(table))
    forget_wanted(connection)

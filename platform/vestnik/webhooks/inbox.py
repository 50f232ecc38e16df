"""The durable inbox: a request is a row here before anything is done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.db import DriverStatement, RowsStatement, from_microseconds, new_key
from vestnik.webhooks.tables import attempt, inbox

#: How long the process that took a request may work on it before the sweep takes it over.
LEASE = timedelta(seconds=30)

#: Pauses before the second, third … attempt; after the last one the webhook stays failed until replayed.
RETRY_AFTER = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)


#: `next_attempt_at` of what is to be replayed as one of a set: due when nobody waits for the workers.
REPLAY_DUE = from_microseconds(0)


class State(StrEnum):
    """Where a stored request stands."""

    RECEIVED = "received"
    PROBE = "probe"  # a provider that tries whether the address answers: not parsed
    APPLIED = "applied"
    RETRYING = "retrying"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Stored:
    """One request as it came: the truth that parsing starts from, now and at a replay."""

    id: int
    received_us: int
    account_id: int
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    attempts: int = 0
    #: What the provider is told as soon as this is stored, where nothing waits for the module's answer.
    answered: int | None = None

    @property
    def received_at(self) -> datetime:
        """When the request arrived."""
        return from_microseconds(self.received_us)


_encode = msgspec.json.Encoder().encode
_decode_headers = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode

_INSERT = DriverStatement(
    "INSERT INTO inbox (id, received_at, account_id, method, path, query, headers, body, state, attempts,"
    " next_attempt_at, answered) VALUES (:id, :received_at, :account_id, :method, :path, :query, :headers,"
    " :body, :state, 0, :next_attempt_at, :answered)"
)
_LEASE_US = LEASE // timedelta(microseconds=1)


def store(connection: sa.Connection, requests: Sequence[Stored]) -> Sequence[None]:
    """Store new requests; each is due for the sweep once its lease is over."""
    _INSERT.each(connection, [_row(request) for request in requests])
    return [None] * len(requests)


def _row(request: Stored) -> dict[str, object]:
    probe = is_probe(request)
    return {
        "id": request.id,
        "received_at": request.received_us,
        "account_id": request.account_id,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": _encode(request.headers).decode(),
        "body": request.body,
        "state": State.PROBE if probe else State.RECEIVED,
        "next_attempt_at": None if probe else request.received_us + _LEASE_US,
        "answered": request.answered,
    }


def is_probe(request: Stored) -> bool:
    """True for what providers send to see whether the address answers: GET, HEAD, an empty body."""
    return request.method in ("GET", "HEAD") or not request.body


def due(connection: sa.Connection, at: datetime, limit: int) -> list[Stored]:
    """Take up to `limit` requests whose time has come, and lease them to the caller."""
    return _lease(connection, sa.and_(inbox.c.next_attempt_at > REPLAY_DUE, _come(at)), at, limit)


def take_replays(connection: sa.Connection, at: datetime, limit: int) -> list[Stored]:
    """Take up to `limit` requests of sets that are to be replayed, and lease them to the caller."""
    return _lease(connection, inbox.c.next_attempt_at == REPLAY_DUE, at, limit)


def _come(at: datetime) -> sa.ColumnElement[bool]:
    return inbox.c.next_attempt_at <= at


def _lease(
    connection: sa.Connection, wanted: sa.ColumnElement[bool], at: datetime, limit: int
) -> list[Stored]:
    waiting = (
        sa.select(inbox.c.id)
        .where(wanted)
        .order_by(inbox.c.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(
        sa.update(inbox)
        .where(inbox.c.id.in_(waiting), _come(at))
        .values(next_attempt_at=at + LEASE)
        .returning(*_COLUMNS)
    ).all()
    return sorted((_stored(row) for row in rows), key=lambda request: request.id)


async def load(connection: AsyncConnection, inbox_id: int) -> Stored | None:
    """The request with this number, or None."""
    row = (await connection.execute(sa.select(*_COLUMNS).where(inbox.c.id == inbox_id))).first()
    return None if row is None else _stored(row)


async def newest(
    connection: AsyncConnection, account_ids: Sequence[int], count: int
) -> Sequence[sa.Row[int, int, datetime]]:
    """Key, account and arrival of the newest requests of accounts, without probes."""
    statement = (
        sa.select(inbox.c.id, inbox.c.account_id, inbox.c.received_at)
        .where(inbox.c.account_id.in_(account_ids), inbox.c.state != State.PROBE)
        .order_by(inbox.c.id.desc())
        .limit(count)
    )
    return (await connection.execute(statement)).all()


_COLUMNS = (
    inbox.c.id,
    inbox.c.received_at,
    inbox.c.account_id,
    inbox.c.method,
    inbox.c.path,
    inbox.c.query,
    inbox.c.headers,
    inbox.c.body,
    inbox.c.attempts,
)


def _stored(row: sa.Row[*tuple[Any, ...]]) -> Stored:
    return Stored(
        id=row.id,
        received_us=(row.received_at - from_microseconds(0)) // timedelta(microseconds=1),
        account_id=row.account_id,
        method=row.method,
        path=row.path,
        query=row.query,
        headers=_decode_headers(row.headers),
        body=row.body,
        attempts=row.attempts,
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one attempt failed, as the inspector shows it."""

    kind: str
    error: bytes  # JSON: message, line, path, expected, got, and the sentence in each language
    log: bytes  # JSON
    version_id: int | None
    wall_ms: float | None


def fail(
    connection: sa.Connection, request: Stored, failure: Failure, at: datetime, answered: int | None
) -> bool:
    """Keep a failed attempt; the request is tried again later, or stays failed after the last pause.

    False when another process has written the outcome of this attempt, or of a later one: that stands,
    and only what the provider was told is noted.
    """
    attempts = request.attempts + 1
    again = attempts <= len(RETRY_AFTER)
    own = sa.and_(inbox.c.id == request.id, inbox.c.received_at == request.received_at)
    told = sa.func.coalesce(inbox.c.answered, answered)
    written = connection.execute(
        sa.update(inbox)
        .where(own, inbox.c.attempts == request.attempts)
        .values(
            state=State.RETRYING if again else State.FAILED,
            attempts=attempts,
            next_attempt_at=at + RETRY_AFTER[attempts - 1] if again else None,
            version_id=failure.version_id,
            answered=told,
        )
    ).rowcount
    if not written:
        connection.execute(sa.update(inbox).where(own).values(answered=told))
        return False
    connection.execute(
        sa.insert(attempt).values(
            id=new_key(),
            inbox_id=request.id,
            at=at,
            version_id=failure.version_id,
            kind=failure.kind,
            error=failure.error.decode(),
            log=failure.log.decode(),
            wall_ms=failure.wall_ms,
        )
    )
    return True


def answered_at_deadline(connection: sa.Connection, request: Stored, status: int) -> None:
    """Note that the deadline answered the provider, not the module."""
    connection.execute(
        sa.update(inbox)
        .where(inbox.c.id == request.id, inbox.c.received_at == request.received_at)
        .values(answered=status, response_sent=sa.case((inbox.c.response_sent.is_(None), None), else_=False))
    )


_ANSWERED = RowsStatement(
    "UPDATE inbox SET answered = COALESCE(inbox.answered, r.answered) FROM {rows}"
    " WHERE inbox.id = r.id AND inbox.received_at = r.received_at",
    {"id": "bigint", "received_at": "bigint", "answered": "integer"},
)


def answered_unparsed(connection: sa.Connection, requests: Sequence[Stored], status: int) -> None:
    """Note what providers were told of requests that are left to the next start."""
    _ANSWERED.run(
        connection,
        [{"id": each.id, "received_at": each.received_us, "answered": status} for each in requests],
    )

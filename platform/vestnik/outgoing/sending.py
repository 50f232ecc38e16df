"""Sends messages to endpoints: signed, with retries, at least once, in no promised order.

Every second each process looks which endpoints have something due, and gives each a lane of its own, so that
a slow endpoint delays itself alone. A lane takes a few deliveries at a time for the length of a lease, and
stores what came of each. What a killed process had taken is sent again when its lease is over, under the same
`webhook-id`: by that a receiver knows it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
import structlog

from vestnik.db import Database, now
from vestnik.egress import (
    Approval,
    Broker,
    BrokerOptions,
    EgressError,
    ExchangeTrace,
    FetchFailed,
    FetchRequest,
    ForbiddenHost,
    HostPolicy,
    Resolver,
    RetryLater,
)
from vestnik.egress.policy import Target
from vestnik.engine import Engine
from vestnik.http.errors import Text
from vestnik.outgoing.reasons import OFF
from vestnik.outgoing.service import forget_wanted
from vestnik.outgoing.signing import headers
from vestnik.outgoing.tables import delivery, endpoint, message
from vestnik.retention import Term
from vestnik.vault import Vault

#: Pauses after attempts that failed, as Standard Webhooks suggests; then it is given up.
RETRY_AFTER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
WITHIN_S = 15.0
#: An endpoint that does nothing but fail is turned off after so long.
OFF_AFTER = timedelta(days=5)
#: Endpoints there may be, and messages on their way to one of them, from one process.
ENDPOINTS = 50
AT_ONCE = 5
#: Of an answer no more is read: nobody reads what it says.
ANSWER_BYTES = 65_536
#: Attempts of a delivery that are remembered.
ATTEMPTS_KEPT = 10
LOOK_EVERY_S = 1.0
#: Messages are kept for so long, whatever became of them, unless an administrator sets another term.
KEPT_FOR = timedelta(days=30)
MESSAGES = Term("outgoing", days=KEPT_FOR.days, least=7, most=365)
_SWEPT_EVERY_S = 3600.0
_DELETED_AT_ONCE = 1_000
#: Who took a delivery has it for so long before it is sent again.
_LEASE = timedelta(minutes=1)
_NOTED_EVERY = timedelta(minutes=1)
_REDIRECTS = range(300, 400)
_FORBIDDEN = {"own_listener": "own_address", "private_address": "private_address"}

log = structlog.get_logger("vestnik.outgoing")


class Bell(Protocol):
    """Tells people that an endpoint was turned off, and why, or with None that it works again."""

    def ring(
        self,
        connection: sa.Connection,
        endpoint_id: int,
        title: str,
        in_charge: int | None,
        reason: Text | None,
    ) -> None: ...

    def forget(self, connection: sa.Connection, endpoint_id: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: no error when it was taken."""

    at: datetime
    ms: int
    status: int | None
    error: Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """As it is remembered of a delivery."""
        return {
            "at": self.at.isoformat(),
            "ms": self.ms,
            "status": self.status,
            "error": None if self.error is None else {**self.error},
        }


class Sender:
    """The lanes of this process."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        engine: Engine,
        bell: Bell,
        own_listeners: Sequence[tuple[str, int]],
        *,
        resolver: Resolver | None = None,
    ) -> None:
        self._database, self._vault, self.bell = database, vault, bell
        self.own_listeners = own_listeners
        options = BrokerOptions(
            spool_bytes=ANSWER_BYTES,
            response_bytes=ANSWER_BYTES,
            timeout_s=WITHIN_S,
            longest_timeout_s=WITHIN_S,
            in_flight=ENDPOINTS * AT_ONCE,
            in_flight_per_owner=AT_ONCE,
        )
        self._broker = Broker(options, resolver=resolver)
        self._lanes: dict[int, asyncio.Task[None]] = {}
        engine.every(LOOK_EVERY_S, "outgoing.send", self.look, everywhere=True)
        engine.every(_SWEPT_EVERY_S, "outgoing.kept", self.sweep)

    async def stop(self) -> None:
        """End the lanes; what they were sending is sent again."""
        lanes = list(self._lanes.values())
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        await self._broker.close()

    async def look(self) -> None:
        """Give each endpoint that has something due a lane, unless it has one."""
        due = sa.exists().where(delivery.c.endpoint_id == endpoint.c.id, delivery.c.next_at <= now())
        async with self._database.read() as connection:
            found = await connection.scalars(sa.select(endpoint.c.id).where(endpoint.c.enabled, due))
        for endpoint_id in found.all():
            if endpoint_id not in self._lanes:
                self._lanes[endpoint_id] = asyncio.create_task(self._lane(endpoint_id))

    async def idle(self) -> None:
        """Wait until no lane is at work."""
        while self._lanes:
            await asyncio.gather(*self._lanes.values())

    async def _lane(self, endpoint_id: int) -> None:
        try:
            while taken := await self._database.write(_take, endpoint_id):
                await asyncio.gather(*(self.send(row) for row in taken))
        except Exception:
            log.exception("outgoing.lane_failed", endpoint_id=endpoint_id)
        finally:
            del self._lanes[endpoint_id]

    async def send(self, row: sa.Row[Any], *, counts: bool = True) -> None:
        """Send one delivery once, and store what came of it; `counts`: also for its endpoint."""
        outcome = await self._attempt(row)
        await self._database.write(self._store, row, outcome, counts)

    async def _attempt(self, row: sa.Row[Any]) -> Outcome:
        at, started = now(), time.perf_counter()
        statuses: list[int | None] = []
        error: Mapping[str, Any] | None = None
        try:
            body = row.body.encode()
            request = FetchRequest(
                "POST",
                row.url,
                (
                    ("content-type", "application/json"),
                    ("user-agent", "Vestnik-Webhooks/1"),
                    *headers(row.message_id, at, body, self._secrets(row, at)),
                ),
                body,
                timeout_s=WITHIN_S,
                follow_redirects=False,
            )
            policy = policy_of(row.url, private=row.private, own_listeners=self.own_listeners)
            await self._broker.fetch(
                request,
                policy=policy,
                owner=str(row.endpoint_id),
                record=lambda trace: statuses.append(_status(trace)),
                into=_drop,
            )
        except EgressError as failure:
            error = _error(failure)
        status = statuses[-1] if statuses else None
        if status is not None:
            # What it says beside its status is of no matter, also where that is too long.
            error = _judged(status) if error is None or error["code"] == "too_large" else error
        return Outcome(at, round((time.perf_counter() - started) * 1000), status, error)

    def _secrets(self, row: sa.Row[Any], at: datetime) -> list[str]:
        sealed = [row.secret_sealed]
        if row.former_sealed is not None and row.former_until > at:
            sealed.append(row.former_sealed)
        return [self._vault.decrypt(each, secret_context(row.endpoint_id)).decode() for each in sealed]

    def _store(self, connection: sa.Connection, row: sa.Row[Any], outcome: Outcome, counts: bool) -> None:
        own = sa.select(endpoint).where(endpoint.c.id == row.endpoint_id).with_for_update()
        present = connection.execute(own).one_or_none()
        if present is None:
            return
        values: dict[str, Any] = {
            "attempts": [*row.attempts, outcome.as_json()][-ATTEMPTS_KEPT:],
            "last_status": outcome.status,
            "last_error": None if outcome.error is None else {**outcome.error},
            "tries": row.tries + 1,
        }
        this = sa.update(delivery).where(delivery.c.id == row.id)
        if outcome.error is None:
            delivered = {"state": "delivered", "next_at": None, "delivered_at": outcome.at}
            connection.execute(this.values(**values, **delivered))
            if counts:
                self._works(connection, present, outcome.at)
            return
        over = row.tries >= len(RETRY_AFTER)
        values["state"] = "given_up" if over else "failed"
        values["next_at"] = None if over else now() + RETRY_AFTER[row.tries]
        # Whoever else had taken it may have delivered it meanwhile, or failed: that attempt is counted then.
        same = this.where(delivery.c.state != "delivered", delivery.c.tries == row.tries)
        if connection.execute(same.values(values)).rowcount and counts:
            self._fails(connection, present, outcome)

    def _works(self, connection: sa.Connection, present: sa.Row[Any], at: datetime) -> None:
        """Note that the endpoint takes messages; a moment that was noted just now is near enough."""
        noted = present.delivered_at is not None and present.delivered_at > at - _NOTED_EVERY
        if noted and present.failing_since is None and not present.told:
            return
        values = {"delivered_at": at, "failing_since": None, "told": False}
        connection.execute(sa.update(endpoint).where(endpoint.c.id == present.id).values(values))
        if present.told:
            self.bell.ring(connection, present.id, present.title, present.created_by, None)

    def _fails(self, connection: sa.Connection, present: sa.Row[Any], outcome: Outcome) -> None:
        since = present.failing_since or outcome.at
        values: dict[str, Any] = {"failing_since": since}
        reason = None
        if present.enabled and outcome.error is not None and outcome.error["code"] == "gone":
            reason = "gone"
        elif present.enabled and now() - since >= OFF_AFTER:
            reason = "failing"
        if reason is not None:
            values |= {"enabled": False, "off_reason": reason, "told": True}
            forget_wanted(connection)
            self.bell.ring(connection, present.id, present.title, present.created_by, OFF[reason])
        elif present.failing_since is not None:
            return
        connection.execute(sa.update(endpoint).where(endpoint.c.id == present.id).values(values))

    async def sweep(self) -> None:
        """Forget messages that are past their term, with their deliveries."""
        before = await MESSAGES.cutoff(self._database)
        while before is not None and await self._database.submit(
            lambda connection: _forget(connection, before), bulk=True
        ):
            pass


def policy_of(url: str, *, private: bool, own_listeners: Sequence[tuple[str, int]]) -> HostPolicy:
    """What a message to an address may reach: the address itself, by https or where it is `private`.

    Raises the errors of `EgressError`.
    """
    target = Target.of(url)
    if target.scheme != "https" and not private:
        raise target.forbidden("not_approved")
    try:
        approval = Approval(target.scheme, target.host, target.port, private)
    except ValueError:
        raise target.forbidden("unusable_address") from None
    return HostPolicy([approval], own_listeners)


def secret_context(endpoint_id: int) -> str:
    """What an endpoint's secrets are sealed for."""
    return f"outgoing_endpoint:{endpoint_id}"


def with_endpoint() -> sa.Select[Any]:
    """Deliveries as they are sent: with the message's body, and the endpoint's address and secrets."""
    return (
        sa.select(
            delivery,
            message.c.kind,
            message.c.body,
            endpoint.c.url,
            endpoint.c.private,
            endpoint.c.secret_sealed,
            endpoint.c.former_sealed,
            endpoint.c.former_until,
        )
        .join(message, message.c.id == delivery.c.message_id)
        .join(endpoint, endpoint.c.id == delivery.c.endpoint_id)
    )


def _take(connection: sa.Connection, endpoint_id: int) -> Sequence[sa.Row[Any]]:
    """Deliveries of an endpoint that are due; they are ours until the lease ends."""
    due = (
        with_endpoint()
        .where(delivery.c.endpoint_id == endpoint_id, delivery.c.next_at <= now(), endpoint.c.enabled)
        .order_by(delivery.c.next_at, delivery.c.id)
        .limit(AT_ONCE)
        .with_for_update(of=delivery, skip_locked=True)
    )
    rows = connection.execute(due).all()
    if rows:
        ours = delivery.c.id.in_([row.id for row in rows])
        connection.execute(sa.update(delivery).where(ours).values(next_at=now() + _LEASE))
    return rows


def _forget(connection: sa.Connection, before: datetime) -> bool:
    """Delete some old messages; whether there may be more."""
    old = sa.select(message.c.id).where(message.c.at < before).order_by(message.c.at)
    ids = connection.scalars(old.limit(_DELETED_AT_ONCE)).all()
    connection.execute(sa.delete(delivery).where(delivery.c.message_id.in_(ids)))
    connection.execute(sa.delete(message).where(message.c.id.in_(ids)))
    return len(ids) == _DELETED_AT_ONCE


def _judged(status: int) -> Mapping[str, Any] | None:
    if 200 <= status < 300:
        return None
    if status == 410:
        return {"code": "gone"}
    return {"code": "redirect" if status in _REDIRECTS else "status", "status": status}


def _error(failure: EgressError) -> Mapping[str, Any]:
    """A code of `reasons.ATTEMPTS` (or too_large, which is judged by its status) with its facts."""
    host = failure.fields.get("host", "")
    if isinstance(failure, ForbiddenHost):
        if failure.fields["reason"] == "not_approved":
            return {"code": "not_https", "host": host}
        return {"code": _FORBIDDEN.get(str(failure.fields["reason"]), "unusable_address"), "host": host}
    if isinstance(failure, FetchFailed):
        return {"code": failure.kind, "host": host}
    if isinstance(failure, RetryLater):
        return {"code": "busy"}
    return {"code": "bad_address"}


def address_error(failure: EgressError) -> Mapping[str, Any]:
    """The same for an address that somebody enters."""
    return _error(failure)


def _status(trace: ExchangeTrace) -> int | None:
    return trace["status"]


async def _drop(_piece: bytes) -> None:
    """Of a good answer nothing is kept."""

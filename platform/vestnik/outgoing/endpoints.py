"""What people do with outgoing webhooks: enter endpoints, show and change their secrets, send again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, Lock, hold, new_key, now
from vestnik.egress import EgressError, FetchRequest, refusal_at_sight
from vestnik.egress.policy import Target
from vestnik.http.errors import NotFound
from vestnik.outgoing import reasons
from vestnik.outgoing.errors import EndpointOff, EndpointRefused, EndpointsFull
from vestnik.outgoing.kinds import example
from vestnik.outgoing.sending import (
    ENDPOINTS,
    RETRY_AFTER,
    Sender,
    address_error,
    policy_of,
    secret_context,
    with_endpoint,
)
from vestnik.outgoing.service import forget_wanted, store
from vestnik.outgoing.signing import new_secret
from vestnik.outgoing.tables import delivery, endpoint, message
from vestnik.people.access import Actor
from vestnik.people.keys import maker_of
from vestnik.vault import Vault

#: After a change of the secret the one before it signs, too, for so long.
BOTH_SIGN = timedelta(hours=24)
#: Deliveries that are asked for again at once, the earliest.
AGAIN = 10_000
#: The test is on its way for less; nobody else takes it meanwhile.
_TEST_LEASE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint as a person enters it."""

    title: str
    url: str
    kinds: Sequence[str]
    private: bool


class Outgoing:
    """Endpoints and their deliveries."""

    def __init__(self, database: Database, vault: Vault, sender: Sender) -> None:
        self._database, self._vault, self.sender = database, vault, sender

    async def stop(self) -> None:
        """End what is being sent; it is sent again."""
        await self.sender.stop()

    # Endpoints

    async def all(self, actor: Actor) -> Sequence[sa.Row[Any]]:
        """Every endpoint, the oldest first; there are few."""
        actor.require("outgoing.manage")
        async with self._database.read() as connection:
            return (await connection.execute(sa.select(endpoint).order_by(endpoint.c.id))).all()

    async def card(self, actor: Actor, endpoint_id: int) -> sa.Row[Any]:
        """One endpoint."""
        actor.require("outgoing.manage")
        async with self._database.read() as connection:
            found = sa.select(endpoint).where(endpoint.c.id == endpoint_id)
            row = (await connection.execute(found)).one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def create(self, actor: Actor, new: NewEndpoint) -> tuple[int, str]:
        """Store an endpoint, which hears of what happens from now on; its key and its secret."""
        actor.require("outgoing.manage")
        if new.private:
            actor.require("hosts.approve")
        self._check(new.url, private=new.private)
        secret = new_secret()

        def unit(connection: sa.Connection) -> int:
            hold(connection, Lock.ENDPOINTS, [0])
            if (connection.scalar(sa.select(sa.func.count()).select_from(endpoint)) or 0) >= ENDPOINTS:
                raise EndpointsFull(limit=ENDPOINTS)
            key, at = new_key(), now()
            row = {
                "id": key,
                "title": new.title.strip(),
                "url": new.url.strip(),
                "kinds": sorted(set(new.kinds)),
                "private": new.private,
                "secret_sealed": self._vault.encrypt(secret.encode(), secret_context(key)),
                "enabled": True,
                "told": False,
                "created_by": maker_of(connection, actor),
                "created_at": at,
                "updated_at": at,
            }
            connection.execute(sa.insert(endpoint).values(row))
            forget_wanted(connection)
            names = ["title", "url", "kinds", *(["private"] if new.private else [])]
            audit.record(connection, actor, "outgoing.created", "outgoing_webhook", key, names)
            return key

        return await self._database.write(unit), secret

    async def change(self, actor: Actor, endpoint_id: int, changes: Mapping[str, Any]) -> None:
        """Set title, url, kinds, private or enabled; on again, it is sent what still waits for it."""
        actor.require("outgoing.manage")
        wanted = dict(changes)
        for name in wanted.keys() & {"title", "url"}:
            wanted[name] = wanted[name].strip()
        if "kinds" in wanted:
            wanted["kinds"] = sorted(set(wanted["kinds"]))

        def unit(connection: sa.Connection) -> None:
            row = _locked(connection, endpoint_id)
            values = {name: value for name, value in wanted.items() if value != getattr(row, name)}
            if values.keys() & {"url", "private"}:
                url, private = values.get("url", row.url), values.get("private", row.private)
                if private:
                    actor.require("hosts.approve")
                self._check(url, private=private)
            if not values:
                return
            stored = {**values, "updated_at": now()}
            if "enabled" in values:
                stored |= {"off_reason": None, "failing_since": None}
            connection.execute(sa.update(endpoint).where(endpoint.c.id == endpoint_id).values(stored))
            forget_wanted(connection)
            audit.record(connection, actor, "outgoing.changed", "outgoing_webhook", endpoint_id, values)

        await self._database.write(unit)

    async def delete(self, actor: Actor, endpoint_id: int) -> None:
        """Delete an endpoint with its deliveries."""
        actor.require("outgoing.manage")

        def unit(connection: sa.Connection) -> None:
            _locked(connection, endpoint_id)
            connection.execute(sa.delete(delivery).where(delivery.c.endpoint_id == endpoint_id))
            connection.execute(sa.delete(endpoint).where(endpoint.c.id == endpoint_id))
            self.sender.bell.forget(connection, endpoint_id)
            forget_wanted(connection)
            audit.record(connection, actor, "outgoing.deleted", "outgoing_webhook", endpoint_id)

        await self._database.write(unit)

    # Secrets

    async def secret(self, actor: Actor, endpoint_id: int) -> str:
        """The secret of an endpoint; that it was shown stands in the audit."""
        row = await self.card(actor, endpoint_id)
        await self._database.write(
            audit.record, actor, "outgoing.secret_shown", "outgoing_webhook", endpoint_id
        )
        return self._vault.decrypt(row.secret_sealed, secret_context(endpoint_id)).decode()

    async def rotate(self, actor: Actor, endpoint_id: int) -> str:
        """A new secret; the one before it signs beside it for `BOTH_SIGN`."""
        actor.require("outgoing.manage")
        secret = new_secret()
        sealed = self._vault.encrypt(secret.encode(), secret_context(endpoint_id))

        def unit(connection: sa.Connection) -> None:
            row, at = _locked(connection, endpoint_id), now()
            values = {
                "secret_sealed": sealed,
                "former_sealed": row.secret_sealed,
                "former_until": at + BOTH_SIGN,
                "updated_at": at,
            }
            connection.execute(sa.update(endpoint).where(endpoint.c.id == endpoint_id).values(values))
            audit.record(connection, actor, "outgoing.secret_changed", "outgoing_webhook", endpoint_id)

        await self._database.write(unit)
        return secret

    # Deliveries

    async def test(self, actor: Actor, endpoint_id: int, kind: str) -> int:
        """Send the example of a kind now, once, also while the endpoint is off; the delivery's key."""
        actor.require("outgoing.manage")

        def unit(connection: sa.Connection) -> sa.Row[Any]:
            _locked(connection, endpoint_id)
            (key,) = store(connection, kind, [example(kind)], [endpoint_id], is_test=True)
            # Its last attempt: should this process be killed, another one makes it.
            held = {"next_at": now() + _TEST_LEASE, "tries": len(RETRY_AFTER)}
            connection.execute(sa.update(delivery).where(delivery.c.id == key).values(held))
            audit.record(connection, actor, "outgoing.tested", "outgoing_webhook", endpoint_id)
            return connection.execute(with_endpoint().where(delivery.c.id == key)).one()

        row = await self._database.write(unit)
        await self.sender.send(row, counts=False)
        return cast(int, row.id)

    async def deliveries(
        self,
        actor: Actor,
        endpoint_id: int,
        *,
        state: str | None,
        kind: str | None,
        offset: int,
        limit: int,
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """Deliveries of an endpoint, the newest first, and how many there are."""
        await self.card(actor, endpoint_id)
        where = [delivery.c.endpoint_id == endpoint_id]
        if state is not None:
            where.append(delivery.c.state == state)
        if kind is not None:
            where.append(message.c.kind == kind)
        shown = sa.select(delivery, message.c.kind).join(message, message.c.id == delivery.c.message_id)
        newest = shown.where(*where).order_by(delivery.c.at.desc(), delivery.c.id.desc())
        async with self._database.read() as connection:
            total = await connection.scalar(
                sa.select(sa.func.count()).select_from(newest.order_by(None).subquery())
            )
            rows = (await connection.execute(newest.offset(offset).limit(limit))).all()
        return rows, total or 0

    async def delivery(self, actor: Actor, delivery_id: int) -> sa.Row[Any]:
        """One delivery with the body that is sent."""
        actor.require("outgoing.manage")
        shown = sa.select(delivery, message.c.kind, message.c.body)
        whole = shown.join(message, message.c.id == delivery.c.message_id)
        async with self._database.read() as connection:
            row = (await connection.execute(whole.where(delivery.c.id == delivery_id))).one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def redeliver(self, actor: Actor, delivery_id: int) -> None:
        """Send one message again, delivered or not, with all its attempts before it."""
        actor.require("outgoing.manage")

        def unit(connection: sa.Connection) -> None:
            found = sa.select(delivery.c.endpoint_id).where(delivery.c.id == delivery_id)
            endpoint_id = connection.scalar(found.with_for_update())
            if endpoint_id is None:
                raise NotFound()
            _require_on(connection, endpoint_id)
            connection.execute(_anew().where(delivery.c.id == delivery_id))
            audit.record(connection, actor, "outgoing.sent_again", "outgoing_webhook", endpoint_id)

        await self._database.write(unit)

    async def redeliver_failed(self, actor: Actor, endpoint_id: int, since: datetime) -> int:
        """Send what failed or was given up since then again; how many messages."""
        actor.require("outgoing.manage")

        def unit(connection: sa.Connection) -> int:
            _require_on(connection, endpoint_id)
            failed = (
                sa.select(delivery.c.id)
                .where(
                    delivery.c.endpoint_id == endpoint_id,
                    delivery.c.at >= since,
                    delivery.c.state.in_(("failed", "given_up")),
                )
                .order_by(delivery.c.at, delivery.c.id)
                .limit(AGAIN)
            )
            count = connection.execute(_anew().where(delivery.c.id.in_(failed))).rowcount
            audit.record(connection, actor, "outgoing.sent_again", "outgoing_webhook", endpoint_id)
            return count

        return await self._database.write(unit)

    def _check(self, url: str, *, private: bool) -> None:
        """Refuse an address to which nothing can be sent, as far as its text tells."""
        try:
            url = FetchRequest("POST", url.strip()).checked(0).url
            target = Target.of(url)
            policy_of(url, private=private, own_listeners=self.sender.own_listeners).admit(target)
            reason = refusal_at_sight(target.host)
            if reason is not None and (not private or reason == "unusable_address"):
                raise target.forbidden(reason)
        except EgressError as failure:
            raise EndpointRefused(path="$.url", reason=reasons.both(address_error(failure))) from None


def _locked(connection: sa.Connection, endpoint_id: int) -> sa.Row[Any]:
    row = connection.execute(
        sa.select(endpoint).where(endpoint.c.id == endpoint_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _require_on(connection: sa.Connection, endpoint_id: int) -> None:
    if not _locked(connection, endpoint_id).enabled:
        raise EndpointOff()


def _anew() -> sa.Update:
    return sa.update(delivery).values(state="waiting", tries=0, next_at=now(), delivered_at=None)

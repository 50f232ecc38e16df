"""The webhook inspector: what came, what was made of it, what went wrong; and replay."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from vestnik.audit import record
from vestnik.contacts.service import Contacts
from vestnik.db import Batcher, Database, now
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.webhooks import inbox as storage
from vestnik.webhooks import timeline
from vestnik.webhooks.apply import Applied, Applier, ListCategories, Parsed
from vestnik.webhooks.arrivals import Arrivals, arrivals_of
from vestnik.webhooks.door import Accounts, Door
from vestnik.webhooks.inbox import REPLAY_DUE, State, Stored
from vestnik.webhooks.metrics import WebhookMetrics
from vestnik.webhooks.pipeline import Parser, Pipeline, as_argument
from vestnik.webhooks.polled import PolledResults
from vestnik.webhooks.replays import EVERYTHING, Filter, Replays
from vestnik.webhooks.tables import attempt, inbox, waiting
from vestnik.webhooks.timeline import Chart


@dataclass(frozen=True, slots=True)
class Line:
    """One request in the inspector's list."""

    id: int
    received_at: datetime
    account_id: int
    method: str
    state: State
    attempts: int
    answered: int | None
    action_count: int
    body_bytes: int
    to_be_replayed: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One failed attempt, with what the integrator needs to mend it."""

    at: datetime
    version_id: int | None
    kind: str
    error: dict[str, Any]
    log: list[Any]
    wall_ms: float | None


@dataclass(frozen=True, slots=True)
class Card:
    """Everything about one request: as it came, what was made of it, and every failure on the way."""

    line: Line
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: str | None
    body_base64: str | None
    version_id: int | None
    next_attempt_at: datetime | None
    actions: Sequence[dict[str, Any]]
    effects: Sequence[dict[str, Any]]
    response: dict[str, Any] | None
    response_sent: bool | None
    failures: Sequence[Attempt]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An action that waits for its campaign or recipient."""

    id: int
    account_id: int
    external_id: str | None
    message_external_id: str | None
    address: str | None
    action: dict[str, Any]
    inbox_id: int
    position: int
    created_at: datetime


class Webhooks:
    """The room's service: the door, the pipeline behind it, and the inspector."""

    def __init__(
        self,
        database: Database,
        contacts: Contacts,
        accounts: Accounts,
        parse: Parser,
        categories_of_lists: ListCategories,
        metrics: WebhookMetrics | None = None,
        *,
        parse_at_leisure: Parser | None = None,
    ) -> None:
        self.metrics = metrics = metrics or WebhookMetrics()
        self._database = database
        self.applier = Applier(contacts, categories_of_lists)
        self.polled = PolledResults(database, self.applier)
        self._effects: Batcher[Parsed, Applied] = Batcher(database, self.applier.apply)
        self._inbox: Batcher[Stored, None] = Batcher(database, storage.store)
        self.pipeline = Pipeline(database, parse, self._effects, metrics)
        self.replays = Replays(database, partial(self.pipeline.replay, parse=parse_at_leisure))
        self.door = Door(accounts, self._inbox, self.pipeline, metrics)
        contacts.timeline.add(timeline.activity)

    def campaign_arrived(
        self, connection: sa.Connection, account_id: int, external_id: str, campaign_id: int
    ) -> None:
        """Apply what waited for a campaign, in the transaction that commits its id at the service."""
        self.applier.campaign_arrived(connection, account_id, external_id)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take over what was left behind, work while the context lasts, finish what is under way."""
        await self.pipeline.start()
        await self.replays.start()
        try:
            yield
        finally:
            await self.replays.stop()
            await self._inbox.drain()
            await self.pipeline.stop()
            await self._effects.drain()

    async def backlog(self) -> dict[str, float]:
        """Stored requests whose time has come and that nobody works on, by state."""
        due = sa.select(inbox.c.state, sa.func.count()).where(inbox.c.next_attempt_at <= now())
        async with self._database.read() as connection:
            found: dict[str, int] = {
                row[0]: row[1] for row in await connection.execute(due.group_by(inbox.c.state))
            }
        return {state: float(found.get(state, 0)) for state in (State.RECEIVED, State.RETRYING)}

    async def listed(
        self, actor: Actor, chosen: Filter = EVERYTHING, *, before: int | None = None, limit: int = 50
    ) -> list[Line]:
        """The newest requests first; `before` is the id after which the next page begins."""
        actor.require("webhooks.read")
        query = sa.select(*_LINE).where(*chosen.conditions()).order_by(inbox.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(inbox.c.id < before)
        async with self._database.read() as connection:
            return [_line(row) for row in await connection.execute(query)]

    async def card(self, actor: Actor, inbox_id: int) -> Card:
        """One request with everything that became of it; `NotFound` for a number that is none."""
        actor.require("webhooks.read")
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(*_LINE, *_WHOLE).where(inbox.c.id == inbox_id))).first()
            if row is None:
                raise NotFound()
            failures = await connection.execute(
                sa.select(attempt).where(attempt.c.inbox_id == inbox_id).order_by(attempt.c.id)
            )
            return _card(row, [_failure(failure) for failure in failures])

    async def argument(self, inbox_id: int) -> tuple[int, dict[str, Any]] | None:
        """The account of a stored request, and the request as its module gets it; None where it is gone."""
        async with self._database.read() as connection:
            request = await storage.load(connection, inbox_id)
        return None if request is None else (request.account_id, as_argument(request))

    async def newest(self, account_ids: Sequence[int], count: int) -> Sequence[sa.Row[int, int, datetime]]:
        """Key, account and arrival of the newest requests of accounts, without probes."""
        async with self._database.read() as connection:
            return await storage.newest(connection, account_ids, count)

    async def arrivals(self, account_ids: Sequence[int]) -> list[Arrivals]:
        """How the webhooks of each of the accounts are."""
        async with self._database.read() as connection:
            return await arrivals_of(connection, account_ids)

    async def waiting(self, actor: Actor, account_id: int | None, limit: int) -> list[Waiting]:
        """Actions whose campaign or recipient has not come yet, the newest first."""
        actor.require("webhooks.read")
        query = sa.select(waiting).order_by(waiting.c.id.desc()).limit(limit)
        if account_id is not None:
            query = query.where(waiting.c.account_id == account_id)
        async with self._database.read() as connection:
            return [
                Waiting(**{**row._mapping, "action": msgspec.json.decode(row.action)})
                for row in await connection.execute(query)
            ]

    async def chart(self, actor: Actor, campaign_id: int) -> Chart:
        """A campaign's events over time."""
        actor.require("campaigns.read")
        async with self._database.read() as connection:
            return await timeline.chart(connection, campaign_id)

    async def replay(self, actor: Actor, inbox_id: int) -> Card:
        """Parse a stored request anew with the live version; what was applied before is not applied again."""
        actor.require("webhooks.replay")
        async with self._database.read() as connection:
            request = await storage.load(connection, inbox_id)
        if request is None:
            raise NotFound()
        await self._database.write(record, actor, "webhook.replayed", "webhook", inbox_id)
        await self.pipeline.replay(request)
        return await self.card(actor, inbox_id)


_LINE = (
    inbox.c.id,
    inbox.c.received_at,
    inbox.c.account_id,
    inbox.c.method,
    inbox.c.state,
    inbox.c.attempts,
    inbox.c.answered,
    inbox.c.actions,
    inbox.c.next_attempt_at,
    sa.func.length(inbox.c.body).label("body_bytes"),
)
_WHOLE = (
    inbox.c.path,
    inbox.c.query,
    inbox.c.headers,
    inbox.c.body,
    inbox.c.version_id,
    inbox.c.effects,
    inbox.c.response,
    inbox.c.response_sent,
)


def _line(row: sa.Row[*tuple[Any, ...]]) -> Line:
    return Line(
        id=row.id,
        received_at=row.received_at,
        account_id=row.account_id,
        method=row.method,
        state=State(row.state),
        attempts=row.attempts,
        answered=row.answered,
        action_count=len(_list(row.actions)),
        body_bytes=row.body_bytes,
        to_be_replayed=row.next_attempt_at == REPLAY_DUE,
    )


def _card(row: sa.Row[*tuple[Any, ...]], failures: Sequence[Attempt]) -> Card:
    line = _line(row)
    due_later = line.state == State.RETRYING and not line.to_be_replayed
    try:
        text, encoded = row.body.decode(), None
    except UnicodeDecodeError:
        text, encoded = None, base64.b64encode(row.body).decode()
    return Card(
        line=line,
        path=row.path,
        query=row.query,
        headers=[(name, value) for name, value in msgspec.json.decode(row.headers)],
        body=text,
        body_base64=encoded,
        version_id=row.version_id,
        next_attempt_at=row.next_attempt_at if due_later else None,
        actions=_list(row.actions),
        effects=_list(row.effects),
        response=None if row.response is None else msgspec.json.decode(row.response),
        response_sent=row.response_sent,
        failures=failures,
    )


def _failure(row: sa.Row[*tuple[Any, ...]]) -> Attempt:
    return Attempt(
        at=row.at,
        version_id=row.version_id,
        kind=row.kind,
        error=msgspec.json.decode(row.error),
        log=msgspec.json.decode(row.log),
        wall_ms=row.wall_ms,
    )


def _list(text: str | None) -> list[dict[str, Any]]:
    return [] if text is None else msgspec.json.decode(text, type=list[dict[str, Any]])

"""Where webhooks are silent, a service is asked what became of each letter: GetDeliveries, page by page.

What a service answers is applied by the same deduplicated actions as its webhooks (`Results`), and marked.
How far an answer has been read is in the campaign's row, so that any process goes on with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
import structlog

from vestnik.campaigns import effects, ledger
from vestnik.campaigns.ledger import Row, Tell
from vestnik.campaigns.ports import DELIVERIES, JOB, CallFailed, ModuleCaller
from vestnik.campaigns.tables import campaign
from vestnik.campaigns.workflows import call
from vestnik.db import Database, now
from vestnik.engine import Engine

#: A campaign of which no webhook came for this long is asked about, and again after as long.
POLL_EVERY = timedelta(minutes=15)
#: An older campaign is asked about less often: after this share of its age.
POLL_SHARE_OF_AGE = 24
#: Nobody asks about a campaign that is older.
POLL_FOR = timedelta(days=30)
#: Changes are asked for from this long before the last answer: a service's clock is not ours.
OVERLAP = timedelta(minutes=10)
LOOK_EVERY_S = 2.0
#: A service may prepare its answer for as long.
JOB_LASTS = timedelta(hours=1)
JOB_POLL_S = 3
#: Rows applied in one transaction.
ROWS_AT_ONCE = 500
#: Pages read in one turn; then other campaigns have theirs.
PAGES_AT_ONCE = 20
CAMPAIGNS_AT_ONCE = 4
_CLAIMED_FOR = timedelta(minutes=10)

log = structlog.get_logger("vestnik.campaigns")


class Results(Protocol):
    """Where results are kept: the webhooks room."""

    async def heard(self, campaign_id: int, since: datetime) -> bool:
        """True when a webhook told something of the campaign's letters that happened after `since`."""

    def apply(
        self, connection: sa.Connection, polled: Polled, items: Sequence[Mapping[str, Any]], at: datetime
    ) -> None:
        """Carry out what `items` (CRM_Marketing_Delivery) tell, as if webhooks had told it."""


@dataclass(frozen=True, slots=True)
class Polled:
    """The campaign that was asked about."""

    campaign_id: int
    account_id: int
    external_id: str


@dataclass(frozen=True, slots=True)
class _Place:
    """How far an answer has been read."""

    asked_at: datetime
    since: datetime | None = None
    job_id: str | None = None
    cursor: str | None = None

    @property
    def stored(self) -> str:
        return msgspec.json.encode(self).decode()


class Polling:
    """Periodic work: asks services about campaigns of which their webhooks say nothing."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        modules: ModuleCaller,
        results: Results,
        tell: Tell,
        *,
        every: timedelta = POLL_EVERY,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._database, self._modules, self._results, self._tell = database, modules, results, tell
        self._every = every
        engine.every(look_every_s, "campaigns.poll", self.ask)

    def begin(self, connection: sa.Connection, account_id: int, external_id: str, campaign_id: int) -> None:
        """Have a campaign asked about from now on, in the transaction that commits its id at the service."""
        ledger.change(connection, campaign_id, poll_at=now() + self._every)

    async def ask(self) -> None:
        """Ask about the campaigns that are due."""
        due = sa.select(campaign.c.id).where(campaign.c.poll_at <= now()).order_by(campaign.c.poll_at)
        async with self._database.read() as connection:
            ids = (await connection.execute(due.limit(CAMPAIGNS_AT_ONCE))).scalars().all()
        if ids:
            rows = await self._database.write(_claim, ids)
            await asyncio.gather(*(self._in_turn(row) for row in rows))

    async def ask_now(self, row: Row) -> CallFailed | None:
        """Ask about a campaign at once, whatever its webhooks told; how the call failed, if it did.

        A long answer is read in turns: the periodic work goes on with it.
        """
        await self._set(row, None, poll_at=_claimed())
        return await self._ask(row, heeds_webhooks=False)

    async def _in_turn(self, row: Row) -> None:
        try:
            await self._ask(row)
        except Exception:
            log.exception("campaign.not_polled", campaign_id=row.id)

    async def _ask(self, row: Row, *, heeds_webhooks: bool = True) -> CallFailed | None:
        failed = None
        try:
            values = await self._poll(row, heeds_webhooks)
        except CallFailed as failure:
            log.info("campaign.not_polled", campaign_id=row.id, kind=failure.kind)
            values, failed = {**self._after(row), "poll_failure": failure.as_reason}, failure
        except Exception:
            await self._set(row, self._tell, **self._after(row))
            raise
        await self._set(row, self._tell, **values)
        return failed

    async def _poll(self, row: Row, heeds_webhooks: bool) -> dict[str, Any]:
        """Ask and apply; what to set in the campaign's row then."""
        account = await self._modules.sending_account(row.account_id, row.version_id)
        if account is None or DELIVERIES not in account.functions:
            return {"poll_at": None, "poll_cursor": None}
        place = _place_of(row)
        if place is None:
            if heeds_webhooks and await self._results.heard(row.id, now() - self._every):
                return self._after(row)
            place = _Place(now(), None if row.polled_at is None else row.polled_at - OVERLAP)
        return await self._read(row, place)

    async def _read(self, row: Row, place: _Place) -> dict[str, Any]:
        if place.job_id is not None:
            job = await self._call(row, JOB, {"jobId": place.job_id})
            if job["status"] == "running" and now() - place.asked_at < JOB_LASTS:
                return _later(place, job)
            if job["status"] != "done" or job.get("cursor") is None:
                raise CallFailed(JOB, "job", str(job.get("reason") or job["status"]))
            place = replace(place, job_id=None, cursor=job["cursor"])
        polled = Polled(row.id, row.account_id, row.external_id)
        for _ in range(PAGES_AT_ONCE):
            since = None if place.since is None else place.since.isoformat()
            arguments = {"campaignExternalId": row.external_id, "since": since, "cursor": place.cursor}
            page = await self._call(row, DELIVERIES, arguments)
            if "jobId" in page:
                return _later(replace(place, job_id=page["jobId"]), page)
            await self._apply(polled, page["items"])
            following = page.get("nextCursor")
            if following is None:
                done = {"polled_at": place.asked_at, "poll_failure": None}
                return {**self._after(row), **done}
            if following == place.cursor:
                raise CallFailed(DELIVERIES, "contract", _REPEATED)
            place = replace(place, cursor=following)
            await self._set(row, None, poll_cursor=place.stored, poll_at=_claimed())
        return {"poll_cursor": place.stored, "poll_at": now()}

    async def _apply(self, polled: Polled, items: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(items), ROWS_AT_ONCE):
            part, at = items[start : start + ROWS_AT_ONCE], now()
            await self._database.write(self._results.apply, polled, part, at)

    async def _set(self, row: Row, tell: Tell | None, **values: Any) -> None:
        await self._database.submit(lambda to: ledger.change(to, row.id, tell, **values))

    def _after(self, row: Row) -> dict[str, Any]:
        """When to ask anew, from the beginning."""
        age = now() - (row.created_at_service or row.launched_at or now())
        pause = max(self._every, age / POLL_SHARE_OF_AGE)
        return {"poll_at": now() + pause if age < POLL_FOR else None, "poll_cursor": None}

    async def _call(self, row: Row, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await call(
            self._modules, row.account_id, function, arguments, lane="bulk", version_id=row.version_id
        )
        return answer


_REPEATED = {
    "ru": "модуль дважды назвал одну и ту же следующую страницу",
    "en": "the module named the same next page twice",
}


def _place_of(row: Row) -> _Place | None:
    return None if row.poll_cursor is None else msgspec.json.decode(row.poll_cursor, type=_Place)


def _later(place: _Place, said: Mapping[str, Any]) -> dict[str, Any]:
    seconds = said.get("pollAfterSeconds") or JOB_POLL_S
    return {"poll_cursor": place.stored, "poll_at": now() + timedelta(seconds=seconds)}


def _claimed() -> datetime:
    return now() + _CLAIMED_FOR


def _claim(connection: sa.Connection, ids: Sequence[int]) -> Sequence[Row]:
    """Take those of `ids` that are still due; should this process die, they are due again later."""
    effects.hold_campaigns(connection, ids)
    return connection.execute(
        sa.update(campaign)
        .where(campaign.c.id.in_(ids), campaign.c.poll_at <= now())
        .values(poll_at=_claimed())
        .returning(campaign)
    ).all()

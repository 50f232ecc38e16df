"""What goes on after the launch: schedules that come due, and what the services say of their campaigns."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.campaigns import effects, ledger
from vestnik.campaigns.ledger import SERVICE, Row, Tell
from vestnik.campaigns.links import Links
from vestnik.campaigns.ports import STATS, STATUS, CallFailed, ModuleCaller
from vestnik.campaigns.states import TRACKED, State
from vestnik.campaigns.tables import campaign, stats
from vestnik.campaigns.workflows import Driver, call
from vestnik.db import Database, now
from vestnik.engine import Engine
from vestnik.people.access import SYSTEM

SCHEDULE_EVERY_S = 1.0
TRACK_EVERY_S = 1.0
STATS_OLD_AFTER = timedelta(seconds=10)
_AT_ONCE = 8
_CLAIMED_FOR = timedelta(minutes=3)

#: A campaign of this age is asked for this often.
_PACE: Sequence[tuple[timedelta, timedelta]] = (
    (timedelta(minutes=2), timedelta(seconds=2)),
    (timedelta(minutes=15), timedelta(seconds=15)),
    (timedelta(hours=2), timedelta(minutes=1)),
    (timedelta(days=2), timedelta(minutes=10)),
)
_SELDOM = timedelta(hours=1)

log = structlog.get_logger("vestnik.campaigns")


class Tracker:
    """Periodic work: launches what is due, asks the services how campaigns go."""

    def __init__(
        self, database: Database, engine: Engine, modules: ModuleCaller, driver: Driver, tell: Tell
    ) -> None:
        self._database, self._modules, self._driver, self._tell = database, modules, driver, tell
        self.links = Links(database, modules)
        engine.every(SCHEDULE_EVERY_S, "campaigns.schedule", self.launch_due)
        engine.every(TRACK_EVERY_S, "campaigns.track", self.ask)

    async def launch_due(self) -> None:
        """Begin the campaigns whose time has come; the issues of a repeat are begun by `Repeats`."""
        due = sa.select(campaign.c.id).where(
            campaign.c.state == State.SCHEDULED,
            campaign.c.scheduled_at <= now(),
            campaign.c.repeat_id.is_(None),
        )
        async with self._database.read() as connection:
            ids = (await connection.execute(due)).scalars().all()
        for campaign_id in ids:
            run = await self._database.write(self._launch, campaign_id)
            if run is not None:
                await self._driver.begin(campaign_id, run)

    def _launch(self, connection: sa.Connection, campaign_id: int) -> int | None:
        row = ledger.find(connection, campaign_id)
        if row is None or row.state != State.SCHEDULED or row.scheduled_at > now():
            return None
        return ledger.move(connection, row, State.PREPARING, SYSTEM, tell=self._tell, launched_at=now())

    async def ask(self) -> None:
        """Ask the services about the campaigns that are due to be asked about."""
        async with self._database.read() as connection:
            due = (await connection.execute(sa.select(campaign.c.id).where(_due(now())))).scalars().all()
        if not due:
            return
        rows = await self._database.write(_claim, due)
        for start in range(0, len(rows), _AT_ONCE):
            await asyncio.gather(*(self._ask(row) for row in rows[start : start + _AT_ONCE]))

    async def _ask(self, row: Row) -> None:
        try:
            if row.state == State.UNCLEAR:
                await self._driver.resolve(row)
            else:
                await self.refresh_status(row)
                await self.refresh(row)
        except Exception:
            log.exception("campaign.not_tracked", campaign_id=row.id)
        next_at = now() + pace(row, now())
        await self._database.submit(lambda connection: ledger.change(connection, row.id, check_at=next_at))

    async def refresh_status(self, row: Row) -> None:
        """Ask for the campaign's state and follow it."""
        asked_at = now()
        try:
            said = await self._call(row, STATUS)
        except CallFailed as failure:
            if failure.kind == "not_implemented":
                await self._database.write(self._conclude, row.id)
            else:
                log.info("campaign.status_unknown", campaign_id=row.id, kind=failure.kind)
            return
        await self._database.write(
            effects.update_campaign, row.id, said["status"], said.get("reason"), asked_at, self._tell
        )

    async def refresh(self, row: Row) -> None:
        """Ask for the service's own figures and links, where the kept ones are old."""
        await self.refresh_stats(row)
        await self.links.refresh(row)

    async def refresh_stats(self, row: Row, *, anew: bool = False) -> CallFailed | None:
        """Ask for the service's own figures, unless the kept ones are fresh for a campaign of this age.

        Figures from before the end of a campaign are never fresh after it; `anew`: none are. How the call
        failed, if it did: the kept ones stay.
        """
        async with self._database.read() as connection:
            fetched_at = await connection.scalar(
                sa.select(stats.c.fetched_at).where(stats.c.campaign_id == row.id)
            )
        settled = timedelta(0) if row.finished_at is None else (now() - row.finished_at) / 20
        oldest = now() - max(STATS_OLD_AFTER, settled)
        if not anew and fetched_at is not None and fetched_at > max(oldest, row.finished_at or oldest):
            return None
        asked_at = now()
        try:
            told = await self._call(row, STATS)
        except CallFailed as failure:
            log.info("campaign.stats_unknown", campaign_id=row.id, kind=failure.kind)
            why = failure.as_reason
            await self._database.submit(lambda to: ledger.change(to, row.id, stats_failure=why))
            return failure
        await self._database.write(_keep_stats, row.id, told, asked_at)
        self._tell(row.id)
        return None

    async def _call(self, row: Row, function: str) -> dict[str, Any]:
        arguments = {"campaignExternalId": row.external_id}
        answer: dict[str, Any] = await call(
            self._modules, row.account_id, function, arguments, lane="bulk", version_id=row.version_id
        )
        return answer

    def _conclude(self, connection: sa.Connection, campaign_id: int) -> None:
        """Where the service can't be asked: all is sent when every letter is accounted for."""
        row = ledger.get(connection, campaign_id)
        accounted = row.sent + row.skipped + row.failed
        if row.state == State.SENDING and row.handed_over and accounted >= row.handed_over:
            ledger.move(connection, row, State.SENT, SERVICE, tell=self._tell, finished_at=now())


def _keep_stats(
    connection: sa.Connection, campaign_id: int, told: Mapping[str, int], asked_at: datetime
) -> None:
    effects.merge_stats(connection, campaign_id, told, asked_at)
    ledger.change(connection, campaign_id, stats_failure=None)


def pace(row: Row, at: datetime) -> timedelta:
    """How long to wait before asking about a campaign again."""
    age = at - (row.created_at_service or row.creating_at or at)
    return next((pause for limit, pause in _PACE if age < limit), _SELDOM)


def _due(at: datetime) -> sa.ColumnElement[bool]:
    paused_there = (campaign.c.state == State.PAUSED) & campaign.c.external_id.is_not(None)
    asked = campaign.c.state.in_([*TRACKED, State.UNCLEAR]) | paused_there
    return asked & (campaign.c.check_at <= at)


def _claim(connection: sa.Connection, ids: Sequence[int]) -> Sequence[Row]:
    """Take those of `ids` that are still due; should this process die, they are due again later."""
    effects.hold_campaigns(connection, ids)
    return connection.execute(
        sa.update(campaign)
        .where(campaign.c.id.in_(ids), _due(now()))
        .values(check_at=now() + _CLAIMED_FOR)
        .returning(campaign)
    ).all()

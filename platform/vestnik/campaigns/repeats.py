"""Campaigns that are sent again and again, weekly or monthly, to whoever is in the segment then.

A repeat has a pattern: a campaign whose content each issue takes as it is at that moment. Each issue
is a campaign of its own. Coming due makes it, scheduled, in the transaction that sets the next time, so
that no issue is made twice and none is lost; what is scheduled is checked anew and begun. An issue that
does not pass its check becomes a draft that waits, and the repeat says why until an issue goes out. That,
and an issue that fails on its way, is told by letter to whoever set the repeat up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from vestnik.alerts import Alerts, Kind, Subject, Wording
from vestnik.audit import record
from vestnik.campaigns import ledger
from vestnik.campaigns.calendar import Every, next_time
from vestnik.campaigns.ledger import Row, Tell
from vestnik.campaigns.preflight import Inspector, Preflight
from vestnik.campaigns.reasons import reason, sentence
from vestnik.campaigns.service import CONTENT, create
from vestnik.campaigns.states import TITLES, State
from vestnik.campaigns.tables import campaign, history, repeat
from vestnik.campaigns.testing import not_ready
from vestnik.campaigns.workflows import Driver
from vestnik.db import Database, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import NotFound, Text
from vestnik.people.access import SYSTEM, Actor

LOOK_EVERY_S = 2.0
WATCH_EVERY_S = 30.0
#: An issue that could not go out for so long, because nothing was running, is left out.
TOO_LATE = timedelta(hours=24)
_AT_ONCE = 20
_WENT_WRONG = frozenset({State.FAILED, State.DECLINED, State.UNCLEAR})
_WENT_OUT = frozenset({State.SENDING, State.SENT})

_KIND = Kind(
    "campaign_repeat",
    right="campaigns.send",
    failing=Wording(
        {"ru": "Выпуск рассылки «{name}» не отправлен", "en": "An issue of “{name}” was not sent"},
        {
            "ru": "Очередной выпуск повторяющейся рассылки «{name}» не отправлен.",
            "en": "The latest issue of the repeated campaign “{name}” was not sent.",
        },
    ),
    working=Wording(
        {"ru": "Рассылка «{name}» снова выходит", "en": "“{name}” goes out again"},
        {
            "ru": "Очередной выпуск повторяющейся рассылки «{name}» отправлен.",
            "en": "The latest issue of the repeated campaign “{name}” went out.",
        },
    ),
)

log = structlog.get_logger("vestnik.campaigns")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, on which day, at what time of which zone; `enabled` False: it rests."""

    every: Every
    day: int
    at_time: str
    zone: str
    enabled: bool = True

    def after(self, at: datetime) -> datetime:
        """The next time that is due."""
        return next_time(self.every, self.day, time.fromisoformat(self.at_time), ZoneInfo(self.zone), at)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repeat with its pattern's name and the issue that waits for a person, if one does."""

    id: int
    pattern_id: int
    name: str
    rhythm: Rhythm
    next_at: datetime | None
    issues: int
    reason: Mapping[str, Any] | None
    waiting_id: int | None


class Repeats:
    """Keeps the repeats, and makes and begins their issues."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        inspector: Inspector,
        driver: Driver,
        tell: Tell,
        alerts: Alerts,
    ) -> None:
        self._database, self._inspector, self._driver, self._tell = database, inspector, driver, tell
        self._alerts = alerts
        alerts.add(_KIND)
        engine.every(LOOK_EVERY_S, "campaigns.repeat", self.look)
        engine.every(WATCH_EVERY_S, "campaigns.repeat_watched", self.watch)

    async def all(self, actor: Actor) -> list[Repeat]:
        """Every repeat by its pattern's name."""
        actor.require("campaigns.read")
        issue = campaign.alias("issue")
        waiting = (
            sa.select(sa.func.max(issue.c.id))
            .where(issue.c.repeat_id == repeat.c.id, issue.c.state == State.DRAFT)
            .scalar_subquery()
        )
        query = (
            sa.select(repeat, campaign.c.name, waiting.label("waiting_id"))
            .join(campaign, campaign.c.id == repeat.c.pattern_id)
            .order_by(campaign.c.name_folded, repeat.c.id)
        )
        async with self._database.read() as connection:
            return [_repeat(row) for row in await connection.execute(query)]

    async def keep(self, actor: Actor, campaign_id: int, rhythm: Rhythm) -> None:
        """Have a campaign repeated, or change how; one that rests is not checked."""
        actor.require("campaigns.send")
        async with self._database.read() as connection:
            pattern = (
                await connection.execute(sa.select(campaign).where(campaign.c.id == campaign_id))
            ).one_or_none()
        if pattern is None:
            raise NotFound()
        if rhythm.enabled:
            preflight = await self._inspector.look(pattern)
            if not preflight.ready:
                raise not_ready(preflight.errors)
        await self._database.write(keep_repeat, actor, campaign_id, rhythm)

    async def stop(self, actor: Actor, campaign_id: int) -> None:
        """End a repeat; its issues stay."""
        actor.require("campaigns.send")

        def stop(connection: sa.Connection) -> None:
            ended = sa.delete(repeat).where(repeat.c.pattern_id == campaign_id)
            gone = connection.scalar(ended.returning(repeat.c.id))
            if gone is None:
                raise NotFound()
            self._alerts.forget(connection, _KIND.name, gone)
            record(connection, actor, "repeat.stopped", "campaign", campaign_id)

        await self._database.write(stop)

    async def look(self) -> None:
        """Make the issues that are due, and begin those that are made."""
        async with self._database.read() as connection:
            due = sa.select(repeat.c.id).where(repeat.c.enabled, repeat.c.next_at <= now()).limit(_AT_ONCE)
            ids = (await connection.execute(due)).scalars().all()
        for repeat_id in ids:
            await self._database.write(self._make, repeat_id)
        async with self._database.read() as connection:
            made = sa.select(campaign).where(
                campaign.c.state == State.SCHEDULED,
                campaign.c.scheduled_at <= now(),
                campaign.c.repeat_id.is_not(None),
            )
            issues: Sequence[Row] = (await connection.execute(made.limit(_AT_ONCE))).all()
        for issue in issues:
            await self._begin(issue)

    async def _begin(self, issue: Row) -> None:
        """Check an issue as it is now; begin it, or let it wait for a person."""
        preflight = await self._inspector.look(issue)
        run = await self._database.write(self._decide, issue.id, preflight)
        if run is not None:
            await self._driver.begin(issue.id, run)

    def _decide(self, connection: sa.Connection, campaign_id: int, preflight: Preflight) -> int | None:
        row = ledger.find(connection, campaign_id)
        if row is None or row.state != State.SCHEDULED or row.scheduled_at > now():
            return None
        of_issue = sa.update(repeat).where(repeat.c.id == row.repeat_id)
        if preflight.ready:
            connection.execute(of_issue.values(reason=None))
            values = {"launched_at": now(), "held": False}
            return ledger.move(connection, row, State.PREPARING, SYSTEM, tell=self._tell, **values)
        why = reason("not_ready", text=_words(preflight))
        log.warning("campaign.issue_waits", campaign_id=campaign_id, repeat_id=row.repeat_id)
        connection.execute(of_issue.values(reason=why))
        self._tell_of(connection, row.repeat_id, _both(why))
        ledger.move(
            connection, row, State.DRAFT, SYSTEM, why, self._tell, scheduled_at=None, zone=None, held=False
        )
        return None

    def _make(self, connection: sa.Connection, repeat_id: int) -> None:
        """Make the issue that is due and set the next time, in one unit."""
        row = connection.execute(
            sa.select(repeat).where(repeat.c.id == repeat_id).with_for_update()
        ).one_or_none()
        if row is None or not row.enabled or row.next_at is None or row.next_at > now():
            return
        rhythm = _rhythm(row)
        next_at = rhythm.after(now())
        if now() - row.next_at > TOO_LATE:
            missed = reason("missed")
            connection.execute(
                sa.update(repeat).where(repeat.c.id == repeat_id).values(next_at=next_at, reason=missed)
            )
            self._tell_of(connection, repeat_id, _both(missed))
            return
        pattern = ledger.get(connection, row.pattern_id)
        local = row.next_at.astimezone(ZoneInfo(rhythm.zone))
        values = {column: getattr(pattern, column) for column in CONTENT}
        values["name"] = f"{pattern.name} · {local:%d.%m.%Y}"
        issue_id = create(connection, SYSTEM, values)
        ledger.change(connection, issue_id, repeat_id=repeat_id)
        issue = ledger.get(connection, issue_id)
        when = {"scheduled_at": row.next_at, "zone": rhythm.zone}
        ledger.move(connection, issue, State.SCHEDULED, SYSTEM, **when)
        connection.execute(
            sa.update(repeat)
            .where(repeat.c.id == repeat_id)
            .values(next_at=next_at, issues=repeat.c.issues + 1)
        )

    async def watch(self) -> None:
        """Tell of issues that went wrong on their way, and of those that went out again."""
        issue = campaign.alias("issue")
        newest = (
            sa.select(sa.func.max(issue.c.id))
            .where(issue.c.repeat_id == repeat.c.id, issue.c.launched_at.is_not(None))
            .scalar_subquery()
        )
        moved = sa.select(sa.func.max(history.c.at)).where(history.c.campaign_id == campaign.c.id)
        query = (
            sa.select(
                repeat.c.id, campaign.c.state, campaign.c.reason, moved.scalar_subquery().label("moved_at")
            )
            .select_from(repeat)
            .join(campaign, campaign.c.id == newest)
            .where(campaign.c.state.in_(_WENT_WRONG | _WENT_OUT))
        )
        failing = await self._alerts.failing(_KIND.name)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).all()
        for row in found:
            since = failing.get(row.id)
            if row.state in _WENT_WRONG and since is None:
                await self._database.write(self._tell_of, row.id, _sentences(row.state, row.reason))
            if row.state in _WENT_OUT and since is not None and row.moved_at > since:
                await self._database.write(self._tell_of, row.id, None)

    def _tell_of(self, connection: sa.Connection, repeat_id: int, why: Text | None) -> None:
        """Note that the repeat's issues go out, or why they don't."""
        query = sa.select(repeat, campaign.c.name).join(campaign, campaign.c.id == repeat.c.pattern_id)
        row = connection.execute(query.where(repeat.c.id == repeat_id)).one_or_none()
        if row is not None:
            subject = Subject(row.id, row.name, f"/campaigns/{row.pattern_id}", row.created_by)
            self._alerts.tell(connection, _KIND.name, subject, why)


def _sentences(state: str, why: Mapping[str, Any] | None) -> Text:
    """Why an issue stopped; without a reason its state says it."""
    return TITLES[State(state)] if why is None else _both(why)


def _both(why: Mapping[str, Any]) -> Text:
    return {"ru": sentence(why, "ru"), "en": sentence(why, "en")}


def _words(preflight: Preflight) -> dict[str, str]:
    return {
        "ru": " ".join(check.sentence("ru") for check in preflight.errors),
        "en": " ".join(check.sentence("en") for check in preflight.errors),
    }


def keep_repeat(connection: sa.Connection, actor: Actor, campaign_id: int, rhythm: Rhythm) -> None:
    """Store how a campaign is repeated; what is due is counted from now."""
    found = connection.execute(
        sa.select(repeat).where(repeat.c.pattern_id == campaign_id).with_for_update()
    ).one_or_none()
    values = {
        "every": rhythm.every,
        "day": rhythm.day,
        "at_time": rhythm.at_time,
        "zone": rhythm.zone,
        "enabled": rhythm.enabled,
        "next_at": rhythm.after(now()) if rhythm.enabled else None,
    }
    if found is None:
        connection.execute(
            sa.insert(repeat).values(
                id=new_key(),
                pattern_id=campaign_id,
                issues=0,
                created_by=actor.user_id,
                created_at=now(),
                **values,
            )
        )
    else:
        connection.execute(sa.update(repeat).where(repeat.c.id == found.id).values(**values))
    action = "repeat.kept" if rhythm.enabled else "repeat.paused"
    record(connection, actor, action, "campaign", campaign_id, values)


def _rhythm(row: Row) -> Rhythm:
    return Rhythm(cast(Every, row.every), row.day, row.at_time, row.zone, row.enabled)


def _repeat(row: Row) -> Repeat:
    """A repeat as it is told: what a waiting issue lacked is of no interest once none waits."""
    settled = row.reason is not None and row.reason["code"] == "not_ready" and row.waiting_id is None
    return Repeat(
        id=row.id,
        pattern_id=row.pattern_id,
        name=row.name,
        rhythm=_rhythm(row),
        next_at=row.next_at,
        issues=row.issues,
        reason=None if settled else row.reason,
        waiting_id=row.waiting_id,
    )

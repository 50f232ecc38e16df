"""Reports: a campaign's results by their sources, its recipients' log, and who is active."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from vestnik.audit import record
from vestnik.campaigns.asking import Asking
from vestnik.campaigns.ports import DELIVERIES, LINKS, STATS
from vestnik.campaigns.reading import Campaign
from vestnik.campaigns.service import Campaigns
from vestnik.campaigns.tables import campaign
from vestnik.contacts.bulk import Bulk, Source
from vestnik.db import Database
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.people.organisation import Organisation
from vestnik.reports import engagement, log, results
from vestnik.reports.engagement import Group, Question
from vestnik.reports.errors import GroupIsEmpty
from vestnik.reports.log import Filter, Happening, Recipient
from vestnik.reports.results import DomainLine, Figure, Heard, LinkLine
from vestnik.segments.bulk import ADD
from vestnik.segments.service import Segments

#: The source of bulk runs: the people of a group of the engagement report.
GROUP_OF_REPORT = "engagement"


@dataclass(frozen=True, slots=True)
class Told:
    """What a service was asked for: when it last answered, and why not since."""

    able: bool
    at: datetime | None
    failure: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Results:
    """A campaign's figures with their sources."""

    service_title: Mapping[str, str] | None
    figures: Sequence[Figure]
    stats: Told
    heard: Heard
    polling: Told
    polls_next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a letter, with their sources."""

    service_title: Mapping[str, str] | None
    told: Told
    heard: Heard
    lines: Sequence[LinkLine]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an engagement report is asked for."""

    since: datetime
    until: datetime
    segment_id: int | None = None
    category_id: int | None = None
    campaign_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A segment that was made of a group, the run that fills it, and of how many."""

    segment_id: int
    run_id: int
    members: int


@dataclass(frozen=True, slots=True)
class Engagement:
    """How many of the audience are in each group, and the campaigns whose letters count."""

    groups: Mapping[Group, int]
    campaigns: Sequence[sa.Row[Any]]


class Reports:
    """What the reports room can do; every method checks the actor's right."""

    def __init__(
        self,
        database: Database,
        campaigns: Campaigns,
        asking: Asking,
        segments: Segments,
        bulk: Bulk,
        organisation: Organisation,
    ) -> None:
        self._database, self._campaigns, self._segments = database, campaigns, segments
        self._asking, self._bulk, self._organisation = asking, bulk, organisation
        bulk.draw(GROUP_OF_REPORT, self._next_of_group)

    async def stop(self) -> None:
        """End what was begun beside a request."""
        await self._asking.stop()

    # A campaign

    async def results(self, actor: Actor, campaign_id: int) -> Results:
        """A campaign's figures; the service's own are asked for anew beside the request when they are old."""
        found = await self._campaigns.statistics(actor, campaign_id)
        row, ours = found.row, found.progress.figures
        async with self._database.read() as connection:
            heard = await results.heard(connection, campaign_id)
        told_at = found.service_figures_at
        outdated = heard.at is not None and told_at is not None and heard.at > told_at
        return Results(
            service_title=_title(found),
            figures=results.figures(ours, found.service_figures, outdated=outdated),
            stats=Told(_may(found, STATS), found.service_figures_at, row.stats_failure),
            heard=heard,
            polling=Told(_may(found, DELIVERIES), row.polled_at, row.poll_failure),
            polls_next_at=row.poll_at,
        )

    async def ask(self, actor: Actor, campaign_id: int) -> Results:
        """The same after the service was asked for all that it can tell."""
        await self._asking.ask(actor, campaign_id)
        return await self.results(actor, campaign_id)

    async def links(self, actor: Actor, campaign_id: int) -> Links:
        """The links of a campaign's letter."""
        found = await self._campaigns.card(actor, campaign_id)
        async with self._database.read() as connection:
            lines = await results.links(connection, campaign_id)
            heard = await results.heard(connection, campaign_id)
        told = Told(_may(found, LINKS), found.row.links_at, found.row.links_failure)
        return Links(_title(found), told, heard, lines)

    async def domains(self, actor: Actor, campaign_id: int) -> list[DomainLine]:
        """A campaign's recipients by the domain of their address."""
        await self._require(actor, campaign_id)
        async with self._database.read() as connection:
            return await results.domains(connection, campaign_id)

    async def log(
        self, actor: Actor, campaign_id: int, chosen: Filter, *, after: int, limit: int
    ) -> list[Recipient]:
        """A page of a campaign's recipients."""
        await self._require(actor, campaign_id)
        async with self._database.read() as connection:
            return await log.page(connection, campaign_id, chosen, after=after, limit=limit)

    async def happenings(self, actor: Actor, campaign_id: int, address_id: int) -> list[Happening]:
        """What happened to one recipient's letter."""
        await self._require(actor, campaign_id)
        async with self._database.read() as connection:
            return await log.happenings(connection, campaign_id, address_id)

    async def export_log(self, actor: Actor, campaign_id: int, chosen: Filter) -> AsyncIterator[bytes]:
        """A campaign's recipients as CSV."""
        actor.require("contacts.export")
        await self._require(actor, campaign_id)
        zone = await self._organisation.zone()
        await self._database.write(record, actor, "campaign.log_exported", "campaign", campaign_id)
        return log.table(self._database, campaign_id, chosen, actor.language, zone)

    async def _require(self, actor: Actor, campaign_id: int) -> None:
        actor.require("campaigns.read")
        async with self._database.read() as connection:
            if await connection.scalar(sa.select(campaign.c.id).where(campaign.c.id == campaign_id)) is None:
                raise NotFound()

    # Who is active

    async def engagement(self, actor: Actor, wanted: Wanted) -> Engagement:
        """Who is active, who sleeps, who never opened a letter, who got none."""
        actor.require("reports.read")
        question = await self._question(wanted)
        async with self._database.read() as connection:
            groups = await engagement.counts(connection, question)
            counted = await engagement.campaigns(connection, question)
        return Engagement(groups, counted)

    async def export_group(self, actor: Actor, wanted: Wanted, group: Group) -> AsyncIterator[bytes]:
        """A group as CSV."""
        actor.require("reports.read")
        actor.require("contacts.export")
        question, zone = await self._question(wanted), await self._organisation.zone()
        await self._database.write(record, actor, "report.exported", "report", None)
        return engagement.table(self._database, question, group, actor.language, zone)

    async def make_segment(self, actor: Actor, wanted: Wanted, group: Group, name: str) -> Made:
        """Keep a group as a static segment, which fills in the background. An empty group makes none."""
        actor.require("reports.read")
        actor.require("segments.write")
        question = await self._question(wanted)
        async with self._database.read() as connection:
            members = (await engagement.counts(connection, question))[group]
        if not members:
            raise GroupIsEmpty()
        segment_id = await self._segments.create(actor, name)
        source = Source(GROUP_OF_REPORT, {**msgspec.to_builtins(wanted), "group": group}, members)
        run_id = await self._bulk.begin(actor, ADD, {"segmentId": str(segment_id)}, source)
        return Made(segment_id, run_id, members)

    def _next_of_group(
        self, connection: sa.Connection, asked: Mapping[str, Any], after: int, limit: int
    ) -> Sequence[int]:
        """For the run that fills the segment."""
        wanted = msgspec.convert({name: value for name, value in asked.items() if name != "group"}, Wanted)
        question = _question(wanted, self._members(connection, wanted))
        return engagement.next_of_group(connection, question, asked["group"], after, limit)

    def _members(self, connection: sa.Connection, wanted: Wanted) -> sa.Select[Any] | None:
        return None if wanted.segment_id is None else self._segments.select(connection, wanted.segment_id)

    async def _question(self, wanted: Wanted) -> Question:
        async with self._database.read() as connection:
            return _question(wanted, await connection.run_sync(self._members, wanted))


def _question(wanted: Wanted, members: sa.Select[Any] | None) -> Question:
    return Question(wanted.since, wanted.until, wanted.campaign_ids, wanted.category_id, members)


def _title(found: Campaign) -> Mapping[str, str] | None:
    return None if found.account is None else found.account.module_title


def _may(found: Campaign, function: str) -> bool:
    return found.account is not None and function in found.account.functions

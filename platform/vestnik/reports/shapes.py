"""Reports on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from vestnik.campaigns import reasons
from vestnik.campaigns.shapes import Status
from vestnik.http.api import Id, Shape, key_of
from vestnik.http.errors import InvalidRequest, Language
from vestnik.reports.engagement import Group
from vestnik.reports.errors import PeriodBackwards
from vestnik.reports.log import Did, Filter, Happening, Recipient
from vestnik.reports.results import DomainLine, Figure, LinkLine
from vestnik.reports.service import Engagement, Links, Results, Told, Wanted

#: An instant with its zone: nobody else knows which noon is meant.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
OptionalKey = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,19})?$")]
Keys = Annotated[str, msgspec.Meta(max_length=2_100, pattern=r"^([0-9]{1,19}(,[0-9]{1,19})*)?$")]
Source = Literal["service", "own"]


class ToldShape(Shape):
    """What the service was asked for: when it last answered, and why not since."""

    able: bool
    at: datetime | None
    failure: str | None


class FigureShape(Shape):
    """One figure: `count` leads, from `source` at `at`; `ours` stands beside it where it differs."""

    name: str
    count: int
    source: Source
    at: datetime | None
    ours: int


class ResultsShape(Shape):
    """A campaign's figures with their sources."""

    service_title: str | None
    figures: list[FigureShape]
    stats: ToldShape
    webhook_at: datetime | None
    polling: ToldShape
    polls_next_at: datetime | None


class LinkLineShape(Shape):
    """One link: the service's counts where it tells any, and ours."""

    url: str
    clicks: int | None
    people: int | None
    own_clicks: int
    own_people: int


class LinksShape(Shape):
    """The links of a letter, those most followed first."""

    service_title: str | None
    service: ToldShape
    own_at: datetime | None
    items: list[LinkLineShape]


class DomainLineShape(Shape):
    """Recipients of one domain; `domain` is null for all others."""

    domain: str | None
    recipients: int
    delivered: int
    opened: int
    clicked: int
    bounced: int


class DomainsShape(Shape):
    """Recipients by the domain of their address, the largest first."""

    items: list[DomainLineShape]


class LogFilter(Shape):
    """Which recipients; everything that is said must hold."""

    status: Status = ""
    did: Did = ""
    search: Annotated[str, msgspec.Meta(max_length=320)] = ""
    domain: Annotated[str, msgspec.Meta(max_length=255)] = ""
    url: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    since: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = msgspec.field(default=None, name="to")

    def chosen(self) -> Filter:
        """As the log reads it."""
        return Filter(self.status, self.did, self.search, self.domain, self.url, self.since, self.until)


class LogQuery(LogFilter):
    """A page of recipients: those after the last one of the page before."""

    after: OptionalKey = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50


class RecipientShape(Shape):
    """One recipient and what became of the letter."""

    address_id: Id
    contact_id: Id
    name: str
    address: str
    status: str
    at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    reason: str | None
    opens: int
    clicks: int
    polled: bool | None


class LogPage(Shape):
    """A page of recipients; `next` is the `after` of the page that follows, null on the last."""

    items: list[RecipientShape]
    next: Id | None


class HappeningShape(Shape):
    """One event of one recipient; `polled`: heard by asking the service, not by its webhook."""

    at: datetime
    kind: str
    detail: str | None
    polled: bool


class HappeningsShape(Shape):
    """What happened to one recipient's letter, in order."""

    items: list[HappeningShape]


class EngagementQuery(Shape):
    """Whose letters count and of whom the report is."""

    since: Moment = msgspec.field(name="from")
    until: Moment = msgspec.field(name="to")
    segment_id: OptionalKey = ""
    category_id: OptionalKey = ""
    campaign_ids: Keys = ""

    def wanted(self) -> Wanted:
        """As the report reads it; `PeriodBackwards` for a period that ends before it begins."""
        if self.until <= self.since:
            raise PeriodBackwards()
        return Wanted(
            self.since,
            self.until,
            _key(self.segment_id),
            _key(self.category_id),
            [key_of(key) for key in self.campaign_ids.split(",") if key],
        )


class GroupQuery(EngagementQuery, kw_only=True):
    """One group of a report."""

    group: Group


class SegmentBody(Shape):
    """A group to keep as a segment."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    group: Group
    since: Moment = msgspec.field(name="from")
    until: Moment = msgspec.field(name="to")
    segment_id: Id | None = None
    category_id: Id | None = None
    campaign_ids: Annotated[list[Id], msgspec.Meta(max_length=100)] = []

    def wanted(self) -> Wanted:
        """As the report reads it."""
        if not self.name.strip():
            raise InvalidRequest(
                path="$.name", reason={"ru": "не может быть пустым", "en": "it must not be empty"}
            )
        if self.until <= self.since:
            raise PeriodBackwards()
        segment_id = None if self.segment_id is None else key_of(self.segment_id)
        category_id = None if self.category_id is None else key_of(self.category_id)
        return Wanted(
            self.since, self.until, segment_id, category_id, [key_of(key) for key in self.campaign_ids]
        )


class MadeSegment(Shape):
    """The segment that was made, and the bulk run that brings its members in, of whom there are so many."""

    id: Id
    run_id: Id
    members: int


class GroupShape(Shape):
    """How many are in a group."""

    group: Group
    count: int


class CountedCampaign(Shape):
    """A campaign whose letters count."""

    id: Id
    name: str
    launched_at: datetime
    recipients: int
    delivered: int
    opened: int
    clicked: int
    unsubscribed: int


class EngagementShape(Shape):
    """Who is active, who sleeps, who never opened a letter, who got none."""

    audience: int
    groups: list[GroupShape]
    campaigns: list[CountedCampaign]


def results(found: Results, language: Language) -> ResultsShape:
    """A campaign's figures."""
    return ResultsShape(
        service_title=_title(found.service_title, language),
        figures=[_figure(figure, found) for figure in found.figures],
        stats=_told(found.stats, language),
        webhook_at=found.heard.webhook_at,
        polling=_told(found.polling, language),
        polls_next_at=found.polls_next_at,
    )


def links(found: Links, language: Language) -> LinksShape:
    """The links of a letter."""
    return LinksShape(
        service_title=_title(found.service_title, language),
        service=_told(found.told, language),
        own_at=found.heard.at,
        items=[_link(line) for line in found.lines],
    )


def domain(line: DomainLine) -> DomainLineShape:
    """One domain."""
    return DomainLineShape(
        domain=line.domain,
        recipients=line.recipients,
        delivered=line.delivered,
        opened=line.opened,
        clicked=line.clicked,
        bounced=line.bounced,
    )


def recipient(found: Recipient) -> RecipientShape:
    """One recipient."""
    return RecipientShape(
        address_id=str(found.address_id),
        contact_id=str(found.contact_id),
        name=found.name,
        address=found.address,
        status=found.status,
        at=found.at,
        opened_at=found.opened_at,
        clicked_at=found.clicked_at,
        reason=found.reason,
        opens=found.opens,
        clicks=found.clicks,
        polled=found.polled,
    )


def happening(found: Happening) -> HappeningShape:
    """One event."""
    return HappeningShape(at=found.at, kind=found.kind, detail=found.detail, polled=found.polled)


def engagement(found: Engagement) -> EngagementShape:
    """A report."""
    return EngagementShape(
        audience=sum(found.groups.values()),
        groups=[GroupShape(group=group, count=count) for group, count in found.groups.items()],
        campaigns=[
            CountedCampaign(
                id=str(row.id),
                name=row.name,
                launched_at=row.launched_at,
                recipients=row.recipients,
                delivered=row.delivered,
                opened=row.opened,
                clicked=row.clicked,
                unsubscribed=row.unsubscribed,
            )
            for row in found.campaigns
        ],
    )


def _title(known: Mapping[str, str] | None, language: Language) -> str | None:
    return None if known is None else known[language]


def _told(found: Told, language: Language) -> ToldShape:
    failure = None if found.failure is None else reasons.sentence(found.failure, language)
    return ToldShape(able=found.able, at=found.at, failure=failure)


def _figure(figure: Figure, found: Results) -> FigureShape:
    of_service = figure.by_service
    return FigureShape(
        name=figure.name,
        count=figure.shown,
        source="service" if of_service else "own",
        at=found.stats.at if of_service else found.heard.at,
        ours=figure.ours,
    )


def _link(line: LinkLine) -> LinkLineShape:
    return LinkLineShape(
        url=line.url,
        clicks=line.clicks,
        people=line.people,
        own_clicks=line.own_clicks,
        own_people=line.own_people,
    )


def _key(text: str) -> int | None:
    return key_of(text) if text else None

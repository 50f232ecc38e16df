"""What became of a campaign, with the source of each figure: the service's own, and ours beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.campaigns.statuses import CLICKED, DELIVERED, HARD_BOUNCED, OPENED, SOFT_BOUNCED
from vestnik.campaigns.tables import delivery, link
from vestnik.contacts.tables import address
from vestnik.webhooks.tables import event

LINKS_SHOWN = 200
DOMAINS_SHOWN = 50

#: A figure -> what the service calls it and what we count for it, in the order of a funnel.
FIGURES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "recipients": (("recipients",), ("recipients",)),
    "sent": (("sent",), ("sent",)),
    "delivered": (("delivered",), ("delivered",)),
    "opened": (("opened",), ("opened",)),
    "clicked": (("clicked",), ("clicked",)),
    "unsubscribed": (("unsubscribed",), ("unsubscribed",)),
    "bounced": (("bounced",), ("soft_bounced", "hard_bounced")),
    "hardBounced": (("hardBounced",), ("hard_bounced",)),
    "softBounced": (("softBounced",), ("soft_bounced",)),
    "spam": (("spam",), ("spam",)),
    "skipped": (("skipped",), ("skipped",)),
    "failed": (("failed",), ("failed",)),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: the service's where it tells one, else ours.

    `outdated`: events came after the service told its number. Where they make ours the greater one, ours
    leads, for these numbers only grow.
    """

    name: str
    ours: int
    service: int | None
    outdated: bool = False

    @property
    def by_service(self) -> bool:
        """Whether the service's number leads."""
        return self.service is not None and not (self.outdated and self.ours > self.service)

    @property
    def shown(self) -> int:
        """The number that leads."""
        return self.service if self.service is not None and self.by_service else self.ours


@dataclass(frozen=True, slots=True)
class Heard:
    """When the recipients' events last came, each way."""

    webhook_at: datetime | None
    polled_at: datetime | None

    @property
    def at(self) -> datetime | None:
        """The later of both."""
        return max((at for at in (self.webhook_at, self.polled_at) if at is not None), default=None)


@dataclass(slots=True)
class LinkLine:
    """One link of a letter, as the service counts it and by the events that reached us."""

    url: str
    clicks: int | None = None
    people: int | None = None
    own_clicks: int = 0
    own_people: int = 0


@dataclass(frozen=True, slots=True)
class DomainLine:
    """The recipients whose addresses are of one domain; None: text messages, and domains past the first."""

    domain: str | None
    recipients: int
    delivered: int
    opened: int
    clicked: int
    bounced: int


def figures(ours: Mapping[str, int], service: Mapping[str, int] | None, *, outdated: bool) -> list[Figure]:
    """Every figure with its sources."""
    told = dict(service or {})
    if "bounced" not in told and {"hardBounced", "softBounced"} <= told.keys():
        told["bounced"] = told["hardBounced"] + told["softBounced"]
    return [
        Figure(
            name,
            sum(ours[own] for own in owns),
            next((told[key] for key in keys if key in told), None),
            outdated,
        )
        for name, (keys, owns) in FIGURES.items()
    ]


async def heard(connection: AsyncConnection, campaign_id: int) -> Heard:
    """When a webhook and an answer last told something of a campaign's recipients."""
    latest = (
        sa.select(event.c.polled, sa.func.max(event.c.at))
        .where(event.c.campaign_id == campaign_id)
        .group_by(event.c.polled)
    )
    at = {bool(polled): moment for polled, moment in await connection.execute(latest)}
    return Heard(at.get(False), at.get(True))


async def links(connection: AsyncConnection, campaign_id: int) -> list[LinkLine]:
    """The links of a campaign's letter, those most followed first."""
    found: dict[str, LinkLine] = {}
    told = sa.select(link.c.url, link.c.clicks, link.c.unique_clicks).where(link.c.campaign_id == campaign_id)
    for url, clicks, people in await connection.execute(
        told.order_by(link.c.clicks.desc()).limit(LINKS_SHOWN)
    ):
        found[url] = LinkLine(url, clicks, people)
    number = sa.func.count().label("number")
    own = (
        sa.select(event.c.detail, number, sa.func.count(sa.distinct(event.c.address_id)))
        .where(event.c.campaign_id == campaign_id, event.c.kind == "clicked", event.c.detail.is_not(None))
        .group_by(event.c.detail)
        .order_by(number.desc())
        .limit(LINKS_SHOWN)
    )
    for url, clicks, people in await connection.execute(own):
        line = found.setdefault(url, LinkLine(url))
        line.own_clicks, line.own_people = clicks, people
    return sorted(found.values(), key=lambda line: (-(line.clicks or line.own_clicks), line.url))[
        :LINKS_SHOWN
    ]


async def domains(connection: AsyncConnection, campaign_id: int) -> list[DomainLine]:
    """Recipients by the domain of their address, the largest first, the rest in one line at the end."""
    recipients = sa.func.count().label("recipients")
    query = (
        sa.select(address.c.domain, recipients, *_COUNTS)
        .select_from(delivery.join(address, address.c.id == delivery.c.address_id))
        .where(delivery.c.campaign_id == campaign_id)
        .group_by(address.c.domain)
        .order_by(recipients.desc(), address.c.domain)
    )
    rows = [DomainLine(*row) for row in await connection.execute(query)]
    named = [row for row in rows if row.domain is not None]
    rest = [row for row in rows if row.domain is None] + named[DOMAINS_SHOWN:]
    return named[:DOMAINS_SHOWN] + ([_sum(rest)] if rest else [])


def _has(facts: int) -> sa.ColumnElement[bool]:
    return delivery.c.flags.bitwise_and(facts) != 0


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


#: As `statuses.figures` counts: who came back for good was not delivered.
_COUNTS: Sequence[sa.ColumnElement[Any]] = (
    _count(_has(DELIVERED) & ~_has(HARD_BOUNCED)).label("delivered"),
    _count(_has(OPENED)).label("opened"),
    _count(_has(CLICKED)).label("clicked"),
    _count(_has(HARD_BOUNCED) | (_has(SOFT_BOUNCED) & ~_has(DELIVERED))).label("bounced"),
)


def _sum(lines: Sequence[DomainLine]) -> DomainLine:
    return DomainLine(
        None,
        sum(line.recipients for line in lines),
        sum(line.delivered for line in lines),
        sum(line.opened for line in lines),
        sum(line.clicked for line in lines),
        sum(line.bounced for line in lines),
    )

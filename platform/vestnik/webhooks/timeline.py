"""What the events of recipients tell: a campaign's chart over time, and a contact's activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.campaigns.reading import names
from vestnik.contacts.consents import Reason
from vestnik.contacts.reading import addresses_of
from vestnik.contacts.stop_list import Letter
from vestnik.contacts.timeline import TimelineEntry
from vestnik.db import from_microseconds
from vestnik.http.errors import Text
from vestnik.webhooks.tables import event

#: Widths of a chart's steps, in seconds; the first that gives at most `MOST_POINTS` is taken.
WIDTHS_S = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 86_400, 604_800)
MOST_POINTS = 60

#: An event's kind -> the chart's line that it counts for.
LINES: Mapping[str, str] = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "softBounce": "bounced",
    "hardBounce": "bounced",
    "spam": "spam",
}

_SENTENCES: Mapping[str, Text] = {
    "sent": {"ru": "Отправлено: «{name}»", "en": "Sent: “{name}”"},
    "delivered": {"ru": "Доставлено: «{name}»", "en": "Delivered: “{name}”"},
    "opened": {"ru": "Открыто письмо «{name}»", "en": "Opened “{name}”"},
    "clicked": {"ru": "Переход по ссылке из письма «{name}»", "en": "Clicked a link in “{name}”"},
    "unsubscribed": {"ru": "Отписка из письма «{name}»", "en": "Unsubscribed by “{name}”"},
    "spam": {"ru": "Жалоба на спам: «{name}»", "en": "Marked as spam: “{name}”"},
    "softBounce": {"ru": "Временная ошибка доставки: «{name}»", "en": "Temporary delivery error: “{name}”"},
    "hardBounce": {"ru": "Недоставка: «{name}»", "en": "Bounced: “{name}”"},
    "skipped": {"ru": "Не отправлено сервисом: «{name}»", "en": "Not sent by the service: “{name}”"},
    "failed": {"ru": "Ошибка отправки: «{name}»", "en": "Failed: “{name}”"},
}
#: Events of an address that are looked at for the campaign whose letter stopped it.
_LETTERS = 100
_UNKNOWN: Text = {"ru": "неизвестная рассылка", "en": "an unknown campaign"}


@dataclass(frozen=True, slots=True)
class Chart:
    """Events of a campaign counted by steps of `width_s` seconds; steps without events are left out."""

    width_s: int
    points: Sequence[tuple[datetime, Mapping[str, int]]]


async def chart(connection: AsyncConnection, campaign_id: int) -> Chart:
    """When a campaign's letters were sent, delivered, opened, clicked …"""
    at = sa.type_coerce(event.c.at, sa.BigInteger)
    of_campaign = (event.c.campaign_id == campaign_id, event.c.kind.in_(LINES))
    first, last = (
        await connection.execute(sa.select(sa.func.min(at), sa.func.max(at)).where(*of_campaign))
    ).one()
    if first is None:
        return Chart(WIDTHS_S[0], ())
    width_s = next(
        (width for width in WIDTHS_S if last - first <= width * 1_000_000 * MOST_POINTS), WIDTHS_S[-1]
    )
    step = (at // (width_s * 1_000_000)).label("step")
    counts: dict[int, dict[str, int]] = {}
    query = sa.select(step, event.c.kind, sa.func.count()).where(*of_campaign).group_by(step, event.c.kind)
    for number, kind, count in await connection.execute(query):
        counts.setdefault(int(number), dict.fromkeys(LINES.values(), 0))[LINES[kind]] += count
    points = [(from_microseconds(number * width_s * 1_000_000), counts[number]) for number in sorted(counts)]
    return Chart(width_s, points)


async def activity(
    connection: AsyncConnection, contact_id: int, before: datetime | None, limit: int
) -> list[TimelineEntry]:
    """What happened to a contact's addresses, newest first: a source of the contact's timeline."""
    query = (
        sa.select(event.c.at, event.c.kind, event.c.campaign_id, event.c.detail)
        .where(event.c.address_id.in_(addresses_of(contact_id)), event.c.kind.in_(_SENTENCES))
        .order_by(event.c.at.desc(), event.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(event.c.at <= before)
    rows = (await connection.execute(query)).all()
    called = await names(connection, {row.campaign_id for row in rows if row.campaign_id is not None})
    return [
        _entry(row.at, row.kind, row.campaign_id, called.get(row.campaign_id), row.detail) for row in rows
    ]


#: Events that put an address on the stop-list.
_STOPPING: Mapping[str, Reason] = {"unsubscribed": "unsubscribe", "spam": "spam", "hardBounce": "hard_bounce"}


async def letters(connection: AsyncConnection, address_id: int) -> list[tuple[Reason, datetime, Letter]]:
    """The campaigns whose letters an address answered by leaving, newest first."""
    query = (
        sa.select(event.c.at, event.c.kind, event.c.campaign_id)
        .where(event.c.address_id == address_id, event.c.kind.in_(_STOPPING))
        .order_by(event.c.at.desc(), event.c.id.desc())
        .limit(_LETTERS)
    )
    rows = (await connection.execute(query)).all()
    called = await names(connection, {row.campaign_id for row in rows if row.campaign_id is not None})
    return [
        (_STOPPING[row.kind], row.at, Letter(row.campaign_id, called[row.campaign_id]))
        for row in rows
        if row.campaign_id in called
    ]


def _entry(
    at: datetime, kind: str, campaign_id: int | None, name: str | None, detail: str | None
) -> TimelineEntry:
    sentence = _SENTENCES[kind]
    title: Text = {
        "ru": sentence["ru"].format(name=name or _UNKNOWN["ru"]),
        "en": sentence["en"].format(name=name or _UNKNOWN["en"]),
    }
    return TimelineEntry(
        at=at,
        kind=kind,
        title=title,
        link=None if name is None else f"/campaigns/{campaign_id}",
        detail=detail,
    )

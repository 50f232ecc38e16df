"""A campaign's recipients one by one: filters, the events of one of them, and the whole log as a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.campaigns.statuses import CLICKED, DELIVERED, HARD_BOUNCED, OPENED, SENT, bounds_of, status_of
from vestnik.campaigns.tables import delivery
from vestnik.contacts.tables import address, contact
from vestnik.db import Database, fold
from vestnik.db.search import contains
from vestnik.http.csv_files import moment
from vestnik.http.errors import Language, Text
from vestnik.reports import sheets
from vestnik.webhooks.tables import event

#: Rows of the table read at a time.
EXPORT_ROWS = 1_000
EVENTS_SHOWN = 500

Did = Literal["", "opened", "not_opened", "clicked", "not_clicked", "delivered", "not_delivered"]

STATUS_WORDS: Mapping[str, Text] = {
    "planned": {"ru": "В плане", "en": "Planned"},
    "handed_over": {"ru": "Передано сервису", "en": "Handed over"},
    "sent": {"ru": "Отправлено", "en": "Sent"},
    "delivered": {"ru": "Доставлено", "en": "Delivered"},
    "opened": {"ru": "Открыто", "en": "Opened"},
    "clicked": {"ru": "Переход по ссылке", "en": "Clicked"},
    "unsubscribed": {"ru": "Отписка", "en": "Unsubscribed"},
    "soft_bounced": {"ru": "Временная ошибка доставки", "en": "Temporary delivery error"},
    "hard_bounced": {"ru": "Недоставка", "en": "Bounced"},
    "spam": {"ru": "Жалоба на спам", "en": "Marked as spam"},
    "rejected": {"ru": "Не принято сервисом", "en": "Refused by the service"},
    "skipped": {"ru": "Пропущено сервисом", "en": "Skipped by the service"},
    "failed": {"ru": "Ошибка отправки", "en": "Failed"},
}
_HEAD: Mapping[Language, Sequence[str]] = {
    "ru": ("Адрес", "Имя", "Состояние", "Последнее событие", "Открыто", "Переход", "Причина"),
    "en": ("Address", "Name", "State", "Last event", "Opened", "Clicked", "Reason"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which recipients; everything that is said must hold."""

    status: str = ""
    did: Did = ""
    search: str = ""
    domain: str = ""
    url: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self, campaign_id: int) -> list[sa.ColumnElement[bool]]:
        """As conditions on `delivery` joined with `address`."""
        where: list[sa.ColumnElement[bool]] = [delivery.c.campaign_id == campaign_id]
        if self.status:
            has, lacks = bounds_of(self.status)
            if has:
                where.append(_has(has))
            where.append(~_has(lacks))
        if self.did:
            where.append(_DID[self.did])
        if self.search.strip():
            where.append(contains(address.c.normalised, fold(self.search.strip())))
        if self.domain:
            where.append(address.c.domain == self.domain.lower())
        if self.url:
            clicked = sa.select(event.c.address_id).where(
                event.c.campaign_id == campaign_id, event.c.kind == "clicked", event.c.detail == self.url
            )
            where.append(delivery.c.address_id.in_(clicked))
        if self.since is not None:
            where.append(delivery.c.at >= self.since)
        if self.until is not None:
            where.append(delivery.c.at < self.until)
        return where


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient and what became of the letter."""

    address_id: int
    contact_id: int
    name: str
    address: str
    status: str
    at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    reason: str | None
    opens: int = 0
    clicks: int = 0
    polled: bool | None = None  # how the last event was heard; None: there was none


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of one recipient."""

    at: datetime
    kind: str
    detail: str | None
    polled: bool


async def page(
    connection: AsyncConnection, campaign_id: int, chosen: Filter, *, after: int, limit: int
) -> list[Recipient]:
    """Recipients by their addresses' keys, those after `after`."""
    rows = (await connection.execute(_select(campaign_id, chosen, after, limit))).all()
    told = await _told(connection, campaign_id, [row.address_id for row in rows])
    return [_recipient(row, told.get(row.address_id, ())) for row in rows]


async def happenings(connection: AsyncConnection, campaign_id: int, address_id: int) -> list[Happening]:
    """What happened to one recipient's letter, in order."""
    query = (
        sa.select(event.c.at, event.c.kind, event.c.detail, event.c.polled)
        .where(event.c.address_id == address_id, event.c.campaign_id == campaign_id)
        .order_by(event.c.at, event.c.id)
        .limit(EVENTS_SHOWN)
    )
    return [Happening(*row) for row in await connection.execute(query)]


async def table(
    database: Database, campaign_id: int, chosen: Filter, language: Language, zone: ZoneInfo
) -> AsyncIterator[bytes]:
    """The log as CSV, read by key in short transactions."""
    yield sheets.MARK.encode() + sheets.lines([_HEAD[language]])
    after = 0
    while True:
        async with database.read() as connection:
            rows = (await connection.execute(_select(campaign_id, chosen, after, EXPORT_ROWS))).all()
        if not rows:
            return
        yield sheets.lines(_cells(_recipient(row, ()), language, zone) for row in rows)
        after = rows[-1].address_id


def _has(facts: int) -> sa.ColumnElement[bool]:
    return delivery.c.flags.bitwise_and(facts) != 0


_DELIVERED = _has(DELIVERED) & ~_has(HARD_BOUNCED)
_DID: Mapping[str, sa.ColumnElement[bool]] = {
    "opened": _has(OPENED),
    "not_opened": _DELIVERED & ~_has(OPENED),
    "clicked": _has(CLICKED),
    "not_clicked": _DELIVERED & ~_has(CLICKED),
    "delivered": _DELIVERED,
    "not_delivered": _has(SENT) & ~_DELIVERED,
}


def _select(campaign_id: int, chosen: Filter, after: int, limit: int) -> sa.Select[Any]:
    return (
        sa.select(delivery, address.c.normalised, contact.c.name)
        .select_from(
            delivery.join(address, address.c.id == delivery.c.address_id).outerjoin(
                contact, contact.c.id == delivery.c.contact_id
            )
        )
        .where(*chosen.conditions(campaign_id), delivery.c.address_id > after)
        .order_by(delivery.c.address_id)
        .limit(limit)
    )


async def _told(
    connection: AsyncConnection, campaign_id: int, address_ids: Sequence[int]
) -> Mapping[int, Sequence[Any]]:
    query = (
        sa.select(event.c.address_id, event.c.kind, event.c.polled)
        .where(event.c.address_id.in_(address_ids), event.c.campaign_id == campaign_id)
        .order_by(event.c.at, event.c.id)
    )
    told: defaultdict[int, list[Any]] = defaultdict(list)
    for row in await connection.execute(query):
        told[row.address_id].append(row)
    return told


def _recipient(row: sa.Row[Any], told: Sequence[Any]) -> Recipient:
    return Recipient(
        address_id=row.address_id,
        contact_id=row.contact_id,
        name=row.name or "",
        address=row.normalised,
        status=status_of(row.flags),
        at=row.at,
        opened_at=row.opened_at,
        clicked_at=row.clicked_at,
        reason=row.reason,
        opens=sum(each.kind == "opened" for each in told),
        clicks=sum(each.kind == "clicked" for each in told),
        polled=bool(told[-1].polled) if told else None,
    )


def _cells(found: Recipient, language: Language, zone: ZoneInfo) -> Sequence[str]:
    return (
        found.address,
        found.name,
        STATUS_WORDS[found.status][language],
        moment(found.at, zone),
        moment(found.opened_at, zone),
        moment(found.clicked_at, zone),
        found.reason or "",
    )

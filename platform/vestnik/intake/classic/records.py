"""Leads as the compatible API shows them: by page or by number, in its document's names and codes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.db import ordered_by
from vestnik.intake.classic.answers import wrong_value
from vestnik.intake.classic.parameters import Parameters
from vestnik.intake.leads.reading import Line, lines
from vestnik.intake.leads.tables import lead
from vestnik.sales.tables import deal

PAGE_RECORDS = 200

_STATUSES = {"open": ("0", "Открыт"), "in_work": ("1", "В работе"), "processed": ("2", "Обработан")}
_CLOSED = ("3", "Закрыт")
_RESULTS = {
    "spam": ("1", "Спам"),
    "duplicate": ("2", "Дубль"),
    "other": ("3", "Другое"),
    "not_target": ("4", "Не целевой"),
}
#: By what a list may be ordered.
ORDERS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": lead.c.number,
    "datum": lead.c.created_at,
    "datum_do": lead.c.finished_at,
    "email": lead.c.email,
    "phone": lead.c.phone,
    "site": lead.c.site,
    "company": lead.c.company,
    "city": lead.c.city,
    "country": lead.c.country,
    "clid": lead.c.client_id,
    "pid": lead.c.contact_id,
    "did": lead.c.deal_id,
    "user": lead.c.responsible_id,
    "clientpath": lead.c.channel_id,
    "status": sa.case({"open": 0, "in_work": 1, "processed": 2, "closed": 3}, value=lead.c.status, else_=3),
    "rezult": sa.case({"spam": 1, "duplicate": 2, "other": 3, "not_target": 4}, value=lead.c.result, else_=0),
}
_PAGE = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_DATE = re.compile(r"(?:19[7-9]|2[01])[0-9]{1,2}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of a list. `since` is inclusive, `until` is not."""

    page: int
    order: sa.ColumnElement[Any]
    newest_first: bool
    since: datetime | None
    until: datetime | None


def wanted(given: Parameters, zone: ZoneInfo) -> Wanted:
    """What a request lists; `Refused` with 406 for a page or a date that is none.

    One date alone leaves its own day out; both are the first and the last day.
    """
    page = given.get("offset") or "0"
    if _PAGE.fullmatch(page) is None:
        raise wrong_value("offset")
    start, end = _day(given, "dateStart"), _day(given, "dateEnd")
    since, until = start, end
    if start is not None and end is None:
        since = start + timedelta(days=1)
    if start is not None and end is not None:
        until = end + timedelta(days=1)
    return Wanted(
        page=int(page),
        order=ORDERS.get(given.get("order"), lead.c.created_at),
        newest_first=given.get("first") != "old",
        since=_instant(since, zone),
        until=_instant(until, zone),
    )


async def page(connection: AsyncConnection, asked: Wanted, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The records of a page, none past the end; what is empty is below everything else."""
    where = [] if asked.since is None else [lead.c.created_at >= asked.since]
    if asked.until is not None:
        where.append(lead.c.created_at < asked.until)
    columns = [ordered_by(column, down=asked.newest_first) for column in (asked.order, lead.c.number)]
    query = sa.select(lead).where(*where).order_by(*columns).limit(PAGE_RECORDS)
    rows = (await connection.execute(query.offset(asked.page * PAGE_RECORDS))).all()
    return await _records(connection, rows, zone)


async def one(connection: AsyncConnection, id: str, zone: ZoneInfo) -> dict[str, Any] | None:
    """The record of a lead by its number; None for what is no lead."""
    if _NUMBER.fullmatch(id) is None:
        return None
    rows = (await connection.execute(sa.select(lead).where(lead.c.number == int(id)))).all()
    records = await _records(connection, rows, zone)
    return records[0] if records else None


async def _records(
    connection: AsyncConnection, rows: Sequence[sa.Row[Any]], zone: ZoneInfo
) -> list[dict[str, Any]]:
    ids = {row.deal_id for row in rows if row.deal_id is not None}
    titles: dict[int, str] = {}
    if ids:
        found = await connection.execute(sa.select(deal.c.id, deal.c.title).where(deal.c.id.in_(ids)))
        titles = {row.id: row.title for row in found}
    return [_record(line, titles, zone) for line in await lines(connection, rows)]


def _record(line: Line, deals: Mapping[int, str], zone: ZoneInfo) -> dict[str, Any]:
    row = line.row
    status, status_name = _STATUSES.get(row.status, _CLOSED)
    result, result_name = _RESULTS.get(row.result, ("0", ""))
    return {
        "id": row.number,
        "datum": _date(row.created_at, zone),
        "datum_do": _date(row.finished_at, zone),
        "email": row.email,
        "phone": row.phone,
        "site": row.site,
        "company": row.company,
        "city": row.city,
        "country": row.country,
        "content": _content(row),
        "clid": _id(row.client_id),
        "client": line.client or "",
        "pid": _id(row.contact_id),
        "person": line.contact or "",
        "did": _id(row.deal_id),
        "deal": deals.get(row.deal_id, ""),
        "user": _id(row.responsible_id),
        "userName": line.responsible or "",
        "status": status,
        "statusName": status_name,
        "rezult": result,
        "rezultName": result_name,
        "clientpath": _id(row.channel_id),
        "clientpathName": line.channel or "",
    }


def _content(row: sa.Row[Any]) -> str:
    """What the lead says: who, what about, and the text."""
    return "\n".join(dict.fromkeys(text for text in (row.person, row.title, row.description) if text))


def _id(key: int | None) -> str | int:
    """A key has 64 bits, more than a number of JavaScript holds: a text; nothing is the document's 0."""
    return 0 if key is None else str(key)


def _date(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d}"


def _day(given: Parameters, name: str) -> date | None:
    text = given.get(name)
    if not text:
        return None
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise wrong_value(name) from None


def _instant(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=zone)

"""Reading leads: the inbox with its filters, its tabs' counts, and the card."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.companies.service import client_names
from vestnik.contacts.tables import contact
from vestnik.db import Exact, fold
from vestnik.db.search import contains
from vestnik.http.errors import NotFound
from vestnik.intake.fields import Door
from vestnik.intake.leads.tables import channel, lead, lead_event, partner
from vestnik.people.tables import user

#: A number as people write it; folding makes "no" of the sign for it.
_NUMBER = re.compile(r"(?:no|#)?\.?\s*([0-9]{1,18})", re.ASCII)

#: The order of tabs.
STATUSES = ("open", "in_work", "processed", "closed")
#: Things of a lead's history that are shown: the newest.
SHOWN_EVENTS = 500

_SORTS: Mapping[str, tuple[sa.ColumnElement[Any], ...]] = {
    "created": (lead.c.created_at, lead.c.id),
    "number": (lead.c.number,),
    "updated": (lead.c.updated_at, lead.c.id),
    "status": (lead.c.status, lead.c.created_at, lead.c.id),
}


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads to show; None asks for nothing. `until` is exclusive."""

    search: str = ""
    status: str | None = None
    responsible_id: int | None = None
    channel_id: int | None = None
    partner_id: int | None = None
    client_id: int | None = None
    contact_id: int | None = None
    door: Door | None = None
    since: datetime | None = None
    until: datetime | None = None
    has_warnings: bool | None = None
    unread: bool | None = None
    unassigned: bool | None = None

    def where(self, *, any_status: bool = False) -> list[sa.ColumnElement[bool]]:
        """The filter's conditions; `any_status` leaves the status out."""
        wanted: list[sa.ColumnElement[bool]] = [
            lead.c[name] == value
            for name in ("responsible_id", "channel_id", "partner_id", "client_id", "contact_id", "door")
            if (value := getattr(self, name)) is not None
        ]
        if self.status is not None and not any_status:
            wanted.append(lead.c.status == self.status)
        if self.since is not None:
            wanted.append(lead.c.created_at >= self.since)
        if self.until is not None:
            wanted.append(lead.c.created_at < self.until)
        if self.has_warnings is not None:
            none = sa.cast(lead.c.warnings, sa.Text) == "[]"
            wanted.append(sa.not_(none) if self.has_warnings else none)
        if self.unread is not None:
            wanted.append(lead.c.seen_at.is_(None) if self.unread else lead.c.seen_at.is_not(None))
        if self.unassigned is not None:
            nobodys = lead.c.responsible_id.is_(None) | (lead.c.assigned_by == "coordinator")
            wanted.append(nobodys if self.unassigned else sa.not_(nobodys))
        if text := fold(self.search.strip()):
            wanted.append(_found_by(text))
        return wanted


@dataclass(frozen=True, slots=True)
class Line:
    """A lead as the inbox shows it, with the names of what it refers to."""

    row: sa.Row[Any]
    channel: str | None
    partner: str | None
    responsible: str | None
    client: str | None
    contact: str | None


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a lead; `user` is who did it, None for the platform."""

    id: int
    at: datetime
    kind: str
    user: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody or something that a lead may be of, and the signal that led there."""

    kind: str
    id: str
    signal: str
    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Card:
    """A lead whole. `names` are those of users within the history, by key."""

    line: Line
    matches: Sequence[Match]
    history: Sequence[Happened]
    names: Mapping[str, str]
    duplicate_number: int | None


async def page(
    connection: AsyncConnection, wanted: LeadFilter, sort: str, offset: int, limit: int
) -> tuple[list[Line], int]:
    """A page of leads, and how many match."""
    where = wanted.where()
    total = await connection.scalar(sa.select(sa.func.count()).select_from(lead).where(*where))
    order = _SORTS.get(sort.removeprefix("-"), _SORTS["created"])
    downwards = sort.startswith("-") or sort.removeprefix("-") not in _SORTS
    columns = [column.desc() for column in order] if downwards else order
    rows = await connection.execute(
        sa.select(lead).where(*where).order_by(*columns).offset(offset).limit(limit)
    )
    return await lines(connection, rows.all()), total or 0


async def counts(connection: AsyncConnection, wanted: LeadFilter) -> dict[str, int]:
    """How many leads of each status match the rest of the filter."""
    rows = await connection.execute(
        sa.select(lead.c.status, sa.func.count())
        .where(*wanted.where(any_status=True))
        .group_by(lead.c.status)
    )
    return dict.fromkeys(STATUSES, 0) | {status: count for status, count in rows}


async def card(connection: AsyncConnection, lead_id: int) -> Card:
    """One lead whole; `NotFound` without it."""
    rows = (await connection.execute(sa.select(lead).where(lead.c.id == lead_id))).all()
    if not rows:
        raise NotFound()
    [line] = await lines(connection, rows)
    history, names = await _history(connection, lead_id)
    duplicate = None
    if line.row.duplicate_of is not None:
        number = sa.select(lead.c.number).where(lead.c.id == line.row.duplicate_of)
        duplicate = await connection.scalar(number)
    return Card(line, await _matches(connection, line.row.matches), history, names, duplicate)


async def lines(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[Line]:
    """Leads with the names of what they refer to."""
    channels = await _names(connection, channel, channel.c.title, {row.channel_id for row in rows})
    partners = await _names(connection, partner, partner.c.title, {row.partner_id for row in rows})
    people = await _names(connection, user, user.c.name, {row.responsible_id for row in rows})
    contacts = await _names(connection, contact, contact.c.name, {row.contact_id for row in rows})
    clients = await client_names(connection, {row.client_id for row in rows if row.client_id})
    return [
        Line(
            row,
            channels.get(row.channel_id),
            partners.get(row.partner_id),
            people.get(row.responsible_id),
            clients[row.client_id].name if row.client_id in clients else None,
            contacts.get(row.contact_id),
        )
        for row in rows
    ]


def _found_by(text: str) -> sa.ColumnElement[bool]:
    """Leads whose words contain a text, and the one of that number."""
    found = contains(lead.c.words_folded, text)
    numbered = _NUMBER.fullmatch(text)
    return found if numbered is None else found | (lead.c.number == int(numbered[1]))


async def _names(
    connection: AsyncConnection, table: sa.Table, name: sa.ColumnElement[Any], ids: set[int | None]
) -> dict[int | None, str]:
    keys = {id for id in ids if id is not None}
    if not keys:
        return {}
    rows = await connection.execute(sa.select(table.c.id, name.label("name")).where(table.c.id.in_(keys)))
    return {row.id: row.name for row in rows}


async def _history(connection: AsyncConnection, lead_id: int) -> tuple[list[Happened], dict[str, str]]:
    rows = (
        await connection.execute(
            sa.select(lead_event, user.c.name)
            .outerjoin(user, user.c.id == lead_event.c.user_id)
            .where(lead_event.c.lead_id == lead_id)
            .order_by(lead_event.c.id.desc())
            .limit(SHOWN_EVENTS)
        )
    ).all()
    named = {int(row.detail["userId"]) for row in rows if "userId" in row.detail}
    names = await _names(connection, user, user.c.name, {*named})
    happened = [Happened(row.id, row.at, row.kind, row.name, row.detail) for row in rows]
    return happened, {str(id): name for id, name in names.items()}


async def _matches(connection: AsyncConnection, stored: Sequence[Mapping[str, str]]) -> list[Match]:
    """What a lead matched, with the names of today; what is gone since is left out."""

    def keys(kind: str) -> set[int | None]:
        return {int(each["id"]) for each in stored if each["kind"] == kind}

    clients = await client_names(connection, {id for id in keys("client") if id is not None})
    numbers = sa.cast(lead.c.number, Exact)
    names: dict[tuple[str, int | None], str] = {
        **{("client", id): each.name for id, each in clients.items()},
        **{("contact", id): name for id, name in (await _contacts(connection, keys("contact"))).items()},
        **{
            ("lead", id): name for id, name in (await _names(connection, lead, numbers, keys("lead"))).items()
        },
    }
    return [
        Match(each["kind"], each["id"], each["signal"], each["value"], names[each["kind"], int(each["id"])])
        for each in stored
        if (each["kind"], int(each["id"])) in names
    ]


async def _contacts(connection: AsyncConnection, ids: set[int | None]) -> dict[int | None, str]:
    """Names of contacts that are there; merged ones live on in another."""
    live = sa.select(contact.c.id, contact.c.name).where(
        contact.c.id.in_({id for id in ids if id is not None}), contact.c.merged_into.is_(None)
    )
    return {row.id: row.name for row in await connection.execute(live)}

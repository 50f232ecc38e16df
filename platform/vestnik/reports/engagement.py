"""Who of the contacts is active: over campaigns, a segment and a period.

Everybody of the audience is in exactly one group: `active` opened or clicked a letter of the period;
`sleeping` got letters and opened none of them, but opened one before; `never` got letters and never opened
any; `unreached` got no letter of the period.
"""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.campaigns.statuses import CLICKED, COUNTERS, DELIVERED, HARD_BOUNCED, OPENED
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import Database, from_microseconds
from vestnik.http.csv_files import moment
from vestnik.http.errors import Language, Text
from vestnik.reports import sheets

Group = Literal["active", "sleeping", "never", "unreached"]
GROUPS: Sequence[Group] = ("active", "sleeping", "never", "unreached")
CAMPAIGNS_SHOWN = 100
#: People read from the database at a time.
PEOPLE_AT_ONCE = 1_000
#: Contacts that one statement looks at for a segment that is made of a group.
PEOPLE_AHEAD = 10_000

GROUP_WORDS: Mapping[Group, Text] = {
    "active": {"ru": "Активен", "en": "Active"},
    "sleeping": {"ru": "Спит", "en": "Sleeping"},
    "never": {"ru": "Ни разу не открывал", "en": "Never opened"},
    "unreached": {"ru": "Писем не получал", "en": "Got no letters"},
}
_HEAD: Mapping[Language, Sequence[str]] = {
    "ru": ("Имя", "Адрес", "Группа", "Писем", "Открыто", "Переходов", "Последнее действие"),
    "en": ("Name", "Address", "Group", "Letters", "Opened", "Clicked", "Last action"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """Letters of which campaigns count, and of whom the report is; an SMS is none, for nobody opens it."""

    since: datetime
    until: datetime
    campaign_ids: Sequence[int] = ()
    category_id: int | None = None
    members: sa.Select[Any] | None = None  # contacts of a segment as `contact_id`; None: everybody

    @property
    def campaigns(self) -> list[sa.ColumnElement[bool]]:
        """The campaigns whose letters count."""
        where: list[sa.ColumnElement[bool]] = [
            campaign.c.launched_at >= self.since,
            campaign.c.launched_at < self.until,
            campaign.c.external_id.is_not(None),
            campaign.c.type == "email",
        ]
        if self.campaign_ids:
            where.append(campaign.c.id.in_(self.campaign_ids))
        if self.category_id is not None:
            where.append(campaign.c.category_id == self.category_id)
        return where


async def counts(connection: AsyncConnection, question: Question) -> dict[Group, int]:
    """How many of the audience are in each group."""
    people = _people(question).subquery()
    query = sa.select(people.c.group, sa.func.count()).group_by(people.c.group)
    found = {row[0]: int(row[1]) for row in await connection.execute(query)}
    return {group: found.get(group, 0) for group in GROUPS}


async def campaigns(connection: AsyncConnection, question: Question) -> list[sa.Row[Any]]:
    """The campaigns whose letters count, the newest first."""
    query = (
        sa.select(
            campaign.c.id,
            campaign.c.name,
            campaign.c.launched_at,
            campaign.c.recipients,
            *(campaign.c[name] for name in COUNTERS),
        )
        .where(*question.campaigns)
        .order_by(campaign.c.launched_at.desc(), campaign.c.id.desc())
        .limit(CAMPAIGNS_SHOWN)
    )
    return list((await connection.execute(query)).all())


@dataclass(frozen=True, slots=True)
class Person:
    """One of a group: what they got and did."""

    contact_id: int
    letters: int
    opened: int
    clicked: int
    last_at: datetime | None


class People:
    """A group, found by one statement and kept as numbers: 40 bytes a person."""

    def __init__(self) -> None:
        self._columns = tuple(array("q") for _ in range(5))

    def __len__(self) -> int:
        return len(self._columns[0])

    @classmethod
    async def of(cls, database: Database, question: Question, group: Group) -> People:
        """The people of a group by their keys."""
        chosen = _people(question).subquery()
        query = sa.select(
            chosen.c.contact_id,
            chosen.c.letters,
            chosen.c.opened,
            chosen.c.clicked,
            sa.func.coalesce(sa.type_coerce(chosen.c.last_at, sa.BigInteger), -1),
        )
        found = cls()
        async with database.read() as connection:
            rows = await connection.stream(query.where(chosen.c.group == group).order_by(chosen.c.contact_id))
            async for part in rows.partitions(PEOPLE_AT_ONCE):
                for column, values in zip(found._columns, zip(*part, strict=True), strict=True):
                    column.extend(int(value) for value in values)
        return found

    def parts(self) -> Iterator[Sequence[Person]]:
        """They, a part at a time."""
        for start in range(0, len(self), PEOPLE_AT_ONCE):
            part = zip(*(column[start : start + PEOPLE_AT_ONCE] for column in self._columns), strict=True)
            yield [
                Person(id, letters, opened, clicked, None if last < 0 else from_microseconds(last))
                for id, letters, opened, clicked, last in part
            ]


async def table(
    database: Database, question: Question, group: Group, language: Language, zone: ZoneInfo
) -> AsyncIterator[bytes]:
    """The group's people as CSV."""
    yield sheets.MARK.encode() + sheets.lines([_HEAD[language]])
    for part in (await People.of(database, question, group)).parts():
        async with database.read() as connection:
            query = _CALLED.where(contact.c.id.in_([person.contact_id for person in part]))
            called = {row.id: row for row in await connection.execute(query)}
        yield sheets.lines(
            (
                called[person.contact_id].name,
                called[person.contact_id].address or "",
                GROUP_WORDS[group][language],
                str(person.letters),
                str(person.opened),
                str(person.clicked),
                moment(person.last_at, zone),
            )
            for person in part
            if person.contact_id in called
        )


_CALLED = sa.select(
    contact.c.id,
    contact.c.name,
    sa.select(address.c.normalised)
    .select_from(contact_address.join(address, address.c.id == contact_address.c.address_id))
    .where(contact_address.c.contact_id == contact.c.id, contact_address.c.is_primary)
    .order_by(contact_address.c.kind)
    .limit(1)
    .correlate(contact)
    .scalar_subquery()
    .label("address"),
)


def next_of_group(
    connection: sa.Connection, question: Question, group: Group, after: int, limit: int
) -> list[int]:
    """Keys of the group's next contacts, `limit` of them unless there are no more.

    A stretch of the contacts' keys is looked at at a time, so that no statement reads all letters.
    """
    found: list[int] = []
    live = sa.select(contact.c.id).where(contact.c.merged_into.is_(None), contact.c.erased_at.is_(None))
    while len(found) < limit:
        ahead = live.where(contact.c.id > after).order_by(contact.c.id).limit(PEOPLE_AHEAD).subquery()
        last = connection.scalar(sa.select(sa.func.max(ahead.c.id)))
        if last is None:
            break
        people = _people(question, (after, last)).subquery()
        chosen = sa.select(people.c.contact_id).where(people.c.group == group)
        found.extend(connection.scalars(chosen.order_by(people.c.contact_id)))
        after = last
    return found[:limit]


def _people(question: Question, keys: tuple[int, int] | None = None) -> sa.Select[Any]:
    """Everybody of the audience with what they got and did, and the group; `keys`: above one, to another."""
    counted = delivery.c.campaign_id.in_(sa.select(campaign.c.id).where(*question.campaigns))
    got = _has(DELIVERED) & ~_has(HARD_BOUNCED)
    opened, clicked = _has(OPENED | CLICKED), _has(CLICKED)
    letters = (
        sa.select(
            delivery.c.contact_id,
            _count(counted & got).label("letters"),
            _count(counted & opened).label("opened"),
            _count(counted & clicked).label("clicked"),
            _count(opened).label("ever"),
            sa.func.max(sa.case((counted & opened, _latest()), else_=None)).label("last_at"),
        )
        .where(_has(DELIVERED), *_between(delivery.c.contact_id, keys))
        .group_by(delivery.c.contact_id)
        .subquery()
    )
    group = sa.case(
        (letters.c.opened > 0, "active"),
        ((letters.c.letters > 0) & (letters.c.ever > 0), "sleeping"),
        (letters.c.letters > 0, "never"),
        else_="unreached",
    )
    query = (
        sa.select(
            contact.c.id.label("contact_id"),
            sa.func.coalesce(letters.c.letters, 0).label("letters"),
            sa.func.coalesce(letters.c.opened, 0).label("opened"),
            sa.func.coalesce(letters.c.clicked, 0).label("clicked"),
            letters.c.last_at,
            group.label("group"),
        )
        .select_from(contact.outerjoin(letters, letters.c.contact_id == contact.c.id))
        .where(contact.c.merged_into.is_(None), contact.c.erased_at.is_(None))
        .where(*_between(contact.c.id, keys))
    )
    if question.members is not None:
        query = query.where(contact.c.id.in_(question.members))
    return query


def _between(column: sa.Column[Any], keys: tuple[int, int] | None) -> list[sa.ColumnElement[bool]]:
    return [] if keys is None else [column > keys[0], column <= keys[1]]


def _has(facts: int) -> sa.ColumnElement[bool]:
    return delivery.c.flags.bitwise_and(facts) != 0


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _latest() -> sa.ColumnElement[Any]:
    return sa.func.coalesce(delivery.c.clicked_at, delivery.c.opened_at, type_=delivery.c.at.type)

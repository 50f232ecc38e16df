"""What can be done with segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.audit import record
from vestnik.contacts.fields import SELECT_FIELDS, archived_title, fields_of
from vestnik.contacts.listing import Filters, Listing, Selection, Sort
from vestnik.contacts.paging import Pages
from vestnik.contacts.reading import Person
from vestnik.contacts.tables import contact
from vestnik.db import Database, fold, insert_ignore, now
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.segments.conditions import OF_FIELD, Condition, Conditions, Now
from vestnik.segments.errors import (
    InvalidRule,
    NotDynamic,
    NotStatic,
    SegmentExists,
    SegmentInUse,
    UnknownMember,
)
from vestnik.segments.own import own_conditions
from vestnik.segments.rules import select_members
from vestnik.segments.tables import segment, segment_member

SegmentKind = Literal["static", "dynamic"]
#: What a segment is needed for, by its key, in words.
Uses = Callable[[sa.Connection, int], Sequence[str]]

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Segment:
    """A set of contacts: dynamic by its rule, static by its members."""

    id: int
    name: str
    kind: SegmentKind
    rule: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    #: How many contacts there were when they were last counted.
    members: int | None
    counted_at: datetime | None


class Segments:
    """Segments, and the one SELECT that each of them is."""

    def __init__(self, database: Database, zone: Callable[[], ZoneInfo]) -> None:
        self._database, self._zone = database, zone
        listing = Listing()
        listing.members_of_segments(self.select)
        self._pages = Pages(database, listing)
        self.conditions = Conditions(own_conditions())
        self._uses: list[Uses] = []

    def keep_while(self, uses_of: Uses) -> None:
        """Archive no segment for which `uses_of` names something that needs it still."""
        self._uses.append(uses_of)

    # Members

    async def members(self, segment_id: int) -> sa.Select[Any]:
        """The contacts of a segment, as column `contact_id`: what audiences are made of."""
        async with self._database.read() as connection:
            return await connection.run_sync(self.select, segment_id)

    def select(self, connection: sa.Connection, segment_id: int, *, whole: bool = False) -> sa.Select[Any]:
        """The same within a unit of work; an archived segment still has its members."""
        row = connection.execute(
            sa.select(segment.c.kind, segment.c.rule).where(segment.c.id == segment_id)
        ).one_or_none()
        if row is None:
            raise NotFound()
        if row.kind == "dynamic":
            return self.compile(connection, row.rule, whole=whole)
        listed = sa.select(segment_member.c.contact_id).where(segment_member.c.segment_id == segment_id)
        if not whole:
            return listed
        # Members that were merged away since are not counted, nor ever written to.
        return listed.join(contact, contact.c.id == segment_member.c.contact_id).where(
            contact.c.merged_into.is_(None)
        )

    async def contacts(
        self,
        actor: Actor,
        segment_id: int,
        *,
        search: str = "",
        sort: Sort = "name",
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[Person], int]:
        """A page of a segment's contacts, and how many match in all."""
        actor.require("contacts.read")
        selection = Selection(search=search, filters=Filters(segment_id=str(segment_id)), sort=sort)
        return await self._pages.counted(actor, selection, offset=offset, limit=limit)

    def compile(
        self, connection: sa.Connection, rule: Mapping[str, Any], *, whole: bool = False
    ) -> sa.Select[Any]:
        """Whom a rule picks, as column `contact_id`; `whole`: for one statement that reads all of them."""
        try:
            return select_members(rule, self.known(connection), self.present(whole=whole))
        except InvalidRule as broken:
            key = broken.field.removeprefix(OF_FIELD)
            title = archived_title(connection, key) if key != broken.field else None
            raise broken if title is None else broken.named(title) from None

    def known(self, connection: sa.Connection) -> Mapping[str, Condition]:
        """Every condition that a rule may have now, by its field."""
        return self.conditions.with_fields(list(fields_of(connection.execute(SELECT_FIELDS)).values()))

    def present(self, *, whole: bool = False) -> Now:
        """The present, as rules see it."""
        return Now(now(), self._zone(), whole)

    # Segments

    async def page(
        self, actor: Actor, *, search: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[Segment], int]:
        """Live segments by name, and how many there are."""
        actor.require("contacts.read")
        where: list[sa.ColumnElement[bool]] = [segment.c.archived_at.is_(None)]
        if search.strip():
            where.append(segment.c.name_folded.contains(fold(search.strip()), autoescape=True))
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(segment).where(*where))
            rows = await connection.execute(
                _SEGMENTS.where(*where).order_by(segment.c.name_folded).offset(offset).limit(limit)
            )
            return [Segment(*row) for row in rows], total or 0

    async def get(self, actor: Actor, segment_id: int) -> Segment:
        """One segment, also an archived one."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            return await _get(connection, segment_id)

    async def name(self, segment_id: int) -> str | None:
        """The name of a segment, also of an archived one; None when there is none."""
        async with self._database.read() as connection:
            name: str | None = await connection.scalar(
                sa.select(segment.c.name).where(segment.c.id == segment_id)
            )
            return name

    async def fields(self, actor: Actor) -> list[Condition]:
        """What a rule may compare, for the visual builder."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            fields = fields_of(await connection.execute(SELECT_FIELDS))
        return list(self.conditions.with_fields(list(fields.values())).values())

    async def create(
        self,
        actor: Actor,
        name: str,
        *,
        rule: Mapping[str, Any] | None = None,
        members: Sequence[int] = (),
        external_id: str | None = None,
    ) -> int:
        """Store a segment: dynamic with a rule, else static with members; its key."""
        actor.require("segments.write")

        def store(connection: sa.Connection) -> int:
            if rule is not None:
                self.compile(connection, rule)
            id = _insert(connection, actor, name.strip(), rule, external_id)
            _add_members(connection, id, members)
            record(connection, actor, "segment.created", "segment", id)
            return id

        return await self._database.write(store)

    async def update(
        self, actor: Actor, segment_id: int, *, name: str | None = None, rule: Mapping[str, Any] | None = None
    ) -> None:
        """Change a segment's name or rule; a static segment has no rule."""
        actor.require("segments.write")

        def change(connection: sa.Connection) -> None:
            kept = _live(connection, segment_id)
            values: dict[str, Any] = {"updated_at": now()}
            if name is not None:
                _refuse_taken(connection, name.strip(), segment_id)
                values |= {"name": name.strip(), "name_folded": fold(name.strip())}
            if rule is not None:
                if kept.kind == "static":
                    raise NotDynamic(name=kept.name)
                self.compile(connection, rule)
                values |= {"rule": rule, "members": None, "counted_at": None}
            connection.execute(sa.update(segment).where(segment.c.id == segment_id).values(values))
            record(connection, actor, "segment.changed", "segment", segment_id, values.keys())

        await self._database.write(change)

    async def change_members(
        self, actor: Actor, segment_id: int, *, add: Sequence[int] = (), remove: Sequence[int] = ()
    ) -> None:
        """Add and remove members of a static segment; whoever is in it already stays."""
        actor.require("segments.write")

        def change(connection: sa.Connection) -> None:
            kept = _live(connection, segment_id)
            if kept.kind != "static":
                raise NotStatic(name=kept.name)
            for start in range(0, len(remove), _AT_ONCE):
                connection.execute(
                    sa.delete(segment_member).where(
                        segment_member.c.segment_id == segment_id,
                        segment_member.c.contact_id.in_(remove[start : start + _AT_ONCE]),
                    )
                )
            _add_members(connection, segment_id, add)
            changed = {"updated_at": now(), "members": None, "counted_at": None}
            connection.execute(sa.update(segment).where(segment.c.id == segment_id).values(changed))
            record(connection, actor, "segment.members_changed", "segment", segment_id)

        await self._database.write(change)

    async def archive(self, actor: Actor, segment_id: int) -> None:
        """Take a segment out of the lists; what refers to it still finds its members.

        Raises SegmentInUse while something goes on that needs it.
        """
        actor.require("segments.write")

        def archive(connection: sa.Connection) -> None:
            kept = _live(connection, segment_id)
            uses = [use for uses_of in self._uses for use in uses_of(connection, segment_id)]
            if uses:
                raise SegmentInUse(name=kept.name, uses=", ".join(uses))
            connection.execute(sa.update(segment).where(segment.c.id == segment_id).values(archived_at=now()))
            record(connection, actor, "segment.archived", "segment", segment_id)

        await self._database.write(archive)


_SEGMENTS = sa.select(
    segment.c.id,
    segment.c.name,
    segment.c.kind,
    segment.c.rule,
    segment.c.created_at,
    segment.c.updated_at,
    segment.c.members,
    segment.c.counted_at,
)


async def _get(connection: AsyncConnection, segment_id: int) -> Segment:
    row = (await connection.execute(_SEGMENTS.where(segment.c.id == segment_id))).one_or_none()
    if row is None:
        raise NotFound()
    return Segment(*row)


def _live(connection: sa.Connection, segment_id: int) -> Segment:
    live = _SEGMENTS.where(segment.c.id == segment_id, segment.c.archived_at.is_(None))
    row = connection.execute(live).one_or_none()
    if row is None:
        raise NotFound()
    return Segment(*row)


def _insert(
    connection: sa.Connection,
    actor: Actor,
    name: str,
    rule: Mapping[str, Any] | None,
    external_id: str | None,
) -> int:
    _refuse_taken(connection, name, None)
    at = now()
    id: int = connection.execute(
        sa.insert(segment)
        .values(
            name=name,
            name_folded=fold(name),
            kind="static" if rule is None else "dynamic",
            rule=rule,
            external_id=external_id,
            created_by=actor.user_id,
            created_at=at,
            updated_at=at,
        )
        .returning(segment.c.id)
    ).scalar_one()
    return id


def _refuse_taken(connection: sa.Connection, name: str, own_id: int | None) -> None:
    holder = connection.scalar(
        sa.select(segment.c.id).where(segment.c.name_folded == fold(name), segment.c.archived_at.is_(None))
    )
    if holder is not None and holder != own_id:
        raise SegmentExists(name=name)


def _add_members(connection: sa.Connection, segment_id: int, members: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(members))
    known = 0
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        live = contact.c.id.in_(part) & contact.c.merged_into.is_(None)
        known += connection.scalar(sa.select(sa.func.count()).select_from(contact).where(live)) or 0
    if known < len(wanted):
        raise UnknownMember(count=len(wanted) - known)
    if wanted:
        connection.execute(
            insert_ignore(connection, segment_member, ["segment_id", "contact_id"]),
            [{"segment_id": segment_id, "contact_id": id} for id in wanted],
        )

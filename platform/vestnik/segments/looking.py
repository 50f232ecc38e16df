"""Looking into segments: how many are in them, who for example, and why somebody is or is not."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts.reading import Person, persons
from vestnik.contacts.tables import contact
from vestnik.db import Database, now
from vestnik.db.bounded import TookTooLong, bounded
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.segments.errors import CountTakesTooLong
from vestnik.segments.rules import actuals, explained, select_verdicts
from vestnik.segments.service import Segments
from vestnik.segments.tables import segment, segment_member

T = TypeVar("T")

#: A rule that is being built is counted for this long; then the answer is that it takes too long.
BUILDING_S = 5
#: A segment that is kept is counted for this long.
KEPT_S = 60
#: So many counts run at the same time in one process; others wait their turn.
AT_ONCE = 2
SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a contact is in a segment, and by which conditions; a static segment has no rule."""

    holds: bool
    rule: Mapping[str, Any] | None
    merged_into: int | None


class Lookout:
    """Counts, samples and explanations; all of them only read, but for the figure kept with a segment."""

    def __init__(self, database: Database, segments: Segments) -> None:
        self._database, self._segments = database, segments
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def count(self, actor: Actor, segment_id: int) -> int:
        """How many contacts a segment has now; the figure is kept with it for lists."""
        actor.require("contacts.read")
        at = now()
        async with self._database.read() as connection:
            members = await connection.run_sync(
                lambda sync: self._segments.select(sync, segment_id, whole=True)
            )
        count = await self._count(members, KEPT_S)
        await self._database.submit(lambda connection: _keep(connection, segment_id, count, at), bulk=True)
        return count

    async def count_rule(self, actor: Actor, rule: Mapping[str, Any]) -> int:
        """How many contacts a rule picks that is not saved yet."""
        actor.require("contacts.read")
        return await self._count(await self._compile(rule), BUILDING_S)

    async def sample(self, actor: Actor, rule: Mapping[str, Any]) -> list[Person]:
        """Some of the contacts that a rule picks: those who came last."""
        actor.require("contacts.read")
        some = (await self._compile(rule)).order_by(contact.c.id.desc()).limit(SAMPLE)
        async with self._turns, self._database.read() as connection:
            return await self._within(connection, _sample(connection, some), BUILDING_S)

    async def why(self, actor: Actor, contact_id: int, rule: Mapping[str, Any]) -> Verdict:
        """Whether a rule picks a contact: at every condition a verdict, and what the contact has there."""
        actor.require("contacts.read")
        async with self._database.read() as connection:
            known = await connection.run_sync(self._segments.known)
            present = self._segments.present()
            await connection.run_sync(self._segments.compile, rule)  # refuses one that can't be understood
            row = (await connection.execute(select_verdicts(rule, known, present, contact_id))).one_or_none()
            if row is None:
                raise NotFound()
            has = await connection.run_sync(lambda sync: actuals(rule, known, sync, contact_id))
        merged_into, *verdicts = row
        told = explained(rule, verdicts, has)
        return Verdict(told["holds"] and merged_into is None, told, merged_into)

    async def why_in(self, actor: Actor, segment_id: int, contact_id: int) -> Verdict:
        """The same for a segment that is kept."""
        kept = await self._segments.get(actor, segment_id)
        if kept.rule is not None:
            return await self.why(actor, contact_id, kept.rule)
        member = (segment_member.c.segment_id == segment_id) & (segment_member.c.contact_id == contact.c.id)
        asked = sa.select(contact.c.merged_into, sa.exists().where(member)).where(contact.c.id == contact_id)
        async with self._database.read() as connection:
            row = (await connection.execute(asked)).one_or_none()
        if row is None:
            raise NotFound()
        merged_into, listed = row
        return Verdict(bool(listed) and merged_into is None, None, merged_into)

    async def _compile(self, rule: Mapping[str, Any]) -> sa.Select[Any]:
        async with self._database.read() as connection:
            return await connection.run_sync(lambda sync: self._segments.compile(sync, rule, whole=True))

    async def _count(self, members: sa.Select[Any], seconds: float) -> int:
        counted = members.with_only_columns(sa.func.count())
        async with self._turns, self._database.read() as connection:
            return await self._within(connection, connection.scalar(counted), seconds) or 0

    @staticmethod
    async def _within(connection: AsyncConnection, work: Coroutine[Any, Any, T], seconds: float) -> T:
        try:
            return await bounded(connection, work, seconds)
        except TookTooLong as late:
            raise CountTakesTooLong(seconds=late.seconds) from None


async def _sample(connection: AsyncConnection, some: sa.Select[Any]) -> list[Person]:
    return await persons(connection, (await connection.scalars(some)).all())


def _keep(connection: sa.Connection, segment_id: int, count: int, at: datetime) -> None:
    """Keep a figure, unless the segment was changed since it was asked for."""
    connection.execute(
        sa.update(segment)
        .where(segment.c.id == segment_id, segment.c.updated_at <= at)
        .values(members=count, counted_at=at)
    )

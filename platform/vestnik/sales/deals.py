"""Deals: made by people or of what comes in, moved through their stages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.companies.tables import client
from vestnik.contacts.tables import contact
from vestnik.db import Database, fold, load, new_key, now
from vestnik.db.numbers import next_number
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.people.tables import user
from vestnik.sales import listing
from vestnik.sales.decimals import sortable, summed, summing
from vestnik.sales.named import Named, named
from vestnik.sales.references import Source, made_of, settled
from vestnik.sales.stages import StageKind, first_stage, kind_of
from vestnik.sales.tables import deal, deal_stage


@dataclass(frozen=True, slots=True)
class NewDeal:
    """A deal about to be stored. `source` is what it is made of; without a stage it begins in the first."""

    title: str
    client_id: int | None = None
    contact_id: int | None = None
    sum: Decimal | None = None
    responsible_id: int | None = None
    source: Source | None = None
    stage_id: int | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as lists and its card show it."""

    id: int
    number: int
    title: str
    stage: Named
    stage_kind: StageKind
    sum: Decimal | None
    client: Named | None
    contact: Named | None
    responsible: Named | None
    source: Source | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class StageSum:
    """How many deals are in a stage, and the exact sum of those that have one."""

    stage: Named
    kind: StageKind
    deals: int
    sum: Decimal | None


@dataclass(frozen=True, slots=True)
class DealFilter:
    """Which deals are wanted."""

    search: str = ""
    stage_id: int | None = None
    kind: StageKind | None = None
    responsible_id: int | None = None
    client_id: int | None = None
    contact_id: int | None = None


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "number": deal.c.number,
    "title": deal.c.title_folded,
    "sum": sortable(deal.c.sum),
    "updated": deal.c.updated_at,
}

_SELECT = (
    sa.select(
        deal,
        deal_stage.c.name.label("stage_name"),
        deal_stage.c.kind.label("stage_kind"),
        client.c.name.label("client_name"),
        contact.c.name.label("contact_name"),
        user.c.name.label("responsible_name"),
    )
    .join(deal_stage, deal_stage.c.id == deal.c.stage_id)
    .outerjoin(client, client.c.id == deal.c.client_id)
    .outerjoin(contact, contact.c.id == deal.c.contact_id)
    .outerjoin(user, user.c.id == deal.c.responsible_id)
)


_PARTIES = ("client_id", "contact_id", "responsible_id")


def store_deal(connection: sa.Connection, actor: Actor, new: NewDeal) -> int:
    """Store a deal in a unit of work, once per source; its key."""
    known = made_of(connection, deal, new.source)
    return _insert(connection, actor, new) if known is None else known


class Deals:
    """What can be done with deals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, actor: Actor, wanted: DealFilter, *, sort: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[Deal], int]:
        """Deals that match, the newest first unless `sort` says otherwise, and how many there are."""
        actor.require("sales.read")
        order = listing.ordered(_SORTS, sort, deal.c.number)
        async with self._database.read() as connection:
            rows, total = await listing.page(connection, _matching(wanted), order, offset, limit)
        return [_deal(row) for row in rows], total

    async def by_stage(self, actor: Actor, wanted: DealFilter) -> list[StageSum]:
        """Count and sum of the deals that match in each stage, whichever stage they are asked for.

        Stages stand in their order; an archived one only where deals are in it.
        """
        actor.require("sales.read")
        everywhere = _matching(replace(wanted, stage_id=None))
        sums = summing(deal.c.sum, self._database.on_sqlite)
        grouped = everywhere.with_only_columns(
            deal.c.stage_id, sa.func.count(), *sums, maintain_column_froms=True
        ).group_by(deal.c.stage_id)
        stages = sa.select(deal_stage).order_by(deal_stage.c.position, deal_stage.c.id)
        if wanted.kind is not None:
            stages = stages.where(deal_stage.c.kind == wanted.kind)
        async with self._database.read() as connection:
            found = {id: (count, summed(parts)) for id, count, *parts in await connection.execute(grouped)}
            return [
                StageSum(Named(row.id, row.name), row.kind, *found.get(row.id, (0, None)))
                for row in await connection.execute(stages)
                if row.archived_at is None or row.id in found
            ]

    async def export(self, actor: Actor, wanted: DealFilter) -> AsyncIterator[list[Deal]]:
        """The same deals for a file, the newest first; that it was made is noted first."""
        actor.require("sales.read")

        def note(connection: sa.Connection) -> None:
            record(connection, actor, "deals.exported", "deal", None)

        await self._database.write(note)
        return self._parts(wanted)

    async def _parts(self, wanted: DealFilter) -> AsyncIterator[list[Deal]]:
        async for rows in listing.parts(self._database, _matching(wanted), deal.c.number):
            yield [_deal(row) for row in rows]

    async def card(self, actor: Actor, id: int) -> Deal:
        """One deal."""
        actor.require("sales.read")
        async with self._database.read() as connection:
            row = (await connection.execute(_SELECT.where(deal.c.id == id))).one_or_none()
        if row is None:
            raise NotFound()
        return _deal(row)

    async def create(self, actor: Actor, new: NewDeal) -> int:
        """Store a deal that a person gives; its key."""
        actor.require("sales.write")
        return await self._database.write(_create, actor, new)

    async def change(self, actor: Actor, id: int, changes: Mapping[str, Any]) -> None:
        """Give a deal another title, sum, stage, client, contact or responsible; None empties what may be."""
        actor.require("sales.write")
        await self._database.write(_change, actor, id, changes)


def _create(connection: sa.Connection, actor: Actor, new: NewDeal) -> int:
    parties = {name: getattr(new, name) for name in _PARTIES}
    return _insert(connection, actor, replace(new, **settled(connection, parties)))


def _insert(connection: sa.Connection, actor: Actor, new: NewDeal) -> int:
    id, at, title = new_key(), now(), new.title.strip()
    stage_id = first_stage(connection) if new.stage_id is None else new.stage_id
    kind = kind_of(connection, stage_id)
    parties = {name: getattr(new, name) for name in _PARTIES}
    source_kind, source_id = new.source or (None, None)
    row = {
        "id": id,
        "number": next_number(connection, "deal"),
        "title": title,
        "title_folded": fold(title),
        "stage_id": stage_id,
        "sum": new.sum,
        "source_kind": source_kind,
        "source_id": source_id,
        "created_at": at,
        "updated_at": at,
        "closed_at": None if kind == "open" else at,
        **parties,
    }
    load(connection, deal, list(row), [list(row.values())])
    given = [name for name in ("sum", *parties) if getattr(new, name) is not None]
    record(connection, actor, "deal.created", "deal", id, ["title", *given])
    return id


def _change(connection: sa.Connection, actor: Actor, id: int, changes: Mapping[str, Any]) -> None:
    known = connection.execute(sa.select(deal).where(deal.c.id == id).with_for_update()).one_or_none()
    if known is None:
        raise NotFound()
    changed = {name: value for name, value in changes.items() if value != getattr(known, name)}
    changed = settled(connection, changed)
    if not changed:
        return
    at = now()
    values, action = changed | {"updated_at": at}, "deal.changed"
    if "title" in changed:
        values["title_folded"] = fold(changed["title"])
    if "stage_id" in changed:
        kind = kind_of(connection, changed["stage_id"])
        values["closed_at"] = None if kind == "open" else known.closed_at or at
        action = "deal.moved" if kind == "open" else f"deal.{kind}"
    connection.execute(sa.update(deal).where(deal.c.id == id).values(values))
    record(connection, actor, action, "deal", id, changed)


def _matching(wanted: DealFilter) -> sa.Select[Any]:
    where = [listing.matching(wanted.search, deal.c.number, deal.c.title_folded, deal.c.client_id)]
    for name in ("stage_id", "responsible_id", "client_id", "contact_id"):
        if (value := getattr(wanted, name)) is not None:
            where.append(deal.c[name] == value)
    if wanted.kind is not None:
        where.append(deal_stage.c.kind == wanted.kind)
    return _SELECT.where(*where)


def _deal(row: sa.Row[Any]) -> Deal:
    return Deal(
        id=row.id,
        number=row.number,
        title=row.title,
        stage=Named(row.stage_id, row.stage_name),
        stage_kind=row.stage_kind,
        sum=row.sum,
        client=named(row.client_id, row.client_name),
        contact=named(row.contact_id, row.contact_name),
        responsible=named(row.responsible_id, row.responsible_name),
        source=None if row.source_kind is None else (row.source_kind, row.source_id),
        created_at=row.created_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
    )

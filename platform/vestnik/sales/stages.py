"""The directory of a deal's stages: renamed, ordered, archived; its first entries come with its first use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import Database, Lock, fold, hold, new_key, now
from vestnik.http.errors import Conflict, Language, NotFound
from vestnik.people.access import Actor
from vestnik.people.tables import organisation
from vestnik.sales.errors import LastOpenStage, StageExists, UnknownStage
from vestnik.sales.tables import deal, deal_stage

StageKind = Literal["open", "won", "lost"]
KINDS: tuple[StageKind, ...] = get_args(StageKind)


#: In the organisation's language.
_FIRST: Mapping[Language, Sequence[tuple[str, StageKind]]] = {
    "ru": (
        ("Новая", "open"),
        ("Переговоры", "open"),
        ("Счёт выставлен", "open"),
        ("Оплачена", "won"),
        ("Отказ", "lost"),
    ),
    "en": (
        ("New", "open"),
        ("Negotiation", "open"),
        ("Invoiced", "open"),
        ("Paid", "won"),
        ("Declined", "lost"),
    ),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; `deals` are in it now."""

    id: int
    name: str
    kind: StageKind
    archived: bool
    deals: int


def ensure_stages(connection: sa.Connection) -> None:
    """Have the directory filled, once."""
    any_stage = sa.select(deal_stage.c.id).limit(1)
    if connection.scalar(any_stage) is not None:
        return
    if hold(connection, Lock.FIRST_STAGES, [0]) and connection.scalar(any_stage) is not None:
        return
    language = connection.scalar(sa.select(organisation.c.language))
    first = _FIRST["en" if language == "en" else "ru"]
    connection.execute(
        sa.insert(deal_stage),
        [
            {"id": new_key(), "name": name, "name_folded": fold(name), "kind": kind, "position": position}
            for position, (name, kind) in enumerate(first)
        ],
    )


def first_stage(connection: sa.Connection) -> int:
    """The stage that a new deal begins in."""
    ensure_stages(connection)
    live = (deal_stage.c.kind == "open") & deal_stage.c.archived_at.is_(None)
    in_order = sa.select(deal_stage.c.id).where(live).order_by(deal_stage.c.position, deal_stage.c.id)
    return int(connection.scalars(in_order.limit(1)).one())


def kind_of(connection: sa.Connection, stage_id: int) -> StageKind:
    """The kind of a stage that a deal may be put in; raises `UnknownStage`."""
    live = sa.select(deal_stage.c.kind).where(deal_stage.c.id == stage_id, deal_stage.c.archived_at.is_(None))
    kind: StageKind | None = connection.scalar(live)
    if kind is None:
        raise UnknownStage()
    return kind


class Stages:
    """What can be done with the directory."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, actor: Actor) -> list[Stage]:
        """Every stage in its order, archived ones too."""
        actor.require("sales.read")
        found = await self._all()
        if not found:
            await self._database.write(ensure_stages)
            found = await self._all()
        return found

    async def _all(self) -> list[Stage]:
        count = sa.select(sa.func.count()).where(deal.c.stage_id == deal_stage.c.id).scalar_subquery()
        in_order = sa.select(deal_stage, count.label("deals")).order_by(
            deal_stage.c.position, deal_stage.c.id
        )
        async with self._database.read() as connection:
            return [
                Stage(row.id, row.name, row.kind, row.archived_at is not None, row.deals)
                for row in await connection.execute(in_order)
            ]

    async def create(self, actor: Actor, name: str, kind: StageKind) -> int:
        """Add a stage behind the others; its key."""
        actor.require("sales.write")

        def create(connection: sa.Connection) -> int:
            ensure_stages(connection)
            _refuse_taken(connection, name, None)
            last = connection.scalar(sa.select(sa.func.max(deal_stage.c.position))) or 0
            id = new_key()
            connection.execute(
                sa.insert(deal_stage).values(
                    id=id, name=name, name_folded=fold(name), kind=kind, position=last + 1
                )
            )
            record(connection, actor, "deal_stage.created", "deal_stage", id, ["name", "kind"])
            return id

        return await self._database.write(create)

    async def change(
        self, actor: Actor, id: int, *, name: str | None = None, archived: bool | None = None
    ) -> None:
        """Rename a stage, archive it, or bring it back; deals in an archived stage stay there."""
        actor.require("sales.write")

        def change(connection: sa.Connection) -> None:
            known = connection.execute(
                sa.select(deal_stage).where(deal_stage.c.id == id).with_for_update()
            ).one_or_none()
            if known is None:
                raise NotFound()
            values: dict[str, Any] = {}
            if name is not None and name != known.name:
                _refuse_taken(connection, name, id)
                values |= {"name": name, "name_folded": fold(name)}
            if archived is not None and archived != (known.archived_at is not None):
                values["archived_at"] = now() if archived else None
            if not values:
                return
            connection.execute(sa.update(deal_stage).where(deal_stage.c.id == id).values(values))
            _refuse_without_open(connection)
            record(connection, actor, "deal_stage.changed", "deal_stage", id, values.keys() - {"name_folded"})

        await self._database.write(change)

    async def arrange(self, actor: Actor, ids: Sequence[int]) -> None:
        """Put the stages into this order; `Conflict` unless it names each of them once."""
        actor.require("sales.write")

        def arrange(connection: sa.Connection) -> None:
            known = connection.scalars(sa.select(deal_stage.c.id).with_for_update()).all()
            if sorted(known) != sorted(ids):
                raise Conflict()
            for position, id in enumerate(ids):
                connection.execute(
                    sa.update(deal_stage).where(deal_stage.c.id == id).values(position=position)
                )
            record(connection, actor, "deal_stage.ordered", "deal_stage", None)

        await self._database.write(arrange)


def _refuse_taken(connection: sa.Connection, name: str, own_id: int | None) -> None:
    same = sa.select(deal_stage.c.id, deal_stage.c.name).where(deal_stage.c.name_folded == fold(name))
    row = connection.execute(same).one_or_none()
    if row is not None and row.id != own_id:
        raise StageExists(name=row.name)


def _refuse_without_open(connection: sa.Connection) -> None:
    live = (deal_stage.c.kind == "open") & deal_stage.c.archived_at.is_(None)
    if connection.scalar(sa.select(deal_stage.c.id).where(live).limit(1)) is None:
        raise LastOpenStage()

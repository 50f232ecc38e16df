"""Campaigns as they are shown: lists, cards, progress, deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.campaigns.ledger import Row
from vestnik.campaigns.plan import AT_SERVICE
from vestnik.campaigns.ports import CANCEL, FIND, TEST, SendingAccount, Surroundings, TemplateFacts
from vestnik.campaigns.states import TRACKED, State
from vestnik.campaigns.statuses import COUNTERS, bounds_of, status_of
from vestnik.campaigns.tables import campaign, chunk, delivery, exclusion, history, stats
from vestnik.db import Database, fold, ordered_by
from vestnik.http.errors import NotFound

_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "name": campaign.c.name_folded,
    "created": campaign.c.created_at,
    "launched": campaign.c.launched_at,
}
_BY_DEFAULT = (campaign.c.created_at.desc(), campaign.c.id.desc())


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign in a list."""

    row: Row
    figures: Mapping[str, int]
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a launch is: chunks of each step, done and in all."""

    exported: int
    to_export: int
    prepared: int
    to_prepare: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What moves while a campaign goes on."""

    row: Row
    figures: Mapping[str, int]
    steps: Steps


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign whole."""

    row: Row
    progress: Progress
    account: SendingAccount | None
    template: TemplateFacts | None
    segment_name: str | None
    category_name: str | None
    exclusions: Mapping[str, int]
    service_figures: Mapping[str, int] | None
    service_figures_at: datetime | None
    history: Sequence[Row]
    actions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One recipient and what became of the letter."""

    address_id: int
    contact_id: int
    address: str
    status: str
    at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    reason: str | None


class Register:
    """Reads campaigns."""

    def __init__(self, database: Database, surroundings: Surroundings) -> None:
        self._database, self._surroundings = database, surroundings

    async def page(
        self, *, search: str, states: Sequence[State], sort: str, offset: int, limit: int
    ) -> tuple[list[Line], int]:
        """A page of campaigns, the newest first unless `sort` says otherwise, and how many there are."""
        where = []
        if search:
            where.append(campaign.c.name_folded.contains(fold(search), autoescape=True))
        if states:
            where.append(campaign.c.state.in_(states))
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(campaign).where(*where))
            query = sa.select(campaign).where(*where).order_by(*_order(sort)).offset(offset).limit(limit)
            rows = (await connection.execute(query)).all()
        return [Line(row, figures_of(row)) for row in rows], total or 0

    async def counts(self) -> dict[str, float]:
        """How many campaigns are in each state."""
        query = sa.select(campaign.c.state, sa.func.count()).group_by(campaign.c.state)
        async with self._database.read() as connection:
            found: dict[str, int] = {row[0]: row[1] for row in await connection.execute(query)}
        return {state.value: float(found.get(state, 0)) for state in State}

    async def card(self, row: Row, account: SendingAccount | None) -> Campaign:
        """Everything about one campaign."""
        async with self._database.read() as connection:
            progress = await _progress(connection, row.id)
            left_out = await connection.execute(
                sa.select(exclusion.c.reason, exclusion.c.count).where(exclusion.c.campaign_id == row.id)
            )
            exclusions = {why: number for why, number in left_out}
            told = (
                await connection.execute(sa.select(stats).where(stats.c.campaign_id == row.id))
            ).one_or_none()
            past = (
                await connection.execute(
                    sa.select(history).where(history.c.campaign_id == row.id).order_by(history.c.id)
                )
            ).all()
        around = self._surroundings
        return Campaign(
            row=progress.row,
            progress=progress,
            account=account,
            template=None if row.template_id is None else await around.template(row.template_id),
            segment_name=None if row.segment_id is None else await around.segment_name(row.segment_id),
            category_name=None if row.category_id is None else await around.category_name(row.category_id),
            exclusions=exclusions,
            service_figures=None if told is None else told.figures,
            service_figures_at=None if told is None else told.fetched_at,
            history=past,
            actions=actions(progress.row, account),
        )

    async def progress(self, campaign_id: int) -> Progress:
        """What moves; `NotFound` when there is no such campaign."""
        async with self._database.read() as connection:
            return await _progress(connection, campaign_id)

    async def deliveries(
        self, campaign_id: int, *, status: str | None, after: int, limit: int
    ) -> list[Delivered]:
        """Recipients by their addresses' keys, those after `after`."""
        where = [delivery.c.campaign_id == campaign_id, delivery.c.address_id > after]
        if status is not None:
            has, lacks = bounds_of(status)
            if has:
                where.append(delivery.c.flags.bitwise_and(has) != 0)
            where.append(delivery.c.flags.bitwise_and(lacks) == 0)
        query = sa.select(delivery).where(*where).order_by(delivery.c.address_id).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        addresses = await self._surroundings.addresses([row.address_id for row in rows])
        return [
            Delivered(
                address_id=row.address_id,
                contact_id=row.contact_id,
                address=addresses.get(row.address_id, ""),
                status=status_of(row.flags),
                at=row.at,
                opened_at=row.opened_at,
                clicked_at=row.clicked_at,
                reason=row.reason,
            )
            for row in rows
        ]


async def names(connection: AsyncConnection, ids: Collection[int]) -> dict[int, str]:
    """The campaigns' names by their keys."""
    rows = await connection.execute(sa.select(campaign.c.id, campaign.c.name).where(campaign.c.id.in_(ids)))
    return {id: name for id, name in rows}


def actions(row: Row, account: SendingAccount | None) -> list[str]:
    """What a person may do with a campaign now, in the order of buttons."""
    state, functions = State(row.state), frozenset[str]() if account is None else account.functions
    at_service = row.external_id is not None
    if state in TRACKED or (state == State.PAUSED and at_service):
        return ["check-at-service", *(["cancel-at-service"] if CANCEL in functions else [])]
    if state == State.PREPARING and row.creating_at is not None:
        return []
    by_state: Mapping[State, list[str]] = {
        State.DRAFT: ["edit", "preflight", "send", *(["test"] if TEST in functions else []), "delete"],
        State.SCHEDULED: ["undo", "pause", "cancel"],
        State.PREPARING: ["pause", "cancel"],
        State.PAUSED: ["resume", "cancel"],
        State.FAILED: [] if at_service else ["retry", "cancel"],
        State.DECLINED: ["retry", "cancel"],
        State.UNCLEAR: [*(["check-at-service"] if FIND in functions else []), "send-again", "cancel"],
    }
    return by_state.get(state, [])


async def _progress(connection: AsyncConnection, campaign_id: int) -> Progress:
    row = (await connection.execute(sa.select(campaign).where(campaign.c.id == campaign_id))).one_or_none()
    if row is None:
        raise NotFound()
    counted = await connection.execute(
        sa.select(chunk.c.step, chunk.c.state, sa.func.count().label("number"))
        .where(chunk.c.campaign_id == campaign_id)
        .group_by(chunk.c.step, chunk.c.state)
    )
    done, in_all = Counter[str](), Counter[str]()
    for found in counted:
        in_all[found.step] += found.number
        done[found.step] += found.number if found.state in AT_SERVICE else 0
    steps = Steps(done["export"], in_all["export"], done["prepare"], in_all["prepare"])
    return Progress(row, figures_of(row), steps)


def figures_of(row: Row) -> dict[str, int]:
    """The campaign's counters by name."""
    return {name: getattr(row, name) for name in ("recipients", *COUNTERS)}


def _order(sort: str) -> Sequence[sa.ColumnElement[Any]]:
    column = _SORTS.get(sort.removeprefix("-"))
    if column is None:
        return _BY_DEFAULT
    return (ordered_by(column, down=sort.startswith("-")), campaign.c.id)

"""Syncs and runs as they are read: with the names of what they refer to, and what can be done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts.tables import category
from vestnik.db import Database
from vestnik.http.errors import NotFound
from vestnik.lists.states import ENDED, RunState
from vestnik.lists.tables import sync, sync_reject, sync_run
from vestnik.modules.tables import account, module
from vestnik.people.tables import user
from vestnik.segments.tables import segment

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run with the names of those who began and confirmed it."""

    row: Row
    started_by: str | None
    confirmed_by: str | None

    @property
    def to_do(self) -> int:
        """Rows that the plan changes at the service."""
        counts = self.row.counts
        return int((counts.get("add") or 0) + (counts.get("remove") or 0))

    @property
    def done(self) -> int:
        """Rows of them that the service answered for, or that left meanwhile."""
        counts = self.row.counts
        return sum(int(counts.get(name) or 0) for name in ("added", "removed", "rejected", "late"))

    @property
    def can(self) -> Sequence[str]:
        """What can be done with the run now."""
        state = RunState(self.row.state)
        if state in ENDED:
            return ["retry"] if self.row.rejects_kept else []
        return ["confirm", "stop"] if state == RunState.WAITING else ["stop"]


@dataclass(frozen=True, slots=True)
class Card:
    """A sync with what it refers to, and its newest run."""

    row: Row
    account_title: str
    module_title: Mapping[str, str]
    segment_name: str | None
    category_title: str | None
    run: RunFacts | None
    #: Whether who reads it may use its account; who may not changes nothing.
    usable: bool = True
    #: Whether a failure is told by letter: outgoing mail is set up.
    alerts_by_mail: bool = True

    @property
    def can(self) -> Sequence[str]:
        """What can be done with the sync now."""
        if not self.usable:
            return []
        live = self.run is not None and self.run.row.finished_at is None
        found = ["change", "delete", "off" if self.row.state == "on" else "on"]
        if live and self.run is not None:
            return [*found, *self.run.can]
        return [*found, "run"]


class Register:
    """Reads syncs and their runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        *,
        search: str = "",
        segment_id: int | None = None,
        account_id: int | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[Card], int]:
        """Live syncs, the newest first, and how many there are."""
        where: list[sa.ColumnElement[bool]] = [sync.c.archived_at.is_(None)]
        if segment_id is not None:
            where.append(sync.c.segment_id == segment_id)
        if account_id is not None:
            where.append(sync.c.account_id == account_id)
        if search.strip():
            where.append(sync.c.list_title.icontains(search.strip(), autoescape=True))
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(sync).where(*where))
            rows = await connection.execute(
                _CARDS.where(*where).order_by(sync.c.id.desc()).offset(offset).limit(limit)
            )
            return [await _card(connection, row) for row in rows.all()], total or 0

    async def card(self, sync_id: int) -> Card:
        """One live sync; `NotFound` when there is none."""
        async with self._database.read() as connection:
            wanted = _CARDS.where(sync.c.id == sync_id, sync.c.archived_at.is_(None))
            row = (await connection.execute(wanted)).one_or_none()
            if row is None:
                raise NotFound()
            return await _card(connection, row)

    async def runs(self, sync_id: int, *, offset: int = 0, limit: int = 50) -> tuple[list[RunFacts], int]:
        """The runs of a sync, the newest first, and how many there are."""
        mine = sync_run.c.sync_id == sync_id
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(sync_run).where(mine))
            rows = await connection.execute(
                _RUNS.where(mine).order_by(sync_run.c.number.desc()).offset(offset).limit(limit)
            )
            return [_facts(row) for row in rows], total or 0

    async def run(self, run_id: int) -> RunFacts:
        """One run; `NotFound` when there is none."""
        async with self._database.read() as connection:
            row = (await connection.execute(_RUNS.where(sync_run.c.id == run_id))).one_or_none()
        if row is None:
            raise NotFound()
        return _facts(row)

    async def counts(self) -> dict[str, int]:
        """How many runs are in each state, of those that have not ended."""
        query = (
            sa.select(sync_run.c.state, sa.func.count())
            .where(sync_run.c.finished_at.is_(None))
            .group_by(sync_run.c.state)
        )
        async with self._database.read() as connection:
            found = {row[0]: int(row[1]) for row in await connection.execute(query)}
        return {state.value: found.get(state, 0) for state in RunState if state not in ENDED}


_STARTER, _CONFIRMER = user.alias("starter"), user.alias("confirmer")
_RUNS = (
    sa.select(
        sync_run,
        _STARTER.c.name.label("starter_name"),
        _CONFIRMER.c.name.label("confirmer_name"),
        sa.exists().where(sync_reject.c.run_id == sync_run.c.id).label("rejects_kept"),
    )
    .outerjoin(_STARTER, _STARTER.c.id == sync_run.c.started_by)
    .outerjoin(_CONFIRMER, _CONFIRMER.c.id == sync_run.c.confirmed_by)
)
_CARDS = (
    sa.select(
        sync,
        account.c.title.label("account_title"),
        module.c.title.label("module_title"),
        segment.c.name.label("segment_name"),
        category.c.title.label("category_title"),
    )
    .join(account, account.c.id == sync.c.account_id)
    .join(module, module.c.id == account.c.module_id)
    .outerjoin(segment, segment.c.id == sync.c.segment_id)
    .outerjoin(category, category.c.id == sync.c.category_id)
)


async def _card(connection: AsyncConnection, row: Row) -> Card:
    newest = _RUNS.where(sync_run.c.sync_id == row.id, sync_run.c.number == row.run)
    found = (await connection.execute(newest)).one_or_none()
    return Card(
        row,
        row.account_title,
        row.module_title,
        row.segment_name,
        row.category_title,
        None if found is None else _facts(found),
    )


def _facts(row: Row) -> RunFacts:
    return RunFacts(row, row.starter_name, row.confirmer_name)

"""What can be done with syncs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vestnik.alerts import Alerts
from vestnik.audit import record
from vestnik.campaigns.errors import UnknownReference
from vestnik.campaigns.ports import ModuleCaller
from vestnik.contacts.tables import category
from vestnik.db import Database, fold, now
from vestnik.engine import Engine
from vestnik.http.errors import NotFound
from vestnik.http.events import Events
from vestnik.lists import runs
from vestnik.lists.alerting import KIND, Reporter
from vestnik.lists.errors import (
    CannotSync,
    ListExists,
    NoRunUnderWay,
    NothingToConfirm,
    NothingToRetry,
    PlanGrew,
    RunUnderWay,
    SyncExists,
)
from vestnik.lists.members import Sources
from vestnik.lists.reading import Card, Register, RunFacts
from vestnik.lists.reasons import reason
from vestnik.lists.rejects import FORGOTTEN_EVERY_S, Rejects
from vestnik.lists.runs import Row
from vestnik.lists.schedules import Schedules
from vestnik.lists.scratch import Held
from vestnik.lists.semantics import HeldVerdict, Mode
from vestnik.lists.states import RunState, Source, Trigger
from vestnik.lists.steps import PLAN_KEEPS
from vestnik.lists.tables import sync, sync_reject, sync_run
from vestnik.lists.targets import Offers, missing
from vestnik.lists.workflows import Driver
from vestnik.modules import Modules
from vestnik.people.access import Actor
from vestnik.segments.tables import segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A new sync; without `list_external_id` its list is created at the first run."""

    account_id: int
    source: Source
    segment_id: int | None
    list_external_id: str | None
    list_title: str
    mode: Mode
    category_id: int | None
    every_minutes: int | None
    guard_percent: int
    over_limit: str
    first_by: str


def topic(run_id: int) -> str:
    """The topic of a run's live updates."""
    return f"sync-run:{run_id}"


class Syncs:
    """The room's service: syncs, their runs, and what became of them."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        modules: Modules,
        calls: ModuleCaller,
        sources: Sources,
        events: Events,
        alerts: Alerts,
        folder: Path,
    ) -> None:
        self._database, self._modules, self._events, self._alerts = database, modules, events, alerts
        self.register, self.rejects = Register(database), Rejects(database)
        engine.every(FORGOTTEN_EVERY_S, "lists.rejects", self.rejects.forget_old)
        self.offers = Offers(database, modules)
        self.driver = Driver(database, engine, modules, calls, sources, Reporter(alerts), folder, self.tell)
        self.schedules = Schedules(database, engine, self.driver, self.tell)

    def tell(self, _sync_id: int, run_id: int) -> None:
        """Publish that a run has moved."""
        self._events.publish(topic(run_id), None)

    # Reading

    async def page(self, actor: Actor, **wanted: Any) -> tuple[list[Card], int]:
        """Syncs, the newest first, and how many there are: see `Register.page`."""
        actor.require("syncs.read")
        cards, total = await self.register.page(**wanted)
        return await self._for(actor, cards), total

    async def card(self, actor: Actor, sync_id: int) -> Card:
        """One sync with its newest run."""
        actor.require("syncs.read")
        return (await self._for(actor, [await self.register.card(sync_id)]))[0]

    async def runs(
        self, actor: Actor, sync_id: int, *, offset: int, limit: int
    ) -> tuple[list[RunFacts], int]:
        """The runs of a sync, the newest first, and how many there are."""
        actor.require("syncs.read")
        await self.register.card(sync_id)  # `NotFound` where there is none
        return await self.register.runs(sync_id, offset=offset, limit=limit)

    async def held(
        self, actor: Actor, run_id: int, *, verdict: HeldVerdict | None, after: int, limit: int
    ) -> list[Held] | None:
        """Who is not transferred by a run that has not ended; None once nobody can tell any more."""
        actor.require_all(("syncs.read", "contacts.read"))
        facts = await self.register.run(run_id)
        return await self.driver.held(facts.row, verdict=verdict, after=after, limit=limit)

    # Changing

    async def create(self, actor: Actor, draft: Draft) -> int:
        """Store a sync as a draft and begin its plan; its key."""
        actor.require("syncs.write")
        await self._check(actor, draft)

        def store(connection: sa.Connection) -> tuple[int, int]:
            self._refuse_taken(connection, draft)
            _refuse_unknown(connection, draft)
            at = now()
            id: int = connection.execute(
                sa.insert(sync)
                .values(
                    account_id=draft.account_id,
                    source=draft.source,
                    segment_id=draft.segment_id,
                    list_external_id=draft.list_external_id,
                    list_title=draft.list_title.strip(),
                    mode=draft.mode,
                    category_id=draft.category_id,
                    every_minutes=draft.every_minutes,
                    guard_percent=draft.guard_percent,
                    over_limit=draft.over_limit,
                    first_by=draft.first_by,
                    state="draft",
                    run=0,
                    created_by=actor.user_id,
                    created_at=at,
                    updated_at=at,
                )
                .returning(sync.c.id)
            ).scalar_one()
            row = runs.get_sync(connection, id)
            run_id = runs.begin(connection, row, "plan", started_by=actor.user_id)
            record(connection, actor, "sync.created", "sync", id)
            return id, run_id

        id, run_id = await self._database.write(store)
        await self.driver.begin(run_id)
        return id

    async def change(self, actor: Actor, sync_id: int, values: Mapping[str, Any]) -> None:
        """Change parts of a sync; a plan that waits is of no use then, and a draft is planned anew."""
        actor.require("syncs.write")
        given = dict(values)
        state = given.pop("state", None)
        card = await self._usable(actor, sync_id)
        if "mode" in given:
            await self._require_functions(card.row.account_id, given["mode"], creates=False)

        def change(connection: sa.Connection) -> int | None:
            row = runs.get_sync(connection, sync_id)
            live = runs.live_run(connection, sync_id)
            begun = None
            if given.get("mode") == "subtract" and row.list_external_id is None:
                raise UnknownReference(field="listExternalId")
            if given.get("category_id") is not None:
                _require_category(connection, given["category_id"])
            # A draft that is saved without its plan runs by its schedule: no plan may stand in the way.
            if given or (state is not None and row.state == "draft"):
                self._give_up_plan(connection, live, reason("changed" if given else "only_shown"))
            if given:
                connection.execute(
                    sa.update(sync).where(sync.c.id == sync_id).values(**given, updated_at=now())
                )
                row = runs.get_sync(connection, sync_id)
                if row.state == "draft" and state is None:
                    begun = runs.begin(connection, row, "plan", started_by=actor.user_id, tell=self.tell)
            if state is not None or "every_minutes" in given:
                self._set_state(connection, row, state or row.state)
            record(connection, actor, "sync.changed", "sync", sync_id, values.keys())
            return begun

        begun = await self._database.write(change)
        if begun is not None:
            await self.driver.begin(begun)

    async def delete(self, actor: Actor, sync_id: int) -> None:
        """Take a sync away; the list at the service stays as it is."""
        actor.require("syncs.write")
        await self._usable(actor, sync_id)

        def delete(connection: sa.Connection) -> None:
            runs.get_sync(connection, sync_id)
            live = runs.live_run(connection, sync_id)
            if live is not None:
                runs.end(connection, live, RunState.STOPPED, reason("stopped", name=actor.name), self.tell)
            gone = {"archived_at": now(), "next_at": None, "state": "off"}
            connection.execute(sa.update(sync).where(sync.c.id == sync_id).values(gone))
            self._alerts.forget(connection, KIND.name, sync_id)
            record(connection, actor, "sync.deleted", "sync", sync_id)

        await self._database.write(delete)

    # Runs

    async def run(self, actor: Actor, sync_id: int) -> int:
        """Run a sync now; the run's key. Raises `RunUnderWay` while another has not ended."""
        actor.require("syncs.write")
        await self._usable(actor, sync_id)

        def begin(connection: sa.Connection) -> int:
            row = runs.get_sync(connection, sync_id)
            trigger: Trigger = "plan" if row.state == "draft" else "hand"
            return self._begin(connection, actor, row, trigger)

        run_id = await self._database.write(begin)
        await self.driver.begin(run_id)
        return run_id

    async def confirm(self, actor: Actor, sync_id: int, removals: int) -> None:
        """Have a waiting plan carried out; it holds for at most as many removals as the person saw.

        A draft is kept from then on. Raises `PlanGrew` where the plan removes more.
        """
        actor.require("syncs.write")
        await self._usable(actor, sync_id)

        def confirm(connection: sa.Connection) -> int:
            row = runs.get_sync(connection, sync_id)
            live = runs.live_run(connection, sync_id)
            if live is None or live.state != RunState.WAITING:
                raise NothingToConfirm()
            planned = live.counts.get("remove") or 0
            if planned > removals:
                raise PlanGrew(removals=planned)
            if row.state == "draft":
                self._set_state(connection, row, "on", runs_now=True)
            # What was planned long ago is planned anew; the confirmation holds for that, too.
            fresh = live.cursor is not None and abs(now() - live.planned_at) < PLAN_KEEPS
            state, stage = (RunState.APPLYING, "applying") if fresh else (RunState.PLANNING, "listing")
            runs.change(
                connection,
                live,
                self.tell,
                state=state,
                stage=stage,
                cursor=live.cursor if fresh else None,
                reason=None,
                generation=live.generation + 1,
                driver=None,
                confirmed_by=actor.user_id,
                confirmed_at=now(),
                confirmed_removals=removals,
            )
            record(connection, actor, "sync.confirmed", "sync", sync_id)
            return int(live.id)

        await self.driver.begin(await self._database.write(confirm))

    async def stop(self, actor: Actor, sync_id: int) -> None:
        """Stop the run under way; what it has done at the service stays."""
        actor.require("syncs.write")
        await self._usable(actor, sync_id)

        def stop(connection: sa.Connection) -> None:
            runs.get_sync(connection, sync_id)
            live = runs.live_run(connection, sync_id)
            if live is None:
                raise NoRunUnderWay()
            runs.end(connection, live, RunState.STOPPED, reason("stopped", name=actor.name), self.tell)
            record(connection, actor, "sync.stopped", "sync", sync_id)

        await self._database.write(stop)

    async def retry(self, actor: Actor, run_id: int) -> int:
        """Try just the refused rows of a run again; the new run's key."""
        actor.require("syncs.write")
        await self._usable(actor, (await self.register.run(run_id)).row.sync_id)

        def retry(connection: sa.Connection) -> int:
            of = runs.find_run(connection, run_id)
            row = None if of is None else runs.find_sync(connection, of.sync_id)
            if of is None or row is None or row.archived_at is not None:
                raise NothingToRetry()
            if not connection.scalar(sa.select(sa.exists().where(sync_reject.c.run_id == run_id))):
                raise NothingToRetry()
            return self._begin(connection, actor, row, "retry", retry_of=run_id)

        begun = await self._database.write(retry)
        await self.driver.begin(begun)
        return begun

    async def recompute(self, actor: Actor, sync_id: int) -> int:
        """Run a sync now, or directly after the run that is under way; 1, or 0 for one that rests."""
        actor.require("syncs.write")
        await self._usable(actor, sync_id)
        return await self.schedules.recompute(actor, sync.c.id == sync_id)

    async def recompute_segment(self, actor: Actor, segment_id: int) -> int:
        """Run every sync of a segment now, or directly after its run under way; how many.

        Those of accounts that the actor may not use are left alone.
        """
        actor.require("syncs.write")
        usable = [each.id for each in await self._modules.accounts.usable(actor)]
        which = (sync.c.segment_id == segment_id) & sync.c.account_id.in_(usable)
        return await self.schedules.recompute(actor, which)

    async def _usable(self, actor: Actor, sync_id: int) -> Card:
        """A sync that the actor may change; `NotFound` where they may not use its account."""
        card = await self.card(actor, sync_id)
        if not card.usable:
            raise NotFound()
        return card

    async def _for(self, actor: Actor, cards: Sequence[Card]) -> list[Card]:
        """Syncs with what depends on who reads. An account that is gone hinders nobody to tidy up."""
        usable = {each.id for each in await self._modules.accounts.usable(actor)}
        others = {each.row.account_id for each in cards} - usable
        usable |= {each for each in others if await self._modules.account(each) is None}
        by_mail = await self._alerts.letters_go()
        return [replace(each, usable=each.row.account_id in usable, alerts_by_mail=by_mail) for each in cards]

    def _begin(
        self,
        connection: sa.Connection,
        actor: Actor,
        row: Row,
        trigger: Trigger,
        *,
        retry_of: int | None = None,
    ) -> int:
        live = runs.live_run(connection, row.id)
        if live is not None:
            raise RunUnderWay(number=live.number, id=str(live.id))
        record(connection, actor, "sync.run", "sync", row.id)
        return runs.begin(
            connection, row, trigger, started_by=actor.user_id, retry_of=retry_of, tell=self.tell
        )

    def _give_up_plan(self, connection: sa.Connection, live: Row | None, why: Mapping[str, Any]) -> None:
        """A plan that nothing was done for yet goes; one that is being carried out must be stopped first."""
        if live is None:
            return
        if live.state not in (RunState.WAITING, RunState.PLANNING):
            raise RunUnderWay(number=live.number, id=str(live.id))
        runs.end(connection, live, RunState.STOPPED, why, self.tell)

    @staticmethod
    def _set_state(connection: sa.Connection, row: Row, state: str, *, runs_now: bool = False) -> None:
        """Keep a sync, or let it rest; what is due is counted from now."""
        due = None
        if state == "on":
            awaits_first = row.state == "draft" and not runs_now
            due = (runs.first_due if awaits_first else runs.next_due)(row.every_minutes, now())
        connection.execute(
            sa.update(sync).where(sync.c.id == row.id).values(state=state, next_at=due, updated_at=now())
        )

    async def _check(self, actor: Actor, draft: Draft) -> None:
        """Look at what the draft names outside our tables: the module, and the lists of the service."""
        creates = draft.list_external_id is None
        if creates and draft.mode == "subtract":  # nobody is taken out of a list that is not there
            raise UnknownReference(field="listExternalId")
        await self._modules.accounts.require_use(actor, draft.account_id)
        await self._require_functions(draft.account_id, draft.mode, creates=creates)
        if not creates:
            return
        same = (await self.offers.targets(actor, draft.account_id, draft.list_title)).same
        if same is not None:
            raise ListExists(list=same.title, externalId=same.external_id)

    async def _require_functions(self, account_id: int, mode: Mode, *, creates: bool) -> None:
        facts = await self._modules.account(account_id)
        if facts is None or not facts.enabled:
            raise UnknownReference(field="accountId")
        lacking = missing(facts, mode, creates=creates)
        if lacking:
            raise CannotSync(account=facts.title, functions=", ".join(lacking))

    @staticmethod
    def _refuse_taken(connection: sa.Connection, draft: Draft) -> None:
        """One sync for a list; a list that is still to be made is known by its name."""
        others = connection.execute(
            sa.select(sync.c.id, sync.c.list_title).where(
                sync.c.account_id == draft.account_id,
                sync.c.list_external_id.is_not_distinct_from(draft.list_external_id),
                sync.c.archived_at.is_(None),
            )
        )
        name = fold(draft.list_title.strip())
        for taken in others:
            if draft.list_external_id is not None or fold(taken.list_title.strip()) == name:
                raise SyncExists(list=taken.list_title, id=str(taken.id))


def under_way(connection: sa.Connection, account_id: int) -> list[str]:
    """Titles of the lists that are synced by the account: it can't be deleted while they are."""
    running = sa.select(sync_run.c.sync_id).where(sync_run.c.finished_at.is_(None))
    wanted = sa.select(sync.c.list_title).where(
        sync.c.account_id == account_id,
        sync.c.archived_at.is_(None),
        (sync.c.state == "on") | sync.c.id.in_(running),
    )
    return list(connection.scalars(wanted.order_by(sync.c.id)).all())


def lists_of_segment(connection: sa.Connection, segment_id: int) -> list[str]:
    """Titles of the lists that a segment is synced to."""
    wanted = sa.select(sync.c.list_title).where(sync.c.segment_id == segment_id, sync.c.archived_at.is_(None))
    return list(connection.scalars(wanted.order_by(sync.c.id)).all())


def _refuse_unknown(connection: sa.Connection, draft: Draft) -> None:
    if (draft.source == "segment") != (draft.segment_id is not None):
        raise UnknownReference(field="segmentId")
    if draft.segment_id is not None:
        live = sa.select(segment.c.id).where(
            segment.c.id == draft.segment_id, segment.c.archived_at.is_(None)
        )
        if connection.scalar(live) is None:
            raise UnknownReference(field="segmentId")
    if draft.category_id is not None:
        _require_category(connection, draft.category_id)


def _require_category(connection: sa.Connection, category_id: int) -> None:
    if connection.scalar(sa.select(category.c.id).where(category.c.id == category_id)) is None:
        raise UnknownReference(field="categoryId")

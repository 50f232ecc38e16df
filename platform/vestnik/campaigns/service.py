"""What can be done with campaigns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.campaigns import effects, ledger
from vestnik.campaigns.effects import OnExternalId
from vestnik.campaigns.errors import (
    CampaignNotAtService,
    CampaignNotEditable,
    CampaignStateForbids,
    CannotCancelAtService,
    CannotCheckAtService,
    ScheduleInThePast,
    ServiceDidNotAnswer,
    TooLateToPause,
    UnknownReference,
)
from vestnik.campaigns.issues import Issues
from vestnik.campaigns.launch import Launch
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.offers import Offers
from vestnik.campaigns.people import People
from vestnik.campaigns.plan import Plan, new_run
from vestnik.campaigns.ports import CANCEL, CallFailed, ModuleCaller, Surroundings
from vestnik.campaigns.preflight import Inspector, Preflight
from vestnik.campaigns.reading import Campaign, Line, Register
from vestnik.campaigns.states import EDITABLE, TITLES, TRACKED, State
from vestnik.campaigns.statuses import COUNTERS
from vestnik.campaigns.tables import campaign, history, repeat
from vestnik.campaigns.testing import Tests, not_ready
from vestnik.campaigns.track import Tracker
from vestnik.campaigns.workflows import Driver, call
from vestnik.db import Database, fold, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import InvalidRequest, NotFound, Text
from vestnik.http.events import Events
from vestnik.people.access import Actor

#: What a person sends now may be taken back for this long, unless a setting says otherwise.
HOLD_S = 10.0
#: No campaign is scheduled further ahead.
FARTHEST = timedelta(days=5 * 365)
_TOO_FAR: Text = {
    "ru": "так далеко рассылки не назначают: выберите время не дальше пяти лет вперёд",
    "en": "campaigns are not scheduled so far ahead: choose a time within five years",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign as a person or a machine gives it; absent (None) parts of a change stay as they are."""

    name: str | None = None
    type: str | None = None
    subject: str | None = None
    preview_text: str | None = None
    sender_name: str | None = None
    sender_email: str | None = None
    reply_to: str | None = None
    text: str | None = None
    account_id: int | None = None
    template_id: int | None = None
    segment_id: int | None = None
    category_id: int | None = None
    #: Names of references that are taken away again.
    cleared: frozenset[str] = frozenset()

    @property
    def values(self) -> dict[str, Any]:
        """The columns that are given."""
        given = {
            part.name: getattr(self, part.name)
            for part in fields(self)
            if part.name != "cleared" and getattr(self, part.name) is not None
        }
        return given | dict.fromkeys(self.cleared)


_TEXTS = ("subject", "preview_text", "sender_name", "sender_email", "reply_to", "text")
#: What a copy takes over.
CONTENT = ("type", *_TEXTS, "account_id", "template_id", "segment_id", "category_id")


class Campaigns:
    """The room's service: drafts, launches, and what became of them."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        modules: ModuleCaller,
        surroundings: Surroundings,
        events: Events,
        hold_s: float = HOLD_S,
    ) -> None:
        self._database, self._modules, self._surroundings = database, modules, surroundings
        self._events, self.hold_s = events, hold_s
        self._on_external_id: list[OnExternalId] = []
        self._refreshing: dict[int, asyncio.Task[None]] = {}
        plan = Plan(surroundings, self.tell)
        launch = Launch(self.tell, self._on_external_id)
        self.driver = Driver(database, engine, modules, surroundings, plan, launch)
        self.tracker = Tracker(database, engine, modules, self.driver, self.tell)
        self.register = Register(database, surroundings)
        self.inspector = Inspector(database, modules, surroundings)
        self.offers, self.issues = Offers(modules), Issues(database)
        self.tests = Tests(database, modules, surroundings, self.row)
        self.people = People(database, surroundings, self.row)

    def on_external_id(self, heard: OnExternalId) -> None:
        """Have `heard` called in the transaction that commits a campaign's id at the service."""
        self._on_external_id.append(heard)

    async def stop(self) -> None:
        """End what was begun beside a request."""
        tasks = list(self._refreshing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Reading

    async def page(
        self, actor: Actor, *, search: str, states: Sequence[State], sort: str, offset: int, limit: int
    ) -> tuple[list[Line], int]:
        """Campaigns and drafts."""
        actor.require("campaigns.read")
        return await self.register.page(search=search, states=states, sort=sort, offset=offset, limit=limit)

    async def card(self, actor: Actor, campaign_id: int) -> Campaign:
        """One campaign whole, with what can be done with it now."""
        actor.require("campaigns.read")
        row = await self.row(campaign_id)
        account = None
        if row.account_id is not None:
            account = await self._modules.sending_account(row.account_id, row.version_id)
        return await self.register.card(row, account)

    async def statistics(self, actor: Actor, campaign_id: int) -> Campaign:
        """The card, with the service's own figures asked for anew, beside the request, when they are old."""
        found = await self.card(actor, campaign_id)
        at_service = found.account is not None and found.row.external_id is not None
        if at_service and campaign_id not in self._refreshing:
            task = asyncio.create_task(self.tracker.refresh(found.row))
            self._refreshing[campaign_id] = task
            task.add_done_callback(lambda _: self._refreshing.pop(campaign_id, None))
        return found

    async def preflight(self, actor: Actor, campaign_id: int) -> Preflight:
        """What would happen if it was sent now."""
        actor.require("campaigns.read")
        return await self.inspector.look(await self.row(campaign_id))

    # Drafts

    async def create(self, actor: Actor, draft: Draft) -> int:
        """Store a new draft; its key."""
        actor.require("campaigns.write")
        await self._check_references(actor, draft)
        values = {**dict.fromkeys(_TEXTS, ""), "type": "email", **draft.values}
        return await self._database.write(create, actor, values)

    async def change(self, actor: Actor, campaign_id: int, draft: Draft) -> None:
        """Change a draft."""
        actor.require("campaigns.write")
        await self._check_references(actor, draft, (await self.row(campaign_id)).account_id)

        def change(connection: sa.Connection) -> None:
            row = ledger.get(connection, campaign_id)
            _require_editable(row)
            values = draft.values
            if not values:
                return
            if "name" in values:
                values["name_folded"] = fold(values["name"])
            ledger.change(connection, campaign_id, self.tell, **values)
            record(connection, actor, "campaign.changed", "campaign", campaign_id, draft.values)

        await self._database.write(change)

    async def delete(self, actor: Actor, campaign_id: int) -> None:
        """Delete a draft; a campaign that was sent stays for the record."""
        actor.require("campaigns.write")

        def delete(connection: sa.Connection) -> None:
            _require_editable(ledger.get(connection, campaign_id))
            connection.execute(sa.delete(history).where(history.c.campaign_id == campaign_id))
            connection.execute(sa.delete(repeat).where(repeat.c.pattern_id == campaign_id))
            connection.execute(sa.delete(campaign).where(campaign.c.id == campaign_id))
            record(connection, actor, "campaign.deleted", "campaign", campaign_id)

        await self._database.write(delete)

    async def copy(self, actor: Actor, campaign_id: int, name: str) -> int:
        """A new draft with the same content; its key."""
        actor.require("campaigns.write")
        row = await self.row(campaign_id)
        values = {column: getattr(row, column) for column in CONTENT}
        return await self._database.write(create, actor, {**values, "name": name})

    # Launching

    async def send(
        self,
        actor: Actor,
        campaign_id: int,
        at: datetime | None,
        *,
        zone: str | None = None,
        held: bool = False,
    ) -> None:
        """Launch a draft now, or at `at`, if nothing in its preflight prevents it.

        `zone` is where the time was chosen. `held`: what is sent now waits `hold_s` first, so that the
        person may take it back.
        """
        actor.require("campaigns.send")
        if at is not None and at <= now():
            raise ScheduleInThePast()
        if at is not None and at > now() + FARTHEST:
            raise InvalidRequest(path="$.at", reason=_TOO_FAR)
        preflight = await self.inspector.look(await self.row(campaign_id))

        def send(connection: sa.Connection) -> int | None:
            row = ledger.get(connection, campaign_id)
            _require(row, "send", State.DRAFT)
            if not preflight.ready:
                raise not_ready(preflight.errors)
            record(connection, actor, "campaign.sent", "campaign", campaign_id)
            is_held = held and at is None and self.hold_s > 0
            when = now() + timedelta(seconds=self.hold_s) if is_held else at
            values = {"scheduled_at": when, "zone": zone, "held": is_held}
            if when is not None:
                ledger.move(connection, row, State.SCHEDULED, actor, tell=self.tell, **values)
                return None
            values["launched_at"] = now()
            return ledger.move(connection, row, State.PREPARING, actor, tell=self.tell, **values)

        await self._begin(campaign_id, await self._database.write(send))

    async def undo(self, actor: Actor, campaign_id: int) -> None:
        """Take a campaign that has not begun back into the drafts."""

        def undo(connection: sa.Connection, row: Row) -> None:
            _require(row, "undo", State.SCHEDULED)
            values = {"scheduled_at": None, "zone": None, "held": False}
            ledger.move(connection, row, State.DRAFT, actor, tell=self.tell, **values)

        await self._act(actor, campaign_id, "taken_back", undo)

    async def pause(self, actor: Actor, campaign_id: int) -> None:
        """Stop a launch before the service has the campaign."""

        def pause(connection: sa.Connection, row: Row) -> None:
            _require_here(row)
            _require(row, "pause", State.SCHEDULED, State.PREPARING)
            ledger.move(connection, row, State.PAUSED, actor, tell=self.tell, retry_at=None)

        await self._act(actor, campaign_id, "paused", pause)

    async def resume(self, actor: Actor, campaign_id: int) -> None:
        """Go on after a pause, at the scheduled time if that has not come yet."""

        def resume(connection: sa.Connection, row: Row) -> int | None:
            _require(row, "resume", State.PAUSED)
            _require_here(row)
            values = new_run(connection, row, same_version=True)
            if row.launched_at is None and row.scheduled_at is not None and row.scheduled_at > now():
                ledger.move(connection, row, State.SCHEDULED, actor, tell=self.tell, **values)
                return None
            values["launched_at"] = row.launched_at or now()
            return ledger.move(connection, row, State.PREPARING, actor, tell=self.tell, **values)

        await self._begin(campaign_id, await self._act(actor, campaign_id, "resumed", resume))

    async def cancel(self, actor: Actor, campaign_id: int) -> None:
        """Give up a campaign that the service does not have."""

        def cancel(connection: sa.Connection, row: Row) -> None:
            if row.state != State.DECLINED:
                _require_here(row, unless=State.UNCLEAR)
            _require(
                row,
                "cancel",
                State.SCHEDULED,
                State.PREPARING,
                State.PAUSED,
                State.FAILED,
                State.DECLINED,
                State.UNCLEAR,
            )
            ledger.move(connection, row, State.CANCELLED, actor, tell=self.tell, finished_at=now())

        await self._act(actor, campaign_id, "cancelled", cancel)

    async def retry(self, actor: Actor, campaign_id: int) -> None:
        """Begin a new run of a campaign that failed before the service had it, or that it declined."""

        def retry(connection: sa.Connection, row: Row) -> int:
            _require(row, "retry", State.FAILED, State.DECLINED)
            if row.state == State.FAILED and row.external_id is not None:
                raise CampaignStateForbids(state=TITLES[State(row.state)], action="retry")
            values = new_run(connection, row, same_version=False)
            return ledger.move(connection, row, State.PREPARING, actor, tell=self.tell, **values)

        await self._begin(campaign_id, await self._act(actor, campaign_id, "retried", retry))

    async def send_again(self, actor: Actor, campaign_id: int) -> None:
        """Call CreateCampaign once more, because a person asks; a campaign that turns up is taken instead."""
        actor.require("campaigns.send")
        row = await self.row(campaign_id)
        _require(row, "send-again", State.UNCLEAR)
        found = await self.driver.resolve(row)
        if found.words is not None:
            raise ServiceDidNotAnswer(text=found.words)
        if found.campaign is not None:
            return

        def again(connection: sa.Connection, row: Row) -> int:
            _require(row, "send-again", State.UNCLEAR)
            values = new_run(connection, row, same_version=False)
            return ledger.move(connection, row, State.PREPARING, actor, tell=self.tell, **values)

        await self._begin(campaign_id, await self._act(actor, campaign_id, "sent_again", again))

    async def check_at_service(self, actor: Actor, campaign_id: int) -> None:
        """Ask the service now whether it has the campaign, or how it goes."""
        actor.require("campaigns.send")
        row = await self.row(campaign_id)
        if row.state == State.UNCLEAR:
            found = await self.driver.resolve(row)
            if found.words is not None:
                raise ServiceDidNotAnswer(text=found.words)
            if not found.answered:
                raise CannotCheckAtService()
        elif row.external_id is not None:
            await self.tracker.refresh_status(row)
        else:
            raise CampaignNotAtService()

    async def cancel_at_service(self, actor: Actor, campaign_id: int) -> None:
        """Have the service stop a campaign that it has."""
        actor.require("campaigns.send")
        row = await self.row(campaign_id)
        if row.external_id is None:
            raise CampaignNotAtService()
        _require(row, "cancel-at-service", *TRACKED, State.PAUSED)
        await self._database.write(record, actor, "campaign.cancelled_at_service", "campaign", campaign_id)
        asked_at = now()
        try:
            arguments = {"campaignExternalId": row.external_id}
            said = await call(
                self._modules,
                row.account_id,
                CANCEL,
                arguments,
                lane="interactive",
                version_id=row.version_id,
            )
        except CallFailed as failure:
            if failure.kind == "not_implemented":
                raise CannotCancelAtService() from failure
            raise ServiceDidNotAnswer(text=failure.words) from failure
        await self._database.write(
            effects.update_campaign, row.id, said["status"], said.get("reason"), asked_at, self.tell
        )

    # Inside

    def tell(self, campaign_id: int) -> None:
        """Wake whoever watches a campaign."""
        self._events.publish(topic(campaign_id), None)

    async def _begin(self, campaign_id: int, run: int | None) -> None:
        if run is not None:
            await self.driver.begin(campaign_id, run)

    async def _act(
        self, actor: Actor, campaign_id: int, action: str, unit: Callable[[sa.Connection, Row], int | None]
    ) -> int | None:
        actor.require("campaigns.send")

        def act(connection: sa.Connection) -> int | None:
            run = unit(connection, ledger.get(connection, campaign_id))
            record(connection, actor, f"campaign.{action}", "campaign", campaign_id)
            return run

        return await self._database.write(act)

    async def row(self, campaign_id: int) -> Row:
        """The campaign as it is stored; `NotFound` when there is none."""
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(campaign).where(campaign.c.id == campaign_id))
            row = found.one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def _check_references(self, actor: Actor, draft: Draft, kept: int | None = None) -> None:
        """Refuse a draft that names what does not exist, or an account that is not the actor's to choose.

        The account that the campaign has already, `kept`, was chosen by somebody who may.
        """
        if draft.account_id not in (None, kept):
            if not await self._modules.may_use(actor, draft.account_id):
                raise UnknownReference(field="accountId")
        named: Mapping[str, tuple[int | None, Callable[[int], Any]]] = {
            "accountId": (draft.account_id, self._modules.sending_account),
            "templateId": (draft.template_id, self._surroundings.template),
            "segmentId": (draft.segment_id, self._surroundings.segment_name),
            "categoryId": (draft.category_id, self._surroundings.category_name),
        }
        for field, (key, known) in named.items():
            if key is not None and await known(key) is None:
                raise UnknownReference(field=field)


def topic(campaign_id: int) -> str:
    """The topic of live events of a campaign."""
    return f"campaign:{campaign_id}"


def create(connection: sa.Connection, actor: Actor, values: dict[str, Any]) -> int:
    """Store a draft; its key."""
    campaign_id, at = new_key(), now()
    connection.execute(
        sa.insert(campaign).values(
            id=campaign_id,
            name_folded=fold(values["name"]),
            state=State.DRAFT,
            run=1,
            created_by=actor.user_id,
            created_at=at,
            updated_at=at,
            planned_to=0,
            attempts=0,
            recipients=0,
            **dict.fromkeys(COUNTERS, 0),
            **values,
        )
    )
    ledger.note(connection, campaign_id, at, None, State.DRAFT, 1, actor)
    record(connection, actor, "campaign.created", "campaign", campaign_id)
    return campaign_id


def _require(row: Row, action: str, *states: State) -> None:
    if row.state not in states:
        raise CampaignStateForbids(state=TITLES[State(row.state)], action=action)


def _require_editable(row: Row) -> None:
    if row.state not in EDITABLE:
        raise CampaignNotEditable()


def _require_here(row: Row, *, unless: State | None = None) -> None:
    """Refuse what only works before the service has the campaign, or may have it."""
    if row.state != unless and (row.creating_at is not None or row.external_id is not None):
        raise TooLateToPause()

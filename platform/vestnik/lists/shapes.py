"""Syncs on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from vestnik.http.api import Id, Page, Shape
from vestnik.http.errors import Language
from vestnik.lists import reasons
from vestnik.lists.reading import Card, RunFacts
from vestnik.lists.rejects import REFUSALS, Cause, Refused
from vestnik.lists.room import Counted
from vestnik.lists.scratch import Held
from vestnik.lists.semantics import VERDICT_WORDS, FirstBy, HeldVerdict, Mode, OverLimit, Side
from vestnik.lists.states import (
    LONGEST_MINUTES,
    SHORTEST_MINUTES,
    RunState,
    Source,
    SyncState,
    Trigger,
)
from vestnik.lists.targets import Account, Target, Targets

Minutes = Annotated[int, msgspec.Meta(ge=SHORTEST_MINUTES, le=LONGEST_MINUTES)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*\S[^\x00]*$")]
ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]


class SyncQuery(Page):
    """Which syncs: of one segment, of one account."""

    segment_id: Id | None = None
    account_id: Id | None = None


class SyncBody(Shape, kw_only=True):
    """A new sync; without `listExternalId` a list named `listTitle` is created at its first run."""

    account_id: Id
    source: Source
    segment_id: Id | None = None
    list_external_id: ExternalId | None = None
    list_title: Title
    mode: Mode
    category_id: Id | None = None
    every_minutes: Minutes | None = 240
    guard_percent: Percent = 20
    over_limit: OverLimit = "nobody"
    first_by: FirstBy = "newest"


class SyncChange(Shape):
    """What to change of a sync; parts left out stay, null takes a part away."""

    mode: Mode | msgspec.UnsetType = msgspec.UNSET
    category_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    every_minutes: Minutes | msgspec.UnsetType | None = msgspec.UNSET
    guard_percent: Percent | msgspec.UnsetType = msgspec.UNSET
    over_limit: OverLimit | msgspec.UnsetType = msgspec.UNSET
    first_by: FirstBy | msgspec.UnsetType = msgspec.UNSET
    #: `on`: it is kept and runs by its schedule; `off`: it rests.
    state: Literal["on", "off"] | msgspec.UnsetType = msgspec.UNSET


class SyncConfirmBody(Shape):
    """How many the plan removes, as the person was shown it: the confirmation holds for no more."""

    removals: Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class SyncReasonShape(Shape):
    """Why a run is in its state."""

    code: str
    text: str


class SyncHeldCountShape(Shape):
    """How many are not transferred for one reason."""

    verdict: str
    title: str
    count: int


class SyncCountsShape(Shape):
    """The plan and what came of it; what is not known yet is null.

    `largest` is what the guard's share is of: how many a plan of the run found on the list at most, with
    whom the run had removed by then. It is more than `before` where a run in its middle was planned anew.
    `after` is what the list has when the plan is carried out; `overLimit`: by how many the plan of the
    service would be exceeded; `late`: who left between plan and transfer; `differs`: what was still
    otherwise at the verification; `read`: rows of the list that were read so far.
    """

    before: int | None
    largest: int | None
    after: int | None
    wanted: int | None
    add: int | None
    remove: int | None
    unchanged: int | None
    held: list[SyncHeldCountShape]
    held_in_all: int
    over_limit: int
    limit: int | None
    used: int | None
    #: What `used` counts: the account, its lists (who is on two counts twice), some of them, or this one.
    counted: Counted | None
    added: int
    removed: int
    rejected: int
    late: int
    differs: int | None
    read: int


class SyncRunShape(Shape):
    """One run; also the data of the event `progress`."""

    id: Id
    sync_id: Id
    number: int
    trigger: Trigger
    retry_of: Id | None
    state: RunState
    stage: str
    reason: SyncReasonShape | None
    counts: SyncCountsShape
    #: Of the rows to transfer: how many were, and how many there are.
    done: int
    to_do: int
    attempts: int
    next_try_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    started_by: str | None
    started_at: datetime
    planned_at: datetime | None
    finished_at: datetime | None
    #: What can be done with it now: confirm, stop, retry.
    can: list[str]


class SyncRunPage(Shape):
    """A page of runs, the newest first."""

    items: list[SyncRunShape]
    total: int


class SyncAccountShape(Shape):
    """An account at a service, as syncs name it."""

    id: Id
    title: str
    module_title: dict[str, str]


class SyncShape(Shape):
    """A sync with its newest run."""

    id: Id
    account: SyncAccountShape
    source: Source
    segment_id: Id | None
    segment_name: str | None
    list_external_id: str | None
    list_title: str
    mode: Mode
    category_id: Id | None
    category_title: str | None
    every_minutes: int | None
    guard_percent: int
    over_limit: OverLimit
    first_by: FirstBy
    state: SyncState
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    run: SyncRunShape | None
    #: Whether a failure is told by letter: outgoing mail is set up.
    alerts_by_mail: bool
    #: What can be done with it now: run, confirm, stop, on, off, delete.
    can: list[str]


class SyncPage(Shape):
    """A page of syncs."""

    items: list[SyncShape]
    total: int


class SyncServiceShape(Shape):
    """An account that may be synced with; `whyNot` says why it can't be chosen now."""

    id: Id
    title: str
    module_title: dict[str, str]
    why_not: str | None
    can_create_list: bool


class SyncServicePage(Shape):
    """The accounts by title."""

    items: list[SyncServiceShape]


class SyncTargetQuery(Shape):
    """The lists of which account; `name`: what a new list would be called."""

    account_id: Id
    name: str = ""


class SyncTargetShape(Shape):
    """A list at the service; `syncId`: the sync that it has already."""

    external_id: str
    title: str
    subscribers: int | None
    sync_id: Id | None


class SyncTargetPage(Shape):
    """The lists at the service by name; `same` is the one that is called like `name`."""

    items: list[SyncTargetShape]
    can_create_list: bool
    same: SyncTargetShape | None


class SyncCauseShape(Shape):
    """One cause for which rows were refused, with an example of the service's words."""

    code: str
    title: str
    reason: str
    count: int
    #: Trying again does not help before the contact is changed: runs by schedule leave such rows alone.
    permanent: bool


class SyncRejectShape(Shape):
    """A row that the service refused."""

    side: Side
    address: str
    contact_id: Id | None
    code: str
    title: str
    reason: str


class SyncRejectPage(Shape):
    """A page of refused rows, and all causes."""

    items: list[SyncRejectShape]
    total: int
    causes: list[SyncCauseShape]


class SyncSliceQuery(Shape):
    """Which slice of a list."""

    offset: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50


class SyncHeldQuery(Shape):
    """Who is not transferred, for one reason or for any, after the place where the page before ended."""

    verdict: HeldVerdict | None = None
    after: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50


class SyncHeldShape(Shape):
    """A person who is not transferred; without an address the contact has none."""

    address: str | None
    contact_id: Id | None
    verdict: str
    title: str


class SyncHeldPage(Shape):
    """People who are not transferred; `next` is where the page after begins.

    `kept` is false once the run has ended: then nobody is listed, only counted.
    """

    items: list[SyncHeldShape]
    next: int | None
    kept: bool


class RecomputedShape(Shape):
    """How many syncs of the segment run because of it."""

    runs: int


def sync(card: Card, language: Language) -> SyncShape:
    """A sync for a reader of `language`."""
    row = card.row
    return SyncShape(
        id=str(row.id),
        account=SyncAccountShape(
            id=str(row.account_id), title=card.account_title, module_title=dict(card.module_title)
        ),
        source=row.source,
        segment_id=_id(row.segment_id),
        segment_name=card.segment_name,
        list_external_id=row.list_external_id,
        list_title=row.list_title,
        mode=row.mode,
        category_id=_id(row.category_id),
        category_title=card.category_title,
        every_minutes=row.every_minutes,
        guard_percent=row.guard_percent,
        over_limit=row.over_limit,
        first_by=row.first_by,
        state=row.state,
        next_at=row.next_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        run=None if card.run is None else run(card.run, language),
        alerts_by_mail=card.alerts_by_mail,
        can=list(card.can),
    )


def run(facts: RunFacts, language: Language) -> SyncRunShape:
    """A run for a reader of `language`."""
    row = facts.row
    return SyncRunShape(
        id=str(row.id),
        sync_id=str(row.sync_id),
        number=row.number,
        trigger=row.trigger,
        retry_of=_id(row.retry_of),
        state=RunState(row.state),
        stage=row.stage,
        reason=None
        if row.reason is None
        else SyncReasonShape(code=row.reason["code"], text=reasons.sentence(row.reason, language)),
        counts=counts(row.counts, language),
        done=facts.done,
        to_do=facts.to_do,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        confirmed_by=facts.confirmed_by,
        confirmed_at=row.confirmed_at,
        started_by=facts.started_by,
        started_at=row.started_at,
        planned_at=row.planned_at,
        finished_at=row.finished_at,
        can=list(facts.can),
    )


def counts(stored: dict[str, Any], language: Language) -> SyncCountsShape:
    """The stored counts for a reader of `language`; reasons by how many they hold back."""
    held = sorted(stored.get("held", {}).items(), key=lambda each: (-each[1], each[0]))
    known = {name: stored.get(name) for name in ("before", "wanted", "add", "remove", "unchanged")}
    after = None
    if known["before"] is not None and known["add"] is not None:
        after = known["before"] - known["remove"] + known["add"]
    return SyncCountsShape(
        **known,
        largest=stored.get("largest", known["before"]),
        after=after,
        held=[
            SyncHeldCountShape(verdict=verdict, title=VERDICT_WORDS[verdict][language], count=count)
            for verdict, count in held
            if count
        ],
        held_in_all=sum(count for _, count in held),
        over_limit=stored.get("over_limit", 0),
        limit=stored.get("limit"),
        used=stored.get("used"),
        counted=stored.get("counted"),
        added=stored.get("added", 0),
        removed=stored.get("removed", 0),
        rejected=stored.get("rejected", 0),
        late=stored.get("late", 0),
        differs=stored.get("differs"),
        read=stored.get("read", 0),
    )


def service(account: Account, language: Language) -> SyncServiceShape:
    """An account that may be chosen, for a reader of `language`."""
    return SyncServiceShape(
        id=str(account.id),
        title=account.title,
        module_title=dict(account.module_title),
        why_not=account.sentence(language),
        can_create_list=account.can_create_list,
    )


def targets(found: Targets) -> SyncTargetPage:
    """The lists of an account."""
    return SyncTargetPage(
        items=[_target(each) for each in found.lists],
        can_create_list=found.can_create_list,
        same=None if found.same is None else _target(found.same),
    )


def _target(each: Target) -> SyncTargetShape:
    return SyncTargetShape(
        external_id=each.external_id,
        title=each.title,
        subscribers=each.subscribers,
        sync_id=_id(each.sync_id),
    )


def reject(row: Refused, language: Language) -> SyncRejectShape:
    """A refused row for a reader of `language`."""
    return SyncRejectShape(
        side=row.side,
        address=row.address,
        contact_id=_id(row.contact_id),
        code=row.code,
        title=REFUSALS[row.code][language],
        reason=row.reason,
    )


def cause(row: Cause, language: Language) -> SyncCauseShape:
    """A cause of refusals for a reader of `language`."""
    return SyncCauseShape(
        code=row.code,
        title=REFUSALS[row.code][language],
        reason=row.reason,
        count=row.count,
        permanent=row.permanent,
    )


def held(row: Held, language: Language) -> SyncHeldShape:
    """A person who is not transferred, for a reader of `language`."""
    return SyncHeldShape(
        address=row.address,
        contact_id=_id(row.contact_id),
        verdict=row.verdict,
        title=VERDICT_WORDS[row.verdict][language],
    )


def _id(key: int | None) -> str | None:
    return None if key is None else str(key)

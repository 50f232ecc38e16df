"""The directories of the lead handler over HTTP: sources, partners, assignment rules, settings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from vestnik.http.api import Context, Id, Router, Shape, key_of
from vestnik.intake.leads.directories import (
    Assignment,
    AssignmentKind,
    Channel,
    ChannelRule,
    Directories,
    Partner,
    RuleField,
    RuleHow,
)

router = Router("leads")

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
Ids = Annotated[list[Id], msgspec.Meta(max_length=200)]


class ArchivedQuery(Shape):
    """Whether archived ones are listed, too."""

    archived: bool = False


class ChannelRuleShape(Shape, kw_only=True):
    """By what a source is known: a field of the lead that equals or contains a text."""

    field: RuleField
    how: RuleHow = "equals"
    value: Title


Rules = Annotated[list[ChannelRuleShape], msgspec.Meta(max_length=100)]


class ChannelShape(Shape):
    """A source of leads; one that is not `checked` was made of an unknown name, and waits for a look."""

    id: str
    title: str
    checked: bool
    archived: bool
    leads: int
    rules: list[ChannelRuleShape]
    created_at: datetime


class ChannelPage(Shape):
    """The directory of sources."""

    items: list[ChannelShape]


class ChannelBody(Shape):
    """A new source."""

    title: Title
    rules: Rules = msgspec.field(default_factory=list)


class ChannelChange(Shape):
    """What to change of a source; given rules replace the ones that it has."""

    title: Title | UnsetType = UNSET
    checked: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET


class ChannelMergeBody(Shape):
    """Whose leads and rules they become."""

    into_id: Id


class PartnerShape(Shape):
    """A partner whose site sends leads."""

    id: str
    title: str
    site: str
    archived: bool
    leads: int
    created_at: datetime


class PartnerPage(Shape):
    """The directory of partners."""

    items: list[PartnerShape]


class PartnerBody(Shape):
    """A new partner; of the site its host counts."""

    title: Title
    site: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class PartnerChange(Shape):
    """What to change of a partner."""

    title: Title | UnsetType = UNSET
    site: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class AssignmentBody(Shape, kw_only=True):
    """Who gets leads that nobody is responsible for: the first rule that fits counts.

    round_robin: the people in turn. least_busy: who has the fewest leads to do. by_source: the first of the
    people who may sign in. An empty condition asks for nothing.
    """

    title: Title
    kind: AssignmentKind
    people: Ids
    channels: Ids = msgspec.field(default_factory=list)
    partners: Ids = msgspec.field(default_factory=list)
    cities: Annotated[list[Title], msgspec.Meta(max_length=200)] = msgspec.field(default_factory=list)
    enabled: bool = True


class AssignmentShape(AssignmentBody, kw_only=True):
    """An assignment rule in its place."""

    id: str
    position: int


class AssignmentPage(Shape):
    """The assignment rules in their order."""

    items: list[AssignmentShape]


class AssignmentOrder(Shape):
    """The rules in the order that they are to have."""

    ids: Ids


class IntakeSettingsShape(Shape):
    """How leads are handled. `coordinatorNow`: who gets what nobody else does, also while none is chosen."""

    coordinator_id: str | None
    coordinator_now_id: str | None
    coordinator_now: str | None
    notify: bool


class IntakeSettingsChange(Shape):
    """What to set; null has the first administrator coordinate."""

    coordinator_id: Id | UnsetType | None = UNSET
    notify: bool | UnsetType = UNSET


def _directories(context: Context) -> Directories:
    return context.services.intake.directories


@router.get("/lead-channels", query=ArchivedQuery, returns=ChannelPage, right="leads.read")
async def list_channels(context: Context, query: ArchivedQuery) -> ChannelPage:
    """The sources of leads; those to be checked come first."""
    found = await _directories(context).channels(context.actor, archived=query.archived)
    return ChannelPage(items=[_channel(each) for each in found])


@router.post("/lead-channels", body=ChannelBody, returns=ChannelPage, status=201, right="intake.manage")
async def add_channel(context: Context, body: ChannelBody) -> ChannelPage:
    """Add a source with the rules that it is known by; the directory as it is then."""
    rules = [ChannelRule(each.field, each.how, each.value) for each in body.rules]
    await _directories(context).add_channel(context.actor, body.title.strip(), rules)
    return await list_channels(context, ArchivedQuery())


@router.patch("/lead-channels/{id:key}", body=ChannelChange, returns=ChannelPage, right="intake.manage")
async def change_channel(context: Context, id: int, body: ChannelChange) -> ChannelPage:
    """Rename a source, say that it is right, archive it, or give it other rules."""
    given = _given(body)
    rules = given.pop("rules", None)
    if rules is not None:
        rules = [ChannelRule(each.field, each.how, each.value) for each in rules]
    await _directories(context).change_channel(context.actor, id, given, rules)
    return await list_channels(context, ArchivedQuery())


@router.post(
    "/lead-channels/{id:key}/merge", body=ChannelMergeBody, returns=ChannelPage, right="intake.manage"
)
async def merge_channel(context: Context, id: int, body: ChannelMergeBody) -> ChannelPage:
    """Have the leads of a source be another's, also those that will name it."""
    await _directories(context).merge_channel(context.actor, id, key_of(body.into_id))
    return await list_channels(context, ArchivedQuery())


@router.get("/lead-partners", query=ArchivedQuery, returns=PartnerPage, right="leads.read")
async def list_partners(context: Context, query: ArchivedQuery) -> PartnerPage:
    """The partners whose sites send leads."""
    found = await _directories(context).partners(context.actor, archived=query.archived)
    return PartnerPage(items=[_partner(each) for each in found])


@router.post("/lead-partners", body=PartnerBody, returns=PartnerPage, status=201, right="intake.manage")
async def add_partner(context: Context, body: PartnerBody) -> PartnerPage:
    """Register a partner's site; the directory as it is then."""
    await _directories(context).add_partner(context.actor, body.title.strip(), body.site)
    return await list_partners(context, ArchivedQuery())


@router.patch("/lead-partners/{id:key}", body=PartnerChange, returns=PartnerPage, right="intake.manage")
async def change_partner(context: Context, id: int, body: PartnerChange) -> PartnerPage:
    """Rename a partner, correct its site, or archive it."""
    await _directories(context).change_partner(context.actor, id, _given(body))
    return await list_partners(context, ArchivedQuery())


@router.get("/lead-assignments", returns=AssignmentPage, right="leads.read")
async def list_assignments(context: Context) -> AssignmentPage:
    """Who gets leads that nobody is responsible for, in the order of the rules."""
    found = await _directories(context).assignments(context.actor)
    return AssignmentPage(items=[_assignment(each) for each in found])


@router.post(
    "/lead-assignments", body=AssignmentBody, returns=AssignmentPage, status=201, right="intake.manage"
)
async def add_assignment(context: Context, body: AssignmentBody) -> AssignmentPage:
    """Add an assignment rule behind the others; all of them as they are then."""
    await _directories(context).add_assignment(context.actor, _rule(body))
    return await list_assignments(context)


@router.put("/lead-assignments/order", body=AssignmentOrder, returns=AssignmentPage, right="intake.manage")
async def order_assignments(context: Context, body: AssignmentOrder) -> AssignmentPage:
    """Put the assignment rules in another order."""
    await _directories(context).order_assignments(context.actor, [key_of(id) for id in body.ids])
    return await list_assignments(context)


@router.put("/lead-assignments/{id:key}", body=AssignmentBody, returns=AssignmentPage, right="intake.manage")
async def change_assignment(context: Context, id: int, body: AssignmentBody) -> AssignmentPage:
    """Enter an assignment rule anew; its turns go on where they were."""
    await _directories(context).change_assignment(context.actor, id, _rule(body))
    return await list_assignments(context)


@router.delete("/lead-assignments/{id:key}", right="intake.manage")
async def remove_assignment(context: Context, id: int) -> None:
    """Take an assignment rule away."""
    await _directories(context).remove_assignment(context.actor, id)


@router.get("/lead-settings", returns=IntakeSettingsShape, right="leads.read")
async def get_lead_settings(context: Context) -> IntakeSettingsShape:
    """Who coordinates, and whether letters tell of new leads."""
    found, now_id, name = await _directories(context).settings(context.actor)
    return IntakeSettingsShape(
        coordinator_id=None if found.coordinator_id is None else str(found.coordinator_id),
        coordinator_now_id=None if now_id is None else str(now_id),
        coordinator_now=name,
        notify=found.notify,
    )


@router.patch("/lead-settings", body=IntakeSettingsChange, returns=IntakeSettingsShape, right="intake.manage")
async def change_lead_settings(context: Context, body: IntakeSettingsChange) -> IntakeSettingsShape:
    """Choose the Coordinator, and whether letters tell of new leads."""
    given = _given(body)
    if given.get("coordinator_id") is not None:
        given["coordinator_id"] = key_of(given["coordinator_id"])
    if given:
        await _directories(context).change_settings(context.actor, given)
    return await get_lead_settings(context)


def _given(body: msgspec.Struct) -> dict[str, Any]:
    values = msgspec.structs.asdict(body).items()
    return {name: value.strip() if name == "title" else value for name, value in values if value is not UNSET}


def _rule(body: AssignmentBody) -> Assignment:
    return Assignment(
        title=body.title.strip(),
        kind=body.kind,
        people=[key_of(id) for id in body.people],
        channels=[key_of(id) for id in body.channels],
        partners=[key_of(id) for id in body.partners],
        cities=[city.strip() for city in body.cities],
        enabled=body.enabled,
    )


def _channel(found: Channel) -> ChannelShape:
    return ChannelShape(
        id=str(found.id),
        title=found.title,
        checked=found.checked,
        archived=found.archived_at is not None,
        leads=found.leads,
        rules=[ChannelRuleShape(field=each.field, how=each.how, value=each.value) for each in found.rules],
        created_at=found.created_at,
    )


def _partner(found: Partner) -> PartnerShape:
    return PartnerShape(
        id=str(found.id),
        title=found.title,
        site=found.site,
        archived=found.archived_at is not None,
        leads=found.leads,
        created_at=found.created_at,
    )


def _assignment(found: Assignment) -> AssignmentShape:
    return AssignmentShape(
        id=str(found.id),
        position=found.position,
        title=found.title,
        kind=found.kind,
        people=[str(each) for each in found.people],
        channels=[str(each) for each in found.channels],
        partners=[str(each) for each in found.partners],
        cities=list(found.cities),
        enabled=found.enabled,
    )

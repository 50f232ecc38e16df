"""Segments over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from vestnik.contacts.routes import ContactPage, ContactQuery, ContactRow, CreatedShape, contact_page
from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.http.leaving import while_connected
from vestnik.segments.conditions import Group, Operator, ValueKind
from vestnik.segments.looking import Verdict
from vestnik.segments.service import Segment, SegmentKind

router = Router("segments")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"\S")]
Members = Annotated[list[Id], msgspec.Meta(max_length=20_000)]


class SegmentShape(Shape):
    """A segment; a dynamic one has its rule."""

    id: Id
    name: str
    kind: SegmentKind
    rule: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    #: How many contacts there were when they were last counted; None when they were not yet.
    members: int | None
    counted_at: datetime | None


class SegmentPage(Shape):
    """A page of segments."""

    items: list[SegmentShape]
    total: int


class SegmentQuery(Page):
    """Which segments to list."""


class SegmentBody(Shape, kw_only=True):
    """A new segment: dynamic with a rule, else static with members."""

    name: Name
    rule: dict[str, Any] | None = None
    members: Members = []


class SegmentChange(Shape, kw_only=True):
    """What to change of a segment; parts left out stay."""

    name: Name | None = None
    rule: dict[str, Any] | None = None


class MembersChange(Shape, kw_only=True):
    """Contacts to add to a static segment and to remove from it."""

    add: Members = []
    remove: Members = []


class RuleBody(Shape):
    """A rule that is being built."""

    rule: dict[str, Any]


class CountShape(Shape):
    """How many contacts."""

    count: int


class SampleShape(Shape):
    """Some of the contacts that a rule picks."""

    items: list[ContactRow]


class WhyBody(Shape):
    """A rule that is being built, and a contact."""

    rule: dict[str, Any]
    contact_id: Id


class WhyShape(Shape):
    """Whether a contact is in; the rule says by `holds` at every condition and group why.

    Beside it `actual` is what the contact has where a condition compares; its `kind` says how to show it.
    """

    holds: bool
    rule: dict[str, Any] | None
    merged_into: Id | None


class ConditionShape(Shape):
    """A field that a rule may compare, and how."""

    name: str
    title: str
    value: ValueKind
    operators: list[Operator]
    options: list[str]
    group: Group


@router.get("/segments", query=SegmentQuery, returns=SegmentPage, right="contacts.read")
async def list_segments(context: Context, query: SegmentQuery) -> SegmentPage:
    """Segments by name."""
    items, total = await context.services.segments.page(
        context.actor, search=query.search, offset=query.offset, limit=query.limit
    )
    return SegmentPage(items=[_shape(each) for each in items], total=total)


@router.post("/segments", body=SegmentBody, returns=CreatedShape, status=201, right="segments.write")
async def create_segment(context: Context, body: SegmentBody) -> CreatedShape:
    """Store a new segment."""
    id = await context.services.segments.create(
        context.actor, body.name, rule=body.rule, members=[key_of(each) for each in body.members]
    )
    return CreatedShape(id=str(id))


@router.get("/segments/fields", returns=list[ConditionShape], right="contacts.read")
async def list_segment_fields(context: Context) -> list[ConditionShape]:
    """What a rule may compare: the fields of the visual builder."""
    return [
        ConditionShape(
            name=each.name,
            title=each.title[context.language],
            value=each.value,
            operators=list(each.operators),
            options=list(each.options),
            group=each.group,
        )
        for each in await context.services.segments.fields(context.actor)
    ]


@router.post("/segments/count", body=RuleBody, returns=CountShape, right="contacts.read")
async def count_rule(context: Context, body: RuleBody) -> CountShape:
    """How many contacts a rule picks while it is being built; stopped when whoever asked is gone."""
    counting = context.services.lookout.count_rule(context.actor, body.rule)
    return CountShape(count=await while_connected(context.request, counting))


@router.post("/segments/sample", body=RuleBody, returns=SampleShape, right="contacts.read")
async def sample_rule(context: Context, body: RuleBody) -> SampleShape:
    """Some of the contacts that a rule picks while it is being built: those who came last."""
    looking = context.services.lookout.sample(context.actor, body.rule)
    people = await while_connected(context.request, looking)
    return SampleShape(items=contact_page(people, len(people)).items)


@router.post("/segments/why", body=WhyBody, returns=WhyShape, right="contacts.read")
async def why_by_rule(context: Context, body: WhyBody) -> WhyShape:
    """Why a rule picks a contact or does not: a verdict for every condition."""
    lookout = context.services.lookout
    return _why(await lookout.why(context.actor, key_of(body.contact_id), body.rule))


@router.get("/segments/{id:key}", returns=SegmentShape, right="contacts.read")
async def get_segment(context: Context, id: int) -> SegmentShape:
    """One segment."""
    return _shape(await context.services.segments.get(context.actor, id))


@router.patch("/segments/{id:key}", body=SegmentChange, returns=SegmentShape, right="segments.write")
async def change_segment(context: Context, id: int, body: SegmentChange) -> SegmentShape:
    """Change a segment's name or rule."""
    await context.services.segments.update(context.actor, id, name=body.name, rule=body.rule)
    return _shape(await context.services.segments.get(context.actor, id))


@router.delete("/segments/{id:key}", right="segments.write")
async def archive_segment(context: Context, id: int) -> None:
    """Take a segment out of the lists; campaigns that were sent to it keep it."""
    await context.services.segments.archive(context.actor, id)


@router.get("/segments/{id:key}/count", returns=CountShape, right="contacts.read")
async def count_segment(context: Context, id: int) -> CountShape:
    """How many contacts a segment has now."""
    counting = context.services.lookout.count(context.actor, id)
    return CountShape(count=await while_connected(context.request, counting))


@router.get("/segments/{id:key}/contacts", query=ContactQuery, returns=ContactPage, right="contacts.read")
async def list_segment_contacts(context: Context, id: int, query: ContactQuery) -> ContactPage:
    """A page of a segment's contacts."""
    people, total = await context.services.segments.contacts(
        context.actor,
        id,
        search=query.search,
        sort=query.sort or "name",
        offset=query.offset,
        limit=query.limit,
    )
    return contact_page(people, total)


@router.get("/segments/{id:key}/contacts/{contact_id:key}/why", returns=WhyShape, right="contacts.read")
async def why_in_segment(context: Context, id: int, contact_id: int) -> WhyShape:
    """Why a contact is in a segment or is not."""
    return _why(await context.services.lookout.why_in(context.actor, id, contact_id))


@router.post("/segments/{id:key}/members", body=MembersChange, right="segments.write")
async def change_segment_members(context: Context, id: int, body: MembersChange) -> None:
    """Add contacts to a static segment and remove others from it."""
    await context.services.segments.change_members(
        context.actor,
        id,
        add=[key_of(each) for each in body.add],
        remove=[key_of(each) for each in body.remove],
    )


def _why(verdict: Verdict) -> WhyShape:
    return WhyShape(
        holds=verdict.holds,
        rule=None if verdict.rule is None else dict(verdict.rule),
        merged_into=None if verdict.merged_into is None else str(verdict.merged_into),
    )


def _shape(segment: Segment) -> SegmentShape:
    return SegmentShape(
        id=str(segment.id),
        name=segment.name,
        kind=segment.kind,
        rule=None if segment.rule is None else dict(segment.rule),
        created_at=segment.created_at,
        updated_at=segment.updated_at,
        members=segment.members,
        counted_at=segment.counted_at,
    )

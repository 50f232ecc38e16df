"""Candidates for a merge, and the merge itself, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from vestnik.contacts.merging import Taken
from vestnik.contacts.routes import ContactCard, ContactRow, CreatedShape, card_of, contact_page
from vestnik.http.api import Context, Id, Router, Shape, key_of

router = Router("contacts")

OtherIds = Annotated[list[Id], msgspec.Meta(min_length=1, max_length=19)]


class DuplicateGroup(Shape):
    """Contacts that may be one person, and what they share."""

    ground: Literal["address", "name"]
    # The address, or the company in which they have one name.
    shared_id: Id
    shared: str
    contacts: list[ContactRow]


class DuplicatePage(Shape):
    """Groups; `next` is where the next page begins, null when there is none."""

    items: list[DuplicateGroup]
    next: str | None


class DuplicateQuery(Shape):
    """What is shared, and where the page begins, as the page before it said."""

    ground: Literal["address", "name"] = "address"
    cursor: Annotated[str, msgspec.Meta(max_length=600)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class DistinctBody(Shape):
    """A group of duplicates as it was shown, whose contacts are different people."""

    ground: Literal["address", "name"]
    shared_id: Id
    contact_ids: Annotated[list[Id], msgspec.Meta(min_length=2, max_length=1000)]


class DistinctShape(Shape):
    """Contacts that were said to be different people: the first of those who are still there."""

    id: Id
    ground: Literal["address", "name"]
    shared: str
    contacts: list[ContactRow]
    created_by: str | None
    created_at: datetime


class DistinctPage(Shape):
    """What was said, the newest first; `next` is where the next page begins, null when there is none."""

    items: list[DistinctShape]
    next: Id | None


class DistinctQuery(Shape):
    """Where the page begins, as the page before it said."""

    cursor: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class MergeBody(Shape, kw_only=True):
    """The contacts to be merged into this one, and from which of them each part is taken.

    What is not named is this contact's own, or the first that any of them has.
    """

    other_ids: OtherIds
    name: Id | None = None
    company: Id | None = None
    owner: Id | None = None
    external_id: Id | None = None
    email: Id | None = None
    phone: Id | None = None
    fields: Annotated[dict[str, Id], msgspec.Meta(max_length=500)] = {}


@router.get("/contacts/duplicates", query=DuplicateQuery, returns=DuplicatePage, right="contacts.read")
async def list_duplicates(context: Context, query: DuplicateQuery) -> DuplicatePage:
    """Contacts that may be one person, in groups."""
    cursor = query.cursor
    if query.ground == "address" and cursor:
        cursor = str(key_of(cursor)) if cursor.isascii() and cursor.isdecimal() else "0"
    groups, following = await context.services.duplicates.page(
        context.actor, query.ground, cursor, query.limit
    )
    items = [
        DuplicateGroup(
            ground=each.ground,
            shared_id=str(each.shared_id),
            shared=each.shared,
            contacts=contact_page(list(each.people), len(each.people)).items,
        )
        for each in groups
        if len(each.people) > 1
    ]
    return DuplicatePage(items=items, next=following)


@router.get("/contacts/{id:key}/duplicates", returns=list[ContactRow], right="contacts.read")
async def list_duplicates_of(context: Context, id: int) -> list[ContactRow]:
    """Who may be the same person as this contact."""
    people = await context.services.duplicates.of(context.actor, id)
    return contact_page(people, len(people)).items


@router.post(
    "/contacts/duplicates/distinct",
    body=DistinctBody,
    returns=CreatedShape,
    status=201,
    right="contacts.write",
)
async def say_distinct(context: Context, body: DistinctBody) -> CreatedShape:
    """Say that a group's contacts are different people; it is shown again when somebody joins it."""
    contact_ids = [key_of(id) for id in body.contact_ids]
    id = await context.services.duplicates.distinctions.say(
        context.actor, body.ground, key_of(body.shared_id), contact_ids
    )
    return CreatedShape(id=str(id))


@router.get("/contacts/duplicates/distinct", query=DistinctQuery, returns=DistinctPage, right="contacts.read")
async def list_distinct(context: Context, query: DistinctQuery) -> DistinctPage:
    """Groups that were said to be different people."""
    before = None if query.cursor is None else key_of(query.cursor)
    found, following = await context.services.duplicates.distinctions.page(context.actor, before, query.limit)
    makers = [each.created_by for each in found if each.created_by is not None]
    names = await context.services.people.users.names(makers)
    items = [
        DistinctShape(
            id=str(each.id),
            ground=each.ground,
            shared=each.shared,
            contacts=contact_page(list(each.people), len(each.people)).items,
            created_by=None if each.created_by is None else names.get(each.created_by),
            created_at=each.created_at,
        )
        for each in found
    ]
    return DistinctPage(items=items, next=None if following is None else str(following))


@router.delete("/contacts/duplicates/distinct/{id:key}", right="contacts.write")
async def take_back_distinct(context: Context, id: int) -> None:
    """Forget that they are different people: they are shown as duplicates again."""
    await context.services.duplicates.distinctions.take_back(context.actor, id)


@router.post("/contacts/{id:key}/merge", body=MergeBody, returns=ContactCard, right="contacts.write")
async def merge_contacts(context: Context, id: int, body: MergeBody) -> ContactCard:
    """Merge other contacts into this one; the strictest of their consents wins."""
    named = {
        "name": body.name,
        "company_id": body.company,
        "owner_id": body.owner,
        "external_id": body.external_id,
        "email": body.email,
        "phone": body.phone,
    }
    taken = Taken(
        parts={part: key_of(source) for part, source in named.items() if source is not None},
        fields={key: key_of(source) for key, source in body.fields.items()},
    )
    others = [key_of(other) for other in body.other_ids]
    await context.services.merging.merge(context.actor, id, others, taken)
    return await card_of(context, id)

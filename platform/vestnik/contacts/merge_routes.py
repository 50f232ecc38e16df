"""Candidates for a merge, and the merge itself, over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from vestnik.contacts.merging import Taken
from vestnik.contacts.routes import ContactCard, ContactRow, card_of, contact_page
from vestnik.http.api import Context, Id, Router, Shape, key_of

router = Router("contacts")

OtherIds = Annotated[list[Id], msgspec.Meta(min_length=1, max_length=19)]


class DuplicateGroup(Shape):
    """Contacts that may be one person, and what they share."""

    ground: Literal["address", "name"]
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

"""What a contact's card shows beside the contact itself, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
import sqlalchemy as sa

from vestnik.contacts.consents import ConsentState
from vestnik.contacts.routes import ContactPage, ContactQuery, OwnerShape, contact_page
from vestnik.contacts.tables import contact
from vestnik.contacts.timeline import Place, TimelineEntry
from vestnik.db import from_microseconds, to_microseconds
from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.http.errors import Language

router = Router("contacts")


class TimelineShape(Shape):
    """Something that happened to a contact."""

    at: datetime
    kind: str
    title: str
    link: str | None
    detail: str | None


class TimelinePage(Shape):
    """Entries newest first; `next` is the cursor of the page that follows, null when there is none."""

    items: list[TimelineShape]
    next: str | None


class TimelineQuery(Shape):
    """Where the page begins, as the page before it said, and how long it is."""

    cursor: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,17}\.[0-9]{1,6})?$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 20


class ConsentShape(Shape):
    """One choice of a contact with its evidence; no category means all of them."""

    category_id: Id | None
    category: str | None
    state: ConsentState
    at: datetime
    how: str
    from_where: str


class ConsentPage(Shape):
    """Choices, newest first."""

    items: list[ConsentShape]
    total: int


class ConsentQuery(Page):
    """A slice of the record, of one category if it is given."""

    category_id: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,19})?$")] = ""


@router.get("/contacts/{id:key}/timeline", query=TimelineQuery, returns=TimelinePage, right="contacts.read")
async def get_contact_timeline(context: Context, id: int, query: TimelineQuery) -> TimelinePage:
    """What happened to a contact, newest first: letters, consents, imports, merges."""
    entries, following = await context.services.contacts.timeline.page(
        context.actor, id, _place(query.cursor), query.limit
    )
    return TimelinePage(
        items=[_entry(each, context.language) for each in entries],
        next=None if following is None else f"{to_microseconds(following.before)}.{following.skip}",
    )


@router.get("/contacts/{id:key}/consents", query=ConsentQuery, returns=ConsentPage, right="contacts.read")
async def list_contact_consents(context: Context, id: int, query: ConsentQuery) -> ConsentPage:
    """The consent record: what the contact chose, when, how and from where."""
    rows, total = await context.services.consent_record.page(
        context.actor,
        id,
        key_of(query.category_id) if query.category_id else None,
        query.offset,
        query.limit,
    )
    items = [
        ConsentShape(
            category_id=None if each.category_id is None else str(each.category_id),
            category=each.category,
            state=each.state,
            at=each.at,
            how=each.how,
            from_where=each.from_where,
        )
        for each in rows
    ]
    return ConsentPage(items=items, total=total)


@router.get("/contacts/owners", returns=list[OwnerShape], right="contacts.read")
async def list_owners(context: Context) -> list[OwnerShape]:
    """Whom a contact can be given to."""
    people = await context.services.people.users.working(context.actor)
    return [OwnerShape(id=str(id), name=name) for id, name in people.items()]


@router.get("/companies/{id:key}/contacts", query=ContactQuery, returns=ContactPage, right="contacts.read")
async def list_company_contacts(context: Context, id: int, query: ContactQuery) -> ContactPage:
    """The contacts of a company."""
    of_company = sa.select(contact.c.id.label("contact_id")).where(contact.c.company_id == id)
    people, total = await context.services.contacts.page(
        context.actor,
        search=query.search,
        sort=query.sort,
        offset=query.offset,
        limit=query.limit,
        within=of_company,
    )
    return contact_page(people, total)


def _place(cursor: str) -> Place | None:
    if not cursor:
        return None
    before, _, skip = cursor.partition(".")
    return Place(from_microseconds(int(before)), int(skip))


def _entry(entry: TimelineEntry, language: Language) -> TimelineShape:
    detail = entry.detail
    return TimelineShape(
        at=entry.at,
        kind=entry.kind,
        title=entry.title[language],
        link=entry.link,
        detail=detail if detail is None or isinstance(detail, str) else detail[language],
    )

"""Contacts, categories and the stop-list over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from vestnik.contacts.addresses import AddressKind
from vestnik.contacts.consents import ConsentState
from vestnik.contacts.reading import Choice, OwnAddress, Person
from vestnik.contacts.reasons import Reason
from vestnik.contacts.service import Draft
from vestnik.http.api import Context, Id, Page, Router, Shape, key_of

router = Router("contacts")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Line = Annotated[str, msgspec.Meta(max_length=320)]
Addresses = Annotated[list[Line], msgspec.Meta(max_length=50)]
Fields = Annotated[dict[str, str | float | bool | None], msgspec.Meta(max_length=500)]


class StopShape(Shape):
    """Why an address is on the stop-list; no category means every one."""

    category_id: Id | None
    reason: Reason
    at: datetime


class AddressShape(Shape):
    """One address of a contact."""

    id: Id
    address: str
    primary: bool
    stops: list[StopShape]


class CompanyShape(Shape):
    """The company that a contact belongs to."""

    id: Id
    name: str


class ContactRow(Shape):
    """A contact in a list; its last activity: it opened, clicked, unsubscribed, complained; null is never."""

    id: Id
    name: str
    email: str | None
    phone: str | None
    emails: list[AddressShape]
    phones: list[AddressShape]
    company: CompanyShape | None
    owner_id: Id | None
    fields: dict[str, Any]
    blocked: bool
    unsubscribed: bool
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime | None


class ChoiceShape(Shape):
    """A category on a contact's card: subscribed or not, and the latest evidence if there is any."""

    category_id: Id
    title: str
    subscribed: bool
    state: ConsentState | None
    at: datetime | None
    how: str | None
    from_where: str | None


class ContactCard(ContactRow):
    """A contact with everything that its card shows."""

    external_id: str | None
    categories: list[ChoiceShape]
    company_inn: str | None
    owner: OwnerShape | None


class OwnerShape(Shape):
    """Whoever looks after a contact."""

    id: Id
    name: str


class ContactPage(Shape):
    """A page of contacts."""

    items: list[ContactRow]
    total: int


class ContactQuery(Page):
    """Which contacts: matching a search; sorted by name or created, `-` turns the order round."""

    sort: Literal["", "name", "-name", "created", "-created"] = ""


class ContactBody(Shape, kw_only=True):
    """A new contact."""

    name: Name
    emails: Addresses = []
    phones: Addresses = []
    company_id: Id | None = None
    owner_id: Id | None = None
    external_id: ExternalId | None = None
    fields: Fields = {}


class ContactChange(Shape, kw_only=True):
    """The parts of a contact to change; those left out stay.

    Null empties company, owner and external number, and removes a field.
    """

    name: Name | None = None
    emails: Addresses | None = None
    phones: Addresses | None = None
    company_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    owner_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    external_id: ExternalId | msgspec.UnsetType | None = msgspec.UNSET
    fields: Fields | None = None
    blocked: bool | None = None


class ConsentBody(Shape, kw_only=True):
    """What a contact chose, for one category or for all (null), and how that is known."""

    category_id: Id | None = None
    state: ConsentState
    how: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    from_where: Annotated[str, msgspec.Meta(max_length=500)] = ""


class StopBody(Shape, kw_only=True):
    """An address for the stop-list, for one category or for all (null)."""

    kind: AddressKind = "email"
    address: Line
    category_id: Id | None = None


class LiftBody(StopBody, kw_only=True):
    """An address to take off the stop-list, and on what ground."""

    how: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class CategoryShape(Shape):
    """A preference category."""

    id: Id
    title: str
    description: str


class CategoryBody(Shape):
    """A new preference category."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"\S")]
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class FieldShape(Shape):
    """A custom field as an administrator defined it."""

    key: str
    title: dict[str, str]
    kind: Literal["text", "number", "boolean", "date", "choice"]
    options: list[str]


class CreatedShape(Shape):
    """The key of what was stored."""

    id: Id


class RemovedShape(Shape):
    """How many rows of the stop-list went."""

    removed: int


@router.post("/contacts", body=ContactBody, returns=CreatedShape, status=201, right="contacts.write")
async def create_contact(context: Context, body: ContactBody) -> CreatedShape:
    """Store a new contact; the first e-mail and the first phone are the primary ones."""
    id = await context.services.contacts.create(context.actor, _draft(body))
    return CreatedShape(id=str(id))


@router.get("/contacts/fields", returns=list[FieldShape], right="contacts.read")
async def list_contact_fields(context: Context) -> list[FieldShape]:
    """The custom fields of contacts."""
    return [
        FieldShape(key=each.key, title=dict(each.title), kind=each.kind, options=list(each.options))
        for each in await context.services.contacts.fields(context.actor)
    ]


@router.get("/contacts/{id:key}", returns=ContactCard, right="contacts.read")
async def get_contact(context: Context, id: int) -> ContactCard:
    """One contact with addresses, categories and the stop-list's word on each address."""
    return await card_of(context, id)


@router.patch("/contacts/{id:key}", body=ContactChange, returns=ContactCard, right="contacts.write")
async def change_contact(context: Context, id: int, body: ContactChange) -> ContactCard:
    """Change some parts of a contact."""
    await context.services.contacts.update(context.actor, id, _draft(body))
    return await card_of(context, id)


@router.post("/contacts/{id:key}/consents", body=ConsentBody, right="contacts.write")
async def record_contact_consent(context: Context, id: int, body: ConsentBody) -> None:
    """Note what a contact chose for a category, with its evidence."""
    await context.services.contacts.record_consent(
        context.actor, id, _key(body.category_id), body.state, body.how, body.from_where
    )


@router.get("/categories", returns=list[CategoryShape], right="contacts.read")
async def list_categories(context: Context) -> list[CategoryShape]:
    """The preference categories."""
    return [
        CategoryShape(id=str(each.id), title=each.title, description=each.description)
        for each in await context.services.contacts.categories(context.actor)
    ]


@router.post("/categories", body=CategoryBody, returns=CreatedShape, status=201, right="contacts.write")
async def create_category(context: Context, body: CategoryBody) -> CreatedShape:
    """Store a new preference category."""
    id = await context.services.contacts.create_category(context.actor, body.title, body.description)
    return CreatedShape(id=str(id))


@router.post("/stop-list", body=StopBody, right="contacts.write")
async def add_to_stop_list(context: Context, body: StopBody) -> None:
    """Put an address on the stop-list by hand."""
    await context.services.contacts.stop(
        context.actor, body.kind, body.address, _key(body.category_id), "manual"
    )


@router.post("/stop-list/remove", body=LiftBody, returns=RemovedShape, right="contacts.write")
async def remove_from_stop_list(context: Context, body: LiftBody) -> RemovedShape:
    """Take an address off the stop-list; the ground is kept as the consent's evidence."""
    removed = await context.services.contacts.unsuppress(
        context.actor, body.kind, body.address, _key(body.category_id), body.how
    )
    return RemovedShape(removed=removed)


def contact_page(people: list[Person], total: int) -> ContactPage:
    """A page of contacts on the wire."""
    return ContactPage(items=[ContactRow(**_row(person)) for person in people], total=total)


def _key(id: Id | msgspec.UnsetType | None) -> int | None:
    return key_of(id) if isinstance(id, str) else None


def _draft(body: ContactBody | ContactChange) -> Draft:
    cleared = {name for name in ("company_id", "owner_id", "external_id") if getattr(body, name) is None}
    return Draft(
        name=body.name,
        emails=body.emails,
        phones=body.phones,
        company_id=_key(body.company_id),
        owner_id=_key(body.owner_id),
        external_id=body.external_id or None,
        fields=body.fields,
        blocked=body.blocked if isinstance(body, ContactChange) else None,
        cleared=frozenset(cleared) if isinstance(body, ContactChange) else frozenset(),
    )


def _row(person: Person) -> dict[str, Any]:
    emails = [_address(each) for each in person.addresses if each.kind == "email"]
    phones = [_address(each) for each in person.addresses if each.kind == "phone"]
    return {
        "id": str(person.id),
        "name": person.name,
        "email": emails[0].address if emails else None,
        "phone": phones[0].address if phones else None,
        "emails": emails,
        "phones": phones,
        "company": None
        if person.company_id is None
        else CompanyShape(id=str(person.company_id), name=person.company or ""),
        "owner_id": None if person.owner_id is None else str(person.owner_id),
        "fields": dict(person.custom),
        "blocked": person.blocked,
        "unsubscribed": person.unsubscribed,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
        "last_activity_at": person.last_activity_at,
    }


async def card_of(context: Context, id: int) -> ContactCard:
    """A contact's card on the wire."""
    person = await context.services.contacts.card(context.actor, id)
    owners = await context.services.people.users.names([] if person.owner_id is None else [person.owner_id])
    owner = [OwnerShape(id=str(id), name=name) for id, name in owners.items()]
    return ContactCard(
        **_row(person),
        external_id=person.external_id,
        categories=[_choice(each) for each in person.choices],
        company_inn=person.company_inn,
        owner=owner[0] if owner else None,
    )


def _address(own: OwnAddress) -> AddressShape:
    return AddressShape(
        id=str(own.id),
        address=own.text,
        primary=own.is_primary,
        stops=[
            StopShape(
                category_id=None if stop.category_id is None else str(stop.category_id),
                reason=stop.reason,
                at=stop.at,
            )
            for stop in own.stops
        ],
    )


def _choice(choice: Choice) -> ChoiceShape:
    return ChoiceShape(
        category_id=str(choice.category_id),
        title=choice.title,
        subscribed=choice.subscribed,
        state=choice.state,
        at=choice.at,
        how=choice.how,
        from_where=choice.from_where,
    )

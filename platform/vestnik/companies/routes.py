"""Companies over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import StreamingResponse

from vestnik.companies.directory import Company, CompanyDraft, CompanyFilter
from vestnik.companies.relations import Relatives
from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.http.csv_files import csv_file, day, safe
from vestnik.http.errors import Language, Text

router = Router("companies")

#: Addresses of a kind that a client may have.
ADDRESSES = 20

Number = Annotated[str, msgspec.Meta(max_length=32)]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"\S")]
IdOrNone = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,19})?$")]
Addresses = Annotated[list[Address], msgspec.Meta(max_length=ADDRESSES)]


class ResponsibleShape(Shape):
    """Who is responsible."""

    id: Id
    name: str


class ClientShape(Shape):
    """A company, or a person who is a client; `namePending`: it is called by its INN until it is named."""

    id: Id
    kind: Literal["company", "person"]
    name: str
    name_pending: bool
    inn: str | None
    kpp: str | None
    responsible: ResponsibleShape | None
    emails: list[str]
    phones: list[str]
    created_at: datetime
    updated_at: datetime


class RelatedShape(Shape):
    """Something that belongs to a client."""

    id: Id
    title: str
    link: str
    at: datetime
    detail: str | None


class RelativesShape(Shape):
    """Things of one kind: the newest, and how many there are."""

    kind: str
    total: int
    items: list[RelatedShape]


class ClientCard(ClientShape):
    """A client with what belongs to it, by kind, as far as the reader may see it."""

    related: list[RelativesShape]


class ClientPage(Shape):
    """A page of companies."""

    items: list[ClientShape]
    total: int


class ClientBody(Shape, kw_only=True):
    """A company whole; the INN is checked by its check digits.

    Who is responsible and the addresses stay as they are where they are left out.
    `unchangedSince`: the client's `updatedAt` as it was read; if it is another by now, nothing is stored.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
    kind: Literal["company", "person"] = "company"
    inn: Number | None = None
    kpp: Number | None = None
    responsible_id: Id | UnsetType | None = UNSET
    emails: Addresses | UnsetType = UNSET
    phones: Addresses | UnsetType = UNSET
    unchanged_since: datetime | None = None


class ClientWanted(Shape):
    """Which companies: by words, and by each filter that is given."""

    search: str = ""
    kind: Literal["", "company", "person"] = ""
    responsible_id: IdOrNone = ""
    name_pending: Literal["", "true", "false"] = ""


class ClientQuery(Page):
    """A page of companies by name."""

    kind: Literal["", "company", "person"] = ""
    responsible_id: IdOrNone = ""
    name_pending: Literal["", "true", "false"] = ""


@router.get("/companies", query=ClientQuery, returns=ClientPage, right="contacts.read")
async def list_companies(context: Context, query: ClientQuery) -> ClientPage:
    """Companies by name, found by a part of the name or an address, or by the beginning of the INN."""
    found, total = await context.services.companies.page(
        context.actor, _wanted(query), offset=query.offset, limit=query.limit
    )
    people = await _responsible(context, found)
    return ClientPage(items=[_shape(each, people) for each in found], total=total)


@router.get("/companies/export", query=ClientWanted, media_type="text/csv", right="contacts.export")
async def export_companies(context: Context, query: ClientWanted) -> StreamingResponse:
    """The companies that the filters leave as a CSV file."""
    parts = await context.services.companies.export(context.actor, _wanted(query))
    return csv_file(_rows(context, parts), "companies.csv")


@router.post("/companies", body=ClientBody, returns=ClientShape, status=201, right="contacts.write")
async def create_company(context: Context, body: ClientBody) -> ClientShape:
    """Store a new company."""
    id = await context.services.companies.create(context.actor, _draft(body))
    return await _one(context, id)


@router.get("/companies/{id:key}", returns=ClientCard, right="contacts.read")
async def get_company(context: Context, id: int) -> ClientCard:
    """One company, and what belongs to it."""
    shape = await _one(context, id)
    related = await context.services.companies.related(context.actor, id)
    return ClientCard(
        **msgspec.structs.asdict(shape), related=[_relatives(each, context.language) for each in related]
    )


@router.put("/companies/{id:key}", body=ClientBody, returns=ClientShape, right="contacts.write")
async def change_company(context: Context, id: int, body: ClientBody) -> ClientShape:
    """Give a company this name, kind, INN and KPP, and what else is given."""
    await context.services.companies.change(context.actor, id, _draft(body), body.unchanged_since)
    return await _one(context, id)


def _wanted(query: ClientQuery | ClientWanted) -> CompanyFilter:
    return CompanyFilter(
        search=query.search,
        kind=query.kind or None,
        responsible_id=key_of(query.responsible_id) if query.responsible_id else None,
        name_pending=query.name_pending == "true" if query.name_pending else None,
    )


def _draft(body: ClientBody) -> CompanyDraft:
    responsible = body.responsible_id
    return CompanyDraft(
        body.name,
        body.kind,
        body.inn,
        body.kpp,
        key_of(responsible) if isinstance(responsible, str) else responsible,
        None if isinstance(body.emails, UnsetType) else body.emails,
        None if isinstance(body.phones, UnsetType) else body.phones,
    )


async def _one(context: Context, id: int) -> ClientShape:
    company = await context.services.companies.card(context.actor, id)
    return _shape(company, await _responsible(context, [company]))


async def _responsible(context: Context, found: Sequence[Company]) -> dict[int, str]:
    wanted = {each.responsible_id for each in found if each.responsible_id is not None}
    return await context.services.people.users.names(wanted) if wanted else {}


def _shape(company: Company, people: Mapping[int, str]) -> ClientShape:
    responsible = company.responsible_id
    return ClientShape(
        id=str(company.id),
        kind=company.kind,
        name=company.name,
        name_pending=company.name_pending,
        inn=company.inn,
        kpp=company.kpp,
        responsible=None
        if responsible is None
        else ResponsibleShape(id=str(responsible), name=people.get(responsible, "")),
        emails=list(company.emails),
        phones=list(company.phones),
        created_at=company.created_at,
        updated_at=company.updated_at,
    )


def _relatives(found: Relatives, language: Language) -> RelativesShape:
    return RelativesShape(
        kind=found.kind,
        total=found.total,
        items=[
            RelatedShape(
                id=str(each.id),
                title=each.title,
                link=each.link,
                at=each.at,
                detail=each.detail
                if each.detail is None or isinstance(each.detail, str)
                else each.detail[language],
            )
            for each in found.items
        ],
    )


_COLUMNS: Sequence[Text] = (
    {"ru": "Название", "en": "Name"},
    {"ru": "Тип", "en": "Kind"},
    {"ru": "ИНН", "en": "INN"},
    {"ru": "КПП", "en": "KPP"},
    {"ru": "Почта", "en": "E-mail"},
    {"ru": "Телефон", "en": "Phone"},
    {"ru": "Ответственный", "en": "Responsible"},
    {"ru": "Добавлен", "en": "Added"},
)
_KINDS: Mapping[str, Text] = {
    "company": {"ru": "компания", "en": "company"},
    "person": {"ru": "частное лицо", "en": "person"},
}


async def _rows(context: Context, parts: AsyncIterator[list[Company]]) -> AsyncIterator[list[str]]:
    zone = await context.services.people.organisation.zone()
    language = context.language
    yield [title[language] for title in _COLUMNS]
    async for companies in parts:
        people = await _responsible(context, companies)
        for each in companies:
            yield [
                safe(each.name),
                _KINDS[each.kind][language],
                each.inn or "",
                each.kpp or "",
                safe(", ".join(each.emails)),
                safe(", ".join(each.phones)),
                safe(people.get(each.responsible_id or 0, "")),
                day(each.created_at, zone),
            ]

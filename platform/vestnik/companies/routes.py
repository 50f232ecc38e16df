"""Companies over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from vestnik.companies.directory import Company, CompanyDraft
from vestnik.http.api import Context, Id, Page, Router, Shape

router = Router("companies")

Number = Annotated[str, msgspec.Meta(max_length=32)]


class ClientShape(Shape):
    """A company, or a person who is a client."""

    id: Id
    kind: Literal["company", "person"]
    name: str
    inn: str | None
    kpp: str | None
    created_at: datetime
    updated_at: datetime


class ClientPage(Shape):
    """A page of companies."""

    items: list[ClientShape]
    total: int


class ClientBody(Shape, kw_only=True):
    """A company whole; the INN is checked by its check digits."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
    kind: Literal["company", "person"] = "company"
    inn: Number | None = None
    kpp: Number | None = None


@router.get("/companies", query=Page, returns=ClientPage, right="contacts.read")
async def list_companies(context: Context, query: Page) -> ClientPage:
    """Companies by name, found by a part of the name or the beginning of the INN."""
    found, total = await context.services.companies.page(
        context.actor, search=query.search, offset=query.offset, limit=query.limit
    )
    return ClientPage(items=[_shape(each) for each in found], total=total)


@router.post("/companies", body=ClientBody, returns=ClientShape, status=201, right="contacts.write")
async def create_company(context: Context, body: ClientBody) -> ClientShape:
    """Store a new company."""
    id = await context.services.companies.create(context.actor, _draft(body))
    return _shape(await context.services.companies.card(context.actor, id))


@router.get("/companies/{id:key}", returns=ClientShape, right="contacts.read")
async def get_company(context: Context, id: int) -> ClientShape:
    """One company."""
    return _shape(await context.services.companies.card(context.actor, id))


@router.put("/companies/{id:key}", body=ClientBody, returns=ClientShape, right="contacts.write")
async def change_company(context: Context, id: int, body: ClientBody) -> ClientShape:
    """Give a company this name, kind, INN and KPP."""
    await context.services.companies.change(context.actor, id, _draft(body))
    return _shape(await context.services.companies.card(context.actor, id))


def _draft(body: ClientBody) -> CompanyDraft:
    return CompanyDraft(body.name, body.kind, body.inn, body.kpp)


def _shape(company: Company) -> ClientShape:
    return ClientShape(
        id=str(company.id),
        kind=company.kind,
        name=company.name,
        inn=company.inn,
        kpp=company.kpp,
        created_at=company.created_at,
        updated_at=company.updated_at,
    )

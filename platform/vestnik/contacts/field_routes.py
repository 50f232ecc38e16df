"""The definitions of custom fields over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from vestnik.contacts.field_service import Definition
from vestnik.http.api import Context, Id, Router, Shape, key_of

router = Router("contact-fields")

FieldKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
Option = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
Options = Annotated[list[Option], msgspec.Meta(max_length=200)]


class TitleShape(Shape):
    """A name in each language of the interface."""

    ru: Title
    en: Title


class DefinitionShape(Shape):
    """A custom field; an archived one keeps its key and its values."""

    id: Id
    key: str
    title: dict[str, str]
    kind: Literal["text", "number", "boolean", "date", "choice"]
    options: list[str]
    archived: bool


class DefinitionBody(Shape, kw_only=True):
    """A new field; its key and its kind stay as they are for ever."""

    key: FieldKey
    title: TitleShape
    kind: Literal["text", "number", "boolean", "date", "choice"]
    options: Options = []


class DefinitionChange(Shape, kw_only=True):
    """The parts of a field to change; those left out stay."""

    title: TitleShape | None = None
    options: Options | None = None
    archived: bool | None = None


class OrderBody(Shape):
    """Fields in the order in which cards show them."""

    ids: Annotated[list[Id], msgspec.Meta(max_length=1000)]


@router.get("/contact-fields", returns=list[DefinitionShape], right="fields.manage")
async def list_definitions(context: Context) -> list[DefinitionShape]:
    """Every custom field, in the order of the card; archived ones last."""
    return [_shape(each) for each in await context.services.contact_fields.page(context.actor)]


@router.post(
    "/contact-fields", body=DefinitionBody, returns=DefinitionShape, status=201, right="fields.manage"
)
async def create_definition(context: Context, body: DefinitionBody) -> DefinitionShape:
    """Define a custom field."""
    fields = context.services.contact_fields
    id = await fields.create(context.actor, body.key, _texts(body.title), body.kind, body.options)
    return await _one(context, id)


@router.patch(
    "/contact-fields/{id:key}", body=DefinitionChange, returns=DefinitionShape, right="fields.manage"
)
async def change_definition(context: Context, id: int, body: DefinitionChange) -> DefinitionShape:
    """Rename a field, change the options of a choice, archive it or take it back."""
    await context.services.contact_fields.change(
        context.actor,
        id,
        title=None if body.title is None else _texts(body.title),
        options=body.options,
        archived=body.archived,
    )
    return await _one(context, id)


@router.put("/contact-fields/order", body=OrderBody, right="fields.manage")
async def order_definitions(context: Context, body: OrderBody) -> None:
    """Put fields in an order; those left out stay behind them."""
    await context.services.contact_fields.order(context.actor, [key_of(id) for id in body.ids])


async def _one(context: Context, id: int) -> DefinitionShape:
    found = await context.services.contact_fields.page(context.actor)
    return next(_shape(each) for each in found if each.id == id)


def _texts(title: TitleShape) -> dict[str, str]:
    return {"ru": title.ru.strip(), "en": title.en.strip()}


def _shape(definition: Definition) -> DefinitionShape:
    field = definition.field
    return DefinitionShape(
        id=str(definition.id),
        key=field.key,
        title=dict(field.title),
        kind=field.kind,
        options=list(field.options),
        archived=definition.archived_at is not None,
    )

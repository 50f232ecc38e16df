"""Templates over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from starlette.responses import Response

from vestnik.http.api import PUBLIC, Context, Id, Page, Router, Shape, key_of
from vestnik.http.errors import Language
from vestnik.templates.images import Picture
from vestnik.templates.letters import POLICY
from vestnik.templates.personalisation import Filler
from vestnik.templates.service import Import, ImportState, Sort, Template

router = Router("templates")


class TemplateShape(Shape):
    """A template of letters at a sending service; `thumbnailUrl` is a path of ours."""

    id: Id
    account_id: Id
    external_id: str
    type: Literal["email", "sms"]
    name: str
    subject: str
    description: str
    language: str | None
    thumbnail_url: str | None
    editor_url: str | None
    service_updated_at: datetime | None
    updated_at: datetime
    archived_at: datetime | None


class TemplatePage(Shape):
    """A page of templates; `languages` are those that any template has."""

    items: list[TemplateShape]
    total: int
    languages: list[str]


class TemplateQuery(Page):
    """Which templates: of an account, in a language, live or archived, with a text in name or subject."""

    account_id: Id | None = None
    language: Annotated[str, msgspec.Meta(max_length=35)] | None = None
    archived: bool = False
    sort: Sort = "name"


class ImportBody(Shape):
    """The account whose templates to import."""

    account_id: Id


class ImportShape(Shape):
    """How far an import is; `reason` says why it was stopped."""

    id: Id
    account_id: Id
    state: ImportState
    pages: int
    imported: int
    archived: int
    reason: str | None
    started_at: datetime
    finished_at: datetime | None


class ImportList(Shape):
    """The last import of each account that has one."""

    items: list[ImportShape]


class LetterFieldShape(Shape):
    """A field that a letter leaves to its recipient.

    `filler` says who fills it in; `value` what of a contact: `name`, `email`, `phone`, `company` or
    `fields.KEY`. `hasFallback` says that the letter has a text of its own for who has no value.
    """

    name: str
    filler: Filler
    value: str | None
    in_subject: bool
    in_body: bool
    has_fallback: bool


class LetterShape(Shape):
    """When the letter was fetched, its fields, and why it is not newer, if the service was asked in vain."""

    fetched_at: datetime
    failure: str | None
    fields: list[LetterFieldShape]


class PreviewQuery(Shape):
    """Whether to ask the service anew."""

    refresh: bool = False


class ImageQuery(Shape):
    """A signed link to a picture."""

    u: Annotated[str, msgspec.Meta(max_length=8000)]


@router.get("/templates", query=TemplateQuery, returns=TemplatePage, right="templates.read")
async def list_templates(context: Context, query: TemplateQuery) -> TemplatePage:
    """Templates by name."""
    items, total = await context.services.templates.page(
        context.actor,
        account_id=None if query.account_id is None else key_of(query.account_id),
        search=query.search,
        language=query.language,
        archived=query.archived,
        sort=query.sort,
        offset=query.offset,
        limit=query.limit,
    )
    languages = await context.services.templates.languages(context.actor)
    return TemplatePage(items=[_shape(each) for each in items], total=total, languages=languages)


@router.post("/templates/import", body=ImportBody, returns=ImportShape, status=202, right="templates.import")
async def import_templates(context: Context, body: ImportBody) -> ImportShape:
    """Begin to import an account's templates, or join the import that is under way."""
    id = await context.services.templates.import_from(context.actor, key_of(body.account_id))
    return await _import(context, id)


@router.get("/templates/imports", returns=ImportList, right="templates.read")
async def list_template_imports(context: Context) -> ImportList:
    """How the last import of each account went."""
    found = await context.services.templates.last_imports(context.actor)
    return ImportList(items=[_import_shape(each, context.language) for each in found])


@router.get("/templates/imports/{id:key}", returns=ImportShape, right="templates.read")
async def get_template_import(context: Context, id: int) -> ImportShape:
    """How far an import of templates is."""
    return await _import(context, id)


@router.get("/templates/{id:key}", returns=TemplateShape, right="templates.read")
async def get_template(context: Context, id: int) -> TemplateShape:
    """One template."""
    return _shape(await context.services.templates.get(context.actor, id))


@router.get("/templates/{id:key}/letter", returns=LetterShape, right="templates.read")
async def get_template_letter(context: Context, id: int) -> LetterShape:
    """What is known of the letter; the service is asked for it when it was never fetched or may be old."""
    return await _letter(context, id)


@router.post("/templates/{id:key}/letter", returns=LetterShape, right="templates.read")
async def refresh_template_letter(context: Context, id: int) -> LetterShape:
    """Ask the service for the letter anew."""
    return await _letter(context, id, refresh=True)


@router.get("/templates/{id:key}/html", query=PreviewQuery, media_type="text/html", right="templates.read")
async def preview_template(context: Context, id: int, query: PreviewQuery) -> Response:
    """The letter as a document for a sandboxed frame."""
    html = await context.services.templates.preview(context.actor, id, refresh=query.refresh)
    return Response(
        html,
        media_type="text/html",
        headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"},
    )


@router.get("/templates/{id:key}/image", query=ImageQuery, media_type="image/*", right=PUBLIC)
async def get_template_image(context: Context, id: int, query: ImageQuery) -> Response:
    """A picture of a letter, by the signed link in its preview."""
    return _picture(await context.services.templates.image(id, query.u))


@router.get("/templates/{id:key}/thumbnail", media_type="image/*", right="templates.read")
async def get_template_thumbnail(context: Context, id: int) -> Response:
    """The service's picture of a template."""
    return _picture(await context.services.templates.thumbnail(context.actor, id))


async def _letter(context: Context, id: int, *, refresh: bool = False) -> LetterShape:
    letter, fields = await context.services.templates.letter(context.actor, id, refresh=refresh)
    return LetterShape(
        fetched_at=letter.fetched_at,
        failure=None if letter.failure is None else letter.failure[context.language],
        fields=[
            LetterFieldShape(
                name=each.name,
                filler=each.filler,
                value=each.value,
                in_subject=each.in_subject,
                in_body=each.in_body,
                has_fallback=each.has_fallback,
            )
            for each in fields
        ],
    )


async def _import(context: Context, id: int) -> ImportShape:
    found = await context.services.templates.import_state(context.actor, id)
    return _import_shape(found, context.language)


def _import_shape(found: Import, language: Language) -> ImportShape:
    return ImportShape(
        id=str(found.id),
        account_id=str(found.account_id),
        state=found.state,
        pages=found.pages,
        imported=found.imported,
        archived=found.archived,
        reason=None if found.reason is None else found.reason[language],
        started_at=found.started_at,
        finished_at=found.finished_at,
    )


def _picture(picture: Picture) -> Response:
    # The sandboxed document that shows it has no origin: only "cross-origin" lets it in.
    return Response(
        picture.body,
        media_type=picture.media_type,
        headers={
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "private, max-age=86400",
        },
    )


def _shape(template: Template) -> TemplateShape:
    return TemplateShape(
        id=str(template.id),
        account_id=str(template.account_id),
        external_id=template.external_id,
        type=template.type,
        name=template.name,
        subject=template.subject,
        description=template.description,
        language=template.language,
        thumbnail_url=None
        if template.screenshot_url is None
        else f"/api/v1/templates/{template.id}/thumbnail",
        editor_url=template.editor_url,
        service_updated_at=template.service_updated_at,
        updated_at=template.updated_at,
        archived_at=template.archived_at,
    )

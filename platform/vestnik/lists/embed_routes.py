"""HTTP of embedding: its keys for the administrator, the framed page, and what that page asks.

The page and its questions stand under `/embed`, apart from the API: no cookie and no session is read there,
and a page's token opens nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from html import escape
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from vestnik.db import now
from vestnik.http.api import PUBLIC, Context, Id, Page, Router, Shape, language_of
from vestnik.http.api import routes as routes_of
from vestnik.http.errors import CsrfFailed, Language, Problem
from vestnik.http.limits import network_of
from vestnik.http.static import WebApplication
from vestnik.lists.embed import ORIGINS, Embedding, Visitor
from vestnik.lists.embed_links import link_of
from vestnik.lists.panel_errors import EmbedLinkInvalid, EmbedTokenInvalid, for_visitor
from vestnik.lists.panel_routes import panel_block, panel_card, panel_choices, panel_saved
from vestnik.lists.panel_shapes import (
    PanelBlock,
    PanelCard,
    PanelChanges,
    PanelChoices,
    PanelQuery,
    PanelSaved,
)
from vestnik.modules.calls.failures import ModuleCallFailed

router = Router("panel")
framed = Router("embed")

PAGE = "embed.html"
QUERY_LENGTH = 4_000

Origin = Annotated[str, msgspec.Meta(min_length=8, max_length=300)]


class EmbedKeyRow(Shape):
    """A key by which another system embeds the panel."""

    id: Id
    name: str
    origins: list[str]
    may_change: bool
    expires_at: datetime | None
    created_at: datetime
    used_at: datetime | None


class EmbedKeyPage(Shape):
    items: list[EmbedKeyRow]
    total: int


class EmbedKeyForm(Shape):
    """A new key: which sites may frame the panel, and whether it may change lists."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
    origins: Annotated[list[Origin], msgspec.Meta(min_length=1, max_length=ORIGINS)]
    may_change: bool = False
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class EmbedKeyMade(Shape):
    """The key's number and its secret, which is shown this once."""

    id: Id
    secret: str


class EmbedQuery(Shape):
    """The query of a signed link, without its question mark."""

    query: Annotated[str, msgspec.Meta(max_length=QUERY_LENGTH)]


class EmbedToken(Shape):
    """What the framed page shows with each question, till when, and in which language it speaks."""

    token: str
    expires_at: datetime
    may_change: bool
    language: str


@router.get("/embed-keys", query=Page, returns=EmbedKeyPage, right="keys.manage")
async def list_embed_keys(context: Context, query: Page) -> EmbedKeyPage:
    """Keys for embedding that are not revoked, newest first."""
    embedding = context.services.embedding
    rows, total = await embedding.page(context.actor, query.offset, query.limit)
    return EmbedKeyPage(items=[_row(row) for row in rows], total=total)


@router.post("/embed-keys", body=EmbedKeyForm, returns=EmbedKeyMade, status=201, right="keys.manage")
async def add_embed_key(context: Context, body: EmbedKeyForm) -> EmbedKeyMade:
    """Make a key for embedding the panel; its secret is in this answer alone."""
    key_id, secret = await context.services.embedding.add(
        context.actor,
        body.name,
        body.origins,
        may_change=body.may_change,
        expires_at=body.expires_at,
    )
    return EmbedKeyMade(id=str(key_id), secret=secret)


@router.delete("/embed-keys/{id:key}", right="keys.manage")
async def revoke_embed_key(context: Context, id: int) -> None:
    """Refuse a key's links and pages from now on."""
    await context.services.embedding.revoke(context.actor, id)


@framed.post("/embed/api/token", body=EmbedQuery, returns=EmbedToken, right=PUBLIC)
async def make_embed_token(context: Context, body: EmbedQuery) -> EmbedToken:
    """The token of a signed link, for the page that was opened by it."""
    _refuse_other_pages(context.request)
    embedding, network = context.services.embedding, _network(context.request)
    try:
        link = link_of(parse_qsl(body.query.removeprefix("?"), keep_blank_values=True, max_num_fields=10))
        language = _language(link.language, context.language)
        token, visitor = await embedding.token(link, language)
    except ValueError:  # more parameters than any link has
        embedding.refuse_too_many(network)
        raise EmbedLinkInvalid() from None
    except EmbedLinkInvalid:
        embedding.refuse_too_many(network)
        raise
    return EmbedToken(
        token=token,
        expires_at=visitor.ticket.until,
        may_change=visitor.actor.may("contacts.write"),
        language=language,
    )


@framed.get("/embed/api/panel", returns=PanelCard, right=PUBLIC)
async def get_embedded_panel(context: Context) -> PanelCard:
    """The tabs and blocks of the panel that the token is for."""
    visitor = await _visitor(context)
    return await panel_card(context, visitor.actor, await context.services.embedding.subject(visitor))


@framed.get("/embed/api/panel/{account_id:key}", query=PanelQuery, returns=PanelBlock, right=PUBLIC)
async def get_embedded_block(context: Context, account_id: int, query: PanelQuery) -> PanelBlock:
    """One block of it."""
    visitor = await _visitor(context)
    subject = await context.services.embedding.subject(visitor)
    return await panel_block(context, visitor.actor, subject, account_id, query, for_visitor)


@framed.get("/embed/api/panel/{account_id:key}/lists", query=PanelQuery, returns=PanelChoices, right=PUBLIC)
async def list_embedded_choices(context: Context, account_id: int, query: PanelQuery) -> PanelChoices:
    """The lists to choose from."""
    visitor = await _visitor(context)
    subject = await context.services.embedding.subject(visitor)
    with _in_plain_words():
        return await panel_choices(context, visitor.actor, subject, account_id, query)


@framed.post(
    "/embed/api/panel/{account_id:key}/subscriptions", body=PanelChanges, returns=PanelSaved, right=PUBLIC
)
async def save_embedded_subscriptions(context: Context, account_id: int, body: PanelChanges) -> PanelSaved:
    """Change lists, where the key allows it."""
    visitor = await _visitor(context)
    visitor.actor.require("contacts.write")
    subject = await context.services.embedding.subject(visitor)
    with _in_plain_words():
        return await panel_saved(context, visitor.actor, subject, account_id, body)


@contextmanager
def _in_plain_words() -> Iterator[None]:
    try:
        yield
    except ModuleCallFailed as failure:
        raise for_visitor(failure) from failure


def embed_routes(services: Any, pages: WebApplication) -> list[Route]:
    """The framed page and what it asks."""

    async def page(request: Request) -> Response:
        return await _page(request, services.embedding, pages)

    return [Route("/embed/contact", page, name="embed.page"), *routes_of([framed], services, "")]


async def _page(request: Request, embedding: Embedding, pages: WebApplication) -> Response:
    """The page of a link, for the sites of its key: they alone may frame it, also when its time is over.

    A forged link learns nothing of the key whose number it bears.
    """
    origins: Sequence[str] = ()
    response: Response
    try:
        link = link_of(request.query_params.multi_items())
        key = await embedding.key_of(link)
        origins = key.origins
        link.check_time(now())
        response = pages.page(request, PAGE)
    except Problem as problem:
        if isinstance(problem, EmbedLinkInvalid):
            problem = _counted(problem, embedding, request)
        response = _refusal(problem, language_of(request))
    for name, value in page_headers(origins).items():
        response.headers[name] = value
    return response


def _counted(problem: Problem, embedding: Embedding, request: Request) -> Problem:
    """The problem, or that there were too many of them."""
    try:
        embedding.refuse_too_many(_network(request))
    except Problem as too_many:
        return too_many
    return problem


def page_headers(origins: Sequence[str]) -> dict[str, str]:
    """Headers of the framed page: these sites may frame it, and it may load from us alone."""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        " ".join(("frame-ancestors", *(origins or ("'none'",)))),
        "form-action 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    )
    return {
        "content-security-policy": "; ".join(policy),
        "cache-control": "no-store",
        # The address holds the signature.
        "referrer-policy": "no-referrer",
        # A site that isolates itself from others may frame it all the same.
        "cross-origin-resource-policy": "cross-origin",
    }


def _refusal(problem: Problem, language: Language) -> Response:
    title, text = escape(problem.title[language]), escape(problem.detail(language))
    body = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        f'<body style="font: 14px/1.5 system-ui, sans-serif"><h1 style="font-size: 16px">{title}</h1>'
        f"<p>{text}</p></body></html>"
    )
    return HTMLResponse(body, problem.status)


async def _visitor(context: Context) -> Visitor:
    """Who shows the token; the session of a person who is signed in here counts for nothing."""
    _refuse_other_pages(context.request)
    scheme, _, token = context.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise EmbedTokenInvalid()
    return await context.services.embedding.visitor(token.strip(), context.language)


def _refuse_other_pages(request: Request) -> None:
    """The page in the frame is ours: no other page asks here."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CsrfFailed()


def _network(request: Request) -> str:
    return network_of(request.client.host if request.client is not None else "")


def _language(wanted: str | None, fallback: Language) -> Language:
    return cast(Language, wanted) if wanted in ("ru", "en") else fallback


def _row(row: Any) -> EmbedKeyRow:
    return EmbedKeyRow(
        id=str(row.id),
        name=row.name,
        origins=row.origins,
        may_change=row.may_change,
        expires_at=row.expires_at,
        created_at=row.created_at,
        used_at=row.used_at,
    )

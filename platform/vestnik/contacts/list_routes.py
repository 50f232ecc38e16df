"""The list of contacts over HTTP: pages, counts, saved views, bulk runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from vestnik.contacts.bulk import BulkRun, State
from vestnik.contacts.listing import Filters, Selection, Sort
from vestnik.contacts.routes import ContactRow, CreatedShape, contact_page
from vestnik.contacts.views import View, ViewQuery
from vestnik.http.api import Context, Id, Page, Router, Shape
from vestnik.http.decoding import decode_parameter
from vestnik.http.errors import Language

router = Router("contacts")

ViewName = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
FilterText = Annotated[str, msgspec.Meta(max_length=20_000)]


class ContactListing(Shape):
    """A page of contacts. `total` stops at 10,000: there are `more` then. Cursors lead to its neighbours."""

    items: list[ContactRow]
    total: int
    more: bool
    next: str | None
    previous: str | None


class ListingQuery(Page):
    """Which contacts: a search over name, e-mail, phone and company, and `filters` as a JSON object."""

    sort: Sort | Literal[""] = ""
    filters: FilterText = ""
    cursor: Annotated[str, msgspec.Meta(max_length=4000)] = ""


class CountQuery(Shape):
    """Which contacts to count, as the list is asked for them."""

    search: Annotated[str, msgspec.Meta(max_length=500)] = ""
    filters: FilterText = ""


class ListingCount(Shape):
    """How many contacts, to the last."""

    count: int


class ViewShape(Shape):
    """A saved view; `own` when the reader saved it, and so may change it."""

    id: Id
    name: str
    query: ViewQuery
    shared: bool
    own: bool


class ViewBody(Shape, kw_only=True):
    """A new view; a shared one is seen by everybody who sees contacts."""

    name: ViewName
    query: ViewQuery
    shared: bool = False


class ViewChange(Shape, kw_only=True):
    """The parts of a view to change; those left out stay."""

    name: ViewName | None = None
    query: ViewQuery | None = None
    shared: bool | None = None


class BulkBody(Shape):
    """An action on many contacts, what it needs, and whom it takes."""

    action: Annotated[str, msgspec.Meta(max_length=100)]
    arguments: dict[str, Any]
    selection: Selection


class ReasonShape(Shape):
    """Why a run failed."""

    code: str
    text: str


class BulkShape(Shape):
    """A bulk run. `total` is null until it is counted; `kept` unsubscribed and were left as they were."""

    id: Id
    action: str
    state: State
    total: int | None
    done: int
    changed: int
    kept: int
    reason: ReasonShape | None
    created_at: datetime
    finished_at: datetime | None


@router.get("/contacts", query=ListingQuery, returns=ContactListing, right="contacts.read")
async def list_contacts(context: Context, query: ListingQuery) -> ContactListing:
    """A page of the contacts that match a search and filters."""
    selection = Selection(search=query.search, filters=_filters(query.filters), sort=query.sort or "name")
    page = await context.services.contact_lists.pages.page(
        context.actor, selection, cursor=query.cursor, offset=query.offset, limit=query.limit
    )
    return ContactListing(
        items=contact_page(page.people, page.total).items,
        total=page.total,
        more=page.more,
        next=page.next,
        previous=page.previous,
    )


@router.get("/contacts/count", query=CountQuery, returns=ListingCount, right="contacts.read")
async def count_contacts(context: Context, query: CountQuery) -> ListingCount:
    """How many contacts match a search and filters, to the last."""
    selection = Selection(search=query.search, filters=_filters(query.filters))
    return ListingCount(count=await context.services.contact_lists.pages.count(context.actor, selection))


@router.get("/contacts/views", returns=list[ViewShape], right="contacts.read")
async def list_views(context: Context) -> list[ViewShape]:
    """One's own saved views, then those that others share."""
    return [_view(each) for each in await context.services.contact_lists.views.all(context.actor)]


@router.post("/contacts/views", body=ViewBody, returns=CreatedShape, status=201, right="contacts.read")
async def save_view(context: Context, body: ViewBody) -> CreatedShape:
    """Save a view of one's own."""
    views = context.services.contact_lists.views
    id = await views.save(context.actor, body.name, body.query, shared=body.shared)
    return CreatedShape(id=str(id))


@router.patch("/contacts/views/{id:key}", body=ViewChange, right="contacts.read")
async def change_view(context: Context, id: int, body: ViewChange) -> None:
    """Change one's own view."""
    await context.services.contact_lists.views.change(
        context.actor, id, name=body.name, query=body.query, shared=body.shared
    )


@router.delete("/contacts/views/{id:key}", right="contacts.read")
async def remove_view(context: Context, id: int) -> None:
    """Delete one's own view."""
    await context.services.contact_lists.views.remove(context.actor, id)


@router.post("/contacts/bulk", body=BulkBody, returns=CreatedShape, status=201, right="contacts.write")
async def begin_bulk_run(context: Context, body: BulkBody) -> CreatedShape:
    """Begin an action on many contacts; it goes on in the background."""
    bulk = context.services.contact_lists.bulk
    id = await bulk.begin(context.actor, body.action, body.arguments, body.selection)
    return CreatedShape(id=str(id))


@router.get("/contacts/bulk/{id:key}", returns=BulkShape, right="contacts.read")
async def get_bulk_run(context: Context, id: int) -> BulkShape:
    """How far a bulk run is."""
    run = await context.services.contact_lists.bulk.get(context.actor, id)
    return _run(run, context.language)


@router.post("/contacts/bulk/{id:key}/cancel", right="contacts.write")
async def cancel_bulk_run(context: Context, id: int) -> None:
    """Stop a bulk run; what is done stays done."""
    await context.services.contact_lists.bulk.cancel(context.actor, id)


def _filters(text: str) -> Filters:
    filters: Filters = decode_parameter("filters", text, Filters) if text else Filters()
    return filters


def _view(view: View) -> ViewShape:
    return ViewShape(id=str(view.id), name=view.name, query=view.query, shared=view.shared, own=view.own)


def _run(run: BulkRun, language: Language) -> BulkShape:
    return BulkShape(
        id=str(run.id),
        action=run.action,
        state=run.state,
        total=run.total,
        done=run.done,
        changed=run.changed,
        kept=run.kept,
        reason=None
        if run.reason is None
        else ReasonShape(code=run.reason["code"], text=run.reason[language]),
        created_at=run.created_at,
        finished_at=run.finished_at,
    )

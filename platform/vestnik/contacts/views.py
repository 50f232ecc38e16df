"""Saved views: a list's search, filters, order and columns under a name, for oneself or for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from vestnik.audit import record
from vestnik.contacts.list_errors import NotOwnView, TooManyViews, ViewExists
from vestnik.contacts.listing import Filters, Listing, Selection, Sort
from vestnik.contacts.tables import contact_field, saved_view
from vestnik.db import Database, fold, now
from vestnik.http.api import Shape
from vestnik.http.errors import InvalidRequest, NotFound, NotSignedIn
from vestnik.people.access import Actor

#: So many views a person may save.
MOST_VIEWS = 50
#: What a list can show beside the name, and custom fields as `field.<key>`.
COLUMNS = frozenset({"name", "email", "phone", "state", "owner", "created", "updated", "lastActivity"})

_NO_COLUMN = {"ru": "такого столбца нет", "en": "there is no such column"}
_NO_SEGMENT = {"ru": "такого сегмента нет", "en": "there is no such segment"}


class ViewQuery(Shape, omit_defaults=True):
    """What a view shows: `columns` are what a list can show beside the name, in their order."""

    search: Annotated[str, msgspec.Meta(max_length=500)] = ""
    filters: Filters = msgspec.field(default_factory=Filters)
    sort: Sort = "name"
    columns: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=100)], ...], msgspec.Meta(max_length=50)
    ] = ()


@dataclass(frozen=True, slots=True)
class View:
    """A saved view; `own` when the reader saved it."""

    id: int
    name: str
    query: ViewQuery
    shared: bool
    own: bool


class Views:
    """One's own views, and those that others share."""

    def __init__(self, database: Database, listing: Listing) -> None:
        self._database, self._listing = database, listing

    async def all(self, actor: Actor) -> list[View]:
        """The views that the actor sees, by name."""
        actor.require("contacts.read")
        seen: sa.ColumnElement[bool] = saved_view.c.shared.is_(sa.true())
        if actor.user_id is not None:
            seen |= saved_view.c.created_by == actor.user_id
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(saved_view).where(seen).order_by(saved_view.c.id))
            views = [_view(row, actor) for row in rows]
        return sorted(views, key=lambda view: (not view.own, fold(view.name)))

    async def save(self, actor: Actor, name: str, query: ViewQuery, *, shared: bool) -> int:
        """Store a view under a name that the person has not used yet; its key."""
        actor.require("contacts.read")
        owner = _person(actor)

        def store(connection: sa.Connection) -> int:
            own = connection.execute(
                sa.select(saved_view.c.name).where(saved_view.c.created_by == owner)
            ).all()
            _refuse_taken(name, own)
            self._check(connection, query)
            if len(own) >= MOST_VIEWS:
                raise TooManyViews(limit=MOST_VIEWS)
            id: int = connection.execute(
                sa.insert(saved_view)
                .values(
                    name=name.strip(),
                    query=msgspec.to_builtins(query),
                    shared=shared,
                    created_by=owner,
                    created_at=now(),
                )
                .returning(saved_view.c.id)
            ).scalar_one()
            record(connection, actor, "view.created", "saved_view", id)
            return id

        return await self._database.write(store)

    async def change(
        self,
        actor: Actor,
        view_id: int,
        *,
        name: str | None = None,
        query: ViewQuery | None = None,
        shared: bool | None = None,
    ) -> None:
        """Change the given parts of one's own view."""
        actor.require("contacts.read")
        owner = _person(actor)

        def change(connection: sa.Connection) -> None:
            _require_own(connection, view_id, owner)
            values: dict[str, Any] = {}
            if name is not None:
                others = (saved_view.c.created_by == owner) & (saved_view.c.id != view_id)
                _refuse_taken(name, connection.execute(sa.select(saved_view.c.name).where(others)).all())
                values["name"] = name.strip()
            if query is not None:
                self._check(connection, query)
                values["query"] = msgspec.to_builtins(query)
            if shared is not None:
                values["shared"] = shared
            if values:
                connection.execute(sa.update(saved_view).where(saved_view.c.id == view_id).values(values))
                record(connection, actor, "view.changed", "saved_view", view_id, values.keys())

        await self._database.write(change)

    def _check(self, connection: sa.Connection, query: ViewQuery) -> None:
        """Refuse columns that no list has, and filters by what is not there."""
        fields = connection.scalars(sa.select(contact_field.c.key))
        known = {*COLUMNS, *(f"field.{key}" for key in fields)}
        for place, column in enumerate(query.columns):
            if column not in known:
                raise InvalidRequest(path=f"$.query.columns[{place}]", reason=_NO_COLUMN)
        try:
            self._listing.select(connection, Selection(search=query.search, filters=query.filters))
        except NotFound:
            raise InvalidRequest(path="$.query.filters.segmentId", reason=_NO_SEGMENT) from None

    async def remove(self, actor: Actor, view_id: int) -> None:
        """Delete one's own view."""
        actor.require("contacts.read")
        owner = _person(actor)

        def remove(connection: sa.Connection) -> None:
            _require_own(connection, view_id, owner)
            connection.execute(sa.delete(saved_view).where(saved_view.c.id == view_id))
            record(connection, actor, "view.removed", "saved_view", view_id)

        await self._database.write(remove)


def _view(row: sa.Row[Any], actor: Actor) -> View:
    query = msgspec.convert(row.query, ViewQuery)
    return View(row.id, row.name, query, row.shared, actor.user_id == row.created_by)


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotSignedIn()
    return actor.user_id


def _refuse_taken(name: str, own: Sequence[sa.Row[Any]]) -> None:
    if any(fold(row.name) == fold(name.strip()) for row in own):
        raise ViewExists(name=name.strip())


def _require_own(connection: sa.Connection, view_id: int, owner: int) -> None:
    row = connection.execute(
        sa.select(saved_view.c.created_by, saved_view.c.shared).where(saved_view.c.id == view_id)
    ).one_or_none()
    if row is None or (row.created_by != owner and not row.shared):
        raise NotFound()
    if row.created_by != owner:
        raise NotOwnView()

"""A selection of contacts: what the list shows, and what an export or a bulk action takes.

A selection is plain data that goes over the wire and into a row; `Listing.select` makes the one SELECT of
it. Rooms above (segments) are plugged in with `members_of_segments`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Protocol

import msgspec
import sqlalchemy as sa

from vestnik.contacts.errors import UnknownField
from vestnik.contacts.fields import SELECT_FIELDS, Field, fields_of, unfit
from vestnik.contacts.search import has, hits
from vestnik.contacts.tables import address, contact, contact_address, subscription, suppression
from vestnik.db import among, fold
from vestnik.http.api import Id, Shape, key_of

Sort = Literal["name", "-name", "created", "-created", "updated", "-updated", "lastActivity", "-lastActivity"]
State = Literal["reachable", "blocked", "unsubscribed", "stopped"]

#: The most contacts that a selection names one by one; for more there are filters.
MOST_NAMED = 10_000

Value = Annotated[str, msgspec.Meta(max_length=1000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class CategoryFilter(Shape):
    """Who gave consent to a category, or who unsubscribed from it (or from all)."""

    category_id: Id
    state: Literal["subscribed", "unsubscribed"]


class FieldFilter(Shape, omit_defaults=True):
    """What a custom field has to be: every part that is given holds."""

    contains: Value | None = None
    any_of: Annotated[tuple[Value, ...], msgspec.Meta(max_length=100)] = ()
    # Bounds of a number, or of a date as YYYY-MM-DD; both belong to the range.
    least: float | Value | None = None
    most: float | Value | None = None
    # Yes or no; a field that was never filled in counts as no.
    flag: bool | None = None
    filled: bool | None = None


class Filters(Shape, omit_defaults=True):
    """What contacts have to be: every filter that is given holds."""

    segment_id: Id | None = None
    category: CategoryFilter | None = None
    company_id: Id | None = None
    # An empty owner is nobody.
    owner_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,19}$")] | None = None
    state: State | None = None
    has_email: bool | None = None
    has_phone: bool | None = None
    # From the first instant, up to but without the second.
    created_from: Moment | None = None
    created_to: Moment | None = None
    # Opened, clicked, unsubscribed or complained at this instant or later; never, or before it.
    active_since: Moment | None = None
    inactive_since: Moment | None = None
    fields: Annotated[Mapping[str, FieldFilter], msgspec.Meta(max_length=20)] = {}


class Selection(Shape, omit_defaults=True):
    """Contacts: named one by one, or all that match a search and filters, but for those named in `but`."""

    ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=MOST_NAMED)] | None = None
    but: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_NAMED)] = ()
    search: Annotated[str, msgspec.Meta(max_length=500)] = ""
    filters: Filters = msgspec.field(default_factory=Filters)
    sort: Sort = "name"

    @property
    def narrow(self) -> bool:
        """Whether it leaves anybody out."""
        named = self.ids is not None or bool(self.but)
        return named or bool(self.search.strip()) or self.filters != Filters()


class SegmentMembers(Protocol):
    """Members of a segment, as column `contact_id`, each contact once; `whole`: all of them are read."""

    def __call__(
        self, connection: sa.Connection, segment_id: int, /, *, whole: bool = False
    ) -> sa.Select[Any]: ...


class Listing:
    """Makes the SELECT of a selection."""

    def __init__(self) -> None:
        self._members: SegmentMembers | None = None

    def members_of_segments(self, members: SegmentMembers) -> None:
        """Have selections know segments."""
        self._members = members

    def select(
        self, connection: sa.Connection, selection: Selection, *, whole: bool = False, broad: bool = False
    ) -> sa.Select[Any]:
        """The contacts of a selection as column `contact_id`, each once, in no order.

        Live contacts only: neither merged nor erased. Pages are taken by key, as of an audience:
        `.where(contact.c.id > last).order_by(contact.c.id).limit(n)`. Within a unit of work, or in
        a reading connection by `run_sync`. `whole`: for one statement that reads all of them. `broad`: so
        many have the text of the search that each contact is tested, in place of listing those who have it.
        """
        sources, conditions = self._parts(connection, selection, whole=whole)
        statement = sa.select(contact.c.id.label("contact_id")).select_from(contact)
        for number, source in enumerate(sources):
            part = source.subquery(f"source_{number}")
            statement = statement.join(part, part.c.contact_id == contact.c.id)
        if selection.search.strip():
            found = has(selection.search) if broad else contact.c.id.in_(hits(selection.search))
            conditions.append(found)
        return statement.where(*conditions)

    def walk(self, connection: sa.Connection, selection: Selection, *, broad: bool = False) -> sa.Select[Any]:
        """The same, written so that the database goes along the sort's index and tests each contact.

        For a selection that is known to have many: the first page is then found soon.
        """
        sources, conditions = self._parts(connection, selection, whole=False)
        for number, source in enumerate(sources):
            part = source.subquery(f"source_{number}")
            conditions.append(sa.exists().where(part.c.contact_id == contact.c.id))
        if selection.search.strip() and broad:
            conditions.append(has(selection.search))
        elif selection.search.strip():
            # Not by its key: the hits are only looked up, the order comes from the sort's index. Asked
            # whether it is true, PostgreSQL keeps them in a hash: joined to them, which it expects to be a
            # handful, it would go through all of them for each contact.
            conditions.append((contact.c.id + 0).in_(hits(selection.search)).is_(sa.true()))
        return sa.select(contact.c.id.label("contact_id")).where(*conditions)

    def _parts(
        self, connection: sa.Connection, selection: Selection, *, whole: bool
    ) -> tuple[list[sa.Select[Any]], list[sa.ColumnElement[bool]]]:
        """Sets that a contact is in, and conditions on its row."""
        filters = selection.filters
        sources: list[sa.Select[Any]] = []
        conditions: list[sa.ColumnElement[bool]] = [
            contact.c.merged_into.is_(None),
            contact.c.erased_at.is_(None),
        ]
        if selection.ids is not None:
            conditions.append(contact.c.id.in_([key_of(id) for id in selection.ids]))
        if selection.but:
            conditions.append(contact.c.id.not_in([key_of(id) for id in selection.but]))
        if filters.segment_id is not None:
            if self._members is None:
                raise LookupError("no room has told whom segments hold")
            members = self._members(connection, key_of(filters.segment_id), whole=whole)
            if members.whereclause is not None and members.columns_clause_froms == [contact]:
                conditions.append(members.whereclause)  # a rule speaks of the same row: nothing to join
            else:
                sources.append(members)
        if filters.category is not None:
            key = key_of(filters.category.category_id)
            if filters.category.state == "subscribed":
                sources.append(_chose(key, True))
                conditions.append(sa.not_(has_left(key)))
            else:
                conditions.append(has_left(key))
        if filters.company_id is not None:
            conditions.append(contact.c.company_id == key_of(filters.company_id))
        if filters.owner_id is not None:
            owner = filters.owner_id
            conditions.append(contact.c.owner_id == key_of(owner) if owner else contact.c.owner_id.is_(None))
        if filters.state is not None:
            conditions.append(_in_state(filters.state))
        for kind, wanted in (("email", filters.has_email), ("phone", filters.has_phone)):
            if wanted is not None:
                conditions.append(_has(kind) if wanted else sa.not_(_has(kind)))
        if filters.created_from is not None:
            conditions.append(contact.c.created_at >= filters.created_from)
        if filters.created_to is not None:
            conditions.append(contact.c.created_at < filters.created_to)
        if filters.active_since is not None:
            conditions.append(contact.c.last_activity_at >= filters.active_since)
        if filters.inactive_since is not None:
            conditions.append(contact.c.last_activity_at < filters.inactive_since)
        if filters.fields:
            known = fields_of(connection.execute(SELECT_FIELDS))
            for name, wanted_value in filters.fields.items():
                if name not in known:
                    raise UnknownField(field=name)
                conditions.extend(_field(known[name], wanted_value))
        return sources, conditions


def _chose(category_id: int, subscribed: bool) -> sa.Select[Any]:
    return sa.select(subscription.c.contact_id).where(
        subscription.c.category_id == category_id,
        subscription.c.subscribed if subscribed else sa.not_(subscription.c.subscribed),
    )


def has_chosen(category_id: int, subscribed: bool) -> sa.ColumnElement[bool]:
    """Whether the latest word of a contact's own on a category was this."""
    return contact.c.id.in_(_chose(category_id, subscribed))


def has_left(category_id: int) -> sa.ColumnElement[bool]:
    """Unsubscribed by its own word, or by the primary e-mail's on the stop-list."""
    unsubscribes = sa.and_(
        suppression.c.reason == "unsubscribe",
        suppression.c.category_id.is_(None) | (suppression.c.category_id == category_id),
    )
    by_address = stopped_holders(unsubscribes).where(contact_address.c.kind == "email")
    return sa.or_(contact.c.unsubscribed, has_chosen(category_id, False), among(contact.c.id, by_address))


def stopped_holders(stops: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Contacts with a primary address on the stop-list, from the short list to the long ones."""
    hashes = sa.select(suppression.c.address_hash).where(stops)
    keys = sa.select(address.c.id).where(address.c.suppression_hash.in_(hashes))
    return sa.select(contact_address.c.contact_id).where(
        contact_address.c.address_id.in_(keys), contact_address.c.is_primary
    )


def _in_state(state: State) -> sa.ColumnElement[bool]:
    # The stop-list's word for every category: what the badge of the list tells, too.
    stopped = among(contact.c.id, stopped_holders(suppression.c.category_id.is_(None)))
    match state:
        case "blocked":
            return contact.c.blocked
        case "unsubscribed":
            return contact.c.unsubscribed
        case "stopped":
            return stopped
    return sa.not_(contact.c.blocked | contact.c.unsubscribed | stopped)


def _has(kind: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        contact_address.c.contact_id == contact.c.id,
        contact_address.c.kind == kind,
        contact_address.c.is_primary,
    )


def _field(field: Field, wanted: FieldFilter) -> list[sa.ColumnElement[bool]]:
    """The conditions on a custom field; `InvalidFieldValue` for a bound of another type."""
    stored = contact.c.custom_folded[field.key]
    text = stored.as_string()
    found: list[sa.ColumnElement[bool]] = []
    if wanted.contains:
        found.append(text.contains(fold(wanted.contains), autoescape=True))
    if wanted.any_of:
        found.append(text.in_([fold(each) for each in wanted.any_of]))
    for bound, above in ((wanted.least, True), (wanted.most, False)):
        if bound is not None:
            column, value = (
                (stored.as_float(), _number(field, bound))
                if field.kind == "number"
                else (
                    text,
                    _date(field, bound),
                )
            )
            found.append(column >= value if above else column <= value)
    if wanted.flag is not None:
        flag = sa.func.coalesce(stored.as_boolean(), sa.false())
        found.append(flag.is_(wanted.flag))
    if wanted.filled is not None:
        empty = text.is_(None) | (text == "")
        found.append(sa.not_(empty) if wanted.filled else empty)
    return found


def _number(field: Field, bound: float | str) -> float:
    try:
        return float(bound)
    except ValueError:
        raise unfit(field) from None


def _date(field: Field, bound: float | str) -> str:
    try:
        return date.fromisoformat(str(bound)).isoformat()
    except ValueError:
        raise unfit(field) from None

"""Orders: what was ordered line by line, with the sums as they were given beside what they come to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.audit import record
from vestnik.companies.tables import client
from vestnik.contacts.tables import contact
from vestnik.db import Database, fold, load, new_key, now
from vestnik.db.numbers import next_number
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.people.tables import user
from vestnik.sales import listing
from vestnik.sales.decimals import sortable, summed, summing
from vestnik.sales.errors import LineHasTicket, OrderChanged, UnknownLine
from vestnik.sales.keeping import columns_of, line_of
from vestnik.sales.lines import Check, OrderLine, check_total
from vestnik.sales.named import Named, Numbered, named
from vestnik.sales.references import Source, made_of, settled
from vestnik.sales.tables import deal, line, order, ticket
from vestnik.sales.telling import tell_order

State = Literal["new", "in_work", "done", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
CLOSED: frozenset[State] = frozenset({"done", "cancelled"})


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order about to be stored; `source` is what it is made of."""

    title: str
    client_id: int | None = None
    contact_id: int | None = None
    deal_id: int | None = None
    responsible_id: int | None = None
    description: str = ""
    layouts: Sequence[str] = ()
    lines: Sequence[OrderLine] = ()
    source: Source | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as lists show it; `sum` is that of its lines, as it was given."""

    id: int
    number: int
    title: str
    state: State
    sum: Decimal | None
    client: Named | None
    contact: Named | None
    deal: Numbered | None
    responsible: Named | None
    source: Source | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    description: str
    layouts: Sequence[str]
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Ticketed:
    """The job ticket of a line."""

    id: int
    number: int
    state: State


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line of an order, and its job ticket if it has one."""

    id: int
    line: OrderLine
    ticket: Ticketed | None


@dataclass(frozen=True, slots=True)
class OrderCard:
    """An order whole."""

    order: Order
    lines: Sequence[StoredLine]

    @property
    def total(self) -> Check:
        """What the lines come to."""
        return check_total([each.line for each in self.lines])


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are wanted."""

    search: str = ""
    state: State | None = None
    responsible_id: int | None = None
    client_id: int | None = None
    contact_id: int | None = None
    deal_id: int | None = None


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "number": order.c.number,
    "title": order.c.title_folded,
    "sum": sortable(order.c.sum),
    "updated": order.c.updated_at,
}

_SELECT = (
    sa.select(
        order,
        client.c.name.label("client_name"),
        contact.c.name.label("contact_name"),
        user.c.name.label("responsible_name"),
        deal.c.number.label("deal_number"),
        deal.c.title.label("deal_title"),
    )
    .outerjoin(client, client.c.id == order.c.client_id)
    .outerjoin(contact, contact.c.id == order.c.contact_id)
    .outerjoin(user, user.c.id == order.c.responsible_id)
    .outerjoin(deal, deal.c.id == order.c.deal_id)
)

_LINES = (
    sa.select(
        line,
        ticket.c.id.label("ticket_id"),
        ticket.c.number.label("ticket_number"),
        ticket.c.state.label("ticket_state"),
    )
    .outerjoin(ticket, ticket.c.line_id == line.c.id)
    .order_by(line.c.position, line.c.id)
)

_PARTIES = ("client_id", "contact_id", "deal_id", "responsible_id")


def store_order(connection: sa.Connection, actor: Actor, new: NewOrder) -> int:
    """Store an order in a unit of work, once per source; its key."""
    known = made_of(connection, order, new.source)
    return _insert(connection, actor, new) if known is None else known


class Orders:
    """What can be done with orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, actor: Actor, wanted: OrderFilter, *, sort: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[Order], int]:
        """Orders that match, the newest first unless `sort` says otherwise, and how many there are."""
        actor.require("sales.read")
        in_order = listing.ordered(_SORTS, sort, order.c.number)
        async with self._database.read() as connection:
            rows, total = await listing.page(connection, _matching(wanted), in_order, offset, limit)
        return [_order(row) for row in rows], total

    async def sum(self, actor: Actor, wanted: OrderFilter) -> Decimal | None:
        """The exact sum of all orders that match, as the database adds it up; None where none has one."""
        actor.require("sales.read")
        sums = summing(order.c.sum, self._database.on_sqlite)
        added = _matching(wanted).with_only_columns(*sums, maintain_column_froms=True)
        async with self._database.read() as connection:
            return summed((await connection.execute(added)).one())

    async def export(self, actor: Actor, wanted: OrderFilter) -> AsyncIterator[list[Order]]:
        """The same orders for a file, the newest first; that it was made is noted first."""
        actor.require("sales.read")

        def note(connection: sa.Connection) -> None:
            record(connection, actor, "orders.exported", "order", None)

        await self._database.write(note)
        return self._parts(wanted)

    async def _parts(self, wanted: OrderFilter) -> AsyncIterator[list[Order]]:
        async for rows in listing.parts(self._database, _matching(wanted), order.c.number):
            yield [_order(row) for row in rows]

    async def card(self, actor: Actor, id: int) -> OrderCard:
        """One order whole."""
        actor.require("sales.read")
        async with self._database.read() as connection:
            return await card_of(connection, id)

    async def create(self, actor: Actor, new: NewOrder) -> int:
        """Store an order that a person gives; its key."""
        actor.require("sales.write")
        return await self._database.write(_create, actor, new)

    async def change(self, actor: Actor, id: int, changes: Mapping[str, Any]) -> None:
        """Give an order another title, state, description, layouts, due date, or others whom it refers to."""
        actor.require("sales.write")
        await self._database.write(change_order, actor, id, changes)

    async def set_lines(
        self,
        actor: Actor,
        id: int,
        lines: Sequence[tuple[int | None, OrderLine]],
        unchanged_since: datetime | None = None,
    ) -> None:
        """Have these be the order's lines, in their order; those with a key are its own already.

        A line that a job ticket was made of can be changed, and not taken away; the ticket stays as it is.
        Raises `OrderChanged` where the order was changed after `unchanged_since`.
        """
        actor.require("sales.write")
        await self._database.write(_set_lines, actor, id, lines, unchanged_since)


def hold_order(connection: sa.Connection, id: int) -> sa.Row[Any]:
    """The order's row, which nobody else changes until the unit of work ends; `NotFound` without one."""
    row = connection.execute(sa.select(order).where(order.c.id == id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    return row


async def card_of(connection: AsyncConnection, id: int) -> OrderCard:
    """An order with its lines; `NotFound` without one."""
    row = (await connection.execute(_SELECT.where(order.c.id == id))).one_or_none()
    if row is None:
        raise NotFound()
    lines = await connection.execute(_LINES.where(line.c.order_id == id))
    return OrderCard(_order(row), [_stored_line(each) for each in lines])


def lines_of(connection: sa.Connection, order_id: int) -> list[StoredLine]:
    """The lines of an order in a unit of work."""
    return [_stored_line(row) for row in connection.execute(_LINES.where(line.c.order_id == order_id))]


def _stored_line(row: sa.Row[Any]) -> StoredLine:
    made = None
    if row.ticket_id is not None:
        made = Ticketed(row.ticket_id, row.ticket_number, row.ticket_state)
    return StoredLine(row.id, line_of(row), made)


def _create(connection: sa.Connection, actor: Actor, new: NewOrder) -> int:
    parties = {name: getattr(new, name) for name in _PARTIES}
    return _insert(connection, actor, replace(new, **settled(connection, parties)))


def _insert(connection: sa.Connection, actor: Actor, new: NewOrder) -> int:
    id, at, title = new_key(), now(), new.title.strip()
    source_kind, source_id = new.source or (None, None)
    number = next_number(connection, "order")
    row = {
        "id": id,
        "number": number,
        "title": title,
        "title_folded": fold(title),
        **{name: getattr(new, name) for name in _PARTIES},
        "state": "new",
        "description": new.description,
        "layouts": list(new.layouts),
        "due_on": new.due_on,
        "source_kind": source_kind,
        "source_id": source_id,
        "created_at": at,
        "updated_at": at,
    }
    load(connection, order, list(row), [list(row.values())])
    _add_lines(connection, id, list(enumerate(new.lines)))
    _sum_up(connection, id)
    given = [name for name in (*_PARTIES, "description", "layouts", "lines", "due_on") if getattr(new, name)]
    record(connection, actor, "order.created", "order", id, ["title", *given])
    tell_order(connection, id)
    return id


def change_order(connection: sa.Connection, actor: Actor, id: int, changes: Mapping[str, Any]) -> None:
    """Change parts of an order in a unit of work; `NotFound` without it."""
    known = hold_order(connection, id)
    changed = {name: value for name, value in changes.items() if value != getattr(known, name)}
    changed = settled(connection, changed)
    if not changed:
        return
    at = now()
    values, action = changed | {"updated_at": at}, "order.changed"
    if "title" in changed:
        values["title_folded"] = fold(changed["title"])
    if "state" in changed:
        values["closed_at"] = (known.closed_at or at) if changed["state"] in CLOSED else None
        action = f"order.{changed['state']}"
    connection.execute(sa.update(order).where(order.c.id == id).values(values))
    record(connection, actor, action, "order", id, changed)


def _set_lines(
    connection: sa.Connection,
    actor: Actor,
    id: int,
    lines: Sequence[tuple[int | None, OrderLine]],
    unchanged_since: datetime | None,
) -> None:
    row = hold_order(connection, id)
    if unchanged_since is not None and row.updated_at != unchanged_since:
        raise OrderChanged()
    known = {row.id: row for row in connection.execute(sa.select(line).where(line.c.order_id == id))}
    kept = [key for key, _ in lines if key is not None]
    for key in kept:
        if key not in known or kept.count(key) > 1:
            raise UnknownLine(id=str(key))
    gone = known.keys() - set(kept)
    _refuse_ticketed(connection, gone)
    whole = [(key, given if key is None else replace(given, extra=known[key].extra)) for key, given in lines]
    replace_lines(connection, id, whole, gone)
    record(connection, actor, "order.changed", "order", id, ["lines"])


def replace_lines(
    connection: sa.Connection, id: int, lines: Sequence[tuple[int | None, OrderLine]], gone: Collection[int]
) -> None:
    """Have these be the lines of an order that is held, those without a key new; those `gone` go."""
    connection.execute(sa.delete(line).where(line.c.id.in_(gone)))
    for position, (own, given) in enumerate(lines):
        if own is None:
            continue
        values = {"position": position, **columns_of(given)}
        connection.execute(sa.update(line).where(line.c.id == own).values(values))
    _add_lines(connection, id, [(place, given) for place, (key, given) in enumerate(lines) if key is None])
    _sum_up(connection, id)
    connection.execute(sa.update(order).where(order.c.id == id).values(updated_at=now()))


def _refuse_ticketed(connection: sa.Connection, line_ids: set[int]) -> None:
    made = sa.select(ticket.c.number, ticket.c.item).where(ticket.c.line_id.in_(line_ids))
    first = connection.execute(made.order_by(ticket.c.number).limit(1)).one_or_none()
    if first is not None:
        raise LineHasTicket(item=first.item, number=first.number)


def _add_lines(connection: sa.Connection, order_id: int, lines: Sequence[tuple[int, OrderLine]]) -> None:
    rows = [
        {"id": new_key(), "order_id": order_id, "position": position, **columns_of(given)}
        for position, given in lines
    ]
    if rows:
        connection.execute(sa.insert(line), rows)


def _sum_up(connection: sa.Connection, order_id: int) -> None:
    """Keep the sum that lists show."""
    rows = connection.execute(sa.select(line).where(line.c.order_id == order_id))
    given = check_total([line_of(row) for row in rows]).given
    connection.execute(sa.update(order).where(order.c.id == order_id).values(sum=given))


def _matching(wanted: OrderFilter) -> sa.Select[Any]:
    where = [listing.matching(wanted.search, order.c.number, order.c.title_folded, order.c.client_id)]
    for name in ("state", "responsible_id", "client_id", "contact_id", "deal_id"):
        if (value := getattr(wanted, name)) is not None:
            where.append(order.c[name] == value)
    return _SELECT.where(*where)


def _order(row: sa.Row[Any]) -> Order:
    return Order(
        id=row.id,
        number=row.number,
        title=row.title,
        state=row.state,
        sum=row.sum,
        client=named(row.client_id, row.client_name),
        contact=named(row.contact_id, row.contact_name),
        deal=None if row.deal_id is None else Numbered(row.deal_id, row.deal_number, row.deal_title),
        responsible=named(row.responsible_id, row.responsible_name),
        source=None if row.source_kind is None else (row.source_kind, row.source_id),
        created_at=row.created_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
        description=row.description,
        layouts=row.layouts,
        due_on=row.due_on,
    )

"""Job tickets: one of each line of an order that a person chose, never a second one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.companies.service import require_responsible
from vestnik.companies.tables import client
from vestnik.db import Database, fold, load, new_key, now
from vestnik.db.numbers import next_number
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.people.tables import user
from vestnik.sales import listing
from vestnik.sales.errors import UnknownLine
from vestnik.sales.keeping import SIZES, TEXTS, works_of
from vestnik.sales.lines import Work
from vestnik.sales.named import Named, Numbered, named
from vestnik.sales.orders import CLOSED, OrderCard, State, StoredLine, card_of, hold_order
from vestnik.sales.tables import line, order, ticket
from vestnik.sales.telling import tell_ticket


@dataclass(frozen=True, slots=True)
class Ticket:
    """A job ticket: what the workshop needs to know of one line. Sizes are in metres."""

    id: int
    number: int
    line_id: int
    order: Numbered
    client: Named | None
    responsible: Named | None
    state: State
    item: str
    machine_code: str
    resolution: str
    material: str
    material_code: str
    width: Decimal | None
    height: Decimal | None
    quantity: Decimal | None
    works: Sequence[Work]
    layouts: Sequence[str]
    note: str
    due_on: date | None
    overdue: bool
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A line that a ticket may be made of. `ticked`: offered at once; services wait for a person's tick."""

    line: StoredLine
    ticked: bool


@dataclass(frozen=True, slots=True)
class Made:
    """Tickets that were made now, and those that were there already, each in the order of the lines."""

    new: Sequence[int]
    known: Sequence[int]


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets are wanted."""

    search: str = ""
    state: State | None = None
    responsible_id: int | None = None
    client_id: int | None = None
    order_id: int | None = None
    overdue: bool = False


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "number": ticket.c.number,
    "item": ticket.c.item_folded,
    "order": order.c.number,
    "due": ticket.c.due_on,
    "updated": ticket.c.updated_at,
}

_SELECT = (
    sa.select(
        ticket,
        order.c.number.label("order_number"),
        order.c.title.label("order_title"),
        order.c.client_id.label("client_id"),
        client.c.name.label("client_name"),
        user.c.name.label("responsible_name"),
    )
    .join(order, order.c.id == ticket.c.order_id)
    .outerjoin(client, client.c.id == order.c.client_id)
    .outerjoin(user, user.c.id == ticket.c.responsible_id)
)


class Tickets:
    """What can be done with job tickets."""

    def __init__(self, database: Database, zone: Callable[[], tzinfo]) -> None:
        self._database, self._zone = database, zone

    def _today(self) -> date:
        return now().astimezone(self._zone()).date()

    async def offer(self, actor: Actor, order_id: int) -> list[Offer]:
        """The lines of an order, and of which tickets are offered."""
        actor.require("sales.read")
        async with self._database.read() as connection:
            card = await card_of(connection, order_id)
        return [Offer(each, each.ticket is None and not each.line.is_service) for each in card.lines]

    async def make(self, actor: Actor, order_id: int, line_ids: Sequence[int]) -> Made:
        """Make a ticket of each of these lines that has none; doing it again makes no second one."""
        actor.require("sales.write")
        return await self._database.write(_make, actor, order_id, line_ids)

    async def of_order(self, actor: Actor, order_id: int) -> tuple[OrderCard, list[Ticket]]:
        """An order with all its tickets, as they are printed."""
        actor.require("sales.read")
        in_order = _SELECT.join(line, line.c.id == ticket.c.line_id).where(ticket.c.order_id == order_id)
        async with self._database.read() as connection:
            card = await card_of(connection, order_id)
            rows = await connection.execute(in_order.order_by(line.c.position, ticket.c.number))
            return card, [_ticket(row, self._today()) for row in rows]

    async def page(
        self, actor: Actor, wanted: TicketFilter, *, sort: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[Ticket], int]:
        """Tickets that match, the newest first unless `sort` says otherwise, and how many there are.

        By their due dates, those that are over stand last, and before them those without a date.
        """
        actor.require("sales.read")
        in_order, today = listing.ordered(_SORTS, sort, ticket.c.number), self._today()
        if sort.removeprefix("-") == "due":
            in_order = [ticket.c.closed_at.is_not(None), ticket.c.due_on.is_(None), *in_order]
        async with self._database.read() as connection:
            rows, total = await listing.page(connection, _matching(wanted, today), in_order, offset, limit)
        return [_ticket(row, today) for row in rows], total

    async def export(self, actor: Actor, wanted: TicketFilter) -> AsyncIterator[list[Ticket]]:
        """The same tickets for a file, the newest first; that it was made is noted first."""
        actor.require("sales.read")

        def note(connection: sa.Connection) -> None:
            record(connection, actor, "job_tickets.exported", "job_ticket", None)

        await self._database.write(note)
        return self._parts(wanted)

    async def _parts(self, wanted: TicketFilter) -> AsyncIterator[list[Ticket]]:
        today = self._today()
        async for rows in listing.parts(self._database, _matching(wanted, today), ticket.c.number):
            yield [_ticket(row, today) for row in rows]

    async def card(self, actor: Actor, id: int) -> Ticket:
        """One ticket."""
        actor.require("sales.read")
        async with self._database.read() as connection:
            row = (await connection.execute(_SELECT.where(ticket.c.id == id))).one_or_none()
        if row is None:
            raise NotFound()
        return _ticket(row, self._today())

    async def change(self, actor: Actor, id: int, changes: Mapping[str, Any]) -> None:
        """Give a ticket another state, note, responsible or due date."""
        actor.require("sales.write")
        await self._database.write(_change, actor, id, changes)


def _make(connection: sa.Connection, actor: Actor, order_id: int, line_ids: Sequence[int]) -> Made:
    """Whoever makes tickets of the same order at the same time waits for its row."""
    ordered = hold_order(connection, order_id)
    wanted = set(line_ids)
    of_order = line.c.order_id == order_id
    rows = [
        row
        for row in connection.execute(sa.select(line).where(of_order).order_by(line.c.position, line.c.id))
        if row.id in wanted
    ]
    for id in wanted - {row.id for row in rows}:
        raise UnknownLine(id=str(id))
    made: dict[int, int] = {
        row.line_id: row.id
        for row in connection.execute(
            sa.select(ticket.c.id, ticket.c.line_id).where(ticket.c.order_id == order_id)
        )
    }
    new = [_insert(connection, actor, ordered, row) for row in rows if row.id not in made]
    return Made(new, [made[row.id] for row in rows if row.id in made])


def _insert(connection: sa.Connection, actor: Actor, ordered: sa.Row[Any], of_line: sa.Row[Any]) -> int:
    id, at = new_key(), now()
    number = next_number(connection, "ticket")
    row = {
        "id": id,
        "number": number,
        "order_id": ordered.id,
        "line_id": of_line.id,
        "state": "new",
        "responsible_id": ordered.responsible_id,
        **{name: getattr(of_line, name) for name in (*TEXTS, *SIZES)},
        "item_folded": fold(of_line.item),
        "works": of_line.works,
        "layouts": ordered.layouts,
        "note": "",
        "due_on": ordered.due_on,
        "created_at": at,
        "updated_at": at,
    }
    load(connection, ticket, list(row), [list(row.values())])
    record(connection, actor, "job_ticket.created", "job_ticket", id)
    tell_ticket(connection, id)
    return id


def _change(connection: sa.Connection, actor: Actor, id: int, changes: Mapping[str, Any]) -> None:
    known = connection.execute(sa.select(ticket).where(ticket.c.id == id).with_for_update()).one_or_none()
    if known is None:
        raise NotFound()
    changed = {name: value for name, value in changes.items() if value != getattr(known, name)}
    if not changed:
        return
    require_responsible(connection, changed.get("responsible_id"))
    at = now()
    values, action = changed | {"updated_at": at}, "job_ticket.changed"
    if "state" in changed:
        values["closed_at"] = (known.closed_at or at) if changed["state"] in CLOSED else None
        action = f"job_ticket.{changed['state']}"
    connection.execute(sa.update(ticket).where(ticket.c.id == id).values(values))
    record(connection, actor, action, "job_ticket", id, changed)


def _matching(wanted: TicketFilter, today: date) -> sa.Select[Any]:
    where = [listing.matching(wanted.search, ticket.c.number, ticket.c.item_folded, order.c.client_id)]
    if wanted.state is not None:
        where.append(ticket.c.state == wanted.state)
    if wanted.responsible_id is not None:
        where.append(ticket.c.responsible_id == wanted.responsible_id)
    if wanted.client_id is not None:
        where.append(order.c.client_id == wanted.client_id)
    if wanted.order_id is not None:
        where.append(ticket.c.order_id == wanted.order_id)
    if wanted.overdue:
        where += [ticket.c.closed_at.is_(None), ticket.c.due_on < today]
    return _SELECT.where(*where)


def _ticket(row: sa.Row[Any], today: date) -> Ticket:
    return Ticket(
        id=row.id,
        number=row.number,
        line_id=row.line_id,
        order=Numbered(row.order_id, row.order_number, row.order_title),
        client=named(row.client_id, row.client_name),
        responsible=named(row.responsible_id, row.responsible_name),
        state=row.state,
        **{name: getattr(row, name) for name in (*TEXTS, *SIZES)},
        works=works_of(row.works),
        layouts=row.layouts,
        note=row.note,
        due_on=row.due_on,
        overdue=row.due_on is not None and row.closed_at is None and row.due_on < today,
        created_at=row.created_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
    )

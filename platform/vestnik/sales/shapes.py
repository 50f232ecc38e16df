"""Deals, orders and job tickets on the wire. Money, sizes and quantities are text: "1250.5"."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from vestnik.http.api import Id, Page, Shape
from vestnik.sales.orders import State
from vestnik.sales.stages import StageKind

#: Lines of an order that a person gives at once.
LINES = 500
#: Finishing works of a line.
WORKS = 50
#: Layout files of an order.
LAYOUTS = 200
#: Letters of a description.
DESCRIPTION_LETTERS = 20_000

#: A decimal in plain notation.
DecimalWord = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}([.][0-9]{1,12})?$")]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
Words = Annotated[str, msgspec.Meta(max_length=1000)]
Description = Annotated[str, msgspec.Meta(max_length=DESCRIPTION_LETTERS)]
Layouts = Annotated[list[Annotated[str, msgspec.Meta(max_length=2000)]], msgspec.Meta(max_length=LAYOUTS)]
IdOrNone = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,19})?$")]


class NamedThing(Shape):
    """Something with a name."""

    id: Id
    name: str


class NumberedShape(Shape):
    """Something that people call by its number."""

    id: Id
    number: int
    title: str


class SourceShape(Shape):
    """What something was made of: a lead."""

    kind: str
    id: Id


# Stages


class StageShape(Shape):
    """A stage of deals; `deals` are in it now."""

    id: Id
    name: str
    kind: StageKind
    archived: bool
    deals: int


class StageBody(Shape, kw_only=True):
    """A new stage."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
    kind: StageKind = "open"


class StageChange(Shape, kw_only=True):
    """The parts of a stage to change; those left out stay."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")] | None = None
    archived: bool | None = None


class StageOrder(Shape):
    """Every stage, in the order in which they are to stand."""

    ids: Annotated[list[Id], msgspec.Meta(max_length=200)]


# Deals


class DealShape(Shape):
    """A deal."""

    id: Id
    number: int
    title: str
    stage: NamedThing
    stage_kind: StageKind
    sum: str | None
    currency: str
    client: NamedThing | None
    contact: NamedThing | None
    responsible: NamedThing | None
    source: SourceShape | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


class StageSumShape(Shape):
    """The deals of a stage that match: how many, and the exact sum of those that have one."""

    id: Id
    name: str
    kind: StageKind
    deals: int
    sum: str | None
    currency: str


class DealPage(Shape):
    """A page of deals."""

    items: list[DealShape]
    total: int


class DealWanted(Shape):
    """Which deals: by number, words or client, and by each filter that is given."""

    search: str = ""
    stage_id: IdOrNone = ""
    kind: Literal["", "open", "won", "lost"] = ""
    responsible_id: IdOrNone = ""
    client_id: IdOrNone = ""
    contact_id: IdOrNone = ""


class DealQuery(Page):
    """A page of deals; the newest first, unless `sort` says otherwise (`-` turns it round)."""

    stage_id: IdOrNone = ""
    kind: Literal["", "open", "won", "lost"] = ""
    responsible_id: IdOrNone = ""
    client_id: IdOrNone = ""
    contact_id: IdOrNone = ""
    sort: Literal["", "number", "-number", "title", "-title", "sum", "-sum", "updated", "-updated"] = ""


class DealBody(Shape, kw_only=True):
    """A new deal; without a stage it begins in the first."""

    title: Title
    stage_id: Id | None = None
    sum: DecimalWord | None = None
    client_id: Id | None = None
    contact_id: Id | None = None
    responsible_id: Id | None = None


class DealChange(Shape, kw_only=True):
    """The parts of a deal to change; those left out stay, null empties sum, client, contact, responsible."""

    title: Title | UnsetType = UNSET
    stage_id: Id | UnsetType = UNSET
    sum: DecimalWord | UnsetType | None = UNSET
    client_id: Id | UnsetType | None = UNSET
    contact_id: Id | UnsetType | None = UNSET
    responsible_id: Id | UnsetType | None = UNSET


# Lines


class WorkShape(Shape, kw_only=True):
    """A finishing work."""

    kind: Words
    quantity: DecimalWord | None = None
    description: Words = ""


class LineBody(Shape, kw_only=True):
    """A line of an order; with `id` one that it has already. Sizes are in metres."""

    id: Id | None = None
    item: Words = ""
    machine_code: Words = ""
    resolution: Words = ""
    material: Words = ""
    material_code: Words = ""
    width: DecimalWord | None = None
    height: DecimalWord | None = None
    quantity: DecimalWord | None = None
    price: DecimalWord | None = None
    amount: DecimalWord | None = None
    is_service: bool = False
    works: Annotated[list[WorkShape], msgspec.Meta(max_length=WORKS)] = []


Lines = Annotated[list[LineBody], msgspec.Meta(max_length=LINES)]


class LinesBody(Shape):
    """The lines of an order, all of them, in their order.

    `unchanged_since`: the order's `updated_at` as it was read; if it is another by now, nothing is stored.
    """

    lines: Lines
    unchanged_since: datetime | None = None


class LineTicket(Shape):
    """The job ticket of a line."""

    id: Id
    number: int
    state: State


class LineShape(Shape):
    """A line: `amount` as it was given beside `computed`, price times quantity; neither is corrected."""

    id: Id
    item: str
    machine_code: str
    resolution: str
    material: str
    material_code: str
    width: str | None
    height: str | None
    quantity: str | None
    price: str | None
    amount: str | None
    computed: str | None
    differs: bool
    is_service: bool
    works: list[WorkShape]
    extra: dict[str, Any]
    ticket: LineTicket | None


# A letter that was read again


class ReadLine(Shape):
    """A line as an order has it, or as its letter says it."""

    item: str
    machine_code: str
    resolution: str
    material: str
    material_code: str
    width: str | None
    height: str | None
    quantity: str | None
    price: str | None
    amount: str | None
    is_service: bool
    works: list[WorkShape]


class LineChangeShape(Shape):
    """One line before and after; `kept`: the letter has it no longer, and it stays for its job ticket.

    `fields` are what differs. The ticket of a line stays as it is, whatever becomes of the line.
    """

    kind: Literal["same", "changed", "new", "gone", "kept"]
    before: ReadLine | None
    after: ReadLine | None
    fields: list[str]
    ticket: LineTicket | None


class LetterReadingShape(Shape):
    """What an order's letter says since it was read again, line by line; the order has none of it yet."""

    read_at: datetime
    unchanged_since: datetime
    changes: list[LineChangeShape]


class OrderReadingShape(Shape):
    """The reading that waits for a person, if one does."""

    reading: LetterReadingShape | None


class TakeBody(Shape):
    """Which reading a person saw, beside which order; should either be another by now, nothing is stored."""

    read_at: datetime
    unchanged_since: datetime


# Orders


class OrderShape(Shape):
    """An order as a list shows it; `sum` is that of its lines as it was given."""

    id: Id
    number: int
    title: str
    state: State
    sum: str | None
    currency: str
    client: NamedThing | None
    contact: NamedThing | None
    deal: NumberedShape | None
    responsible: NamedThing | None
    source: SourceShape | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


class TotalShape(Shape):
    """What the lines come to: as it was given, and as price and quantity make it."""

    given: str | None
    computed: str | None
    differs: bool


class OrderCardShape(OrderShape):
    """An order whole."""

    description: str
    layouts: list[str]
    due_on: date | None
    total: TotalShape
    lines: list[LineShape]


class OrderPage(Shape):
    """A page of orders; `sum` is that of all that match, exactly, None where none has one."""

    items: list[OrderShape]
    total: int
    sum: str | None
    currency: str


class OrderWanted(Shape):
    """Which orders: by number, words or client, and by each filter that is given."""

    search: str = ""
    state: Literal["", "new", "in_work", "done", "cancelled"] = ""
    responsible_id: IdOrNone = ""
    client_id: IdOrNone = ""
    contact_id: IdOrNone = ""
    deal_id: IdOrNone = ""


class OrderQuery(Page):
    """A page of orders; the newest first, unless `sort` says otherwise (`-` turns it round)."""

    state: Literal["", "new", "in_work", "done", "cancelled"] = ""
    responsible_id: IdOrNone = ""
    client_id: IdOrNone = ""
    contact_id: IdOrNone = ""
    deal_id: IdOrNone = ""
    sort: Literal["", "number", "-number", "title", "-title", "sum", "-sum", "updated", "-updated"] = ""


class SalesOrderBody(Shape, kw_only=True):
    """A new order."""

    title: Title
    client_id: Id | None = None
    contact_id: Id | None = None
    deal_id: Id | None = None
    responsible_id: Id | None = None
    description: Description = ""
    layouts: Layouts = []
    due_on: date | None = None
    lines: Lines = []


class OrderChange(Shape, kw_only=True):
    """The parts of an order to change; those left out stay, null empties what it refers to."""

    title: Title | UnsetType = UNSET
    state: State | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    layouts: Layouts | UnsetType = UNSET
    due_on: date | UnsetType | None = UNSET
    client_id: Id | UnsetType | None = UNSET
    contact_id: Id | UnsetType | None = UNSET
    deal_id: Id | UnsetType | None = UNSET
    responsible_id: Id | UnsetType | None = UNSET


# Job tickets


class TicketOffer(Shape):
    """A line that a job ticket may be made of; `ticked` at once unless it is a service or has a ticket."""

    line: LineShape
    ticked: bool


class TicketsBody(Shape):
    """Of which lines tickets are to be made."""

    line_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=LINES)]


class TicketShape(Shape):
    """A job ticket: what was copied of its line. Sizes are in metres.

    `overdue`: it is not over, and the day it is due has passed where the organisation is.
    """

    id: Id
    number: int
    line_id: Id
    order: NumberedShape
    client: NamedThing | None
    responsible: NamedThing | None
    state: State
    item: str
    machine_code: str
    resolution: str
    material: str
    material_code: str
    width: str | None
    height: str | None
    quantity: str | None
    works: list[WorkShape]
    layouts: list[str]
    note: str
    due_on: date | None
    overdue: bool
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


class TicketPage(Shape):
    """A page of job tickets."""

    items: list[TicketShape]
    total: int


class MadeTickets(Shape):
    """Tickets that were made now, and those of the same lines that were there already."""

    new: list[TicketShape]
    known: list[TicketShape]


class PrintedTickets(Shape):
    """An order with its job tickets, as a page to print needs them."""

    order: OrderCardShape
    tickets: list[TicketShape]


class TicketWanted(Shape):
    """Which tickets: by number, item or client, and by each filter that is given."""

    search: str = ""
    state: Literal["", "new", "in_work", "done", "cancelled"] = ""
    responsible_id: IdOrNone = ""
    client_id: IdOrNone = ""
    order_id: IdOrNone = ""
    overdue: bool = False


class TicketQuery(Page):
    """A page of tickets; the newest first, unless `sort` says otherwise (`-` turns it round)."""

    state: Literal["", "new", "in_work", "done", "cancelled"] = ""
    responsible_id: IdOrNone = ""
    client_id: IdOrNone = ""
    order_id: IdOrNone = ""
    overdue: bool = False
    sort: Literal[
        "", "number", "-number", "item", "-item", "order", "-order", "due", "-due", "updated", "-updated"
    ] = ""


class TicketChange(Shape, kw_only=True):
    """The parts of a ticket to change; those left out stay, null takes away person or date."""

    state: State | UnsetType = UNSET
    note: Annotated[str, msgspec.Meta(max_length=5000)] | UnsetType = UNSET
    responsible_id: Id | UnsetType | None = UNSET
    due_on: date | UnsetType | None = UNSET

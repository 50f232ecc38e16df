"""Leads on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from vestnik.http.api import Id, Page, Shape
from vestnik.intake.fields import Door
from vestnik.intake.leads.changing import Result
from vestnik.sales.shapes import DecimalWord

Status = Literal["open", "in_work", "processed", "closed"]
AssignedBy = Literal["request", "door", "client", "contact", "rule", "coordinator", "person"]

Short = Annotated[str, msgspec.Meta(max_length=500)]
Long = Annotated[str, msgspec.Meta(max_length=20_000)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class LeadQuery(Page):
    """Which leads: of a status, a person, a source; `from` and `to` bound the arrival, `to` is exclusive.

    `unassigned`: those that nobody but the Coordinator was found for.
    """

    status: Status | None = None
    responsible_id: Id | None = None
    channel_id: Id | None = None
    partner_id: Id | None = None
    client_id: Id | None = None
    contact_id: Id | None = None
    door: Door | None = None
    since: Instant | None = msgspec.field(default=None, name="from")
    until: Instant | None = msgspec.field(default=None, name="to")
    has_warnings: bool | None = None
    unread: bool | None = None
    unassigned: bool | None = None


class LeadSelection(Shape):
    """Which leads a file has: as the list's query says it."""

    search: Short = ""
    status: Status | None = None
    responsible_id: Id | None = None
    channel_id: Id | None = None
    partner_id: Id | None = None
    client_id: Id | None = None
    contact_id: Id | None = None
    door: Door | None = None
    since: Instant | None = msgspec.field(default=None, name="from")
    until: Instant | None = msgspec.field(default=None, name="to")
    has_warnings: bool | None = None
    unread: bool | None = None
    unassigned: bool | None = None


class PeriodQuery(Shape):
    """A period: from its beginning to before its end."""

    since: Instant = msgspec.field(name="from")
    until: Instant = msgspec.field(name="to")


class LeadNamedShape(Shape):
    """Something that a lead refers to."""

    id: str
    name: str


class LeadShape(Shape):
    """A lead as the inbox shows it. `takenAt` ends the response time that begins with `createdAt`."""

    id: str
    number: int
    status: Status
    result: Result | None
    door: Door
    title: str
    person: str
    company: str
    email: str
    phone: str
    city: str
    subject: str
    channel: LeadNamedShape | None
    partner: LeadNamedShape | None
    partner_text: str
    responsible: LeadNamedShape | None
    assigned_by: AssignedBy
    client: LeadNamedShape | None
    contact: LeadNamedShape | None
    deal_id: str | None
    order_id: str | None
    warnings: int
    duplicate_of: str | None
    unread: bool
    created_at: datetime
    updated_at: datetime
    taken_at: datetime | None
    finished_at: datetime | None


class LeadCounts(Shape):
    """How many leads of each status match the rest of the filter."""

    open: int
    in_work: int
    processed: int
    closed: int


class LeadPage(Shape):
    """A page of leads, and how many each tab would show."""

    items: list[LeadShape]
    total: int
    counts: LeadCounts


class UtmShape(Shape):
    """UTM marks and the referrer, as they came."""

    source: Short = ""
    medium: Short = ""
    campaign: Short = ""
    term: Short = ""
    content: Short = ""
    referrer: Short = ""


class LeadWarning(Shape):
    """What a person should know of a lead; `facts` are what the text is made of."""

    code: str
    field: str
    text: str
    facts: dict[str, Any]


class LeadMatch(Shape):
    """Somebody or something that a lead may be of, and the signal that led there."""

    kind: Literal["client", "contact", "lead"]
    id: str
    name: str
    signal: Literal["email", "phone"]
    value: str
    text: str


class LeadHappened(Shape):
    """One thing that happened to a lead; without a user the platform did it."""

    id: str
    at: datetime
    kind: str
    user: str | None
    detail: dict[str, Any]


class LeadCard(LeadShape):
    """A lead whole: its fields as they came, what became of it, its history from the newest on."""

    description: str
    inn: str
    ip: str
    country: str
    site: str
    path: str
    utm: UtmShape
    layouts: list[str]
    extra: dict[str, Any]
    input_id: str
    event_id: str | None
    dated_at: datetime | None
    converted_at: datetime | None
    duplicate_number: int | None
    edited: list[str]
    remarks: list[LeadWarning]
    matches: list[LeadMatch]
    history: list[LeadHappened]
    names: dict[str, str]


class LeadStored(Shape):
    """The lead that became of a request."""

    id: str
    number: int


class WorkBody(Shape):
    """A finishing work on a line."""

    kind: Short
    quantity: Decimal | None = None
    description: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class LeadLineBody(Shape):
    """A line of the order. Sizes are in metres, money in the organisation's currency."""

    item: Short = ""
    machine_code: Short = ""
    resolution: Short = ""
    material: Short = ""
    material_code: Short = ""
    width: Decimal | None = None
    height: Decimal | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    is_service: bool = False
    works: Annotated[list[WorkBody], msgspec.Meta(max_length=100)] = msgspec.field(default_factory=list)


class LeadBody(Shape):
    """A lead; any part may be missing. `responsible` is a log-in, `path` the source's name.

    With `lines` it becomes an order, too. What a web site says beside these fields goes into `extra`.
    """

    title: Short = ""
    person: Short = ""
    company: Short = ""
    email: Short = ""
    phone: Short = ""
    description: Long = ""
    inn: Short = ""
    ip: Short = ""
    country: Short = ""
    city: Short = ""
    site: Short = ""
    path: Short = ""
    partner: Short = ""
    responsible: Short = ""
    utm: UtmShape = msgspec.field(default_factory=UtmShape)
    dated_at: Instant | None = None
    layouts: Annotated[list[Short], msgspec.Meta(max_length=200)] = msgspec.field(default_factory=list)
    lines: Annotated[list[LeadLineBody], msgspec.Meta(max_length=1_000)] = msgspec.field(default_factory=list)
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    responsible_id: Id | None = None
    channel_id: Id | None = None
    calendar_id: Id | None = None


class LeadChange(Shape):
    """What to correct of a lead; parts left out stay, null takes a link away."""

    title: Short | UnsetType = UNSET
    person: Short | UnsetType = UNSET
    company: Short | UnsetType = UNSET
    email: Short | UnsetType = UNSET
    phone: Short | UnsetType = UNSET
    description: Long | UnsetType = UNSET
    country: Short | UnsetType = UNSET
    city: Short | UnsetType = UNSET
    site: Short | UnsetType = UNSET
    path: Short | UnsetType = UNSET
    partner: Short | UnsetType = UNSET
    channel_id: Id | UnsetType | None = UNSET
    partner_id: Id | UnsetType | None = UNSET
    client_id: Id | UnsetType | None = UNSET
    contact_id: Id | UnsetType | None = UNSET


class InnBody(Shape):
    """The right INN, or an empty one, when the lead has none."""

    inn: Annotated[str, msgspec.Meta(max_length=32)]


class AssignBody(Shape):
    """Who is responsible from now on."""

    user_id: Id


class CloseBody(Shape):
    """What came of a lead."""

    result: Result


class NoteBody(Shape):
    """What somebody wrote down."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000, pattern=r"\S")]


class LeadBulkBody(Shape):
    """One action on several leads; `userId` for assign, `result` for close."""

    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=200)]
    action: Literal["take", "assign", "process", "close", "reopen"]
    user_id: Id | None = None
    result: Result | None = None


class LeadBulkShape(Shape):
    """How many leads were changed, and how many could not be, or were so already."""

    changed: int
    skipped: int


class ClientWishBody(Shape):
    """One that is there by `id`, or a new client; a known INN leads to the one that has it."""

    id: Id | None = None
    name: Short = ""
    kind: Literal["company", "person"] = "company"
    inn: Annotated[str, msgspec.Meta(max_length=32)] | None = None


class ContactWishBody(Shape):
    """One that is there by `id`, or a new contact with the lead's addresses."""

    id: Id | None = None
    name: Short = ""


class DealWishBody(Shape):
    """A deal to be made; without a title it is called as the lead."""

    title: Short = ""
    sum: DecimalWord | None = None


class OrderWishBody(Shape):
    """An order to be made, where the lead's lines did not make one already."""

    title: Short = ""


class ConvertBody(Shape):
    """What a lead becomes; what is left out stays as it is."""

    client: ClientWishBody | None = None
    contact: ContactWishBody | None = None
    deal: DealWishBody | None = None
    order: OrderWishBody | None = None


class LeadFigures(Shape):
    """Leads of one source or person that arrived in a period.

    `medianS` and `slowS` are seconds until an answer, `finishS` until half of those that are over were.
    """

    id: str | None
    title: str | None
    total: int
    open: int
    in_work: int
    processed: int
    closed: int
    spam: int
    duplicate: int
    other: int
    not_target: int
    converted: int
    answered: int
    median_s: float | None
    slow_s: float | None
    finish_s: float | None


class LeadStatistics(Shape):
    """Leads of a period by source and by person; half were answered within `medianS`, 90 % in `slowS`."""

    channels: list[LeadFigures]
    people: list[LeadFigures]


class InboxShape(Shape):
    """What changes with every lead that comes in or is changed: ask for the list anew."""

    changed_at: datetime | None
    newest: int

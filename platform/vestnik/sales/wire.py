"""Deals, orders and job tickets between the wire and the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from vestnik.http.api import Shape, key_of
from vestnik.http.csv_files import safe
from vestnik.http.errors import Language
from vestnik.sales import shapes
from vestnik.sales.deals import Deal, StageSum
from vestnik.sales.decimals import CURRENCY, plain
from vestnik.sales.keeping import NUMBERS, SIZES, TEXTS
from vestnik.sales.lines import Check, OrderLine, Work, check
from vestnik.sales.named import Named, Numbered
from vestnik.sales.orders import Order, OrderCard, StoredLine, Ticketed
from vestnik.sales.references import Source
from vestnik.sales.rereading import Reading
from vestnik.sales.tickets import Offer, Ticket

# From the wire


def key(id: str | None) -> int | None:
    """The key of an id; None for none, or for an empty filter."""
    return key_of(id) if id else None


def number(word: str | None) -> Decimal | None:
    """The decimal that a text writes out."""
    return None if word is None else Decimal(word)


def changes(body: Shape) -> Mapping[str, Any]:
    """What a change gives, by column: keys and decimals as the services know them."""
    found: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(body).items():
        if value is UNSET:
            continue
        if name.endswith("_id"):
            value = key(value)
        elif name == "sum":
            value = number(value)
        elif name == "title":
            value = value.strip()
        found[name] = value
    return found


def line_given(body: shapes.LineBody) -> OrderLine:
    """The line that a person gives."""
    numbers: dict[str, Any] = {name: number(getattr(body, name)) for name in NUMBERS}
    return OrderLine(
        **{name: getattr(body, name).strip() for name in TEXTS},
        **numbers,
        is_service=body.is_service,
        works=[
            Work(each.kind.strip(), number(each.quantity), each.description.strip()) for each in body.works
        ],
    )


def cell(value: Decimal | None, language: Language) -> str:
    """A decimal in a file: a Russian spreadsheet would read a point as a date's."""
    text = "" if value is None else plain(value)
    return text.replace(".", ",") if language == "ru" else text


def name_cell(found: Named | None) -> str:
    """A name in a file."""
    return "" if found is None else safe(found.name)


# To the wire


def deal(found: Deal) -> shapes.DealShape:
    """A deal on the wire."""
    return shapes.DealShape(
        id=str(found.id),
        number=found.number,
        title=found.title,
        stage=shapes.NamedThing(id=str(found.stage.id), name=found.stage.name),
        stage_kind=found.stage_kind,
        sum=_word(found.sum),
        currency=CURRENCY,
        client=_named(found.client),
        contact=_named(found.contact),
        responsible=_named(found.responsible),
        source=_source(found.source),
        created_at=found.created_at,
        updated_at=found.updated_at,
        closed_at=found.closed_at,
    )


def stage_sum(found: StageSum) -> shapes.StageSumShape:
    """What the deals of a stage come to, on the wire."""
    return shapes.StageSumShape(
        id=str(found.stage.id),
        name=found.stage.name,
        kind=found.kind,
        deals=found.deals,
        sum=_word(found.sum),
        currency=CURRENCY,
    )


def order(found: Order) -> shapes.OrderShape:
    """An order of a list on the wire."""
    return shapes.OrderShape(**_of_order(found))


def order_page(found: Sequence[Order], total: int, sum: Decimal | None) -> shapes.OrderPage:
    """A page of orders on the wire, with what all that match come to."""
    items = [order(each) for each in found]
    return shapes.OrderPage(items=items, total=total, sum=_word(sum), currency=CURRENCY)


def order_card(card: OrderCard) -> shapes.OrderCardShape:
    """An order on the wire, whole."""
    return shapes.OrderCardShape(
        **_of_order(card.order),
        description=card.order.description,
        layouts=list(card.order.layouts),
        due_on=card.order.due_on,
        total=_total(card.total),
        lines=[line(each) for each in card.lines],
    )


def line(stored: StoredLine) -> shapes.LineShape:
    """A line on the wire."""
    found = stored.line
    return shapes.LineShape(
        id=str(stored.id),
        **_made_of(found),
        price=_word(found.price),
        amount=_word(found.amount),
        computed=_word(found.computed),
        differs=check(found).differs,
        is_service=found.is_service,
        extra=dict(found.extra),
        ticket=_ticketed(stored.ticket),
    )


def reading(found: Reading | None) -> shapes.OrderReadingShape:
    """What a letter that was read again would change, on the wire."""
    if found is None:
        return shapes.OrderReadingShape(reading=None)
    changes = [
        shapes.LineChangeShape(
            kind=each.kind,
            before=_read_line(each.before.line) if each.before else None,
            after=_read_line(each.after) if each.after else None,
            fields=[_CAMEL.get(name, name) for name in each.fields],
            ticket=_ticketed(each.before.ticket) if each.before else None,
        )
        for each in found.changes
    ]
    return shapes.OrderReadingShape(
        reading=shapes.LetterReadingShape(
            read_at=found.read_at, unchanged_since=found.order_changed_at, changes=changes
        )
    )


#: Fields of a line as they are called on the wire.
_CAMEL = {"machine_code": "machineCode", "material_code": "materialCode", "is_service": "isService"}


def _read_line(found: OrderLine) -> shapes.ReadLine:
    return shapes.ReadLine(
        **_made_of(found), price=_word(found.price), amount=_word(found.amount), is_service=found.is_service
    )


def offer(found: Offer) -> shapes.TicketOffer:
    """An offered line on the wire."""
    return shapes.TicketOffer(line=line(found.line), ticked=found.ticked)


def ticket(found: Ticket) -> shapes.TicketShape:
    """A job ticket on the wire."""
    return shapes.TicketShape(
        id=str(found.id),
        number=found.number,
        line_id=str(found.line_id),
        order=_numbered(found.order),
        client=_named(found.client),
        responsible=_named(found.responsible),
        state=found.state,
        **_made_of(found),
        layouts=list(found.layouts),
        note=found.note,
        due_on=found.due_on,
        overdue=found.overdue,
        created_at=found.created_at,
        updated_at=found.updated_at,
        closed_at=found.closed_at,
    )


def _of_order(found: Order) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "number": found.number,
        "title": found.title,
        "state": found.state,
        "sum": _word(found.sum),
        "currency": CURRENCY,
        "client": _named(found.client),
        "contact": _named(found.contact),
        "deal": None if found.deal is None else _numbered(found.deal),
        "responsible": _named(found.responsible),
        "source": _source(found.source),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "closed_at": found.closed_at,
    }


def _made_of(found: OrderLine | Ticket) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in TEXTS},
        **{name: _word(getattr(found, name)) for name in SIZES},
        "works": [
            shapes.WorkShape(kind=each.kind, quantity=_word(each.quantity), description=each.description)
            for each in found.works
        ],
    }


def _word(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _total(found: Check) -> shapes.TotalShape:
    return shapes.TotalShape(given=_word(found.given), computed=_word(found.computed), differs=found.differs)


def _named(found: Named | None) -> shapes.NamedThing | None:
    return None if found is None else shapes.NamedThing(id=str(found.id), name=found.name)


def _numbered(found: Numbered) -> shapes.NumberedShape:
    return shapes.NumberedShape(id=str(found.id), number=found.number, title=found.title)


def _source(found: Source | None) -> shapes.SourceShape | None:
    return None if found is None else shapes.SourceShape(kind=found[0], id=str(found[1]))


def _ticketed(found: Ticketed | None) -> shapes.LineTicket | None:
    return (
        None if found is None else shapes.LineTicket(id=str(found.id), number=found.number, state=found.state)
    )

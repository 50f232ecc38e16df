"""Inputs on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from vestnik.http.api import Id, Page, Shape
from vestnik.http.errors import Language
from vestnik.intake.fields import Difference, LeadFields, Warned
from vestnik.intake.inputs.service import Again, Card, Line
from vestnik.intake.parsing.names import Target
from vestnik.intake.parsing.reading import Reading
from vestnik.intake.parsing.reasons import sentence
from vestnik.intake.parsing.showing import Shown
from vestnik.sales.lines import OrderLine

#: Inputs that one request has read again, and how long a corrected document may be.
READ_AT_ONCE = 100
CORRECTION_CHARACTERS = 900_000
NAME_CHARACTERS = 100

Door = Literal["letter", "http", "api", "classic", "hand"]
State = Literal["new", "read", "unreadable", "set_aside"]


class InputWarning(Shape):
    """Something that a person should know. `name` is the sender's own, `target` what we call it."""

    code: str
    field: str
    text: str
    name: str | None = None
    target: str | None = None


class InputRow(Shape):
    """An input in the list; `reason` says why there is no lead."""

    id: Id
    door: Door
    source_id: Id | None
    source: str
    state: State
    title: str
    reason: InputWarning | None
    size: int
    lead_id: Id | None
    is_try: bool
    is_erased: bool
    received_at: datetime
    read_at: datetime | None


class InputPage(Shape):
    """Inputs, newest first; `counts` are of each state."""

    items: list[InputRow]
    total: int
    counts: dict[str, int]


class InputQuery(Page):
    """Which inputs."""

    state: State | None = None
    door: Door | None = None
    source_id: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class InputWork(Shape):
    kind: str
    quantity: str | None
    description: str


class InputLine(Shape):
    """A line of goods as it was read; numbers are exact, as texts."""

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
    works: list[InputWork]
    extra: dict[str, Any]


class InputFields(Shape):
    """A lead as it was read; `extra` is what the sender said beside it, by the sender's own names."""

    title: str
    person: str
    company: str
    email: str
    phone: str
    description: str
    inn: str
    ip: str
    country: str
    city: str
    site: str
    path: str
    partner: str
    responsible: str
    utm_source: str
    utm_medium: str
    utm_campaign: str
    utm_term: str
    utm_content: str
    referrer: str
    dated_at: datetime | None
    layouts: list[str]
    lines: list[InputLine]
    extra: dict[str, Any]


class InputAttachment(Shape):
    """A file of a letter, and what became of it."""

    name: str
    media_type: str
    size: int
    encoding: str
    outcome: str
    text: str


class InputLetter(Shape):
    """The head of a letter, and its files."""

    subject: str
    sender: str
    dated_at: datetime | None
    message_id: str
    attachments: list[InputAttachment]


class InputReading(Shape):
    """What was read: `fields`, or `reason` says why not. `sureness` is that of the encoding."""

    fields: InputFields | None
    reason: InputWarning | None
    warnings: list[InputWarning]
    encoding: str
    sureness: str
    letter: InputLetter | None


class InputPiece(Shape):
    """A piece as it is looked at: a text, or the first bytes of what is none."""

    kind: str
    name: str
    media_type: str
    size: int
    encoding: str
    text: str | None
    hex: str | None
    cut: bool


class InputCard(Shape):
    """One input: what came, and what was read, side by side. `correction`: the document as mended."""

    input: InputRow
    about: dict[str, Any]
    media_type: str
    pieces: list[InputPiece]
    reading: InputReading | None
    correction: str | None


class InputDifference(Shape):
    """A field that reads otherwise now; not `applied` where a person changed it since."""

    field: str
    before: Any
    after: Any
    applied: bool


class InputAgain(Shape):
    """What reading again came to; with `dry` what it would come to."""

    id: Id
    reading: InputReading
    differences: list[InputDifference]
    lead_id: Id | None
    makes_lead: bool


class ReadAgain(Shape):
    """`text`: the document as mended, in place of what came; the bytes stay as they are."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=CORRECTION_CHARACTERS)] | None = None


class ReadAgainQuery(Shape):
    """`dry`: tell what would change, and change nothing."""

    dry: bool = False


class InputIds(Shape):
    """Several inputs."""

    ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=READ_AT_ONCE)]


class ReadAgainOutcome(Shape):
    """What became of one of several: `problem` is a sentence, null where it was read."""

    id: Id
    lead_id: Id | None
    problem: str | None


class ReadAgainMany(Shape):
    items: list[ReadAgainOutcome]


class InputName(Shape):
    """Have the sender's `name` taken for `target`, from now on, at this input's collector or door."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS, pattern=r"\S")]
    target: Target


def input_row(line: Line, language: Language) -> InputRow:
    """An input in the list."""
    row = line.row
    return InputRow(
        id=str(row.id),
        door=row.door,
        source_id=str(row.source_id) if row.source_id else None,
        source=line.source,
        state=row.state,
        title=row.title,
        reason=None if line.reason is None else warning(line.reason, language),
        size=row.size,
        lead_id=None if row.lead_id is None else str(row.lead_id),
        is_try=row.is_try,
        is_erased=row.erased_at is not None,
        received_at=row.received_at,
        read_at=row.read_at,
    )


def input_card(card: Card, language: Language) -> InputCard:
    """One input."""
    row: sa.Row[Any] = card.line.row
    return InputCard(
        input=input_row(card.line, language),
        about=row.about,
        media_type=row.media_type,
        pieces=[_piece(each) for each in card.shown],
        reading=None if card.reading is None else reading_shape(card.reading, language),
        correction=row.correction,
    )


def input_again(again: Again, language: Language) -> InputAgain:
    """What reading again came to."""
    return InputAgain(
        id=str(again.input_id),
        reading=reading_shape(again.reading, language),
        differences=[_difference(each) for each in again.differences],
        lead_id=None if again.lead is None else str(again.lead.lead_id),
        makes_lead=again.is_new_lead and again.reading.fields is not None,
    )


def reading_shape(reading: Reading, language: Language) -> InputReading:
    """What was read."""
    letter = reading.letter
    return InputReading(
        fields=None if reading.fields is None else _fields(reading.fields),
        reason=None if reading.reason is None else warning(reading.reason, language),
        warnings=[warning(each, language) for each in reading.warnings],
        encoding=reading.encoding,
        sureness=reading.sureness,
        letter=None
        if letter is None
        else InputLetter(
            subject=letter.subject,
            sender=letter.sender,
            dated_at=letter.dated_at,
            message_id=letter.message_id,
            attachments=[
                InputAttachment(
                    name=each.name,
                    media_type=each.media_type,
                    size=each.size,
                    encoding=each.encoding,
                    outcome=each.outcome,
                    text=outcome_text(each.outcome, each.facts, language),
                )
                for each in letter.attachments
            ],
        ),
    )


def warning(warned: Warned, language: Language) -> InputWarning:
    """A warning or a reason with its sentence."""
    target = warned.facts.get("target")
    return InputWarning(
        code=warned.code,
        field=warned.field,
        text=sentence(warned, language),
        name=warned.field.rpartition(".")[2] if warned.code == "near_name" else None,
        target=None if target is None else str(target),
    )


def outcome_text(outcome: str, facts: Mapping[str, Any], language: Language) -> str:
    """What became of an attachment, as a sentence."""
    return sentence(Warned(outcome, facts=facts), language)


def _fields(fields: LeadFields) -> InputFields:
    marks = fields.marks
    return InputFields(
        title=fields.title,
        person=fields.person,
        company=fields.company,
        email=fields.email,
        phone=fields.phone,
        description=fields.description,
        inn=fields.inn,
        ip=fields.ip,
        country=fields.country,
        city=fields.city,
        site=fields.site,
        path=fields.path,
        partner=fields.partner,
        responsible=fields.responsible,
        utm_source=marks.source,
        utm_medium=marks.medium,
        utm_campaign=marks.campaign,
        utm_term=marks.term,
        utm_content=marks.content,
        referrer=marks.referrer,
        dated_at=fields.dated_at,
        layouts=list(fields.layouts),
        lines=[_line(each) for each in fields.lines],
        extra=dict(fields.extra),
    )


def _line(line: OrderLine) -> InputLine:
    return InputLine(
        item=line.item,
        machine_code=line.machine_code,
        resolution=line.resolution,
        material=line.material,
        material_code=line.material_code,
        width=_number(line.width),
        height=_number(line.height),
        quantity=_number(line.quantity),
        price=_number(line.price),
        amount=_number(line.amount),
        is_service=line.is_service,
        works=[
            InputWork(kind=each.kind, quantity=_number(each.quantity), description=each.description)
            for each in line.works
        ],
        extra=dict(line.extra),
    )


def _number(number: Any) -> str | None:
    return None if number is None else format(number, "f")


def _piece(shown: Shown) -> InputPiece:
    return InputPiece(
        kind=shown.kind,
        name=shown.name,
        media_type=shown.media_type,
        size=shown.size,
        encoding=shown.encoding,
        text=shown.text,
        hex=shown.hex,
        cut=shown.cut,
    )


def _difference(difference: Difference) -> InputDifference:
    return InputDifference(
        field=difference.field,
        before=msgspec.to_builtins(difference.before),
        after=msgspec.to_builtins(difference.after),
        applied=difference.applied,
    )

"""What a lead is made of, whichever way it came in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vestnik.sales.lines import OrderLine

Door = Literal["letter", "http", "api", "classic", "hand"]


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about an input that a person should know; `code` is explained in reasons.py."""

    code: str
    field: str = ""
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marks:
    """UTM marks and the referrer, as they came."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    referrer: str = ""


@dataclass(frozen=True, slots=True)
class LeadFields:
    """A lead as somebody sent it. Texts are as given, without spaces at their ends; "" is nothing."""

    title: str = ""
    person: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    description: str = ""
    inn: str = ""
    ip: str = ""
    country: str = ""
    city: str = ""
    site: str = ""
    path: str = ""
    partner: str = ""
    responsible: str = ""
    """The log-in of the person who is to be responsible."""
    marks: Marks = dataclasses.field(default_factory=Marks)
    dated_at: datetime | None = None
    layouts: Sequence[str] = ()
    """Addresses of layout files."""
    lines: Sequence[OrderLine] = ()
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What the sender said beside it, by the sender's own names."""


@dataclass(frozen=True, slots=True)
class Given:
    """A lead about to be accepted: its fields, the input that they were read from, where it goes."""

    fields: LeadFields
    door: Door
    input_id: int
    received_at: datetime
    warnings: Sequence[Warned] = ()
    calendar_id: int | None = None
    responsible_id: int | None = None
    """Said by the collector or the door, where it is bound to a person."""
    channel_id: int | None = None
    """The source that the collector or the door stands for."""
    subject: str = ""
    """What the input was called: the letter's subject."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The lead that became of an input; people call it by its number."""

    lead_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What reading an input again changes of its lead; `applied` unless a person changed it since."""

    field: str
    before: Any
    after: Any
    applied: bool

"""The conditions that a rule may have: what each compares, how, and as which SQL.

A condition is a predicate on a row of `contact`, in one of two forms that pick the same contacts. By
row the database tests one row along keys (EXISTS): audiences page through segments, and a page must
not cost a whole segment. For the whole (`Now.whole`) it lists the contacts of an index (IN): a count
is several times as fast. Features add conditions with `Conditions.add`; nothing else changes.
"""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik.contacts.fields import Field, FieldKind
from vestnik.contacts.tables import contact
from vestnik.db import Instant, fold
from vestnik.db.search import SHORTEST, contains
from vestnik.db.spelling import Spelt
from vestnik.segments.actual import Actual, of_field

Operator = Literal[
    "=", "!=", "contains", "doesNotContain", "beginsWith", "in", "notIn", "<", "<=", ">", ">=",
    "null", "notNull", "subscribed", "unsubscribed",
    "lastDays", "beforeDays", "nextDays", "yearlyNextDays",
    "inLast", "ofCampaign", "ever", "never",
]  # fmt: skip
ValueKind = Literal["text", "number", "boolean", "date", "choice", "category", "campaign", "segment", "owner"]

Group = Literal["contact", "company", "subscription", "campaign", "field"]

ABSENCE: Mapping[str, str] = {"!=": "=", "doesNotContain": "contains", "notIn": "in"}
TEXT: tuple[Operator, ...] = (
    "=", "!=", "contains", "doesNotContain", "beginsWith", "in", "notIn", "null", "notNull",
)  # fmt: skip
_ORDER: tuple[Operator, ...] = ("=", "!=", "<", "<=", ">", ">=", "null", "notNull")
_RELATIVE: tuple[Operator, ...] = ("lastDays", "beforeDays", "nextDays", "yearlyNextDays")
#: Before the key of a custom field.
OF_FIELD = "custom."
_MOST_VALUES = 1000
_MOST_DAYS = 36_525


@dataclass(frozen=True, slots=True)
class Now:
    """What "today" means to a rule that is compiled now, and for what: one row, or the whole."""

    instant: datetime
    zone: ZoneInfo
    whole: bool = False

    def before(self, days: int) -> datetime:
        """The instant that many days ago."""
        return self.instant - timedelta(days=days)

    def today(self) -> date:
        """The day in the organisation's zone."""
        return self.instant.astimezone(self.zone).date()


Predicate = sa.ColumnElement[bool]
#: Makes the predicate of (operator, value); raises ValueError for a value that does not fit.
Compile = Callable[[Operator, Any, Now], Predicate]


@dataclass(frozen=True, slots=True)
class Condition:
    """One field of the rule builder."""

    name: str
    title: Mapping[str, str]
    value: ValueKind
    operators: Sequence[Operator]
    compile: Compile
    options: Sequence[str] = ()
    #: Under which heading the builder shows it.
    group: Group = "contact"
    #: Tells what a contact has there; None where the verdict says it all.
    actual: Actual | None = None


class Conditions:
    """Every condition a rule may have, by the name of its field."""

    def __init__(self, own: Sequence[Condition] = ()) -> None:
        self._known = {each.name: each for each in own}

    def add(self, condition: Condition) -> None:
        """Offer one more field."""
        if condition.name in self._known:
            raise ValueError(f"two conditions are named {condition.name}")
        self._known[condition.name] = condition

    def with_fields(self, fields: Sequence[Field]) -> Mapping[str, Condition]:
        """All conditions, with one for each custom field, named `custom.<key>`."""
        return self._known | {OF_FIELD + field.key: _custom(field) for field in fields}


def text_of(value: Any) -> str:
    """A text to compare with, folded."""
    if not isinstance(value, str):
        raise ValueError("a text is needed")
    return fold(value.strip())


def texts_of(value: Any) -> list[str]:
    """Several texts to compare with, folded: a list, or one text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not 0 < len(parts) <= _MOST_VALUES:
        raise ValueError("a list of texts is needed")
    return [text_of(part) for part in parts]


def number_of(value: Any) -> float:
    """A number to compare with; a builder may send it as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a number is needed")
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("a finite number is needed")
    return number


def key_value(value: Any) -> int:
    """A key to compare with, as text on the wire."""
    if not isinstance(value, str) or not value.isdecimal() or int(value) >= 2**63:
        raise ValueError("a key is needed")
    return int(value)


def count_of(value: Any, most: int) -> int:
    """A whole number from 1 to `most`."""
    number = number_of(value)
    if number != int(number) or not 0 < number <= most:
        raise ValueError(f"a number from 1 to {most} is needed")
    return int(number)


def days_of(value: Any) -> int:
    """How many days."""
    return count_of(value, _MOST_DAYS)


def compare_text(column: sa.ColumnElement[Any], operator: Operator, value: Any) -> Predicate:
    """A folded text column against a value; a text that is not there equals nothing."""
    match operator:
        case "=":
            return column == text_of(value)
        case "contains":
            return column.contains(text_of(value), autoescape=True)
        case "beginsWith":
            return _begins(column, text_of(value))
        case "in":
            return column.in_(texts_of(value))
        case "notNull":
            return column.is_not(None) & (column != "")
        case "null":
            return column.is_(None) | (column == "")
    raise ValueError(f"texts know no {operator}")


def text_condition(column: sa.ColumnElement[Any]) -> Compile:
    """Conditions on a folded text column of the contact's row."""

    def compile(operator: Operator, value: Any, _now: Now) -> Predicate:
        if (positive := ABSENCE.get(operator)) is not None:
            # "Is not Moscow" is true of whoever has no city, too.
            return sa.func.coalesce(compare_text(column, positive, value), sa.false()).is_(sa.false())  # type: ignore[arg-type]
        return compare_text(column, operator, value)

    return compile


#: Makes the predicate that a contact has rows that match; None: any rows at all.
Rows = Callable[[Predicate | None, Now], Predicate]


def related(rows: Rows, column: sa.Column[Any]) -> Compile:
    """Conditions on a text of rows that belong to the contact."""

    def compile(operator: Operator, value: Any, now: Now) -> Predicate:
        if operator == "null":
            return sa.not_(rows(None, now))
        if operator == "notNull":
            return rows(None, now)
        positive = ABSENCE.get(operator)
        found = rows(searched_text(column, positive or operator, value, now), now)  # type: ignore[arg-type]
        return sa.not_(found) if positive else found

    return compile


def searched_text(column: sa.Column[Any], operator: Operator, value: Any, now: Now) -> Predicate:
    """`compare_text` on a column that may be searchable: by its index where the whole is wanted."""
    if operator == "contains" and now.whole and column.info and len(text := text_of(value)) >= SHORTEST:
        return contains(column, text)
    return compare_text(column, operator, value)


def _begins(column: sa.ColumnElement[Any], prefix: str) -> Predicate:
    # A range, because LIKE uses no index on either database as we open them.
    return (column >= prefix) & (column < prefix + "\U0010ffff")


def day_condition(column: sa.ColumnElement[Any]) -> Compile:
    """Conditions on an instant of the contact's row, by days of the organisation's zone."""

    def compile(operator: Operator, value: Any, now: Now) -> Predicate:
        if operator == "lastDays":
            return column >= sa.literal(now.before(days_of(value)), Instant)
        if operator == "beforeDays":
            return column < sa.literal(now.before(days_of(value)), Instant)
        if not isinstance(value, str):
            raise ValueError("a date is needed")
        day = date.fromisoformat(value)
        begin, end = (
            sa.literal(datetime.combine(each, time(), now.zone).astimezone(UTC), Instant)
            for each in (day, day + timedelta(days=1))
        )
        match operator:
            case "<":
                return column < begin
            case "<=":
                return column < end
            case ">":
                return column >= end
            case ">=":
                return column >= begin
        return (column >= begin) & (column < end)

    return compile


def _date_condition(column: sa.ColumnElement[Any]) -> Compile:
    """Conditions on a date as text (`2026-11-22`): a custom field."""
    compare = _ordered(column, lambda value: date.fromisoformat(value).isoformat())

    def compile(operator: Operator, value: Any, now: Now) -> Predicate:
        if operator not in ("lastDays", "beforeDays", "nextDays", "yearlyNextDays"):
            return compare(operator, value, now)
        today, days = now.today(), timedelta(days=days_of(value))
        match operator:
            case "lastDays":
                return column.between((today - days).isoformat(), today.isoformat())
            case "beforeDays":
                return column < (today - days).isoformat()
            case "nextDays":
                return column.between(today.isoformat(), (today + days).isoformat())
        return sa.func.substr(column, 6, 5).in_(_days_of_year(today, days.days))

    return compile


def _days_of_year(today: date, days: int) -> list[str]:
    """Month and day of today and so many days after; who was born on 29 February is never left out."""
    coming = {(today + timedelta(days=each)).strftime("%m-%d") for each in range(min(days, 366) + 1)}
    return sorted(coming | {"02-29"} if "02-28" in coming else coming)


class Yes(Spelt):
    """Whether a custom field is a yes.

    SQLite reads only documents with one in them: it finds that in a quarter of the time. A field of this
    kind holds nothing else that is true.
    """

    inherit_cache = False

    def __init__(self, column: sa.ColumnElement[Any]) -> None:
        document, holds = contact.c.custom_folded, column.is_(True)
        stands = sa.func.instr(document, sa.literal("true", sa.Text)) > 0
        super().__init__(document, sqlite=sa.and_(stands, holds), postgresql=holds)


def _custom(field: Field) -> Condition:
    stored = contact.c.custom_folded[field.key]
    kinds: Mapping[FieldKind, tuple[Sequence[Operator], Compile]] = {
        "text": (TEXT, text_condition(stored.as_string())),
        "choice": (("=", "!=", "in", "notIn", "null", "notNull"), text_condition(stored.as_string())),
        "number": (_ORDER, _ordered(stored.as_float(), number_of)),
        "date": ((*_ORDER, *_RELATIVE), _date_condition(stored.as_string())),
        "boolean": (("=",), _flag(stored.as_boolean())),
    }
    operators, compile = kinds[field.kind]
    name = f"custom.{field.key}"
    return Condition(
        name, field.title, field.kind, operators, compile, field.options, "field", of_field(field)
    )


_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operators.eq,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


def _ordered(column: sa.ColumnElement[Any], read: Callable[[Any], Any]) -> Compile:
    def compile(operator: Operator, value: Any, _now: Now) -> Predicate:
        if operator == "null":
            return column.is_(None)
        if operator == "notNull":
            return column.is_not(None)
        if operator == "!=":
            return sa.or_(column.is_(None), column != read(value))
        compared: Predicate = _COMPARE[operator](column, read(value))
        return compared

    return compile


def _flag(column: sa.ColumnElement[Any]) -> Compile:
    def compile(_operator: Operator, value: Any, _now: Now) -> Predicate:
        if not isinstance(value, bool):
            raise ValueError("yes or no is needed")
        # A field that was never filled in counts as "no".
        return Yes(column) if value else sa.func.coalesce(column, sa.false()).is_(False)

    return compile

"""The conditions that a rule may have: what each compares, how, and as which SQL.

A condition is a predicate on a row of `contact`, written so that the database can test one row
along keys (EXISTS, never a list of ids): audiences page through segments, and a page must not
cost a whole segment. Features add theirs with `Conditions.add`; nothing else changes.
"""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik.companies.tables import client
from vestnik.contacts.fields import Field, FieldKind
from vestnik.contacts.tables import address, contact, contact_address, subscription, suppression
from vestnik.db import Instant, fold

Operator = Literal[
    "=", "!=", "contains", "doesNotContain", "beginsWith", "in", "notIn", "<", "<=", ">", ">=",
    "null", "notNull", "subscribed", "unsubscribed", "lastDays",
]  # fmt: skip
ValueKind = Literal["text", "number", "boolean", "date", "choice", "category"]

_ABSENCE: Mapping[str, str] = {"!=": "=", "doesNotContain": "contains", "notIn": "in"}
_TEXT: tuple[Operator, ...] = (
    "=", "!=", "contains", "doesNotContain", "beginsWith", "in", "notIn", "null", "notNull",
)  # fmt: skip
_ORDER: tuple[Operator, ...] = ("=", "!=", "<", "<=", ">", ">=", "null", "notNull")
_MOST_VALUES = 1000


@dataclass(frozen=True, slots=True)
class Now:
    """What "today" means to a rule that is compiled now."""

    instant: datetime
    zone: ZoneInfo


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
        return self._known | {f"custom.{field.key}": _custom(field) for field in fields}


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
        if (positive := _ABSENCE.get(operator)) is not None:
            # "Is not Moscow" is true of whoever has no city, too.
            return sa.func.coalesce(compare_text(column, positive, value), sa.false()).is_(sa.false())  # type: ignore[arg-type]
        return compare_text(column, operator, value)

    return compile


def related(rows: Callable[[Predicate], Predicate], column: sa.ColumnElement[Any]) -> Compile:
    """Conditions on texts of rows that belong to the contact; `rows` makes EXISTS of a predicate."""

    def compile(operator: Operator, value: Any, _now: Now) -> Predicate:
        if operator == "null":
            return sa.not_(rows(sa.true()))
        if operator == "notNull":
            return rows(sa.true())
        if (positive := _ABSENCE.get(operator)) is not None:
            return sa.not_(rows(compare_text(column, positive, value)))  # type: ignore[arg-type]
        return rows(compare_text(column, operator, value))

    return compile


def _begins(column: sa.ColumnElement[Any], prefix: str) -> Predicate:
    # A range, because LIKE uses no index on either database as we open them.
    return (column >= prefix) & (column < prefix + "\U0010ffff")


def _addresses(kind: str) -> Callable[[Predicate], Predicate]:
    def rows(matches: Predicate) -> Predicate:
        return (
            sa.select(sa.literal(1))
            .select_from(contact_address)
            .join(address, address.c.id == contact_address.c.address_id)
            .where(contact_address.c.contact_id == contact.c.id, contact_address.c.kind == kind, matches)
            .exists()
        )

    return rows


def _company(matches: Predicate) -> Predicate:
    return sa.exists().where(client.c.id == contact.c.company_id, matches)


def _category(operator: Operator, value: Any, _now: Now) -> Predicate:
    """Subscribed: gave consent, and neither that nor the stop-list has been withdrawn since."""
    id = key_value(value)
    chosen = subscription.alias("chosen")
    gave = sa.exists().where(
        chosen.c.contact_id == contact.c.id, chosen.c.category_id == id, chosen.c.subscribed
    )
    withdrew = sa.exists().where(
        chosen.c.contact_id == contact.c.id, chosen.c.category_id == id, sa.not_(chosen.c.subscribed)
    )
    stopped = (
        sa.select(sa.literal(1))
        .select_from(contact_address)
        .join(address, address.c.id == contact_address.c.address_id)
        .join(suppression, suppression.c.address_hash == address.c.suppression_hash)
        .where(
            contact_address.c.contact_id == contact.c.id,
            contact_address.c.is_primary,
            contact_address.c.kind == "email",
            suppression.c.reason == "unsubscribe",
            suppression.c.category_id.is_(None) | (suppression.c.category_id == id),
        )
        .exists()
    )
    left = contact.c.unsubscribed | withdrew | stopped
    return left if operator == "unsubscribed" else gave & sa.not_(left)


def _created(operator: Operator, value: Any, now: Now) -> Predicate:
    if operator == "lastDays":
        return contact.c.created_at >= sa.literal(now.instant - timedelta(days=number_of(value)), Instant)
    if not isinstance(value, str):
        raise ValueError("a date is needed")
    day = date.fromisoformat(value)
    begin, end = (
        sa.literal(datetime.combine(each, time(), now.zone).astimezone(UTC), Instant)
        for each in (day, day + timedelta(days=1))
    )
    match operator:
        case "<":
            return contact.c.created_at < begin
        case "<=":
            return contact.c.created_at < end
        case ">":
            return contact.c.created_at >= end
        case ">=":
            return contact.c.created_at >= begin
    return (contact.c.created_at >= begin) & (contact.c.created_at < end)


def _custom(field: Field) -> Condition:
    stored = contact.c.custom_folded[field.key]
    kinds: Mapping[FieldKind, tuple[Sequence[Operator], Compile]] = {
        "text": (_TEXT, text_condition(stored.as_string())),
        "choice": (("=", "!=", "in", "notIn", "null", "notNull"), text_condition(stored.as_string())),
        "number": (_ORDER, _ordered(stored.as_float(), number_of)),
        "date": (_ORDER, _ordered(stored.as_string(), lambda value: date.fromisoformat(value).isoformat())),
        "boolean": (("=",), _flag(stored.as_boolean())),
    }
    operators, compile = kinds[field.kind]
    return Condition(f"custom.{field.key}", field.title, field.kind, operators, compile, field.options)


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
        return column.is_(True) if value else sa.func.coalesce(column, sa.false()).is_(False)

    return compile


def own_conditions() -> list[Condition]:
    """The conditions on contacts, their addresses, companies and categories."""
    return [
        Condition("name", {"ru": "Имя", "en": "Name"}, "text", _TEXT, text_condition(contact.c.name_folded)),
        Condition(
            "email", {"ru": "E-mail", "en": "E-mail"}, "text", _TEXT,
            related(_addresses("email"), address.c.normalised),
        ),
        Condition(
            "domain", {"ru": "Домен e-mail", "en": "E-mail domain"}, "text", _TEXT,
            related(_addresses("email"), address.c.domain),
        ),
        Condition(
            "phone", {"ru": "Телефон", "en": "Phone"}, "text", _TEXT,
            related(_addresses("phone"), address.c.normalised),
        ),
        Condition(
            "company", {"ru": "Компания", "en": "Company"}, "text", _TEXT,
            related(_company, client.c.name_folded),
        ),
        Condition(
            "inn", {"ru": "ИНН компании", "en": "Company's INN"}, "text", _TEXT,
            related(_company, client.c.inn),
        ),
        Condition(
            "category", {"ru": "Категория рассылок", "en": "Category"}, "category",
            ("subscribed", "unsubscribed"), _category,
        ),
        Condition(
            "created", {"ru": "Создан", "en": "Created"}, "date",
            ("=", "<", "<=", ">", ">=", "lastDays"), _created,
        ),
    ]  # fmt: skip

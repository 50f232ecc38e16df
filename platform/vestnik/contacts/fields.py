"""Custom fields: their definitions, and values that fit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.contacts.errors import InvalidFieldValue, UnknownField
from vestnik.contacts.tables import contact_field
from vestnik.http.errors import Text

FieldKind = Literal["text", "number", "boolean", "date", "choice"]


@dataclass(frozen=True, slots=True)
class Field:
    """A custom field as an administrator defined it; `options` are the values of a choice."""

    key: str
    title: Mapping[str, str]
    kind: FieldKind
    options: tuple[str, ...] = ()

    def accepts(self, value: Any) -> bool:
        """Whether `value` is of this field's type; None always is."""
        match self.kind:
            case _ if value is None:
                return True
            case "text":
                return isinstance(value, str)
            case "number":
                return isinstance(value, int | float) and not isinstance(value, bool)
            case "boolean":
                return isinstance(value, bool)
            case "choice":
                return value in self.options
            case "date":
                return isinstance(value, str) and _is_date(value)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


#: The live definitions, in the order that an administrator gave them.
SELECT_FIELDS = (
    sa.select(contact_field.c.key, contact_field.c.title, contact_field.c.kind, contact_field.c.options)
    .where(contact_field.c.archived_at.is_(None))
    .order_by(contact_field.c.position, contact_field.c.id)
)


def fields_of(rows: sa.Result[Any]) -> dict[str, Field]:
    """Definitions by key, from the rows of `SELECT_FIELDS`."""
    return {row.key: Field(row.key, row.title, row.kind, tuple(row.options)) for row in rows}


def archived_title(connection: sa.Connection, key: str) -> Mapping[str, str] | None:
    """The title that a field had before it was archived."""
    was = contact_field.c.archived_at.is_not(None) & (contact_field.c.key == key)
    return connection.scalar(sa.select(contact_field.c.title).where(was))


def insert_fields(connection: sa.Connection, fields: list[Field]) -> None:
    """Store definitions."""
    connection.execute(
        sa.insert(contact_field),
        [
            {
                "key": each.key,
                "title": dict(each.title),
                "kind": each.kind,
                "options": list(each.options),
                "position": place,
            }
            for place, each in enumerate(fields, 1)
        ],
    )


def check_values(defined: Mapping[str, Field], values: Mapping[str, Any]) -> None:
    """Raise `UnknownField` or `InvalidFieldValue` for the first value that no definition takes."""
    for key, value in values.items():
        if key not in defined:
            raise UnknownField(field=key)
        if not defined[key].accepts(value):
            raise unfit(defined[key])


def unfit(field: Field) -> InvalidFieldValue:
    """The problem of a value that the field does not take."""
    return InvalidFieldValue(field=field.key, kind=_KINDS[field.kind])


_KINDS: Mapping[FieldKind, Text] = {
    "text": {"ru": "текст", "en": "a text"},
    "number": {"ru": "число", "en": "a number"},
    "boolean": {"ru": "«да» или «нет» (true или false)", "en": "yes or no (true or false)"},
    "date": {"ru": "дата вида 2026-12-31", "en": "a date like 2026-12-31"},
    "choice": {"ru": "один из вариантов поля", "en": "one of the field's options"},
}

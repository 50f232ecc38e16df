"""What a lead is called and how its contact data are written, in calendars, orders and letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vestnik.addresses import Address
from vestnik.db import fold
from vestnik.http.errors import Language, Text
from vestnik.intake.fields import LeadFields

#: Characters of a title that the platform makes.
TITLE = 200
#: Characters of a description that is repeated elsewhere.
SAID = 2_000

_LEAD: Text = {"ru": "Заявка № {number}", "en": "Lead no. {number}"}
_ORDER: Text = {"ru": "Заказ по заявке № {number}", "en": "Order of lead no. {number}"}
_LABELS: Mapping[str, Text] = {
    "person": {"ru": "Контактное лицо", "en": "Contact person"},
    "company": {"ru": "Компания", "en": "Company"},
    "phone": {"ru": "Телефон", "en": "Phone"},
    "email": {"ru": "Почта", "en": "E-mail"},
    "inn": {"ru": "ИНН", "en": "INN"},
    "city": {"ru": "Город", "en": "City"},
    "site": {"ru": "Сайт", "en": "Site"},
}
#: By which of its texts a lead is called: the first that there is.
CALLED_BY = ("title", "person", "company", "email", "phone")


def called(texts: Mapping[Any, Any], subject: str) -> str:
    """What people call a lead: its subject matter, else who wrote, else the input's own name; may be ""."""
    return next((str(text) for name in CALLED_BY if (text := texts.get(name))), subject)


def numbered(number: int, language: Language) -> str:
    """A lead by its number alone."""
    return _LEAD[language].format(number=number)


def event_title(fields: LeadFields, number: int, subject: str, language: Language) -> str:
    """The title of the lead's event in a calendar."""
    name = called({name: getattr(fields, name) for name in CALLED_BY}, subject)
    head = numbered(number, language)
    return " ".join(f"{head}: {name}".split())[:TITLE] if name else head


def order_title(fields: LeadFields, number: int, language: Language) -> str:
    """The title of the order that a lead's lines become."""
    return " ".join(fields.title.split())[:TITLE] or _ORDER[language].format(number=number)


def described(fields: LeadFields, language: Language) -> str:
    """Contact data line by line, then what the sender wrote."""
    return "\n".join(contact_lines({name: getattr(fields, name) for name in _LABELS}, language)) + (
        f"\n\n{fields.description[:SAID]}" if fields.description else ""
    )


def contact_lines(texts: Mapping[Any, Any], language: Language) -> list[str]:
    """The contact data that there are, each under its name."""
    return [f"{label[language]}: {texts[name]}" for name, label in _LABELS.items() if texts.get(name)]


def words_of(number: int, subject: str, texts: Mapping[str, str], addresses: Sequence[Address]) -> str:
    """The text that a lead is found by."""
    own = [texts[name] for name in ("title", "person", "company", "email", "phone", "inn")]
    return fold(
        " ".join(filter(None, (str(number), *own, subject, *(each.normalised for each in addresses))))
    )

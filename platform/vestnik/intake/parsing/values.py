"""Single values as senders write them: texts, numbers, yes and no, dates, links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from vestnik.folding import fold

#: Longer numbers are no sizes, prices or quantities.
WHOLE_DIGITS = 12
DECIMALS = 6
#: Years of dates that somebody can have meant.
FIRST_YEAR = 1990
LAST_YEAR = 2100
#: Longer texts are cut where they go by one line, and where they are told at length.
LINE_CHARACTERS = 1_000
TEXT_CHARACTERS = 100_000
LINK_CHARACTERS = 2_000

_UNKEPT = re.compile("[\0\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[ '\u00a0\u202f]\d{3})+)(?:[.,]\d*)?|[+-]?[.,]\d+")
_GROUPS = re.compile("[ '\u00a0\u202f]")
_YES = frozenset({"да", "true", "1", "yes", "y", "истина", "on", "+", "д"})
_NO = frozenset({"нет", "false", "0", "no", "n", "ложь", "off", "-", "н"})
_RUSSIAN = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?:\s*(?:г\.?)?[\s,T]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
)
_LINK = re.compile(r"(?:https?|ftp)://[^\s<>\"']+", re.IGNORECASE)


class NotOne(ValueError):
    """The value is none of the kind that its key asks for."""


def clean(text: str) -> str:
    """The text without what no database keeps."""
    return _UNKEPT.sub("", text)


def text_of(value: Any) -> str:
    """A text, also a number's; raises `NotOne` for what is neither."""
    if isinstance(value, str):
        return clean(value).strip()
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotOne
    return str(value) if isinstance(value, int) else format(value, "f")


def line_of(value: Any) -> str:
    """A text on one line."""
    return _SPACES.sub(" ", text_of(value))


def number_of(value: Any) -> Decimal | None:
    """A number, with a decimal comma and spaces too; None for an empty text. Raises `NotOne`."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise NotOne
    if isinstance(value, str):
        written = clean(value).strip()
        if not written:
            return None
        if len(written) > 40 or _NUMBER.fullmatch(written) is None:
            raise NotOne
        value = _GROUPS.sub("", written).replace(",", ".")
    try:
        exact = Decimal(value)
    except InvalidOperation:
        raise NotOne from None
    if not exact.is_finite() or exact.adjusted() >= WHOLE_DIGITS:
        raise NotOne
    return _rounded(exact)


def _rounded(exact: Decimal) -> Decimal:
    """The number without more decimals than anybody means: 0.30000000000000004 is a computer's 0.3."""
    rounded = exact.quantize(Decimal(1).scaleb(-DECIMALS))
    if rounded == rounded.to_integral_value():
        return rounded.quantize(Decimal(1))
    return rounded.normalize()


def yes_of(value: Any) -> bool | None:
    """Yes or no in its many spellings; None for an empty text. Raises `NotOne`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str) and not isinstance(value, bool):
        word = fold(str(value)).strip()
        if not word:
            return None
        if word in _YES:
            return True
        if word in _NO:
            return False
    raise NotOne


def instant_of(value: Any, zone: ZoneInfo) -> datetime | None:
    """A date, Russian or ISO; without a zone it is the organisation's. None for an empty text."""
    if not isinstance(value, str):
        raise NotOne
    written = clean(value).strip()
    if not written:
        return None
    try:
        found = _russian(written) or datetime.fromisoformat(written)
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise NotOne
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotOne from None


def _russian(written: str) -> datetime | None:
    found = _RUSSIAN.fullmatch(written)
    if found is None:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year + 2000 if len(found[3]) == 2 else year, month, day, hour, minute, second)


def link_of(value: Any) -> str:
    """An address of a file on the web; raises `NotOne` for any other text."""
    written = text_of(value)
    if len(written) > LINK_CHARACTERS or _LINK.fullmatch(written) is None:
        raise NotOne
    return written


def plain(value: Any) -> Any:
    """A value as it is kept beside the fields: JSON's own kinds, no NULs, fractions as texts."""
    match value:
        case str():
            return clean(value)
        case Decimal():
            return format(value, "f") if abs(value.adjusted()) < 40 else str(value)
        case int() if not isinstance(value, bool) and abs(value) >= 1 << 53:
            return str(value)
        case Mapping():
            return {clean(str(key)): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
    return value

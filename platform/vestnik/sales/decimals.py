"""Money and quantities: exact decimals, from the wire through the database and back, never a float.

They are kept as text in plain notation ("1250.5"), the one form of this room. Web sites send prices of a
thousandth and quantities of many places; whole kopecks, or any fixed number of places, would round what
somebody else calculated, and the difference is what a person is to see. SQLite has no exact decimals but
text. Lists sort by what the database makes of the text; sums are added up here.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import sqlalchemy as sa

#: What sums are in; an organisation has no other yet.
CURRENCY = "RUB"

#: Digits before and after the point that a number may have.
WHOLE_DIGITS = 15
PLACES = 12

#: Room for the exact product of two such numbers, added up over the lines of an order.
_EXACT = Context(prec=96)
_KOPECK = Decimal("0.01")


class DecimalText(sa.types.TypeDecorator[Decimal]):
    """A decimal as text in plain notation, equal numbers as equal text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else plain(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


def plain(value: Decimal) -> str:
    """The number without exponent and without zeros at its end."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def fits(value: Decimal) -> bool:
    """Whether a number from outside is one that is kept: finite, and of no more digits than the limits."""
    if not value.is_finite():
        return False
    if value == 0:
        return True
    exponent = value.as_tuple().exponent
    digits = value.as_tuple().digits
    # Zeros at the end are no digits of the number.
    ending = len(digits) - len(bytes(digits).rstrip(b"\0"))
    return value.adjusted() < WHOLE_DIGITS and int(exponent) + ending >= -PLACES


def product(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    """The exact product; None where either is missing."""
    return None if first is None or second is None else _EXACT.multiply(first, second)


def total(values: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    found = Decimal(0)
    for value in values:
        found = _EXACT.add(found, value)
    return found


def differ(given: Decimal | None, computed: Decimal | None) -> bool:
    """Whether two sums of money that are both known differ by a kopeck or more, once rounded to kopecks."""
    if given is None or computed is None:
        return False
    return _rounded(given) != _rounded(computed)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_KOPECK, ROUND_HALF_UP, context=_EXACT)


def sortable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The number that a database sorts a column by; where it is missing it is below all others."""
    return sa.func.coalesce(sa.cast(sa.type_coerce(column, sa.Text), sa.Numeric), sa.literal_column("-1e30"))


#: Digits of a sum that are added up apart on SQLite, and how many groups stand before and after the point.
_GROUP, _BEFORE, _AFTER = 9, 4, 3


def summing(column: sa.ColumnElement[Any], on_sqlite: bool) -> list[sa.ColumnElement[Any]]:
    """What a database adds a column of decimals up with, exactly; `summed` makes a number of the row.

    SQLite knows no exact decimals: whole numbers of nine digits are added up apart, place by place.
    """
    text = sa.type_coerce(column, sa.Text)
    if not on_sqlite:
        return [sa.func.sum(sa.cast(text, sa.Numeric))]
    digits = sa.func.ltrim(text, "-")
    point = sa.func.instr(digits.concat("."), ".")
    whole = sa.literal("0" * _GROUP * _BEFORE).concat(sa.func.substr(digits, 1, point - 1))
    places = sa.func.substr(digits, point + 1).concat("0" * _GROUP * _AFTER)
    sign = sa.case((text.startswith("-"), -1), else_=1)
    groups = [sa.func.substr(whole, -_GROUP * each, _GROUP) for each in range(_BEFORE, 0, -1)]
    groups += [sa.func.substr(places, 1 + _GROUP * each, _GROUP) for each in range(_AFTER)]
    return [sa.func.sum(sign * sa.cast(group, sa.BigInteger)) for group in groups]


def summed(found: Iterable[Any]) -> Decimal | None:
    """The exact sum of what `summing` selected; None where no row has a number."""
    parts = list(found)
    if parts[0] is None:
        return None
    if len(parts) == 1:
        return Decimal(parts[0])
    highest = _GROUP * (_BEFORE - 1)
    return total(Decimal(part).scaleb(highest - _GROUP * place, _EXACT) for place, part in enumerate(parts))

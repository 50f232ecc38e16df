"""Whatever somebody sent, as a database keeps it: no NUL, no half characters, bounded.

Accepting never refuses a lead: what can't be kept as it came is cut or left out, with a warning, and the
input itself stays as it was.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

from vestnik.intake.fields import LeadFields, Marks, Warned
from vestnik.sales.decimals import PLACES, WHOLE_DIGITS, fits
from vestnik.sales.lines import OrderLine, Work

#: Characters of a short text: a name, an address, a mark.
SHORT = 500
#: Characters of a description.
LONG = 20_000
#: Layout files of a lead, its lines, and works of one line.
LAYOUTS = 200
LINES = 1_000
WORKS = 100
#: Characters of what a sender said beside the known fields, as JSON.
EXTRA = 100_000
_EXTRA_DEPTH = 8
_YEARS = range(1970, 2200)
#: Room for rounding whatever number somebody sends.
_EXACT = Context(prec=96)
_UNKEPT = re.compile("[\0\ud800-\udfff]")
_TEXTS = ("title", "person", "company", "email", "phone", "inn", "ip", "country", "city", "site", "path")
_OTHER_TEXTS = ("partner", "responsible")


def cleaned(fields: LeadFields) -> tuple[LeadFields, list[Warned]]:
    """The fields as they are kept, and what had to be cut or left out."""
    warnings: list[Warned] = []
    values: dict[str, Any] = {
        name: _text(getattr(fields, name), SHORT, name, warnings) for name in (*_TEXTS, *_OTHER_TEXTS)
    }
    values["description"] = _text(fields.description, LONG, "description", warnings)
    given = fields.marks
    values["marks"] = Marks(
        **{
            name: _text(getattr(given, name), SHORT, f"utm_{name}", warnings)
            for name in ("source", "medium", "campaign", "term", "content", "referrer")
        }
    )
    values["dated_at"] = _instant(fields.dated_at, warnings)
    values["layouts"] = [
        _text(each, SHORT * 4, "layouts", warnings)
        for each in _some(fields.layouts, LAYOUTS, "layouts", warnings)
    ]
    lines = _some(fields.lines, LINES, "lines", warnings)
    values["lines"] = [_line(line, number, warnings) for number, line in enumerate(lines, 1)]
    values["extra"] = _extra(fields.extra, warnings)
    return replace(fields, **values), warnings


def kept_text(value: object, length: int = SHORT) -> str:
    """A text without what no database keeps, cut to `length`."""
    return _UNKEPT.sub("", str(value)).strip()[:length].strip()


def plain_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a warning as a row keeps them."""
    plain = _plain({name: each for name, each in facts.items()}, _EXTRA_DEPTH)
    return plain if len(json.dumps(plain, ensure_ascii=False)) <= LONG else {}


def _text(value: object, length: int, field: str, warnings: list[Warned]) -> str:
    whole = _UNKEPT.sub("", str(value)).strip()
    if len(whole) > length:
        warnings.append(Warned("text_cut", field, {"length": length}))
    return whole[:length].strip()


def _some(values: Sequence[Any], most: int, field: str, warnings: list[Warned]) -> Sequence[Any]:
    if len(values) > most:
        warnings.append(Warned("list_cut", field, {"most": most, "count": len(values)}))
    return values[:most]


def _instant(value: datetime | None, warnings: list[Warned]) -> datetime | None:
    if value is None:
        return None
    if value.year not in _YEARS:
        warnings.append(Warned("odd_date", "dated_at", {"value": value.isoformat()}))
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _line(line: OrderLine, number: int, warnings: list[Warned]) -> OrderLine:
    texts = ("item", "machine_code", "resolution", "material", "material_code")
    numbers = ("width", "height", "quantity", "price", "amount")
    values: dict[str, Any] = {
        name: _text(getattr(line, name), SHORT, "lines", warnings) for name in texts
    } | {name: _number(getattr(line, name), number, name, warnings) for name in numbers}
    works = [
        Work(
            _text(work.kind, SHORT, "lines", warnings),
            _number(work.quantity, number, "quantity", warnings),
            _text(work.description, SHORT * 4, "lines", warnings),
        )
        for work in _some(line.works, WORKS, "lines", warnings)
    ]
    return replace(line, **values, works=works, extra=_extra(line.extra, warnings))


def _number(value: Decimal | None, line: int, name: str, warnings: list[Warned]) -> Decimal | None:
    if value is None:
        return None
    if not value.is_finite() or (value and value.adjusted() >= WHOLE_DIGITS):
        told = {"line": line, "column": name, "value": str(value)[:40]}
        warnings.append(Warned("odd_number", "lines", told))
        return None
    return value if fits(value) else value.quantize(Decimal(1).scaleb(-PLACES), context=_EXACT)


def _extra(extra: Mapping[str, Any], warnings: list[Warned]) -> dict[str, Any]:
    plain = _plain(extra, _EXTRA_DEPTH)
    if not isinstance(plain, dict):
        return {}
    if len(json.dumps(plain, ensure_ascii=False)) > EXTRA:
        warnings.append(Warned("extra_left_out", "extra", {"most": EXTRA}))
        return {}
    return plain


def _plain(value: Any, depth: int) -> Any:
    """A value as JSON that PostgreSQL keeps, too."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth and isinstance(value, Mapping):
        return {kept_text(key): _plain(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_plain(each, depth - 1) for each in value]
    return kept_text(value, LONG)

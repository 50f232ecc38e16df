"""Tables as CSV for people: what Excel and LibreOffice open by a double click, and no formula in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: Excel takes a file for UTF-8 by this mark alone.
MARK = "\ufeff"
MEDIA_TYPE = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows of a table; what a spreadsheet would take for a formula is written as text."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

"""Rows as a CSV file that a spreadsheet opens, streamed as they come."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.responses import StreamingResponse

#: What a spreadsheet takes for the beginning of a formula.
_FORMULAS = "=+-@"
_WRITTEN_AT_ONCE = 200


def csv_file(rows: AsyncIterator[list[str]], name: str) -> StreamingResponse:
    """The file `name`: UTF-8 with its mark, semicolons between the cells."""
    return StreamingResponse(
        _lines(rows),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "cache-control": "no-store",
        },
    )


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers and phones stay as they are."""
    if text[:1] in _FORMULAS and text and not text.lstrip("+-").replace(" ", "").replace(".", "").isdecimal():
        return "'" + text
    return text


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """An instant on the organisation's clock."""
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def day(at: datetime | None, zone: ZoneInfo) -> str:
    """The day of an instant in the organisation's calendar."""
    return "" if at is None else at.astimezone(zone).date().isoformat()


async def _lines(rows: AsyncIterator[list[str]]) -> AsyncIterator[str]:
    yield "\ufeff"  # without it a spreadsheet takes UTF-8 for its own old encoding
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    waiting = 0
    async for row in rows:
        writer.writerow(row)
        waiting += 1
        if waiting >= _WRITTEN_AT_ONCE:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
            waiting = 0
    if waiting:
        yield text.getvalue()

"""When a repeated campaign is due: days of a week or a month at a time of a zone, whatever its clocks do."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Every = Literal["week", "month"]


def next_time(every: Every, day: int, at_time: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first instant after `after` that is due.

    `day` is 0 (Monday) to 6 of a week, or 1 to 31 of a month; the last one where a month is shorter.
    """
    on = after.astimezone(zone).date()
    while True:
        if _is_due(every, day, on) and (at := instant_of(on, at_time, zone)) > after:
            return at
        on += timedelta(days=1)


def instant_of(on: date, at_time: time, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time.

    A time that the clocks skip comes as much later; of one that they show twice the first is meant.
    """
    return datetime.combine(on, at_time, tzinfo=zone).astimezone(UTC)


def _is_due(every: Every, day: int, on: date) -> bool:
    if every == "week":
        return on.weekday() == day
    return on.day == min(day, monthrange(on.year, on.month)[1])

"""When a scheduled file is fetched next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHORTEST_HOURS = 1
LONGEST_HOURS = 720


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every so many hours, or at a time of day (`HH:MM`) of the organisation's zone: one of the two."""

    every_hours: int | None
    at_time: str | None

    def after(self, at: datetime, zone: ZoneInfo, *, begun: datetime | None = None) -> datetime:
        """The first time after `at`; hours are counted from `begun`, so that what is late shifts nothing.

        A time of day that the clocks skip comes as much later; of one that they show twice the first counts.
        """
        if self.every_hours is not None:
            step = timedelta(hours=self.every_hours)
            start = begun or at
            return start + step * (max(at - start, timedelta()) // step + 1)
        wanted = time.fromisoformat(self.at_time or "00:00")
        on = at.astimezone(zone).date()
        while (due := datetime.combine(on, wanted, tzinfo=zone).astimezone(UTC)) <= at:
            on += timedelta(days=1)
        return due

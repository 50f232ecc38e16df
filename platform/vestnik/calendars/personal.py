"""Where calendars may name people: in what events are called and say.

An event that came of a lead is the lead's: whoever erases that changes or forgets the event by its source
(`service.change_event`, `service.forget`). What is left are texts that may name anybody.
"""

from __future__ import annotations

from collections.abc import Sequence

from vestnik.calendars.tables import calendar, calendar_event
from vestnik.db import Database
from vestnik.privacy.holdings import Sweep
from vestnik.privacy.texts import Texts


def sweeps(database: Database) -> Sequence[Sweep]:
    """Titles and descriptions."""
    return (
        Texts(database, "calendars", calendar_event, ("title", "description")),
        Texts(database, "calendars", calendar, ("title",)),
    )

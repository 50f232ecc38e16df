"""Letters about syncs: of a run that fails, waits, or meets too many refusals, and of recovery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from vestnik.alerts import Alerts, Kind, Subject, Wording
from vestnik.lists.reasons import both, reason
from vestnik.lists.runs import Row

#: More refusals than this, and than this share of the plan, are told of.
REJECTS_TOLD = 10
REJECTS_TOLD_SHARE = 0.05

KIND = Kind(
    "list_sync",
    right="syncs.write",
    failing=Wording(
        {"ru": "Список «{name}» не синхронизирован", "en": "The list “{name}” was not synced"},
        {
            "ru": "Синхронизация списка «{name}» требует внимания.",
            "en": "The sync of the list “{name}” needs attention.",
        },
    ),
    working=Wording(
        {"ru": "Список «{name}» снова синхронизируется", "en": "The list “{name}” is synced again"},
        {
            "ru": "Синхронизация списка «{name}» снова проходит успешно.",
            "en": "The sync of the list “{name}” works again.",
        },
    ),
)


class Reporter:
    """Tells of syncs, in the units of work that end their runs."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        alerts.add(KIND)

    def failed(self, connection: sa.Connection, row: Row, why: Mapping[str, Any]) -> None:
        """A run of the sync failed, or waits for a person."""
        self._alerts.tell(connection, KIND.name, _subject(row), both(why))

    def done(self, connection: sa.Connection, row: Row, counts: Mapping[str, Any]) -> None:
        """A run of the sync ended; too many refusals are a failure of their own."""
        rejected = int(counts.get("rejected") or 0)
        of = int((counts.get("add") or 0) + (counts.get("remove") or 0))
        if rejected > REJECTS_TOLD and rejected > REJECTS_TOLD_SHARE * of:
            self.failed(connection, row, reason("many_rejected", rejected=rejected))
        else:
            self._alerts.tell(connection, KIND.name, _subject(row), None)


def _subject(row: Row) -> Subject:
    title = " ".join(row.list_title.split())  # it stands in the subject of a letter, where no line ends
    return Subject(row.id, title, f"/syncs/{row.id}", row.created_by)

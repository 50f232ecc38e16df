"""Where alerts may name people: in what failed, and in why a letter could not be sent."""

from __future__ import annotations

from collections.abc import Sequence

from vestnik.alerts.tables import alert, alert_letter
from vestnik.db import Database
from vestnik.privacy.holdings import Sweep
from vestnik.privacy.texts import Texts


def sweeps(database: Database) -> Sequence[Sweep]:
    """Names and reasons of what failed."""
    return (
        Texts(database, "messages", alert, ("name", "reason")),
        Texts(database, "messages", alert_letter, ("name", "reason", "problem")),
    )

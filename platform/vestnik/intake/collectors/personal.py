"""Where collectors may name people: subjects of letters that were not taken, and what servers say."""

from __future__ import annotations

from collections.abc import Sequence

from vestnik.db import Database
from vestnik.intake.collectors.tables import collected_letter, collector_run
from vestnik.privacy.holdings import Sweep
from vestnik.privacy.texts import Texts


def sweeps(database: Database) -> Sequence[Sweep]:
    """Subjects of letters that were not taken, and what servers said."""
    return (
        Texts(database, "leads", collected_letter, ("subject",)),
        Texts(database, "leads", collector_run, ("reason",)),
    )

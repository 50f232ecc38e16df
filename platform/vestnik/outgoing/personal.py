"""Where outgoing webhooks name people: in what was told of them. It is kept for a month, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence

from vestnik.db import Database
from vestnik.outgoing.tables import message
from vestnik.privacy.holdings import Sweep
from vestnik.privacy.texts import Texts


def sweeps(database: Database) -> Sequence[Sweep]:
    """Bodies, also of what is still to be sent: from then on it is sent without the person."""
    return (Texts(database, "outgoing", message, ("body",)),)

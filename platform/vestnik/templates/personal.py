"""Where an import of templates may name people: in what the service said when it stopped."""

from __future__ import annotations

from collections.abc import Sequence

from vestnik.db import Database
from vestnik.privacy.holdings import Sweep
from vestnik.privacy.texts import Texts
from vestnik.templates.tables import template_import


def sweeps(database: Database) -> Sequence[Sweep]:
    """Reasons of imports that stopped."""
    return (Texts(database, "messages", template_import, ("reason",)),)

"""What companies know of a person: addresses of a client may be hers."""

from __future__ import annotations

from collections.abc import Sequence

from vestnik.companies.tables import client_address
from vestnik.db import Database
from vestnik.privacy.holdings import Sweep
from vestnik.privacy.texts import Texts


def sweeps(database: Database) -> Sequence[Sweep]:
    """Addresses that clients have; the names of companies are the organisation's own words."""
    return (Texts(database, "clients", client_address, ("normalised", "shown"), deletes=True),)

"""Companies on a database of each kind."""

from __future__ import annotations

import pytest
from tests.application import installation, settings

from vestnik.companies.directory import Companies
from vestnik.db import Database

__all__ = ["companies", "installation", "settings"]


@pytest.fixture
def companies(database: Database) -> Companies:
    return Companies(database)

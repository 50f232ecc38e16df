"""The contacts room on a database of each kind."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.application import installation, settings

from vestnik.contacts.service import Contacts
from vestnik.db import Database
from vestnik.segments.service import Segments
from vestnik.settings import Settings
from vestnik.vault import Vault

__all__ = ["contacts", "installation", "segments", "settings"]


@pytest.fixture
def contacts(database: Database, database_url: str, tmp_path: Path) -> Contacts:
    return Contacts(database, Vault(Settings(database_url=database_url, data_dir=tmp_path / "data")))


@pytest.fixture
def segments(database: Database) -> Segments:
    return Segments(database, lambda: ZoneInfo("Europe/Moscow"))

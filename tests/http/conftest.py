"""What this room does is the same on every database: its tests run on one."""

import pytest
from tests.application import demo_installation, empty_installation, installation, settings

__all__ = ["demo_installation", "empty_installation", "installation", "settings"]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"

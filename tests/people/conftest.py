"""People on a database of each kind, with passwords as the product keeps them."""

from __future__ import annotations

import pytest
from tests.application import demo_installation, empty_installation, installation, settings
from tests.mailbox import mailbox, smtp

__all__ = ["demo_installation", "empty_installation", "installation", "mailbox", "settings", "smtp"]


@pytest.fixture(autouse=True)
def passwords_cost() -> None:
    """Here passwords are hashed with all the work that the product puts into them."""

"""Fixtures of the tests of personal data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.application import Browser, Installation, demo_installation, installation, settings

__all__ = ["browser", "demo_installation", "installation", "settings"]


@pytest.fixture
async def browser(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    """An administrator; what the engine would run is brought on by the test."""

    async def later(*_: Any) -> None:
        return None

    monkeypatch.setattr(installation.services.engine, "run", later)
    yield await installation.signed_in("administrator")
    await installation.services.imports.stop()

"""People whose actions are recorded, on a database of each kind."""

from __future__ import annotations

from tests.application import demo_installation, installation, settings

__all__ = ["demo_installation", "installation", "settings"]

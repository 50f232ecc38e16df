"""Calendars on a database of each kind."""

from __future__ import annotations

from tests.application import installation, settings

__all__ = ["installation", "settings"]

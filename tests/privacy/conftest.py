"""Fixtures of the tests of personal data."""

from tests.application import installation, settings

__all__ = ["installation", "settings"]

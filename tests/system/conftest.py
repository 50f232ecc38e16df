"""What of the installation is told is the same over HTTP and by itself, on both databases."""

from tests.application import installation, settings

__all__ = ["installation", "settings"]

"""Alerts: what stopped working and what works again, told by letter, once for each change."""

from vestnik.alerts.service import Alerts, Kind, Subject
from vestnik.alerts.wording import Wording

__all__ = ["Alerts", "Kind", "Subject", "Wording"]

"""Alerts: what stopped working and what works again, told by letter, once for each change."""

from vestnik.alerts.service import Alerts, Change, Kind, Open, Subject
from vestnik.alerts.wording import Wording

__all__ = ["Alerts", "Change", "Kind", "Open", "Subject", "Wording"]

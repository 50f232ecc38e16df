"""Audit: who did what to which record, by ids and field names only."""

from vestnik.audit.service import Audit, actions_on, record

__all__ = ["Audit", "actions_on", "record"]

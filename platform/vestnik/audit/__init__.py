"""Audit: who did what to which record, by ids and field names only."""

from vestnik.audit.service import Audit, record

__all__ = ["Audit", "record"]

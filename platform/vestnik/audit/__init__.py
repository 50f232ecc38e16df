"""Audit: who did what to which record, by ids and field names only, sealed in a chain."""

from vestnik.audit.chain import Verdict
from vestnik.audit.service import Audit, Wanted, actions_on, dated, record

__all__ = ["Audit", "Verdict", "Wanted", "actions_on", "dated", "record"]

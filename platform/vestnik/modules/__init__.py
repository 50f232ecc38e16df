"""Modules: versions, accounts, settings, sealed secrets, calls and their recordings.

Knows no contact and no campaign: what a call needs of them is plugged in as a Protocol (ports.py).
"""

from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.modules.ports import CallReport, ContactSource
from vestnik.modules.service import Modules, ModulesOptions

__all__ = ["CallReport", "ContactSource", "ModuleCallFailed", "Modules", "ModulesOptions"]

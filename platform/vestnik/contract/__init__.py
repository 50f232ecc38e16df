"""The contract between Vestnik and a user module: functions, types, checks, and what is generated.

The one source is `schemas/contract/*.json` and `schemas/module.schema.json`. This room imports no other.
"""

from vestnik.contract.check import accepts, check_arguments, check_result
from vestnik.contract.functions import PREFIX, Function, Parameter, functions
from vestnik.contract.schemas import instant
from vestnik.contract.violations import (
    ContractViolation,
    Finding,
    Language,
    ManifestError,
    SettingsError,
    Text,
    Violation,
)

__all__ = [
    "PREFIX",
    "Function",
    "Parameter",
    "functions",
    "accepts",
    "check_arguments",
    "check_result",
    "instant",
    "ContractViolation",
    "Finding",
    "Language",
    "ManifestError",
    "SettingsError",
    "Text",
    "Violation",
]

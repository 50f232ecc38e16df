"""The contract between Vestnik and a user module: functions, types, checks, and what is generated.

The one source is `schemas/contract/*.json` and `schemas/module.schema.json`. This room imports no other.
"""

from vestnik.contract.check import accepts, check_arguments, check_result
from vestnik.contract.describe import describe
from vestnik.contract.diagnose import Definition, Diagnostic, Mark, Report, diagnose, is_accepted
from vestnik.contract.facade import facade, incoming_request, runtime_arguments
from vestnik.contract.functions import PREFIX, Function, Parameter, functions
from vestnik.contract.insertion import Inserted, with_function
from vestnik.contract.manifest import Manifest
from vestnik.contract.manifest import parse as parse_manifest
from vestnik.contract.reference import reference
from vestnik.contract.scaffold import scaffold
from vestnik.contract.schemas import instant
from vestnik.contract.signatures import Problem, check_signatures
from vestnik.contract.stub import stub
from vestnik.contract.typescript import typescript
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
    # functions and checks
    "PREFIX",
    "Function",
    "Parameter",
    "functions",
    "accepts",
    "check_arguments",
    "check_result",
    "instant",
    "incoming_request",
    "runtime_arguments",
    # errors
    "ContractViolation",
    "Finding",
    "Language",
    "ManifestError",
    "SettingsError",
    "Text",
    "Violation",
    # manifests
    "Manifest",
    "parse_manifest",
    # the editor
    "Definition",
    "Inserted",
    "Diagnostic",
    "Mark",
    "Problem",
    "Report",
    "check_signatures",
    "diagnose",
    "is_accepted",
    "with_function",
    # generated
    "describe",
    "facade",
    "reference",
    "scaffold",
    "stub",
    "typescript",
]

"""What the sandbox's policy and the contract say of a module's text, as the editor shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vestnik import contract
from vestnik.contract import Definition, Mark, Text
from vestnik.modules.errors import SourceRefused
from vestnik.sandbox import CheckReport, SandboxError
from vestnik.sandbox import Diagnostic as Found

Both = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding in a module's text; lines and columns count from 1, the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    severity: Literal["error", "warning"]
    kind: str
    message: Both


@dataclass(frozen=True, slots=True)
class Check:
    """What a check of a text found, and the functions that it defines."""

    findings: Sequence[Finding]
    functions: Sequence[str]

    @property
    def first_error(self) -> Finding | None:
        """The first finding that keeps the text from running."""
        return next((finding for finding in self.findings if finding.severity == "error"), None)


def check_of(report: CheckReport) -> Check:
    """What the sandbox found in a text, with what the contract misses in it."""
    marks = [_mark(each) for each in report.diagnostics]
    definitions = [
        Definition(info.name, info.parameters, info.line, info.column, info.is_async)
        for info in report.functions.values()
    ]
    findings = [_finding(each) for each in contract.diagnose(contract.Report(marks, definitions))]
    return Check(findings, sorted(name for name in report.functions if name.startswith(contract.PREFIX)))


def require_sound(check: Check) -> None:
    """Raises SourceRefused for a text that can't run, with everything that was found."""
    error = check.first_error
    if error is None:
        return
    diagnostics = [
        {
            "line": each.line,
            "column": each.column,
            "severity": each.severity,
            "kind": each.kind,
            "message": dict(each.message),
        }
        for each in check.findings
    ]
    raise SourceRefused(line=error.line, reason=dict(error.message), diagnostics=diagnostics)


def _mark(found: Found) -> Mark:
    return Mark(
        found.line,
        found.column,
        found.end_line,
        found.end_column,
        "error" if found.severity == "error" else "warning",
        "syntax" if found.kind == "syntax" else "policy",
        found.message_code,
        Text(found.text("ru"), found.text("en")),
    )


def _finding(found: contract.Diagnostic) -> Finding:
    kind: str = found.source
    if found.source == "contract":
        kind = "missing" if found.code == "missing_function" else "signature"
    return Finding(
        found.line,
        found.column,
        found.end_line,
        found.end_column,
        found.severity,
        kind,
        {"ru": found.message.ru, "en": found.message.en},
    )


def broken(error: SandboxError) -> Finding:
    """The finding that a check which failed by itself is."""
    message = {"ru": f"Не удалось проверить код: {error.message}", "en": f"The check failed: {error.message}"}
    line = error.line or 1
    return Finding(line, 1, line, 1, "error", error.kind, message)

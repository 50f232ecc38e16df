"""The language server's findings beside those of the policy and the contract, each fact once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vestnik.modules.editor.pyrefly_words import worded
from vestnik.modules.sources.checks import Check, Finding

#: What the policy says of a text the language server may say too, in other words.
_TOLD_BY_THE_POLICY = frozenset({"syntax", "policy"})
_ABOUT_SYNTAX = frozenset({"parse-error", "invalid-syntax"})
_ABOUT_NAMES = frozenset(
    {
        "unknown-name",
        "unbound-name",
        "unused-import",
        "unused-variable",
        "missing-module-attribute",
        "missing-import",
    }
)


def with_types(check: Check, diagnostics: Sequence[Mapping[str, Any]]) -> Check:
    """A check with the diagnostics of the language server as warnings behind what it found itself."""
    told = [finding for finding in check.findings if finding.kind in _TOLD_BY_THE_POLICY]
    has_syntax_error = any(finding.kind == "syntax" and finding.severity == "error" for finding in told)
    added = []
    for diagnostic in diagnostics:
        finding = _finding(diagnostic)
        if diagnostic.get("code") in _ABOUT_SYNTAX and has_syntax_error:
            continue
        if not any(_meet(finding, other) for other in told):
            added.append(finding)
    added.sort(key=lambda finding: (finding.line, finding.column))
    return replace(check, findings=[*check.findings, *added])


def _finding(diagnostic: Mapping[str, Any]) -> Finding:
    code = str(diagnostic.get("code", ""))
    start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
    return Finding(
        line=start["line"] + 1,
        column=start["character"] + 1,
        end_line=end["line"] + 1,
        end_column=end["character"] + 1,
        severity="warning",
        kind="names" if code in _ABOUT_NAMES else "types",
        message=worded(code, str(diagnostic["message"])),
    )


def _meet(one: Finding, other: Finding) -> bool:
    """True when two findings mark a common place."""
    starts_before_end = (one.line, one.column) <= (other.end_line, max(other.end_column - 1, 1))
    ends_after_start = (other.line, other.column) <= (one.end_line, max(one.end_column - 1, 1))
    return starts_before_end and ends_after_start

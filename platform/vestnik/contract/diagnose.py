"""One list of diagnostics for the editor: what the sandbox found in a text, and what the contract finds.

The sandbox's report comes as the plain values below, since this room imports no other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vestnik.contract.signatures import Problem, check_signatures
from vestnik.contract.violations import Text

Source = Literal["syntax", "policy", "contract"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Mark:
    """One finding of the sandbox. Lines and columns count from 1; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    kind: Literal["syntax", "policy"]
    code: str
    message: Text


@dataclass(frozen=True, slots=True)
class Definition:
    """One function that a module defines at its top level, with the place where its `def` begins."""

    name: str
    parameters: tuple[str, ...]
    line: int
    column: int
    is_async: bool = True

    @property
    def head_width(self) -> int:
        """The number of characters up to the end of the name."""
        return len("async def " if self.is_async else "def ") + len(self.name)


@dataclass(frozen=True, slots=True)
class Report:
    """What the sandbox says about a text: marks, and the functions that it could read."""

    marks: Sequence[Mark]
    functions: Sequence[Definition]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One line of the editor's margin."""

    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    source: Source
    code: str
    message: Text
    function: str | None = None


def diagnose(report: Report) -> list[Diagnostic]:
    """All diagnostics of a text in the order of its lines.

    Where an error kept the sandbox from reading any function, the contract keeps silent. A missing function
    has no place of its own and stands at the first line.
    """
    found = [_from_mark(mark) for mark in report.marks]
    if report.functions or not any(mark.severity == "error" for mark in report.marks):
        places = {definition.name: definition for definition in report.functions}
        signatures = {definition.name: definition.parameters for definition in report.functions}
        found += [_from_problem(problem, places) for problem in check_signatures(signatures)]
    return sorted(found, key=lambda each: (each.line, each.column, each.severity != "error"))


def is_accepted(diagnostics: Sequence[Diagnostic]) -> bool:
    """True when nothing stands in the way of running the text."""
    return all(diagnostic.severity != "error" for diagnostic in diagnostics)


def _from_mark(mark: Mark) -> Diagnostic:
    return Diagnostic(
        line=mark.line,
        column=mark.column,
        end_line=mark.end_line,
        end_column=mark.end_column,
        severity=mark.severity,
        source=mark.kind,
        code=mark.code,
        message=mark.message,
    )


def _from_problem(problem: Problem, places: Mapping[str, Definition]) -> Diagnostic:
    place = places.get(problem.function)
    line, column, width = (1, 1, 0) if place is None else (place.line, place.column, place.head_width)
    return Diagnostic(
        line=line,
        column=column,
        end_line=line,
        end_column=column + width,
        severity=problem.severity,
        source="contract",
        code=problem.code,
        message=problem.message,
        function=problem.function,
    )

"""Ask the registries for known weaknesses of what is installed: `make audit`.

Status 1 only for weaknesses that were found and that `tools/audit_allowed.json` does not name. Where a
registry gives no answer, this says so loudly and is no failure: then nothing was checked, not that nothing
was found.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ALLOWED = Path(__file__).with_name("audit_allowed.json")
#: In an environment of its own, so that what it needs changes nothing of ours.
PIP_AUDIT = Path(sys.prefix) / "audit" / "bin" / "pip-audit"
_FIELDS = {"id", "reason", "until"}
_TIMEOUT_S = 300
_BAR = "!" * 78


@dataclass(frozen=True, slots=True)
class Finding:
    """A known weakness: its id and aliases, of which package, and what is told of it."""

    ids: tuple[str, ...]
    package: str
    told: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one registry said; `silent` says why nothing, or not everything, could be checked."""

    findings: Sequence[Finding]
    checked: int
    silent: str = ""


def main() -> int:
    """Ask both registries, say what they said."""
    allowed = allowed_of(ALLOWED.read_text(), date.today())
    bad = 0
    for name, answer in (("Python packages", python_packages()), ("npm packages", npm_packages())):
        if answer.silent:
            print(f"{_BAR}\n{name}: NOT CHECKED. {answer.silent}\n{_BAR}", file=sys.stderr)
        for finding in answer.findings:
            reason = next((allowed[each] for each in finding.ids if each in allowed), None)
            mark = f"allowed: {reason}" if reason is not None else "FOUND"
            bad += reason is None
            print(f"{finding.package}: {', '.join(finding.ids)}: {finding.told} [{mark}]")
        print(f"{name}: {answer.checked} checked, {len(answer.findings)} weaknesses known.")
    return 1 if bad else 0


def allowed_of(text: str, today: date) -> Mapping[str, str]:
    """The reasons by the ids of weaknesses that are allowed; what has passed its day is allowed no more."""
    reasons = {}
    for each in json.loads(text):
        if set(each) != _FIELDS or not each["reason"].strip():
            raise SystemExit(f"{ALLOWED.name}: each entry has {sorted(_FIELDS)}, and a reason: {each}")
        if date.fromisoformat(each["until"]) >= today:
            reasons[each["id"]] = each["reason"]
    return reasons


def python_packages() -> Answer:
    """Ask PyPI about every package of requirements.lock."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = _run(
            [
                *(str(PIP_AUDIT), "--requirement", str(ROOT / "requirements.lock")),
                *("--no-deps", "--disable-pip", "--progress-spinner", "off"),
                *("--format", "json", "--output", str(report)),
            ],
            ROOT,
        )
        if not report.exists():
            return Answer([], 0, f"pip-audit gave no report: {_last(done)}")
        return python_answer(json.loads(report.read_text()))


def python_answer(report: Mapping[str, Any]) -> Answer:
    """pip-audit's report; packages that it skipped were not checked."""
    findings, skipped, checked = list[Finding](), list[str](), 0
    for package in report["dependencies"]:
        if "skip_reason" in package:
            skipped.append(package["name"])
            continue
        checked += 1
        for each in package["vulns"]:
            told = (each.get("description") or "").strip().splitlines() or [""]
            findings.append(
                Finding((each["id"], *each["aliases"]), f"{package['name']} {package['version']}", told[0])
            )
    if not skipped:
        return Answer(findings, checked)
    named = ", ".join(skipped[:5]) + (" …" if len(skipped) > 5 else "")
    return Answer(findings, checked, f"The registry told nothing of {len(skipped)} packages: {named}")


def npm_packages() -> Answer:
    """Ask the npm registry about every package of web/package-lock.json."""
    done = _run([sys.executable, str(ROOT / "tools" / "web.py"), "audit", "--json"], ROOT)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return Answer([], 0, f"npm audit gave no report: {_last(done)}")
    return npm_answer(report)


def npm_answer(report: Mapping[str, Any]) -> Answer:
    """npm's report; an error in it means that the registry did not answer."""
    if "vulnerabilities" not in report:
        said = report.get("message") or report.get("statusCode") or report.get("error")
        return Answer([], 0, f"The registry did not answer npm audit: {said}")
    findings = []
    for name, each in report["vulnerabilities"].items():
        for via in each["via"]:
            if isinstance(via, dict):  # what is only text names another package of this report
                advisory = str(via.get("url", "")).rsplit("/", 1)[-1] or str(via.get("source"))
                findings.append(Finding((advisory,), f"{name} {via.get('range', '')}", via.get("title", "")))
    return Answer(findings, report["metadata"]["dependencies"]["total"])


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer within {_TIMEOUT_S} s")


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or ["no word"])[-1][:300]


if __name__ == "__main__":
    sys.exit(main())

"""`make audit`: what the registries' answers come to."""

from __future__ import annotations

import json
from datetime import date

import pytest
from tools import audit

TODAY = date(2026, 11, 23)


def test_what_pip_audit_found_is_told_and_what_it_skipped_was_not_checked() -> None:
    vulnerability = {
        "id": "PYSEC-1",
        "aliases": ["CVE-1"],
        "description": "It leaks.\nMore.",
        "fix_versions": [],
    }
    answer = audit.python_answer(
        {
            "dependencies": [
                {"name": "good", "version": "1", "vulns": []},
                {"name": "bad", "version": "2", "vulns": [vulnerability]},
                {"name": "unknown", "skip_reason": "not found on PyPI"},
            ]
        }
    )
    assert answer == audit.Answer(
        [audit.Finding(("PYSEC-1", "CVE-1"), "bad 2", "It leaks.")],
        2,
        "The registry told nothing of 1 packages: unknown",
    )


def test_what_npm_audit_found_is_told_once_where_it_is() -> None:
    via = {"source": 7, "title": "It leaks.", "url": "https://github.com/advisories/GHSA-1", "range": "<2"}
    report = {
        "vulnerabilities": {"bad": {"via": [via]}, "uses-bad": {"via": ["bad"]}},
        "metadata": {"dependencies": {"total": 90}},
    }
    assert audit.npm_answer(report) == audit.Answer([audit.Finding(("GHSA-1",), "bad <2", "It leaks.")], 90)


def test_a_registry_that_does_not_answer_has_found_nothing_and_checked_nothing() -> None:
    answer = audit.npm_answer({"message": "405 Method Not Allowed", "error": {"summary": ""}})
    assert answer == audit.Answer([], 0, "The registry did not answer npm audit: 405 Method Not Allowed")


def test_a_weakness_is_allowed_with_a_reason_until_its_day() -> None:
    allowed = [
        {"id": "CVE-1", "reason": "We never call it.", "until": "2026-11-23"},
        {"id": "CVE-2", "reason": "It was to be mended.", "until": "2026-11-22"},
    ]
    assert audit.allowed_of(json.dumps(allowed), TODAY) == {"CVE-1": "We never call it."}
    for bad in (
        {"id": "CVE-1", "until": "2026-12-01"},
        {"id": "CVE-1", "reason": " ", "until": "2026-12-01"},
    ):
        with pytest.raises(SystemExit, match="a reason"):
            audit.allowed_of(json.dumps([bad]), TODAY)


def test_what_is_allowed_now_has_reasons() -> None:
    audit.allowed_of(audit.ALLOWED.read_text(), TODAY)

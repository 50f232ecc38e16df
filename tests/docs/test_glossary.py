"""docs/glossary.md: one word for one thing, in the documents and in the interface."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.documents import ROOT, without_code

ENGLISH = [
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("web/src/i18n/en/*.json")]
    if ".ru." not in path.name
]


@pytest.mark.parametrize("path", ENGLISH, ids=[path.name for path in ENGLISH])
def test_the_list_of_those_who_get_nothing_has_one_name(path: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", without_code(path.read_text()))
    assert re.findall(r"(?i)stop[- ]?list", text) == []

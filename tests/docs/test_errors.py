"""docs/errors.md: every code of the tree of problems is there, and the file is what its tool would write."""

from __future__ import annotations

import pytest
from tests.docs.documents import headings, text_of
from tools import errors

from vestnik.http.errors import Problem

TEXT = text_of("docs/errors.md")
TREE = errors.problems()


@pytest.mark.parametrize("problem", TREE, ids=lambda problem: problem.code)
def test_every_code_has_its_heading(problem: type[Problem]) -> None:
    assert headings(TEXT).count(f"`{problem.code}`") == 1


def test_the_document_is_what_its_tool_writes() -> None:
    assert TEXT == errors.document(), "run `make generate`"

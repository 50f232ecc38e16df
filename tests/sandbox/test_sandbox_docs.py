"""docs/sandbox.md names every wall and every limit with its default."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from vestnik.sandbox import Limits, SandboxOptions, errors, selftest

TEXT = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
ROWS = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", TEXT, re.MULTILINE))


@pytest.mark.parametrize("options", [Limits(), SandboxOptions()], ids=lambda options: type(options).__name__)
def test_every_limit_has_its_row_and_default(options: Limits | SandboxOptions) -> None:
    documented = {field.name: ROWS.get(field.name) for field in dataclasses.fields(options)}

    assert documented == {
        field.name: str(getattr(options, field.name)) for field in dataclasses.fields(options)
    }


def test_every_wall_has_its_row() -> None:
    assert [wall for wall in selftest.WALLS if wall not in ROWS] == []


def test_every_kind_of_error_is_named() -> None:
    kinds = {
        each.kind
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.SandboxError)
    }

    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in TEXT] == []

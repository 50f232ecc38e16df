"""What stands in recorded values in place of markers is found and replaced wherever it is."""

from __future__ import annotations

from typing import Any

import pytest

from vestnik.modules.recordings.documents import placeholder, placeholders, replaced

PLACE = placeholder("api_key")

VALUES: dict[str, tuple[Any, Any]] = {
    "text": (f"Bearer {PLACE}", "Bearer M"),
    "bytes": (b"\xff " + PLACE.encode(), b"\xff M"),
    "key": ({PLACE: 1}, {"M": 1}),
    "deep": ([{"a": [[{"b": f"я{PLACE}"}]]}], [{"a": [[{"b": "яM"}]]}]),
    "beside half of a surrogate pair": ({"a": "\ud800", "b": PLACE}, {"a": "\ud800", "b": "M"}),
    "beside a huge number": ([2**70, PLACE], [2**70, "M"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_placeholder_is_found_and_replaced(name: str) -> None:
    value, expected = VALUES[name]
    assert placeholders(value) == {"api_key"}
    assert replaced(value, {PLACE: "M"}) == expected


def test_a_value_without_a_placeholder_is_not_walked() -> None:
    value = {"a": ["x", b"\xff", {"b": 1.5, "c": None}], "d": "{{sealed"}
    assert placeholders(value) == set()
    assert replaced(value, {PLACE: "M"}) is value

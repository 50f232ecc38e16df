"""The text that an editor and its language server have: changed as the protocol says, and bounded."""

from __future__ import annotations

import random
from typing import Any

import pytest

from vestnik.modules.editor.document import ChangeRefused, Document, TooLarge
from vestnik.modules.sources.packages import SOURCE_BYTES


def opened(text: str) -> Document:
    document = Document()
    document.open(text)
    return document


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> dict[str, Any]:
    span = {
        "start": {"line": start[0], "character": start[1]},
        "end": {"line": end[0], "character": end[1]},
    }
    return {"range": span, "text": text}


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("", edit((0, 0), (0, 0), "x"), "x"),
        ("a\nb\n", edit((2, 0), (2, 0), "c"), "a\nb\nc"),
        ("a\nb\nc\n", edit((0, 1), (2, 0), ""), "ac\n"),
        ("привет\n", edit((0, 3), (0, 6), "к"), "прик\n"),
        ("🕊 a\n", edit((0, 2), (0, 3), "-"), "🕊-a\n"),
        ("a\r\nb", edit((1, 0), (1, 1), "c\r\n"), "a\r\nc\r\n"),
        ("a\rb", edit((1, 0), (1, 0), "\n"), "a\r\nb"),
        ("a\nb", {"text": "whole"}, "whole"),
    ],
)
def test_a_change_is_applied_where_it_says(before: str, change: dict[str, Any], after: str) -> None:
    document = opened(before)
    assert document.change(change) == change
    assert document.text == after
    assert document.change(edit((0, 0), (0, 0), "!"))
    assert document.text == f"!{after}"


def test_many_changes_at_random_give_what_they_give_to_a_plain_text() -> None:
    chance = random.Random(7)  # noqa: S311
    document, text = opened(""), ""
    for _ in range(2_000):
        start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        end = min(end, start + 9)
        given = "".join(chance.choices("ab ы🕊\n", k=chance.randrange(12)))
        document.change(edit(place(text, start), place(text, end), given))
        text = text[:start] + given + text[end:]
        assert document.text == text


def place(text: str, index: int) -> tuple[int, int]:
    before = text[:index].rpartition("\n")
    return text.count("\n", 0, index), len(before[2].encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    "change",
    [
        "no change",
        {"text": 1},
        {"text": "\ud83d"},
        {"range": {}, "text": ""},
        edit((0, 0), (2, 0), ""),
        edit((0, 4), (0, 4), ""),
        edit((1, 0), (0, 0), ""),
        edit((-1, 0), (0, 0), ""),
        edit((0, True), (0, 1), ""),
        edit((1, 1), (1, 2), ""),
    ],
)
def test_a_change_that_has_no_place_is_refused_and_changes_nothing(change: Any) -> None:
    document = opened("abc\n🕊")
    with pytest.raises(ChangeRefused):
        document.change(change)
    assert document.text == "abc\n🕊"


def test_what_was_never_opened_is_not_changed() -> None:
    with pytest.raises(ChangeRefused):
        Document().change({"text": ""})


def test_a_text_is_as_large_as_a_module_may_be_and_no_larger() -> None:
    with pytest.raises(TooLarge):
        opened("я" * (SOURCE_BYTES // 2 + 1))
    document = opened("я" * (SOURCE_BYTES // 2))
    with pytest.raises(TooLarge):
        document.change(edit((0, 0), (0, 0), "x"))
    document.change(edit((0, 0), (0, 1), "xy"))
    with pytest.raises(TooLarge):
        document.change(edit((0, 0), (0, 0), "z"))
    assert document.text.startswith("xyя")

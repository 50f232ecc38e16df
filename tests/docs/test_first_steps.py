"""docs/first-steps.*.md: the pictures are those that their tool takes; what is named is on the screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.documents import DOCUMENTS, ROOT, headings, text_of
from tests.docs.test_marketer import shown
from tools.pictures import FOLDER, LOCALES, PICTURES

MOST_BYTES = 150_000
#: Bold for its own sake.
EMPHASIS = {"ru": {"Жирным"}, "en": {"bold"}}
PAGES = {language: f"docs/first-steps.{language}.md" for language in LOCALES}


def pictures(path: Path) -> list[tuple[str, Path]]:
    """The pictures of a document: the words for who can't see it, and the file."""
    found = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", path.read_text())
    return [(words, (path.parent / target).resolve()) for words, target in found]


@pytest.mark.parametrize("language", LOCALES)
def test_the_page_shows_every_picture_in_the_order_in_which_they_are_taken(language: str) -> None:
    shown_here = [picture for _, picture in pictures(ROOT / PAGES[language])]
    assert shown_here == [FOLDER / language / f"{name}.webp" for name in PICTURES]


def test_no_picture_is_there_that_nothing_takes() -> None:
    taken = {FOLDER / language / f"{name}.webp" for language in LOCALES for name in PICTURES}
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == taken


@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.name for path in DOCUMENTS])
def test_every_picture_of_a_document_is_there_is_small_and_has_words(path: Path) -> None:
    for words, picture in pictures(path):
        assert words
        assert picture.read_bytes()[8:12] == b"WEBP"
        assert picture.stat().st_size <= MOST_BYTES, picture.name


@pytest.mark.parametrize("language", LOCALES)
def test_every_name_in_bold_is_shown_by_the_interface(language: str) -> None:
    text = " ".join(text_of(PAGES[language]).split())
    named = set(re.findall(r"\*\*(.+?)\*\*", text)) - EMPHASIS[language]
    assert named - set(shown(language)) == set()


def test_both_pages_have_the_same_sections() -> None:
    russian, english = (headings(text_of(page)) for page in PAGES.values())
    assert len(russian) == len(english)

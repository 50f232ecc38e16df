"""docs/faq.*.md: the same questions in both languages, names as on the screen, reached from the guides."""

from __future__ import annotations

import re

import pytest
from tests.docs.documents import anchor, headings, links, section, text_of
from tests.docs.test_marketer import shown

from vestnik.settings import Settings
from vestnik.webhooks.inbox import RETRY_AFTER

PAGES = {"en": "docs/faq.en.md", "ru": "docs/faq.ru.md"}
#: From where people come: guides with the area that they are asked about, by its place on the page.
GUIDES = {
    "docs/marketer.{language}.md": 0,
    "docs/intake.{language}.md": 4,
    "docs/modules.md": 1,
    "docs/operations.md": 2,
}
#: Bold for its own sake.
EMPHASIS = {"en": {"bold"}, "ru": {"Жирным"}}


def areas(language: str) -> dict[str, list[str]]:
    """The questions by their areas."""
    text = text_of(PAGES[language])
    names = re.findall(r"^## (.+)$", text, re.MULTILINE)
    return {name: headings(section(text, name)) for name in names}


def test_both_languages_answer_the_same_questions() -> None:
    counted = [[len(questions) for questions in areas(language).values()] for language in PAGES]
    assert counted[0] == counted[1]
    assert len(counted[0]) == 5
    assert min(counted[0]) >= 8


@pytest.mark.parametrize("language", PAGES)
def test_every_question_is_answered(language: str) -> None:
    text = text_of(PAGES[language])
    for questions in areas(language).values():
        assert [question for question in questions if not section(text, question).strip()] == []


@pytest.mark.parametrize("language", PAGES)
def test_every_name_in_bold_is_shown_by_the_interface(language: str) -> None:
    text = " ".join(text_of(PAGES[language]).split())
    named = set(re.findall(r"\*\*(.+?)\*\*", text)) - EMPHASIS[language]
    assert named - set(shown(language)) == set()


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize(("guide", "place"), GUIDES.items())
def test_a_guide_leads_to_the_questions_of_its_area(language: str, guide: str, place: int) -> None:
    area = [*areas(language)][place]
    assert f"faq.{language}.md#{anchor(area)}" in links(text_of(guide.format(language=language)))


def test_what_the_answers_say_in_numbers_is_what_the_code_holds() -> None:
    assert Settings.from_environment({}).send_hold_s == 10
    tried_s = sum(pause.total_seconds() for pause in RETRY_AFTER)
    assert round(tried_s / 3600) == 7
    assert "ten seconds" in text_of(PAGES["en"])
    assert "about seven hours" in text_of(PAGES["en"])

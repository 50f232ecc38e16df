"""docs/marketer.*.md: every name of a button, field or section is one that the web app shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.docs.documents import ROOT, headings, rows, section, text_of

from vestnik.campaigns.states import State

#: Bold for its own sake: whole sentences and words of warning.
EMPHASIS = {
    "ru": {
        "Жирным", "Рассылки уходят только на основной.", "получат", "не нажимайте", "До передачи сервису",
        "В момент передачи", "Когда рассылка уже у сервиса", "После ошибки или отказа",
        "Изменить отправленное нельзя.", "Данные сервиса",
    },
    "en": {
        "bold", "don't", "Before the hand-over is finished", "At the moment of creation",
        "When the service has the campaign", "After an error or a refusal", "What was sent can't be changed.",
    },
}  # fmt: skip


def shown(language: str) -> Iterator[str]:
    """Every text of the interface, its placeholders as N."""
    for path in (ROOT / "web/src/i18n" / language).glob("*.json"):
        for text in texts(json.loads(path.read_text())):
            yield re.sub(r"{{\w+}}", "N", text)


def texts(branch: dict[str, Any]) -> Iterator[str]:
    for value in branch.values():
        if isinstance(value, dict):
            yield from texts(value)
        else:
            yield value


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_name_in_bold_is_shown_by_the_interface(language: str) -> None:
    text = " ".join(text_of(f"docs/marketer.{language}.md").split())
    named = set(re.findall(r"\*\*(.+?)\*\*", text)) - EMPHASIS[language]
    assert named - set(shown(language)) == set()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_state_of_a_campaign_is_told_by_its_name(language: str) -> None:
    names = json.loads((ROOT / "web/src/i18n" / language / "status.json").read_text())["campaign"]
    heading = {"ru": "Состояния", "en": "States"}[language]
    told = [cells[0].strip("*") for cells in rows(section(text_of(f"docs/marketer.{language}.md"), heading))]
    assert told[1:] == [names[state.value] for state in ORDER]


#: The order in which a person meets them.
ORDER = [
    State.DRAFT, State.SCHEDULED, State.PREPARING, State.MODERATION, State.DECLINED, State.SENDING,
    State.SENT, State.PAUSED, State.CANCELLED, State.FAILED, State.UNCLEAR,
]  # fmt: skip


def test_no_state_is_left_out() -> None:
    assert set(ORDER) == set(State)


def test_both_guides_have_the_same_sections() -> None:
    russian, english = (headings(text_of(f"docs/marketer.{language}.md")) for language in ("ru", "en"))
    assert len(russian) == len(english)

"""Every document: its links lead somewhere, and the commands that it shows are commands that there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.documents import DOCUMENTS, ROOT, anchor, headings, links, shell_lines, text_of
from tests.docs.test_operations import parser_of

from vestnik.cli import COMMANDS

#: Programs of others that documents call.
OTHERS = {
    "curl",
    "head",
    "iconv",
    "pg_dump",
    ".venv/bin/python",
    "python3",
    "docker",
    "systemctl",
    "install",
    "useradd",
}
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


@pytest.mark.parametrize("name", NAMES)
def test_every_link_between_documents_leads_to_a_heading_that_there_is(name: str) -> None:
    broken = []
    for target in links(text_of(name)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, place = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        if not path.exists():
            broken.append(target)
        elif place and path.suffix == ".md" and place not in set(anchors(path)):
            broken.append(target)
    assert broken == []


def anchors(path: Path) -> Iterator[str]:
    """The anchors of a document's headings; a repeated one gets a number."""
    seen: dict[str, int] = {}
    for heading in headings(path.read_text()):
        plain = anchor(heading)
        number = seen.get(plain, 0)
        seen[plain] = number + 1
        yield f"{plain}-{number}" if number else plain


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_a_document_shows_exists(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for line in shell_lines(text_of(name)):
        words = shlex.split(line)
        if words[0] == "make":
            assert set(words[1:]) <= targets, line
        elif words[0].endswith("/vestnik") or words[0] == "vestnik":
            assert words[1] in COMMANDS, line
            with monkeypatch.context() as patched:
                parser = parser_of(words[1], patched)
            parser.parse_args(words[2:])  # ends the test where an option or an argument is none
        else:
            assert words[0] in OTHERS or words[0] == "/opt/vestnik/bin/pip", line


def test_the_readme_and_the_guides_are_reached_from_the_readme() -> None:
    reached, waiting = set[str](), ["README.md"]
    while waiting:
        name = waiting.pop()
        if name in reached or not name.endswith(".md") or not (ROOT / name).exists():
            continue
        reached.add(name)
        for target in links(text_of(name)):
            if not re.match(r"[a-z]+:", target) and target.partition("#")[0]:
                path = ((ROOT / name).parent / target.partition("#")[0]).resolve()
                waiting.append(str(path.relative_to(ROOT)))
    assert {name for name in NAMES if name.startswith("docs/")} - reached == set()
